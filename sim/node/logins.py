"""Who is logged in on a machine: one entry for each `ssh` that has not ended. Must not know what they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from sim.node.machine import Machine

OFFICE = "10.20.0.14"
"""Where the on-call engineer logs in from."""
FIRST_SESSION = 12


class Running(Protocol):
    """A program that may have ended."""

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""


class Inner(NamedTuple):
    """A shell inside a shell: `sudo -i`, `bash`, a script."""

    pid: int
    parent: int
    user: str
    command: str
    at: int
    sudo: str
    """The command line of the sudo above it, whose pid is one less; empty without."""


@dataclass
class Login:
    """One session."""

    number: int
    """systemd-logind's, XDG_SESSION_ID."""
    user: str
    at: int
    """Simulated ms."""
    tty: str
    """e.g. `pts/0`; empty without a terminal."""
    pid: int
    """Of sshd's own process; its child and the shell follow."""
    program: Running | None = None
    """What runs in it, once it is started."""
    inner: list[Inner] = field(default_factory=list)
    """Shells inside its shell, outermost first."""

    @property
    def shell(self) -> int:
        """The pid of its shell, `$$`."""
        return self.pid + 7

    @property
    def top(self) -> tuple[int, str]:
        """Return pid and user of the innermost shell."""
        return (self.inner[-1].pid, self.inner[-1].user) if self.inner else (self.shell, self.user)

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self.program is None or self.program.exit_code is None


class Logins:
    """The sessions of one machine."""

    def __init__(self, machine: Machine) -> None:
        """Nobody is logged in."""
        self._machine = machine
        self._count = 0
        self._held: list[Login] = []

    def open(self, user: str, *, tty: bool) -> Login:
        """Let *user* log in."""
        self._held = self.alive()
        taken = {one.tty for one in self._held}
        line = next(f"pts/{n}" for n in range(len(taken) + 1) if f"pts/{n}" not in taken)
        now = self._machine.env.now
        number = FIRST_SESSION + self._count
        self._count += 1
        pid = self._machine.new_pid(8)
        login = Login(number, user, now, line if tty else "", pid)
        self._held.append(login)
        return login

    def alive(self) -> list[Login]:
        """Return the sessions that go on, oldest first."""
        return [one for one in self._held if one.alive]

    def find(self, number: str) -> Login | None:
        """Return the session of that number."""
        return next((one for one in self._held if str(one.number) == number), None)

    def enter(self, number: str, user: str, argv: list[str]) -> int:
        """Note that a shell was started in a session; return its pid."""
        pid = self._machine.new_pid(2) + 1
        login = self.find(number) or (self._held[-1] if self._held else None)
        if login is not None:
            parent, above = login.top
            became = user != above
            inner = Inner(
                pid, pid - 1 if became else parent, user, "-bash" if became else " ".join(argv),
                self._machine.env.now, "sudo -i" if became else "",
            )  # fmt: skip
            login.inner.append(inner)
        return pid

    def leave(self, pid: int) -> None:
        """Note that a shell has ended."""
        for login in self._held:
            login.inner = [one for one in login.inner if one.pid != pid]

    @property
    def users(self) -> int:
        """How many terminals somebody is logged in at, as `uptime` counts."""
        return sum(bool(one.tty) for one in self.alive())
