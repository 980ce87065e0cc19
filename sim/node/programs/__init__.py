"""What can be run on a node or in a container: one visible table a place.

A program reads the machine or container it runs on and prints what the real one would; this file
must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Proc, Program, Running
from sim.bash.tools import TEXT_TOOLS, date_program
from sim.node.programs.cgls import systemd_cgls
from sim.node.programs.chroot import chroot
from sim.node.programs.crictl import crictl
from sim.node.programs.curl import curl, wget
from sim.node.programs.dmesg import dmesg
from sim.node.programs.hardware import lscpu, nproc
from sim.node.programs.host import unix_ms
from sim.node.programs.identity import hostname, identify, su, sudo, uname, whoami
from sim.node.programs.journalctl import journalctl
from sim.node.programs.nettools import (
    NETWORK_BUSYBOX,
    NETWORK_FULL,
    NETWORK_NETFILTER,
    NETWORK_NODE,
)
from sim.node.programs.places import container_files, node_files
from sim.node.programs.postgres import pg_isready, psql
from sim.node.programs.refused import REFUSED
from sim.node.programs.systemctl import systemctl
from sim.node.programs.systemtools import SYSTEM_BUSYBOX, SYSTEM_FULL, SYSTEM_NODE
from sim.node.programs.versions import containerd, kube_proxy, kubelet, runc

__all__ = [
    "BUSYBOX_IMAGE",
    "FULL_IMAGE",
    "NODE",
    "container_files",
    "node_files",
    "programs_for",
]


def date(proc: Proc) -> Running:
    """Print the machine's clock."""
    return date_program(lambda: unix_ms(proc))(proc)


_NOT_IN_BUSYBOX = (
    "bash", "column", "dir", "edit", "editor", "emacs", "file", "fmt", "gawk", "join", "jq", "mawk",
    "nano", "numfmt", "pico", "screen", "sha224sum", "sha384sum", "tmux", "tput", "vim", "yq",
    "zgrep",
)  # fmt: skip

_EVERYWHERE: Mapping[str, Program] = {
    **TEXT_TOOLS,
    "chroot": chroot,
    "date": date,
    "hostname": hostname,
    "id": identify,
    "nproc": nproc,
    "uname": uname,
    "whoami": whoami,
}

NODE: Mapping[str, Program] = {
    **REFUSED,
    **_EVERYWHERE,
    "containerd": containerd,
    "crictl": crictl,
    "curl": curl,
    "dmesg": dmesg,
    "kubelet": kubelet,
    "runc": runc,
    "systemd-cgls": systemd_cgls,
    "journalctl": journalctl,
    "lscpu": lscpu,
    "su": su,
    "sudo": sudo,
    "systemctl": systemctl,
    "wget": wget,
    **SYSTEM_NODE,
    **NETWORK_NODE,
}
"""A shell on a node."""

FULL_IMAGE: Mapping[str, Program] = {
    **_EVERYWHERE,
    "curl": curl,
    "dmesg": dmesg,
    "wget": wget,
    **SYSTEM_FULL,
    **NETWORK_FULL,
}
"""An image with a whole toolbox."""


def zsh(proc: Proc) -> Running:
    """Say that there is bash in its place, and start that."""
    proc.stderr.write("zsh: not supported in this simulator; this is bash\n")
    return (yield from proc.call(["bash", *proc.argv[1:]]))


NETSHOOT_IMAGE: Mapping[str, Program] = {
    **FULL_IMAGE,
    "ash": _EVERYWHERE["sh"],
    "busybox": SYSTEM_BUSYBOX["busybox"],
    "zsh": zsh,
}
"""nicolaka/netshoot: an Alpine with tools for networks."""

BUSYBOX_IMAGE: Mapping[str, Program] = {
    **{name: tool for name, tool in _EVERYWHERE.items() if name not in _NOT_IN_BUSYBOX},
    "ash": _EVERYWHERE["sh"],
    "wget": wget,
    **SYSTEM_BUSYBOX,
    **NETWORK_BUSYBOX,
}
"""An image with busybox' applets only."""

CURL_IMAGE: Mapping[str, Program] = {**BUSYBOX_IMAGE, "curl": curl}
"""curlimages/curl: an Alpine with curl."""

NETFILTER_IMAGE: Mapping[str, Program] = {**NETWORK_NETFILTER, "kube-proxy": kube_proxy}
"""kube-proxy's own image: netfilter's tools, no shell."""

POSTGRES_IMAGE: Mapping[str, Program] = {
    **_EVERYWHERE,
    "getent": NETWORK_FULL["getent"],
    "ip": NETWORK_FULL["ip"],
    "ping": NETWORK_FULL["ping"],
    **SYSTEM_FULL,
    "pg_isready": pg_isready,
    "psql": psql,
}
"""A Debian with PostgreSQL's clients and nothing for the network."""

_IMAGES: Mapping[str, Mapping[str, Program]] = {
    "full": FULL_IMAGE,
    "netshoot": NETSHOOT_IMAGE,
    "busybox": BUSYBOX_IMAGE,
    "curl": CURL_IMAGE,
    "netfilter": NETFILTER_IMAGE,
    "postgres": POSTGRES_IMAGE,
}


def programs_for(tools: str) -> Mapping[str, Program]:
    """Return what a container finds whose image has *tools*, one of `sim.node.images.Tools`."""
    return _IMAGES.get(tools, {})
