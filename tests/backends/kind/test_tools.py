"""Programs of the machine: every way to fail is one sentence, and none runs on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.backends.kind.tools import FailedToolError, MissingToolError, ToolError, Tools


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Tools]:
    """Return how to make the program `docker` of a text for sh."""

    def make(text: str) -> Tools:
        tool = tmp_path / "docker"
        tool.write_text(f"#!/bin/sh\n{text}\n")
        tool.chmod(0o755)
        return Tools({"PATH": f"{tmp_path}:/usr/bin:/bin"})

    return make


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "docker",
            "docker is not on PATH: install Docker (https://docs.docker.com/engine/install/), "
            "then try again",
        ),
        (
            "kind",
            "kind is not on PATH: install kind (https://kind.sigs.k8s.io/docs/user/quick-start/"
            "#installation), then try again",
        ),
    ],
)
def test_a_missing_program_is_told_with_where_to_get_it(tmp_path: Path, name: str, sentence: str):
    with pytest.raises(MissingToolError) as found:
        Tools({"PATH": str(tmp_path)}).run((name, "ps"), timeout_s=1)
    assert str(found.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("echo hm >&2; echo >&2; exit 3", "`docker ps` failed (3): hm"),
        ("echo only out; exit 1", "`docker ps` failed (1): only out"),
        ("exit 1", "`docker ps` failed (1): it said nothing"),
        (
            "echo 'ERROR: no such thing' >&2; echo 'See docker --help' >&2; exit 1",
            "`docker ps` failed (1): ERROR: no such thing",
        ),
    ],
)
def test_a_failure_is_told_in_the_programs_words(script, text: str, sentence: str):
    with pytest.raises(FailedToolError) as found:
        script(text).docker("ps")
    assert str(found.value) == sentence


def test_long_command_lines_are_cut():
    with pytest.raises(ToolError, match=r"^`sh -c exit 1; x{30,}\.\.\.` failed"):
        Tools().run(("sh", "-c", f"exit 1; {'x' * 100}"), timeout_s=5)


def test_what_is_not_executable_is_told(tmp_path: Path):
    (tmp_path / "docker").write_text("\x7fELF nonsense")
    (tmp_path / "docker").chmod(0o755)
    with pytest.raises(ToolError, match=r"cannot run .*/docker: "):
        Tools({"PATH": str(tmp_path)}).docker("ps")


def test_a_program_that_takes_too_long_ends_with_all_it_has_started(script, tmp_path: Path):
    tools = script(f"(sleep 0.7; touch {tmp_path}/went-on) & sleep 30")
    with pytest.raises(ToolError, match=r"`docker ps` did not end within 0\.2 s and was stopped"):
        tools.docker("ps", timeout_s=0.2)
    time.sleep(0.8)
    assert not (tmp_path / "went-on").exists()


def test_lines_are_told_as_they_come(script):
    told: list[str] = []
    done = script("echo ' • one' >&2; echo >&2; echo two >&2; echo out").run(
        ("docker", "x"), timeout_s=10, told=told.append
    )
    assert told == ["• one", "two"]
    assert (done.out, done.err) == ("out\n", " • one\n\ntwo\n")


def test_input_is_nothing_a_text_or_a_file(script, tmp_path: Path):
    tools = script("cat")
    (tmp_path / "file").write_text("of a file")
    assert tools.docker("x").out == ""
    assert tools.docker("x", stdin="of a text ü").out == "of a text ü"
    assert tools.docker("x", stdin=tmp_path / "file").out == "of a file"


def test_the_environment_is_the_one_that_was_given(script, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET", "x")
    assert script('echo "[$SECRET]"').docker("x").out == "[]\n"


def test_programs_keep_open_what_marks_them_as_ours(tmp_path: Path):
    file = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    try:
        done = Tools(inherited=[file]).run(("ls", "-l", "/proc/self/fd"), timeout_s=10)
        assert str(tmp_path / "lock") in done.out
        assert "lock" not in Tools().run(("ls", "-l", "/proc/self/fd"), timeout_s=10).out
    finally:
        os.close(file)
