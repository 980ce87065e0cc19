"""lsof, fuser and crontab: who holds which socket or file, and what is run when.

Forms are those of lsof 4.95 and psmisc 23.6. This file must not know what a process does.
"""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Proc
from sim.node.machine import Process
from sim.node.portnames import port_name
from sim.node.programs.host import is_root, machine_of
from sim.node.programs.options import UsageError, parse, program
from sim.node.programs.psview import visible
from sim.node.programs.sockets import Socket, connected, listeners

_HEAD = ("COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE/OFF", "NODE", "NAME")


@program(1)
def lsof(proc: Proc) -> int:
    """List open sockets and files."""
    options = parse(replace(proc, argv=_with_specs(proc.argv)), "i:p:u:c:nPtaUls:")
    pids = {int(one) for one in options.value("-p").split(",") if one.isdecimal()}
    users = {one for one in options.value("-u").split(",") if one}
    named = options.value("-c")
    inet = options.has("-i")
    numbers = options.has("-n")
    proc.asked()
    machine = machine_of(proc)
    by_pid = {p.pid: p for p in visible(proc) if not p.is_kernel}
    every = [*listeners(proc), *connected(proc)]
    rows: list[tuple[str, ...]] = []
    found: set[int] = set()
    for process in by_pid.values():
        if (pids and process.pid not in pids) or (users and process.user not in users):
            continue
        if named and not process.name.startswith(named):
            continue
        if not is_root(proc) and process.user != proc.environ.get("USER"):
            continue
        if not inet:
            if not (pids or users or named or options.operands):
                continue
            rows += _files(process, options.operands)
        sockets = [one for one in every if one.pid == process.pid]
        for index, one in enumerate(sockets if not options.operands else ()):
            if inet and not _asked_for(one, options.value("-i")):
                continue
            rows.append(_socket(process, one, index, machine.stream.at("inode", one.port).integer(18_000, 99_000),
                                names=not options.has("-P"), numbers=numbers))  # fmt: skip
        if rows and rows[-1][1] == str(process.pid):
            found.add(process.pid)
    if not (inet or pids or users or named or options.operands):
        return proc.fail(
            "the list of all open files is not supported in this simulator; use -i, -p, -u or -c"
        )
    if options.has("-t"):
        proc.print(*(str(pid) for pid in sorted(found)))
        return 0 if found else 1
    if not rows:
        return 1
    _print(proc, [_HEAD, *rows])
    return 0


def _with_specs(argv: list[str]) -> list[str]:
    """Give `-i` the empty argument that lsof allows it."""
    words = []
    for index, word in enumerate(argv):
        following = argv[index + 1] if index + 1 < len(argv) else "-"
        bundle = (
            word.startswith("-") and word.endswith("i") and word[1:-1].isalpha() | (word == "-i")
        )
        spec = not following.startswith("-")
        if bundle and not spec:
            words += [f"-{word[1:-1]}"] * (len(word) > 2) + ["-i", ""]
        elif bundle and len(word) > 2:
            words += [f"-{word[1:-1]}", "-i"]
        else:
            words.append(word)
    return words


def _asked_for(one: Socket, text: str) -> bool:
    """Return whether a socket is one of `:PORT`, `TCP:PORT`, `@HOST:PORT`."""
    kind, _, rest = text.partition(":") if ":" in text else (text, "", "")
    if kind.lower() in ("udp",):
        return False
    ports = {int(p) for p in rest.split(",") if p.isdecimal()}
    host = kind.partition("@")[2]
    return (not ports or one.port in ports or one.peer_port in ports) and (
        not host or host in (one.local, one.peer)
    )


def _socket(
    process: Process, one: Socket, index: int, inode: int, *, names: bool, numbers: bool
) -> tuple[str, ...]:
    del numbers

    def port(number: int) -> str:
        return (port_name(number) if names else None) or str(number)

    local = "*" if one.local == "0.0.0.0" or one.six else one.local
    name = f"{local}:{port(one.port)}"
    if one.state == "ESTAB":
        name += f"->{one.peer}:{port(one.peer_port)} (ESTABLISHED)"
    else:
        name += " (LISTEN)"
    kind = "IPv6" if one.six else "IPv4"
    return (
        process.name[:9],
        str(process.pid),
        process.user,
        f"{3 + index}u",
        kind,
        str(inode),
        "0t0",
        "TCP",
        name,
    )


def _files(process: Process, wanted: list[str]) -> list[tuple[str, ...]]:
    """Return the files that every program has open."""
    binary = process.command.split(" ")[0]
    rows = [("cwd", "DIR", "254,1", "4096", "2", "/"), ("rtd", "DIR", "254,1", "4096", "2", "/")]
    if binary.startswith("/"):
        rows.append(
            ("txt", "REG", "254,1", str(process.rss_bytes // 2), str(process.pid * 7), binary)
        )
    rows += [("0r", "CHR", "1,3", "0t0", "5", "/dev/null")]
    return [
        (process.name[:9], str(process.pid), process.user, *row)
        for row in rows
        if not wanted or row[-1] in wanted
    ]


def _print(proc: Proc, rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(8)]
    right = (False, True, True, True, True, True, True, True)
    for row in rows:
        cells = [
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=False)
        ]
        proc.print(" ".join([*cells, row[8]]))


@program(1)
def fuser(proc: Proc) -> int:
    """Print which processes use a port."""
    options = parse(proc, "n:kvmiu", ())
    space = options.value("-n", default="")
    if not options.operands:
        raise UsageError("No process specification given")
    proc.asked()
    code = 1
    for word in options.operands:
        port, _, kind = word.partition("/")
        if not port.isdecimal() or (kind or space) not in ("tcp", "udp"):
            proc.stderr.write(f"fuser: only PORT/tcp is supported in this simulator: {word}\n")
            continue
        held = sorted({one.pid for one in listeners(proc) if one.port == int(port) and one.pid})
        if held:
            proc.stderr.write(f"{port}/{kind or space}:".ljust(20))
            proc.stdout.write("".join(f"{pid:>6}" for pid in held))
            proc.stderr.write("\n")
            code = 0
    return code


@program(1)
def crontab(proc: Proc) -> int:
    """Say that nobody has a crontab of his own."""
    options = parse(proc, "leriu:", ())
    user = options.value("-u", default=proc.environ.get("USER", "root"))
    proc.asked()
    if options.has("-l", "-r"):
        proc.stderr.write(f"no crontab for {user}\n")
        return 1
    raise UsageError("crontab: changing a crontab is not supported in this simulator")
