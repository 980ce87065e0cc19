"""systemctl's changes: start, stop, restart, reload, kill, enable, disable, mask and their kin.

Forms are those of systemd 252; this file must not know what a unit does.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.bash.process import Proc, Running, Waiting
from sim.node.kubeproxy.heal import HealTimer
from sim.node.machine import Machine, Unit
from sim.node.programs.host import changed, is_root
from sim.node.programs.options import Options, UsageError
from sim.node.programs.signals import signal_name
from sim.node.units import DAEMONS

HEAL_MS = 180
"""How long `systemctl start` waits for the remediation script, a oneshot."""
STOP_MS = 60
"""How long a daemon takes to obey SIGTERM."""
RUNNING = (
    "start",
    "stop",
    "restart",
    "try-restart",
    "reload",
    "reload-or-restart",
    "kill",
    "condrestart",
)
FILES = ("enable", "disable", "mask", "unmask", "reenable")
_DAEMONS = {f"{one.name}.service": one for one in DAEMONS}
_RELOADABLE = ("ssh.service", "dbus.service", "systemd-udevd.service", "chrony.service")


def change(proc: Proc, machine: Machine, verb: str, names: list[str], options: Options) -> Running:
    """Carry a change out where the model can, and refuse it where it cannot."""
    if not names:
        proc.stderr.write("Too few arguments.\n")
        return 1
    if not is_root(proc):
        what = "manage unit files" if verb in FILES else verb
        if verb in FILES:
            proc.stderr.write(f"Failed to {verb} unit: Interactive authentication required.\n")
        else:
            proc.stderr.write(
                f"Failed to {what} {names[0]}: Interactive authentication required.\n"
                f"See system logs and 'systemctl status {names[0]}' for details.\n"
            )
        return 1
    if verb in FILES:
        code = _change_files(proc, machine, verb, names)
        if code or not options.has("--now"):
            return code
        verb = {"enable": "start", "reenable": "restart", "unmask": ""}.get(verb, "stop")
        if not verb:
            return 0
    code = 0
    for name in names:
        unit = _loaded(machine, name)
        if unit is None:
            proc.stderr.write(f"Failed to {verb} {name}: Unit {name} not found.\n")
            code = 5
            continue
        if verb != "stop" and unit.enabled == "masked" and verb != "kill":
            proc.stderr.write(f"Failed to {verb} {name}: Unit {name} is masked.\n")
            code = 1
            continue
        if verb == "reload" and name not in _RELOADABLE:
            proc.stderr.write(
                f"Failed to reload {name}: Job type reload is not applicable for unit {name}.\n"
                f"See system logs and 'systemctl status {name}' for details.\n"
            )
            code = 1
            continue
        step = _step(machine, verb, name, options)
        if step is None:
            proc.stderr.write(
                f"Failed to {verb} {name}: changing this unit is not supported in this simulator\n"
            )
            code = 1
            continue
        changed(proc, "systemctl", f"{verb} {name}")
        yield from step()
    return code


def _loaded(machine: Machine, name: str) -> Unit | None:
    return next((unit for unit in machine.units() if unit.name == name), None)


def _step(machine: Machine, verb: str, name: str, options: Options) -> Callable[[], Waiting] | None:
    """Return what carries *verb* out on a unit; None if the model has nothing for it."""
    signal = "TERM"
    if verb == "kill" and options.has("-s", "--signal"):
        text = options.value("-s", "--signal")
        found = signal_name(text)
        if found is None:
            raise UsageError(f"Failed to parse signal string {text}.")
        signal = found
    if name == "kube-proxy.service" and verb != "reload":
        # The unit follows the kubelet's container: stopped or killed, it comes back by itself.
        return lambda: _ending_proxy(machine, verb, signal)
    daemon = _DAEMONS.get(name)
    if daemon is not None:
        told = f"{name} - {daemon.description}"
        if verb == "kill":
            return lambda: _signalled(machine, daemon.name, signal, told)
        if verb == "reload":
            return lambda: _nothing(machine)
        return lambda: _turning(machine, verb, daemon.name, told)
    heal = machine.proxy.heal
    if heal is None or verb not in ("start", "stop", "restart"):
        return None
    if name == f"{heal.plan.unit}.timer":
        return lambda: _setting_timer(machine, heal, verb)
    if name == f"{heal.plan.unit}.service" and verb != "stop":
        return lambda: _running_heal(machine, heal)
    return None


def _nothing(machine: Machine) -> Waiting:
    yield machine.env.timeout(STOP_MS)


def _turning(machine: Machine, verb: str, name: str, told: str) -> Waiting:
    daemons = machine.daemons
    if verb in ("try-restart", "condrestart") and not daemons.runs(name):
        return
    if verb != "start":
        yield from daemons.stop(name, told)
    if verb != "stop":
        yield from daemons.start(name, told)


def _signalled(machine: Machine, name: str, signal: str, told: str) -> Waiting:
    machine.daemons.kill(name, signal, told)
    return
    yield


def _setting_timer(machine: Machine, heal: HealTimer, verb: str) -> Waiting:
    heal.enabled = verb != "stop"
    unit = f"{heal.plan.unit}.timer"
    told = "Stopped" if verb == "stop" else "Started"
    description = next(one.description for one in machine.units() if one.name == unit)
    line = f"{told} {unit} - {description}."
    machine.journal.write(machine.env.now, "systemd", line, pid=1, unit=unit)
    return
    yield


def _running_heal(machine: Machine, heal: HealTimer) -> Waiting:
    heal.run_now()
    yield machine.env.timeout(HEAL_MS)


def _ending_proxy(machine: Machine, verb: str, signal: str) -> Waiting:
    container = machine.proxy.container
    if verb == "kill" and signal == "KILL" and container is not None:
        container.kill()
    elif verb != "start":
        machine.proxy.restart()
        yield machine.env.timeout(STOP_MS)


def _change_files(proc: Proc, machine: Machine, verb: str, names: list[str]) -> int:
    for name in names:
        unit = _loaded(machine, name)
        if unit is None:
            proc.stderr.write(f"Failed to {verb} unit: Unit file {name} does not exist.\n")
            return 1
        if name not in _DAEMONS:
            proc.stderr.write(
                f"Failed to {verb} unit: changing {name} is not supported in this simulator\n"
            )
            return 1
        state = machine.daemons.files.get(name, "enabled")
        wants = f"/etc/systemd/system/multi-user.target.wants/{name}"
        own = f"/etc/systemd/system/{name}"
        if verb in ("enable", "reenable"):
            if state == "masked":
                proc.stderr.write(f"Failed to enable unit: Unit file {own} is masked.\n")
                return 1
            if state != "enabled":
                proc.stderr.write(f"Created symlink {wants} → {unit.path}.\n")
            machine.daemons.files[name] = "enabled"
        elif verb == "disable":
            if state == "enabled":
                proc.stderr.write(f'Removed "{wants}".\n')
            machine.daemons.files[name] = "disabled"
        elif verb == "mask":
            if state != "masked":
                proc.stderr.write(f"Created symlink {own} → /dev/null.\n")
            machine.daemons.files[name] = "masked"
        elif state == "masked":
            proc.stderr.write(f'Removed "{own}".\n')
            machine.daemons.files[name] = "enabled"
        changed(proc, "systemctl", f"{verb} {name}")
    return 0
