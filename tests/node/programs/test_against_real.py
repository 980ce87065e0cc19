"""Mistakes are answered in the words of the machine's own procps, coreutils and util-linux."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from tests.real import real

from .conftest import World

MISTAKES = (
    "ps -o bogus",
    "ps -C",
    "ps --nope",
    "ps -z",
    "ps -p abc",
    "ps aux --sort=nope",
    "ps -u nosuchuser",
    "df -q",
    "df --nope",
    "df /nowhere/at/all",
    "du -q",
    "du /nowhere/at/all",
    "du -d x /tmp",
    "dd bogus=1",
    "dd if=/nowhere/at/all",
    "dd --x",
    "truncate /tmp",
    "truncate -s x /tmp/x",
    "fallocate",
    "fallocate -l x /tmp/x",
    "pgrep",
    "pgrep a b",
    "pkill",
    "sysctl net.ipv4.nope",
    "sysctl kernel.nope kernel.nada",
    "findmnt -q",
    "who -z",
)


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_as_by_the_real_tool(world: World, line: str) -> None:
    words = shlex.split(line)
    ran = subprocess.run(
        [real(words[0]), *words[1:]],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        check=False,
    )
    name = real(words[0])
    theirs = ran.stderr.replace(name, words[0])
    ours = world.run(line)
    assert ours.err.splitlines()[:1] == theirs.splitlines()[:1]
    assert (ours.code == 0) == (ran.returncode == 0)


@pytest.mark.parametrize(
    "columns", ["pid,ppid,user", "comm", "pid,etime,stat", "user,pid,%cpu,%mem,vsz,rss,tty"]
)
def test_titles_stand_where_the_real_ones_do(world: World, columns: str) -> None:
    theirs = subprocess.run(
        [real("ps"), "-p", "1", "-o", columns], capture_output=True, text=True, check=False
    ).stdout.splitlines()[0]
    assert world.run(f"ps -p 1 -o {columns}").lines[0] == theirs


@pytest.mark.parametrize("flags", ["aux", "-ef", "-el", "ax", "-e", "-eF"])
def test_formats_have_the_real_titles(world: World, flags: str) -> None:
    theirs = subprocess.run(
        [real("ps"), *flags.split()], capture_output=True, text=True, check=False
    ).stdout.splitlines()[0]
    assert world.run(f"ps {flags}").lines[0] == theirs
