"""Who and where one is: hostname, uname, whoami, id, sudo, sysctl and df.

Small programs over facts that do not change while the machine is up; this file must not know
anything that does.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from sim.bash.process import Proc, Running
from sim.node.machine import Machine
from sim.node.programs.host import container_of, machine_of, own_address, own_name
from sim.node.programs.options import UsageError, parse, program, waiting

_SYSCTLS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.tcp_syn_retries": "6",
    "net.ipv4.ip_local_port_range": "32768\t60999",
    "net.ipv4.conf.all.route_localnet": "1",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.core.somaxconn": "4096",
    "net.netfilter.nf_conntrack_tcp_timeout_established": "86400",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait": "3600",
    "net.netfilter.nf_conntrack_tcp_be_liberal": "0",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "vm.overcommit_memory": "1",
    "vm.panic_on_oom": "0",
    "vm.swappiness": "60",
    "fs.inotify.max_user_watches": "524288",
    "fs.inotify.max_user_instances": "8192",
}
"""As kubelet's --protect-kernel-defaults wants them and kube-proxy sets them."""


@program(1)
def hostname(proc: Proc) -> int:
    """Print the name of the place."""
    options = parse(proc, "fsiId", ("fqdn", "short", "ip-address", "all-ip-addresses"))
    if options.has("-i", "-I", "--ip-address", "--all-ip-addresses"):
        proc.print(f"{own_address(proc)} ")
    elif options.operands:
        return proc.fail("you must be root to change the host name")
    else:
        proc.print(own_name(proc))
    return 0


@program(1)
def uname(proc: Proc) -> int:
    """Print the kernel's name and version."""
    options = parse(proc, "asnrvmpio", ("all",))
    facts = machine_of(proc).facts
    version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.123-1 (2025-01-02)"
    values = {
        "-s": "Linux", "-n": own_name(proc), "-r": facts.kernel_version,
        "-v": version, "-m": "x86_64", "-o": "GNU/Linux",
    }  # fmt: skip
    chosen = [value for flag, value in values.items() if options.has(flag)]
    if options.has("-a", "--all"):
        chosen = list(values.values())
    proc.print(" ".join(chosen or ["Linux"]))
    return 0


def _user(proc: Proc) -> str:
    return proc.environ.get("USER", "root")


@program(1)
def whoami(proc: Proc) -> int:
    """Print the user's name."""
    proc.print(_user(proc))
    return 0


@program(1)
def identify(proc: Proc) -> int:
    """Print the user's and groups' numbers (`id`)."""
    options = parse(proc, "ungG")
    user = _user(proc)
    number = 0 if user == "root" else 1000
    if options.has("-u", "-g", "-G"):
        proc.print(user if options.has("-n") else str(number))
    else:
        groups = f"{number}({user})" + ("" if number == 0 else ",4(adm),27(sudo)")
        proc.print(f"uid={number}({user}) gid={number}({user}) groups={groups}")
    return 0


@waiting(1)
def sudo(proc: Proc) -> Running:
    """Run the rest of the line as root."""
    words = proc.argv[1:]
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-u", "-g", "-p") and words:
            words.pop(0)
        elif word in ("-l", "--list"):
            proc.print(
                f"User {_user(proc)} may run the following commands on {own_name(proc)}:",
                "    (ALL) NOPASSWD: ALL",
            )
            return 0
        elif word in ("-i", "-s") and not words:
            words = ["bash"]
        elif word in ("-i", "-s", "-S", "-n", "-E", "-H", "-k", "-b", "--"):
            continue
        else:
            raise UsageError(f"sudo: invalid option -- '{word.lstrip('-')[:1]}'")
    environ = {**proc.environ, "USER": "root", "HOME": "/root", "SUDO_USER": _user(proc)}
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    if not words:
        raise UsageError(
            "usage: sudo -h | -K | -k | -V\n"
            "usage: sudo [-AbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]"
        )
    if words[0] not in proc.programs and words[0].rpartition("/")[2] not in proc.programs:
        proc.stderr.write(f"sudo: {words[0]}: command not found\n")
        return 1
    return (yield from replace(proc, environ=environ).call(words, environ=environ))


@waiting(1)
def su(proc: Proc) -> Running:
    """Become root, which only root may here."""
    words = [word for word in proc.argv[1:] if word not in ("-", "-l", "--login", "root")]
    if _user(proc) != "root":
        proc.stderr.write("su: Authentication failure\n")
        return 1
    if words and words[0] != "-c":
        raise UsageError(
            f"su: user {words[0]} does not exist or the user entry does not"
            " contain all the required fields"
        )
    return (yield from proc.call(["bash", *words]))


