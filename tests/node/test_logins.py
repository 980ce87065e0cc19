"""Each shell on a machine has a pid of its own, and everybody sees who is logged in."""

from __future__ import annotations

import pytest

from sim.bash import ShellExecution
from sim.node.loadavg import WINDOWS_MS
from tests.node.programs.conftest import World


@pytest.fixture
def world() -> World:
    """Return a world of its own."""
    return World()


def logged_in(world: World) -> tuple[ShellExecution, int]:
    """Return a login shell on the bad node and its pid."""
    machine = world.bad
    login = machine.logins.open("oncall", tty=True)
    environ = {"HOME": "/root", "PATH": "/usr/bin", "USER": "oncall",
               "XDG_SESSION_ID": str(login.number)}  # fmt: skip
    shell = machine.shell(environ, pid=login.shell)
    login.program = ShellExecution(shell, stdin=True, tty=True)
    return login.program, login.shell


def typed(world: World, shell: ShellExecution, line: str) -> str:
    """Return what a line typed there prints."""
    world.env.advance(world.env.now + 10)
    shell.poll()
    shell.write(f"{line}\n")
    world.env.advance(world.env.now + 500)
    return "".join(text for _, text in shell.poll())


def test_two_shells_have_two_pids_and_both_stand_in_ps(world: World) -> None:
    (one, first), (other, second) = logged_in(world), logged_in(world)
    assert first != second
    assert f"\n{first}\n" in f"\n{typed(world, one, 'echo $$')}"
    assert f"\n{second}\n" in f"\n{typed(world, other, 'echo $$')}"
    listed = typed(world, one, "ps -ef")
    assert f" {first} " in listed
    assert f" {second} " in listed
    own = typed(world, other, "ps")
    assert str(second) in own
    assert str(first) not in own
    assert "2 users" in typed(world, one, "uptime")
    assert typed(world, one, "who").count("oncall   pts/") == 2


def test_a_shell_inside_a_shell_is_a_process_until_it_ends(world: World) -> None:
    shell, pid = logged_in(world)
    typed(world, shell, "sudo -i")
    inner = next(
        int(word) for word in typed(world, shell, "echo $$").split() if word.strip().isdigit()
    )
    assert inner > pid
    assert world.bad.seen(None)[inner].ppid == inner - 1
    typed(world, shell, "exit")
    assert inner not in world.bad.seen(None)
    assert pid in world.bad.seen(None)
    typed(world, shell, "exit")
    assert pid not in world.bad.seen(None)
    assert world.bad.logins.users == 0


def test_load_follows_what_runs_and_waits(world: World) -> None:
    machine = world.bad
    quiet = machine.load()
    assert max(quiet) < 0.4
    container = machine.proxy.container
    assert container is not None
    machine.proxy.stopped(container)
    machine.proxy.started(container, "thrashing")
    began = world.env.now
    loads = []
    for minutes in (1, 5, 15):
        world.env.advance(began + minutes * 60_000)
        loads.append(machine.load())
    assert loads[0][0] > loads[0][1] > loads[0][2] > quiet[2]
    # After its own window an average has come 1 - 1/e of the way, give or take the wobble.
    reached = [load[index] for index, load in enumerate(loads)]
    assert all(0.8 < one < 1.3 for one in reached), (reached, WINDOWS_MS)
