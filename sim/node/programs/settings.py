"""sysctl: the kernel's settings, read and written.

Texts are those of procps 4.0. This file must not know what a setting does.
"""

from __future__ import annotations

import re2

from sim.bash.process import FileProblem, Proc
from sim.node.machine import Machine
from sim.node.programs.host import changed, container_of, is_root, machine_of
from sim.node.programs.options import UsageError, parse, program

_DIRECTORIES = ("/run/sysctl.d", "/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
_LONG = (
    "all", "values", "names", "write", "load", "pattern=", "ignore", "quiet", "system", "binary",
    "deprecated", "dry-run",
)  # fmt: skip


@program(1)
def sysctl(proc: Proc) -> int:
    """Print and write kernel settings."""
    options = parse(proc, "anwpbeNqr:Xx", _LONG)
    proc.asked()
    machine = machine_of(proc)
    shape = "value" if options.has("-n", "--values", "-b") else ""
    shape = "name" if options.has("-N", "--names") else shape
    quiet = options.has("-q", "--quiet")
    if options.has("--system"):
        return _load_all(proc, machine, quiet=quiet)
    if options.has("-p", "--load"):
        return max(
            _load(proc, machine, name, quiet=quiet)
            for name in options.operands or ["/etc/sysctl.conf"]
        )
    if options.has("-a", "--all", "-X"):
        pattern = options.value("-r", "--pattern")
        try:
            expression = re2.compile(pattern) if pattern else None
        except re2.error:
            raise UsageError(f"sysctl: Bad pattern: {pattern}") from None
        for name, value in sorted(machine.settings.table().items()):
            if expression is None or expression.search(name):
                proc.print(_shown(name, value, shape))
        return 0
    if not options.operands:
        raise UsageError(
            "sysctl: no variables specified\nTry `sysctl --help' for more information."
        )
    code = 0
    for word in options.operands:
        name, sign, value = word.partition("=")
        if sign:
            code |= _write(proc, machine, name, value, shape=shape, quiet=quiet)
        elif options.has("-w", "--write"):
            proc.stderr.write("sysctl: command line(0): invalid syntax, continuing...\n")
            code = 1
        else:
            code |= _read(proc, machine, name, shape, ignore=options.has("-e", "--ignore"))
    return code


def _plain(name: str) -> str:
    """Return a setting's name with dots: where the first separator is `/`, `.` stands for `/`."""
    name = name.strip()
    dot, slash = name.find("."), name.find("/")
    if slash >= 0 and (dot < 0 or slash < dot):
        return name.replace("/", ".")
    return name


def _shown(name: str, value: str, shape: str) -> str:
    return value if shape == "value" else name if shape == "name" else f"{name} = {value}"


def _read(proc: Proc, machine: Machine, name: str, shape: str, *, ignore: bool) -> int:
    plain = _plain(name)
    table = machine.settings.table()
    below = sorted(one for one in table if one.startswith(f"{plain.rstrip('.')}."))
    if plain not in table and below:
        proc.print(*(_shown(one, table[one], shape) for one in below))
        return 0
    if plain not in table:
        if not ignore:
            proc.stderr.write(f"sysctl: {_missing(plain)}\n")
        return 0 if ignore else 1
    proc.print(_shown(plain, table[plain], shape))
    return 0


def _missing(name: str) -> str:
    return f"cannot stat /proc/sys/{name.replace('.', '/')}: No such file or directory"


def _write(
    proc: Proc, machine: Machine, name: str, value: str, *, shape: str = "", quiet: bool = False
) -> int:
    plain = _plain(name)
    value = value.strip()
    problem = machine.settings.problem(plain, value)
    if problem == "No such file or directory":
        proc.stderr.write(f"sysctl: {_missing(plain)}\n")
        return 1
    container = container_of(proc)
    if not is_root(proc):
        proc.stderr.write(f'sysctl: permission denied on key "{plain}"\n')
        return 1
    if container is not None and not container.privileged:
        proc.stderr.write(f'sysctl: setting key "{plain}": Read-only file system\n')
        return 1
    if problem == "Permission denied":
        proc.stderr.write(f'sysctl: permission denied on key "{plain}"\n')
        return 1
    if problem:
        proc.stderr.write(f'sysctl: setting key "{plain}": {problem}\n')
        return 1
    machine.settings.set(plain, value)
    changed(proc, "sysctl", f"{plain}={value}")
    if not quiet:
        proc.print(_shown(plain, value, shape))
    return 0


def _load(proc: Proc, machine: Machine, name: str, *, quiet: bool) -> int:
    try:
        text = proc.files.read(proc.path(name))
    except FileProblem as problem:
        proc.stderr.write(f'sysctl: cannot open "{name}": {problem}\n')
        return 1
    code = 0
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        key, sign, value = stripped.partition("=")
        if not sign:
            proc.stderr.write(f'sysctl: {name}: "{stripped}" must be of the form name=value\n')
            continue
        code |= _write(proc, machine, key.strip().lstrip("-"), value, quiet=quiet)
    return code


def _load_all(proc: Proc, machine: Machine, *, quiet: bool) -> int:
    code = 0
    for directory in _DIRECTORIES:
        if not proc.files.is_dir(directory):
            continue
        for name in proc.files.listdir(directory):
            if name.endswith(".conf"):
                proc.print(f"* Applying {directory}/{name} ...")
                code |= _load(proc, machine, f"{directory}/{name}", quiet=quiet)
    if proc.files.exists("/etc/sysctl.conf"):
        proc.print("* Applying /etc/sysctl.conf ...")
        code |= _load(proc, machine, "/etc/sysctl.conf", quiet=quiet)
    return code
