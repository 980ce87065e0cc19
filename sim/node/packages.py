"""Which packages a node has, and what was installed when: one state for dpkg, apt and their logs.

It follows from what the node's image is said to be: its kernel, kubelet and runtime, when it joined
and when it last booted. This file must not know how anything is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sim.node.machine import Machine

MINUTE_MS = 60_000
_KERNELS = {"28": ("6.1.119-1", "2024-11-22"), "38": ("6.1.147-1", "2025-08-02")}
"""Debian's versions of kernels by ABI number, packages.debian.org/linux-image-amd64."""
_OTHER_KERNEL = ("6.1.123-1", "2025-01-02")


class Package(NamedTuple):
    """One installed package."""

    name: str
    version: str
    text: str
    arch: str = "amd64"
    held: bool = False


class Installation(NamedTuple):
    """One run of apt."""

    at: int
    """Simulated ms."""
    command: str
    installed: tuple[Package, ...]
    upgraded: tuple[tuple[Package, str], ...] = ()
    """(package, version before)."""


_BASE = (
    ("apt", "2.6.1", "commandline package manager"),
    ("base-files", "12.4+deb12u12", "Debian base system miscellaneous files"),
    ("bash", "5.2.15-2+b8", "GNU Bourne Again SHell"),
    ("bind9-dnsutils", "1:9.18.33-1~deb12u2", "Clients provided with BIND 9"),
    ("bsdextrautils", "2.38.1-5+deb12u3", "extra utilities from 4.4BSD-Lite"),
    ("ca-certificates", "20230311+deb12u1", "Common CA certificates"),
    ("chrony", "4.3-2+deb12u1", "Versatile implementation of the Network Time Protocol"),
    ("conntrack", "1:1.4.7-1+b2", "Program to modify the conntrack tables"),
    ("coreutils", "9.1-1", "GNU core utilities"),
    ("cron", "3.0pl1-162", "process scheduling daemon"),
    ("curl", "7.88.1-10+deb12u12", "command line tool for transferring data with URL syntax"),
    ("dbus", "1.14.10-1~deb12u1", "simple interprocess messaging system (system message bus)"),
    ("dpkg", "1.21.22", "Debian package management system"),
    ("e2fsprogs", "1.47.0-2+b2", "ext2/ext3/ext4 file system utilities"),
    ("ethtool", "1:6.1-1", "display or change Ethernet device settings"),
    ("grep", "3.8-5", "GNU grep, egrep and fgrep"),
    ("gzip", "1.12-1", "GNU compression utilities"),
    ("iproute2", "6.1.0-3", "networking and traffic control tools"),
    ("iptables", "1.8.9-2", "administration tools for packet filtering and NAT"),
    ("iputils-ping", "3:20221126-1+deb12u1", "Tools to test the reachability of network hosts"),
    ("jq", "1.6-2.1+deb12u1", "lightweight and flexible command-line JSON processor"),
    ("kmod", "30+20221128-1", "tools for managing Linux kernel modules"),
    ("less", "590-2.1~deb12u2", "pager program similar to more"),
    ("libc6", "2.36-9+deb12u10", "GNU C Library: Shared libraries"),
    ("libc-bin", "2.36-9+deb12u10", "GNU C Library: Binaries"),
    ("login", "1:4.13+dfsg1-1+deb12u1", "system login tools"),
    ("logrotate", "3.21.0-1", "Log rotation utility"),
    ("lsof", "4.95.0-1", "utility to list open files"),
    ("mount", "2.38.1-5+deb12u3", "tools for mounting and manipulating filesystems"),
    ("nano", "7.2-1+deb12u1", "small, friendly text editor inspired by Pico"),
    ("netcat-openbsd", "1.219-1", "TCP/IP swiss army knife"),
    ("openssh-server", "1:9.2p1-2+deb12u7", "secure shell (SSH) server, for secure access"),
    ("openssl", "3.0.17-1~deb12u2", "Secure Sockets Layer toolkit - cryptographic utility"),
    ("passwd", "1:4.13+dfsg1-1+deb12u1", "change and administer password and group data"),
    ("procps", "2:4.0.2-3", "/proc file system utilities"),
    ("psmisc", "23.6-1", "utilities that use the proc file system"),
    ("runc", "1.1.5+ds1-1+deb12u1", "Open Container Project - runtime"),
    ("socat", "1.7.4.4-2", "multipurpose relay for bidirectional data transfer"),
    ("sudo", "1.9.13p3-1+deb12u2", "Provide limited super user privileges to specific users"),
    ("sysstat", "12.6.1-1", "system performance tools for Linux"),
    ("systemd", "252.39-1~deb12u1", "system and service manager"),
    ("tar", "1.34+dfsg-1.2+deb12u1", "GNU version of the tar archiving utility"),
    ("tzdata", "2025b-0+deb12u1", "time zone and daylight-saving time data"),
    ("udev", "252.39-1~deb12u1", "/dev/ and hotplug management daemon"),
    ("util-linux", "2.38.1-5+deb12u3", "miscellaneous system utilities"),
    ("vim-tiny", "2:9.0.1378-2+deb12u2", "Vi IMproved - enhanced vi editor - compact version"),
    ("zlib1g", "1:1.2.13.dfsg-1", "compression library - runtime"),
)


