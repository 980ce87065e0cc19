"""top on a screen of its own, and long output through the pager."""

from __future__ import annotations

from typing import Any

import pytest

from sim.bash import CallSink, Shell
from sim.bash.tty import Tty
from tests.glass import Glass

from .conftest import World


class Desk:
    """A terminal on a node."""

    def __init__(self, world: World, columns: int = 100, rows: int = 20) -> None:
        self.env = world.env
        self.tty = Tty(world.env, columns=columns, rows=rows)
        self.glass = Glass(columns, rows)
        machine = world.bad
        self.shell = Shell(
            world.env, machine.programs, environ={"HOME": "/root", "USER": "root"},
            files=machine.files, host=machine, terminal=self.tty,
        )  # fmt: skip
        self.codes: list[int] = []

    def enter(self, line: str) -> Desk:
        """Run *line* until it waits."""
        sink = CallSink(self.glass.feed, tty=True)

        def running() -> Any:
            code = yield from self.shell.run(line, self.tty.keyboard, sink, sink, tty=True)
            self.codes.append(code)

        self.env.spawn(running())
        self.env.settle()
        return self

    def press(self, *keys: str) -> list[str]:
        """Press *keys*; return what stands on the glass."""
        for key in keys:
            self.tty.keyboard.write(key)
            self.env.settle()
        return self.lines

    @property
    def lines(self) -> list[str]:
        """What stands on the glass."""
        return [line.rstrip() for line in self.glass.lines]


@pytest.fixture
def desk(world: World) -> Desk:
    """Return a terminal on the bad node."""
    return Desk(world)


def test_top_fills_the_screen_and_refreshes(desk: Desk) -> None:
    desk.enter("top")
    first = desk.lines
    assert first[0].startswith("top - 02:50:00 up 40 days")
    assert first[6].startswith("    PID USER      PR  NI    VIRT")
    assert first[7].split()[-1] == "kubelet"
    desk.env.advance(desk.env.now + 3_100)
    assert desk.lines[0].startswith("top - 02:50:03 up 40 days")
    assert desk.codes == []
    desk.press("q")
    assert desk.codes == [0]


def test_keys_of_top_order_and_widen(desk: Desk) -> None:
    desk.enter("top")
    assert desk.press("N")[7].split()[-1] == "top"
    assert "/usr/bin/kubelet --bootstrap" in desk.press("M", "c")[7]
    assert desk.press("1")[2].startswith("%Cpu0")
    assert any("not supported in this simulator" in line for line in desk.press("k"))
    assert desk.press("h")[0].startswith("Help for Interactive Commands")
    assert desk.press(" ", "1")[2].startswith("%Cpu(s)")


def test_a_long_journal_goes_through_the_pager(world: World) -> None:
    for number in range(60):
        world.bad.journal.write(world.env.now, "cron.service", f"line {number}", pid=9)
    desk = Desk(world)
    desk.enter("journalctl -u cron")
    assert desk.lines[0].endswith("cron[9]: line 0")
    assert desk.codes == []
    assert desk.press("G")[-2].endswith("line 59")
    desk.press("q")
    assert desk.codes == [0]
    desk.enter("journalctl -u cron -n 3")
    assert desk.codes == [0, 0]