def kernel_settings(machine: Machine) -> dict[str, str]:
    """Return the sysctls that can be read."""
    cores = max(1, machine.facts.cpu_millicores // 1000)
    return {
        **_SYSCTLS,
        "kernel.hostname": machine.name,
        "kernel.osrelease": machine.facts.kernel_version,
        # kube-proxy: conntrack.maxPerCore 32768, at least 131072.
        "net.netfilter.nf_conntrack_max": str(max(131_072, 32_768 * cores)),
        "net.netfilter.nf_conntrack_count": str(machine.flows.count(machine.env.now)),
    }


@program(1)
def sysctl(proc: Proc) -> int:
    """Print kernel settings."""
    options = parse(proc, "anwpbeNq", ("all", "values"))
    machine = machine_of(proc)
    proc.asked()
    known = kernel_settings(machine)
    if options.has("-a", "--all"):
        proc.print(*(f"{name} = {value}" for name, value in sorted(known.items())))
        return 0
    code = 0
    for name in options.operands:
        if "=" in name or options.has("-w"):
            return proc.fail("changing kernel settings is not supported in this simulator")
        plain = name.replace("/", ".")
        if plain not in known:
            path = plain.replace(".", "/")
            proc.stderr.write(f"sysctl: cannot stat /proc/sys/{path}: No such file or directory\n")
            code = 255
        else:
            bare = options.has("-n", "--values")
            proc.print(known[plain] if bare else f"{plain} = {known[plain]}")
    return code


@program(1)
def df(proc: Proc) -> int:
    """Print how full the file systems are."""
    options = parse(proc, "hkmTiaP", ("human-readable", "inodes"))
    if options.has("-i", "--inodes", "-T"):
        return proc.fail("only sizes are known here: df, df -h")
    machine, container = machine_of(proc), container_of(proc)
    proc.asked()
    total = machine.facts.disk_bytes
    used = _disk_used(machine)
    memory = machine.facts.memory_bytes
    root = "overlay" if container is not None else "/dev/vda1"
    rows = [("tmpfs", memory // 10, 1 << 20, "/run"), (root, total, used, "/")]
    if container is None:
        rows += [("tmpfs", memory // 2, 0, "/dev/shm"), ("tmpfs", 5 << 20, 0, "/run/lock")]
    else:
        rows = [rows[1], ("tmpfs", 64 << 20, 0, "/dev"), ("shm", 64 << 20, 0, "/dev/shm")]
    chosen = options.operands
    if chosen:
        rows = [row for row in rows if row[3] in chosen] or [row for row in rows if row[3] == "/"]
    human = options.has("-h", "--human-readable")
    titles = (
        ("Filesystem", "Size", "Used", "Avail", "Use%")
        if human
        else ("Filesystem", "1K-blocks", "Used", "Available", "Use%")
    )
    cells: list[tuple[str, ...]] = [titles]
    for name, size, taken, _ in rows:
        # ext4 keeps 5 % for root.
        left = max(0, size - taken - (size // 20 if name == root else 0))
        share = -(-100 * taken // max(1, taken + left))
        numbers = [_blocks(n) if human else str(n >> 10) for n in (size, taken, left)]
        cells.append((name, *numbers, f"{share}%"))
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    mounts = ["Mounted on", *(row[3] for row in rows)]
    for row, mount in zip(cells, mounts, strict=True):
        cols = " ".join(f"{row[i]:>{max(widths[i], 5 if i < 4 else 4)}}" for i in range(1, 5))
        proc.print(f"{row[0]:<{max(widths[0], 14)}} {cols} {mount}")
    return 0


def _disk_used(machine: Machine) -> int:
    """Return the bytes taken: the system, images and logs, of which only the sum is modelled."""
    share = machine.stream.at("disk").uniform(0.22, 0.41)
    return int(machine.facts.disk_bytes * share)


def _blocks(size: int) -> str:
    """Return a size as df -h rounds it: up, one decimal below 10."""
    if size == 0:
        return "0"
    value = float(size)
    for unit in ("", "K", "M", "G", "T"):
        if value < 1024 or unit == "T":
            if unit and value < 10:
                return f"{ceil(value * 10) / 10:.1f}{unit}"
            return f"{ceil(value)}{unit}"
        value /= 1024
    return str(size)
