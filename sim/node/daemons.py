"""The machine's own daemons over time: stopped, started, killed, and what systemd does about it.

What a daemon does is not modelled, but for the kubelet and containerd: without the runtime the node
becomes NotReady and nothing starts on it. This file must not know how a unit is printed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

if TYPE_CHECKING:
    from sim.node.machine import Machine

Going = Generator[simpy.Event, Any, None]

STOP_MS = 60
"""How long a daemon takes to obey SIGTERM."""
RUNTIME_SEEN_MS = (4_000, 12_000)
"""From the runtime's end or return to the node's status: the kubelet writes it every 10 s."""
RUNTIME_DOWN = "container runtime is down"
SIGNALS = {"KILL": 9, "TERM": 15, "INT": 2, "HUP": 1, "QUIT": 3, "ABRT": 6, "SEGV": 11}
_RESTARTS = {
    "kubelet": ("always", 10_000),
    "containerd": ("always", 5_000),
    "systemd-journald": ("always", 0),
    "systemd-udevd": ("always", 0),
    "chrony": ("on-failure", 100),
    "cron": ("on-failure", 100),
    "ssh": ("on-failure", 100),
}
"""Restart= and RestartSec= of the units, as their packages bring them."""
_HANDLES_HUP = ("ssh", "dbus", "cron", "systemd-udevd", "chrony")


@dataclass
class DaemonState:
    """What became of one daemon since the boot."""

    running: bool = True
    since: int | None = None
    """When `running` last changed; None: never since the boot."""
    begun: int | None = None
    """When the process that runs, or the last one that did, was started; None: at the boot."""
    pid: int = 0
    """Its process since then; 0: the one of the boot."""
    result: str = "success"
    exit_code: int = 0
    restarting: bool = False
    """Whether systemd waits to start it again."""
    restarts: int = 0


class Daemons:
    """The daemons of one machine, by name."""

    def __init__(self, machine: Machine) -> None:
        """Everything runs since the boot."""
        self._machine = machine
        self._states: dict[str, DaemonState] = {}
        self.files: dict[str, str] = {}
        """Unit files whose state was changed by hand: `enabled`, `disabled` or `masked`."""

    def state(self, name: str) -> DaemonState:
        """Return what became of the daemon *name* (without `.service`)."""
        return self._states.setdefault(name, DaemonState())

    def runs(self, name: str) -> bool:
        """Return whether a daemon runs."""
        if name == "kubelet":
            return not self._machine.kubelet.stopped
        return self.state(name).running

    def reset_failed(self, names: list[str]) -> None:
        """Forget how units failed; all of them if *names* is empty."""
        for name, state in self._states.items():
            if not names or f"{name}.service" in names:
                state.result, state.exit_code = "success", 0

    def restart_rule(self, name: str) -> tuple[str, int]:
        """Return Restart= and RestartSec= in ms."""
        return _RESTARTS.get(name, ("no", 100))

    def stop(self, name: str, told: str) -> Going:
        """Stop a daemon as `systemctl stop` does; *told* is its unit and description."""
        machine = self._machine
        if self.runs(name):
            self._say(name, f"Stopping {told}...")
            yield machine.env.timeout(STOP_MS)
            self._ended(name)
            self._say(name, f"{name}.service: Deactivated successfully.")
            self._say(name, f"Stopped {told}.")
        state = self.state(name)
        state.restarting, state.result, state.exit_code = False, "success", 0

    def start(self, name: str, told: str) -> Going:
        """Start a daemon as `systemctl start` does."""
        if not self.runs(name):
            yield self._machine.env.timeout(STOP_MS)
            self._begun(name)
            self._say(name, f"Started {told}.")

    def kill(self, name: str, signal: str, told: str) -> None:
        """Let a signal reach a daemon's main process."""
        if not self.runs(name) or (signal == "HUP" and name in _HANDLES_HUP):
            return
        unit = f"{name}.service"
        clean = signal in ("TERM", "INT", "HUP")
        self._ended(name)
        state = self.state(name)
        if clean:
            self._say(name, f"{unit}: Deactivated successfully.")
            state.result, state.exit_code = "success", 0
        else:
            number = SIGNALS.get(signal, 9)
            self._say(
                name, f"{unit}: Main process exited, code=killed, status={number}/{signal}", 5
            )
            self._say(name, f"{unit}: Failed with result 'signal'.", 4)
            state.result, state.exit_code = "signal", 128 + number
        rule, wait = self.restart_rule(name)
        if rule == "always" or (rule == "on-failure" and not clean):
            state.restarting = True
            self._machine.env.spawn(self._restarting(name, wait, told))

    def _restarting(self, name: str, wait: int, told: str) -> Going:
        state = self.state(name)
        yield self._machine.env.timeout(max(wait, 20))
        if not state.restarting or self.runs(name):
            return
        state.restarting = False
        state.restarts += 1
        self._say(
            name, f"{name}.service: Scheduled restart job, restart counter is at {state.restarts}."
        )
        self._say(name, f"Stopped {told}.")
        self._begun(name)
        self._say(name, f"Started {told}.")

    def _ended(self, name: str) -> None:
        machine = self._machine
        state = self.state(name)
        state.running, state.since, state.pid = False, machine.env.now, 0
        if name == "kubelet":
            machine.kubelet.stop()
        elif name == "containerd":
            machine.env.spawn(self._runtime_seen(down=True))

    def _begun(self, name: str) -> None:
        machine = self._machine
        state = self.state(name)
        state.running, state.since, state.pid = True, machine.env.now, machine.new_pid()
        state.begun = machine.env.now
        state.result, state.exit_code = "success", 0
        if name == "kubelet":
            machine.kubelet.start()
        elif name == "containerd":
            machine.kubelet.runtime_back()
            machine.env.spawn(self._runtime_seen(down=False))

    def _runtime_seen(self, *, down: bool) -> Going:
        machine = self._machine
        kubelet = machine.kubelet
        drawn = machine.stream.at("runtime-seen", machine.env.now).integer(*RUNTIME_SEEN_MS)
        yield machine.env.timeout(drawn)
        if self.state("containerd").running == down or kubelet.stopped:
            return
        name = machine.name
        if down:
            kubelet.say("E", "kubelet.go:2412", '"Skipping pod synchronization" '
                        f'err="[{RUNTIME_DOWN}, PLEG is not healthy]"')  # fmt: skip
            kubelet.set_condition("Ready", "KubeletNotReady", RUNTIME_DOWN, active=False)
            kubelet.node_event("Normal", "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        else:
            message = "kubelet is posting ready status"
            kubelet.set_condition("Ready", "KubeletReady", message, active=True)
            kubelet.node_event("Normal", "NodeReady", f"Node {name} status is now: NodeReady")

    def _say(self, name: str, text: str, priority: int = 6) -> None:
        journal = self._machine.journal
        journal.write(self._machine.env.now, "systemd", text, pid=1, priority=priority,
                      unit=f"{name}.service")  # fmt: skip
