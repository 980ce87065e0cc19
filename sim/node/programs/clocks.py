"""timedatectl, chronyc, hostnamectl and loginctl: the machine's clock, its name, its sessions.

Forms are those of systemd 252 and chrony 4.3. Clocks of the model are never wrong. This file must
not know which cluster it serves.
"""

from __future__ import annotations

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import UsageError, program
from sim.node.programs.reach import site_dns

_NO_BUS = (
    "System has not been booted with systemd as init system (PID 1). Can't operate.\n"
    "Failed to connect to bus: Host is down"
)
CHRONY_DOWN = "506 Cannot talk to daemon"


def _words(proc: Proc) -> list[str]:
    if container_of(proc) is not None:
        raise UsageError(_NO_BUS)
    proc.asked()
    return [word for word in proc.argv[1:] if not word.startswith("-")]


@program(1)
def timedatectl(proc: Proc) -> int:
    """Print the clock's state."""
    words = _words(proc)
    machine = machine_of(proc)
    if words and words[0] not in ("status", "show"):
        return proc.fail(f"{words[0]} is not supported in this simulator")
    now = machine.epoch.datetime(machine.env.now)
    synced = "yes" if machine.daemons.runs("chrony") else "no"
    if words[:1] == ["show"]:
        proc.print("Timezone=Etc/UTC", "LocalRTC=no", "CanNTP=yes", f"NTP={synced}",
                   "NTPSynchronized=yes", f"TimeUSec={now:%a %Y-%m-%d %H:%M:%S} UTC")  # fmt: skip
        return 0
    stamp = f"{now:%a %Y-%m-%d %H:%M:%S}"
    proc.print(
        f"               Local time: {stamp} UTC",
        f"           Universal time: {stamp} UTC",
        f"                 RTC time: {stamp}",
        "                Time zone: Etc/UTC (UTC, +0000)",
        "System clock synchronized: yes",
        f"              NTP service: {'active' if synced == 'yes' else 'inactive'}",
        "          RTC in local TZ: no",
    )
    return 0


def _reference(machine: Machine) -> tuple[str, int]:
    """Return the address of the site's time server and ms since it was last asked."""
    phase = machine.stream.at("ntp").integer(0, 63_000)
    return site_dns(machine.internal_ip), (machine.env.now + phase) % 64_000