def kernel_build(version: str) -> tuple[str, str]:
    """Return (package version, date of the build) of a kernel such as `6.1.0-38-amd64`."""
    return _KERNELS.get(version.split("-")[1] if "-" in version else "", _OTHER_KERNEL)


def kernel_package(machine: Machine) -> Package:
    """Return the package of the running kernel."""
    kernel = machine.facts.kernel_version
    return Package(
        f"linux-image-{kernel}", f"{kernel_build(kernel)[0]}", "Linux 6.1 for 64-bit PCs (signed)"
    )


def packages(machine: Machine) -> list[Package]:
    """Return every installed package, by name."""
    found = [Package(*row) for row in _BASE]
    found += [*_cluster_packages(machine), kernel_package(machine), _kernel_meta(machine)]
    return sorted(found)


def _cluster_packages(machine: Machine) -> list[Package]:
    kubelet = machine.facts.kubelet_version.removeprefix("v") + "-1.1"
    runtime = machine.facts.runtime.partition("://")[2]
    return [
        Package("containerd.io", f"{runtime}-1~debian.12~bookworm", "An open and reliable container runtime",
                held=True),
        Package("cri-tools", kubelet.rpartition(".")[0].rpartition(".")[0] + ".0-1.1",
                "Command-line utility for interacting with a container runtime"),
        Package("kubeadm", kubelet, "Command-line utility for administering a Kubernetes cluster",
                held=True),
        Package("kubelet", kubelet, "Node agent for Kubernetes clusters", held=True),
        Package("kubernetes-cni", "1.7.1-1.1", "Binaries required to provision container networking"),
    ]  # fmt: skip


def _kernel_meta(machine: Machine) -> Package:
    return Package(
        "linux-image-amd64", kernel_package(machine).version, "Linux for 64-bit PCs (meta-package)"
    )


def history(machine: Machine) -> list[Installation]:
    """Return what apt did on the node, oldest first."""
    node = machine.api.get("nodes", "", machine.name) or {"metadata": {}}
    stamp = node["metadata"].get("creationTimestamp")
    booted = machine.facts.booted_at
    joined = min(machine.epoch.since(stamp), booted) if stamp else booted - 86_400_000
    runtime, tools, adm, kubelet, cni = _cluster_packages(machine)
    kernel, meta = kernel_package(machine), _kernel_meta(machine)
    found = [
        Installation(joined - 14 * MINUTE_MS, "apt-get install -y containerd.io", (runtime,)),
        Installation(joined - 11 * MINUTE_MS, "apt-get install -y kubelet kubeadm",
                     (adm, cni, tools, kubelet)),
    ]  # fmt: skip
    if booted - joined > 3_600_000:
        drawn = machine.stream.at("kernel-upgrade").integer(2 * MINUTE_MS, 6 * MINUTE_MS)
        found.append(
            Installation(
                booted - drawn, "apt-get -y dist-upgrade", (kernel,), ((meta, "6.1.112-1"),)
            )
        )
    return [one for one in found if one.at < machine.env.now]
