"""dpkg, apt and their kin over the node's packages; nothing can be installed without a network.

Forms are those of dpkg 1.21 and apt 2.6. This file must not know where packages come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.packages import Installation, Package, history, packages
from sim.node.programs.host import changed, is_root, machine_of
from sim.node.programs.options import UsageError, program

_LIST_HEAD = (
    "Desired=Unknown/Install/Remove/Purge/Hold",
    "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend",
    "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)",
)
_UNSTABLE = "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"
_CHANGING = ("install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "update",
             "autoremove", "reinstall", "clean", "autoclean", "download", "source")  # fmt: skip


def _matching(machine: Machine, patterns: Iterable[str]) -> list[Package]:
    wanted = list(patterns)
    return [
        one
        for one in packages(machine)
        if not wanted or any(fnmatchcase(one.name, pattern) for pattern in wanted)
    ]


@program(2)
def dpkg(proc: Proc) -> int:
    """List packages, say whether one is installed, or which one a path belongs to."""
    machine, words = machine_of(proc), proc.argv[1:]
    verb, names = (words[0], words[1:]) if words else ("", [])
    proc.asked()
    if verb in ("-l", "--list"):
        return _list(proc, machine, names)
    if verb in ("-s", "--status"):
        return _each(proc, machine, names, _status)
    if verb == "--get-selections":
        for one in _matching(machine, names):
            proc.print(f"{one.name:<47}\t{'hold' if one.held else 'install'}")
        return 0
    if verb == "--print-architecture":
        proc.print("amd64")
        return 0
    if verb == "--version":
        proc.print("Debian 'dpkg' package management program version 1.21.22 (amd64).")
        return 0
    if verb in ("-L", "-S", "--listfiles", "--search"):
        raise UsageError(f"dpkg: {verb} is not supported in this simulator")
    if verb in ("-i", "-r", "-P", "--install", "--remove", "--purge", "--configure"):
        if not is_root(proc):
            raise UsageError("dpkg: error: requested operation requires superuser privilege")
        raise UsageError("dpkg: changing packages is not supported in this simulator")
    if not verb:
        raise UsageError(
            "dpkg: error: need an action option\n\n"
            "Type dpkg --help for help about installing and deinstalling packages [*];"
        )
    raise UsageError(f"dpkg: error: unknown option {verb}")


def _list(proc: Proc, machine: Machine, names: list[str]) -> int:
    found = _matching(machine, names)
    code = 0
    for name in names:
        if not _matching(machine, [name]):
            proc.stderr.write(f"dpkg-query: no packages found matching {name}\n")
            code = 1
    if not found:
        return code
    rows = [(one.name, one.version, one.arch, one.text) for one in found]
    titles = ("Name", "Version", "Architecture", "Description")
    widths = [max(len(titles[i]), *(len(row[i]) for row in rows)) for i in range(4)]
    proc.print(*_LIST_HEAD)
    head = " ".join(title.ljust(width) for title, width in zip(titles, widths, strict=True))
    proc.print(f"||/ {head.rstrip()}", "+++" + "".join(f"-{'=' * width}" for width in widths))
    for one, row in zip(found, rows, strict=True):
        cells = " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        proc.print(f"{'hi' if one.held else 'ii'}  {cells.rstrip()}")
    return code


def _each(
    proc: Proc, machine: Machine, names: list[str], show: Callable[[Package], list[str]]
) -> int:
    code = 0
    for name in names:
        found = next((one for one in packages(machine) if one.name == name), None)
        if found is None:
            proc.stderr.write(
                f"dpkg-query: package '{name}' is not installed and no information is available\n"
                "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n"
            )
            code = 1
        else:
            proc.print(*show(found))
    return code


def _status(one: Package) -> list[str]:
    wanted = "hold" if one.held else "install"
    return [
        f"Package: {one.name}",
        f"Status: {wanted} ok installed",
        "Priority: optional",
        "Section: admin",
        f"Architecture: {one.arch}",
        f"Version: {one.version}",
        f"Description: {one.text}",
        "",
    ]


@program(100)
def apt(proc: Proc) -> int:
    """Show what is installed (`apt`, `apt-get`, `apt-cache`, `apt-mark`)."""
    machine = machine_of(proc)
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    flags = {word for word in proc.argv[1:] if word.startswith("-")}
    verb, names = (words[0], words[1:]) if words else ("", [])
    name = proc.argv[0].rpartition("/")[2]
    proc.asked()
    if name == "apt" and verb == "list":
        proc.stderr.write(_UNSTABLE)
        proc.print("Listing...")
        if "--upgradable" not in flags:
            for one in _matching(machine, names):
                proc.print(f"{one.name}/stable,now {one.version} {one.arch} [installed]")
        return 0
    if verb == "policy" and name in ("apt", "apt-cache"):
        for one in _matching(machine, names) if names else []:
            proc.print(
                f"{one.name}:", f"  Installed: {one.version}", f"  Candidate: {one.version}",
                "  Version table:", f" *** {one.version} 100",
                "        100 /var/lib/dpkg/status",
            )  # fmt: skip
        return 0
    if verb in ("show", "search") and name in ("apt", "apt-cache"):
        known = {one.name: one for one in packages(machine)}
        for wanted in names:
            if verb == "search":
                proc.print(*(f"{o.name} - {o.text}" for o in known.values() if wanted in o.name))
            elif wanted in known:
                proc.print(*_status(known[wanted]))
            else:
                proc.stderr.write(f"N: Unable to locate package {wanted}\nE: No packages found\n")
                return 100
        return 0
    if name == "apt-mark" and verb == "showhold":
        proc.print(*(one.name for one in packages(machine) if one.held))
        return 0
    if verb in ("clean", "autoclean", "autoremove") and is_root(proc):
        return _clean(proc, machine, verb)
    if verb in _CHANGING or (name == "apt-mark" and verb in ("hold", "unhold", "auto", "manual")):
        return _refused(proc, verb)
    if not verb:
        proc.print("apt 2.6.1 (amd64)")
        return 0
    raise UsageError(f"E: Invalid operation {verb}")


def _clean(proc: Proc, machine: Machine, verb: str) -> int:
    """Throw away what was downloaded; there is nothing that nobody needs."""
    if verb == "clean":
        machine.disk.emptied("/var/cache")
        changed(proc, "apt-get", "clean")
        return 0
    proc.print("Reading package lists... Done", "Building dependency tree... Done",
               "Reading state information... Done")  # fmt: skip
    if verb == "autoremove":
        proc.print("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.")
    return 0


def _refused(proc: Proc, verb: str) -> int:
    if not is_root(proc):
        proc.stderr.write(
            "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
            "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n"
        )
        return 100
    return proc.fail(f"{verb}: no package archive can be reached in this simulator", 100)


def history_log(machine: Machine, *, rotated: bool) -> str:
    """Return /var/log/apt/history.log, or the one that logrotate has put away."""
    return "".join(
        _entry(machine, one) for one in history(machine) if _is_old(machine, one) == rotated
    )


def dpkg_log(machine: Machine, *, rotated: bool) -> str:
    """Return /var/log/dpkg.log, or the one before."""
    lines = []
    for one in history(machine):
        if _is_old(machine, one) != rotated:
            continue
        stamp = machine.epoch.datetime(one.at + 4_000).strftime("%Y-%m-%d %H:%M:%S")
        for package in one.installed:
            lines.append(f"{stamp} install {package.name}:{package.arch} <none> {package.version}")
            lines.append(
                f"{stamp} status installed {package.name}:{package.arch} {package.version}"
            )
        for package, before in one.upgraded:
            lines.append(
                f"{stamp} upgrade {package.name}:{package.arch} {before} {package.version}"
            )
            lines.append(
                f"{stamp} status installed {package.name}:{package.arch} {package.version}"
            )
    return "".join(f"{line}\n" for line in lines)


def _is_old(machine: Machine, one: Installation) -> bool:
    """Return whether logrotate has put it away: it does so on the first of a month."""
    then, now = machine.epoch.datetime(one.at), machine.epoch.datetime(machine.env.now)
    return (then.year, then.month) != (now.year, now.month)


def _entry(machine: Machine, one: Installation) -> str:
    def stamp(at: int) -> str:
        return machine.epoch.datetime(at).strftime("%Y-%m-%d  %H:%M:%S")

    rows = ["", f"Start-Date: {stamp(one.at)}", f"Commandline: {one.command}",
            "Requested-By: ansible (1001)"]  # fmt: skip
    if one.installed:
        told = ", ".join(f"{p.name}:{p.arch} ({p.version})" for p in one.installed)
        rows.append(f"Install: {told}")
    if one.upgraded:
        told = ", ".join(f"{p.name}:{p.arch} ({old}, {p.version})" for p, old in one.upgraded)
        rows.append(f"Upgrade: {told}")
    rows.append(f"End-Date: {stamp(one.at + 21_000)}")
    return "\n".join(rows) + "\n"
