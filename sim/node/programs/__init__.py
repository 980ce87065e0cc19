"""What can be run on a node or in a container: one visible table a place.

A program reads the machine or container it runs on and prints what the real one would; this file
must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Proc, Program, Running
from sim.bash.tools import TEXT_TOOLS, date_program
from sim.node.programs.chroot import chroot
from sim.node.programs.crictl import crictl
from sim.node.programs.curl import curl, wget
from sim.node.programs.hardware import lsblk, lscpu, nproc, vmstat
from sim.node.programs.host import unix_ms
from sim.node.programs.identity import df, hostname, identify, su, sudo, sysctl, uname, whoami
from sim.node.programs.iproute import ip
from sim.node.programs.iptables import ip6tables, iptables, iptables_save
from sim.node.programs.journalctl import dmesg, journalctl
from sim.node.programs.lookup import busybox_nslookup, dig, getent, host, nslookup
from sim.node.programs.nc import busybox_nc, nc
from sim.node.programs.ping import ping
from sim.node.programs.places import container_files, node_files
from sim.node.programs.postgres import pg_isready, psql
from sim.node.programs.procps import busybox_ps, free, kill, pgrep, pidof, ps, top, uptime
from sim.node.programs.refused import REFUSED
from sim.node.programs.sockets import conntrack, ss
from sim.node.programs.systemctl import systemctl

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


_EDITORS = ("vi", "vim", "nano", "emacs")
_TOOLS = {name: tool for name, tool in TEXT_TOOLS.items() if name not in _EDITORS}

_EVERYWHERE: Mapping[str, Program] = {
    **_TOOLS,
    "chroot": chroot,
    "date": date,
    "df": df,
    "free": free,
    "hostname": hostname,
    "id": identify,
    "ip": ip,
    "kill": kill,
    "nproc": nproc,
    "pidof": pidof,
    "ping": ping,
    "sysctl": sysctl,
    "top": top,
    "uname": uname,
    "uptime": uptime,
    "whoami": whoami,
}

NODE: Mapping[str, Program] = {
    **REFUSED,
    **_EVERYWHERE,
    "conntrack": conntrack,
    "crictl": crictl,
    "curl": curl,
    "dig": dig,
    "dmesg": dmesg,
    "getent": getent,
    "host": host,
    "ip6tables": ip6tables,
    "ip6tables-save": iptables_save,
    "iptables": iptables,
    "iptables-save": iptables_save,
    "journalctl": journalctl,
    "lsblk": lsblk,
    "lscpu": lscpu,
    "nc": nc,
    "netcat": nc,
    "nslookup": nslookup,
    "pgrep": pgrep,
    "ps": ps,
    "ss": ss,
    "su": su,
    "sudo": sudo,
    "systemctl": systemctl,
    "vmstat": vmstat,
    "wget": wget,
}
"""A shell on a node."""

FULL_IMAGE: Mapping[str, Program] = {
    **_EVERYWHERE,
    "conntrack": conntrack,
    "curl": curl,
    "dig": dig,
    "dmesg": dmesg,
    "getent": getent,
    "host": host,
    "iptables": iptables,
    "iptables-save": iptables_save,
    "nc": nc,
    "netcat": nc,
    "nslookup": nslookup,
    "pgrep": pgrep,
    "ps": ps,
    "ss": ss,
    "wget": wget,
}
"""An image with a whole toolbox, such as nicolaka/netshoot."""

BUSYBOX_IMAGE: Mapping[str, Program] = {
    **{name: tool for name, tool in _EVERYWHERE.items() if name not in ("bash", "jq")},
    "nc": busybox_nc,
    "nslookup": busybox_nslookup,
    "ps": busybox_ps,
    "wget": wget,
}
"""An image with busybox' applets only."""

NETFILTER_IMAGE: Mapping[str, Program] = {
    "conntrack": conntrack,
    "ip6tables": ip6tables,
    "ip6tables-save": iptables_save,
    "iptables": iptables,
    "iptables-save": iptables_save,
}
"""kube-proxy's own image: netfilter's tools, no shell."""

POSTGRES_IMAGE: Mapping[str, Program] = {
    **_EVERYWHERE,
    "getent": getent,
    "pg_isready": pg_isready,
    "psql": psql,
}
"""A Debian with PostgreSQL's clients and nothing for the network."""

_IMAGES: Mapping[str, Mapping[str, Program]] = {
    "full": FULL_IMAGE,
    "busybox": BUSYBOX_IMAGE,
    "netfilter": NETFILTER_IMAGE,
    "postgres": POSTGRES_IMAGE,
}


def programs_for(tools: str) -> Mapping[str, Program]:
    """Return what a container finds whose image has *tools*, one of `sim.node.images.Tools`."""
    return _IMAGES.get(tools, {})
