"""What the kernel says of a machine's ordinary life: its boot, and pods' links coming and going.

Texts are those of Linux 6.1. This file must not know who reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node.journal import KERNEL, Entry

if TYPE_CHECKING:
    from sim.node.machine import Machine

FIRST_PORT = 30
"""Bridge ports get numbers from the pods before; ours only look like it."""


def link_name(machine: Machine, pod_uid: str) -> str:
    """Return the name of the node's end of a pod's link."""
    return f"veth{machine.stream.at('veth', pod_uid).hex(8)}"


def say_link_up(machine: Machine, pod_uid: str) -> None:
    """Write what a new port of the bridge brings."""
    port, name = _port(machine, pod_uid), link_name(machine, pod_uid)
    for text in (
        f"cni0: port {port}({name}) entered blocking state",
        f"cni0: port {port}({name}) entered disabled state",
        f"device {name} entered promiscuous mode",
        f"IPv6: ADDRCONF(NETDEV_CHANGE): {name}: link becomes ready",
        f"cni0: port {port}({name}) entered blocking state",
        f"cni0: port {port}({name}) entered forwarding state",
    ):
        machine.journal.write(machine.env.now, KERNEL, text)


def say_link_down(machine: Machine, pod_uid: str) -> None:
    """Write what the end of a port of the bridge brings."""
    port, name = _port(machine, pod_uid), link_name(machine, pod_uid)
    for text in (
        f"cni0: port {port}({name}) entered disabled state",
        f"device {name} left promiscuous mode",
        f"cni0: port {port}({name}) entered disabled state",
    ):
        machine.journal.write(machine.env.now, KERNEL, text)


def _port(machine: Machine, pod_uid: str) -> int:
    return machine.stream.at("bridge-port", pod_uid).integer(FIRST_PORT, FIRST_PORT + 60)


def boot_entries(machine: Machine) -> list[Entry]:
    """Return the lines of the boot, which the ring buffer keeps and the journal has rotated away."""
    facts = machine.facts
    cpus = max(1, facts.cpu_millicores // 1000)
    kib = facts.memory_bytes >> 10
    lines = (
        (0, f"Linux version {facts.kernel_version} (debian-kernel@lists.debian.org) "
            "(gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) "
            "#1 SMP PREEMPT_DYNAMIC"),
        (0, f"Command line: BOOT_IMAGE=/boot/vmlinuz-{facts.kernel_version} root=/dev/vda1 ro "
            "console=tty0 console=ttyS0,115200"),
        (0, "BIOS-provided physical RAM map:"),
        (0, "DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2 04/01/2014"),
        (0, "Hypervisor detected: KVM"),
        (0, "kvm-clock: using sched offset"),
        (8, f"Memory: {kib - kib // 60}K/{kib}K available"),
        (9, f"SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs={cpus}, Nodes=1"),
        (34, "Spectre V2 : Mitigation: Retpolines"),
        (180, f"smp: Brought up 1 node, {cpus} CPUs"),
        (310, "NET: Registered PF_INET protocol family"),
        (620, "virtio_blk virtio2: [vda] 838860800 512-byte logical blocks"),
        (980, "EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none."),
        (1410, "systemd[1]: systemd 252.39-1~deb12u1 running in system mode"),
        (1440, f"systemd[1]: Hostname set to <{machine.name}>."),
        (2730, "EXT4-fs (vda1): re-mounted. Quota mode: none."),
        (3190, "virtio_net virtio0 eth0: renamed from ens3"),
        (5620, "bridge: filtering via arp/ip/ip6tables is no longer available by default. "
               "Update your scripts to load br_netfilter if you need this."),
        (5640, "Bridge firewalling registered"),
        (9820, "nf_conntrack: default automatic helper assignment has been turned off"),
    )  # fmt: skip
    return [Entry(facts.booted_at + at, KERNEL, None, "", 6, text) for at, text in lines]