@program(1)
def chronyc(proc: Proc) -> int:
    """Print how the clock follows its sources."""
    words = [word for word in proc.argv[1:] if word not in ("-n", "-v", "-a", "-m")]
    if container_of(proc) is not None:
        raise UsageError(CHRONY_DOWN)
    proc.asked()
    machine = machine_of(proc)
    if not machine.daemons.runs("chrony"):
        raise UsageError(CHRONY_DOWN)
    verb = words[0] if words else "help"
    server, ago = _reference(machine)
    draw = machine.stream.at("drift", machine.env.now // 64_000)
    offset = draw.uniform(-0.00009, 0.00009)
    if verb == "tracking":
        at = machine.epoch.datetime(machine.env.now - ago)
        ident = "".join(f"{int(part):02X}" for part in server.split("."))
        way = "slow" if offset < 0 else "fast"
        proc.print(
            f"Reference ID    : {ident} ({server})",
            "Stratum         : 3",
            f"Ref time (UTC)  : {at:%a %b %d %H:%M:%S %Y}",
            f"System time     : {abs(offset):.9f} seconds {way} of NTP time",
            f"Last offset     : {offset:+.9f} seconds",
            "RMS offset      : 0.000048211 seconds",
            "Frequency       : 12.418 ppm slow",
            "Residual freq   : -0.001 ppm",
            "Skew            : 0.021 ppm",
            "Root delay      : 0.001184302 seconds",
            "Root dispersion : 0.000841120 seconds",
            "Update interval : 64.3 seconds",
            "Leap status     : Normal",
        )
    elif verb == "sources":
        micro = f"{offset * 1e6:+.0f}us"
        proc.print(
            "MS Name/IP address         Stratum Poll Reach LastRx Last sample               ",
            "=" * 79,
            f"^* {server:<25} 2   6   377 {ago // 1000:>5}  {micro:>7}[{micro:>7}] +/-  612us",
        )
    elif verb == "sourcestats":
        proc.print(
            "Name/IP Address            NP  NR  Span  Frequency  Freq Skew  Offset  Std Dev",
            "=" * 78,
            f"{server:<25}  17   9   17m     -0.001      0.021  {offset * 1e6:+5.0f}us    38us",
        )
    elif verb in ("makestep", "burst", "online"):
        if not is_root(proc):
            raise UsageError("501 Not authorised")
        proc.print("200 OK")
    elif verb == "activity":
        proc.print("200 OK", "1 sources online", "0 sources offline", "0 sources doing burst (return to online)",
                   "0 sources doing burst (return to offline)", "0 sources with unknown address")  # fmt: skip
    else:
        raise UsageError(
            "Unrecognized command" if words else "chronyc: give a command, e.g. tracking or sources"
        )
    return 0


@program(1)
def hostnamectl(proc: Proc) -> int:
    """Print what the machine is called and is."""
    words = _words(proc)
    machine = machine_of(proc)
    if words[:1] == ["hostname"] and len(words) == 1:
        proc.print(machine.name)
        return 0
    if words and words[0] not in ("status",):
        return proc.fail(f"{words[0]} is not supported in this simulator")
    proc.print(
        f" Static hostname: {machine.name}",
        "       Icon name: computer-vm",
        "         Chassis: vm 🖴",
        f"      Machine ID: {machine.machine_id}",
        f"         Boot ID: {machine.boot_id.replace('-', '')}",
        "  Virtualization: kvm",
        f"Operating System: {machine.facts.os_image}",
        f"          Kernel: Linux {machine.facts.kernel_version}",
        "    Architecture: x86-64",
        " Hardware Vendor: QEMU",
        "  Hardware Model: Standard PC _Q35 + ICH9, 2009_",
        "Firmware Version: 1.16.2",
    )
    return 0


@program(1)
def loginctl(proc: Proc) -> int:
    """List the sessions."""
    words = _words(proc)
    if words and words[0] not in ("list-sessions", "list-users"):
        return proc.fail(f"{words[0]} is not supported in this simulator")
    held = machine_of(proc).logins.alive()
    users = sorted({one.user for one in held})
    if not held:
        proc.print("No users." if words[:1] == ["list-users"] else "No sessions.")
    elif words[:1] == ["list-users"]:
        proc.print(
            " UID USER  ", *(f"1000 {user}" for user in users), "", f"{len(users)} users listed."
        )
    else:
        proc.print(
            "SESSION  UID USER   SEAT TTY  ",
            *(f"{one.number:>7} 1000 {one.user}      {one.tty:<5}" for one in held),
            "",
            f"{len(held)} sessions listed.",
        )
    return 0


@program(1)
def lsmod(proc: Proc) -> int:
    """List the kernel's modules that containers and Services need."""
    proc.asked()
    rows = (
        ("Module", "Size", "Used by"), ("xt_statistic", "16384", "0"), ("xt_comment", "16384", "0"),
        ("xt_mark", "16384", "0"), ("xt_conntrack", "16384", "0"), ("xt_MASQUERADE", "20480", "0"),
        ("veth", "36864", "0"), ("nf_tables", "303104", "0"),
        ("nf_nat", "57344", "1 xt_MASQUERADE"),
        ("nf_conntrack", "188416", "3 xt_conntrack,nf_nat,xt_MASQUERADE"),
        ("br_netfilter", "36864", "0"), ("bridge", "311296", "1 br_netfilter"),
        ("overlay", "163840", str(2 * len(machine_of(proc).kubelet.pods))),
        ("virtio_net", "73728", "0"), ("virtio_blk", "28672", "2"), ("ext4", "983040", "1"),
    )  # fmt: skip
    for index, (name, size, used) in enumerate(rows):
        proc.print(f"{name:<20}{size:>10}  {used}" if index else f"{name:<22}{size:>6}  {used}")
    return 0
