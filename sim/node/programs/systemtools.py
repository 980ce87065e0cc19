"""The system's own programs by place: processes, memory, disks, packages, settings, units.

One table a kind of place; this file must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Program
from sim.node.programs import busybox
from sim.node.programs.bulk import dd, fallocate, sync, truncate
from sim.node.programs.clocks import chronyc, hostnamectl, loginctl, lsmod, timedatectl
from sim.node.programs.ctr import ctr
from sim.node.programs.disks import df, du
from sim.node.programs.load import iostat, mpstat, pidstat, vmstat
from sim.node.programs.memory import free, last, uptime, w, who
from sim.node.programs.mounting import blkid, findmnt, lsblk, mount, umount
from sim.node.programs.namespaces import nsenter
from sim.node.programs.openfiles import crontab, fuser, lsof
from sim.node.programs.packages import apt, dpkg
from sim.node.programs.ps import busybox_ps, ps, pstree
from sim.node.programs.settings import sysctl
from sim.node.programs.signals import kill, killall, pgrep, pidof, pkill
from sim.node.programs.top import top

_EVERYWHERE: Mapping[str, Program] = {
    "dd": dd,
    "df": df,
    "du": du,
    "fallocate": fallocate,
    "free": free,
    "kill": kill,
    "killall": killall,
    "mount": mount,
    "pgrep": pgrep,
    "pidof": pidof,
    "pkill": pkill,
    "ps": ps,
    "sync": sync,
    "sysctl": sysctl,
    "top": top,
    "truncate": truncate,
    "uptime": uptime,
}

SYSTEM_NODE: Mapping[str, Program] = {
    **_EVERYWHERE,
    "apt": apt,
    "apt-cache": apt,
    "apt-get": apt,
    "apt-mark": apt,
    "blkid": blkid,
    "chronyc": chronyc,
    "crontab": crontab,
    "ctr": ctr,
    "dpkg": dpkg,
    "dpkg-query": dpkg,
    "findmnt": findmnt,
    "fuser": fuser,
    "hostnamectl": hostnamectl,
    "iostat": iostat,
    "last": last,
    "loginctl": loginctl,
    "lsblk": lsblk,
    "lsmod": lsmod,
    "lsof": lsof,
    "mpstat": mpstat,
    "nsenter": nsenter,
    "pidstat": pidstat,
    "pstree": pstree,
    "timedatectl": timedatectl,
    "umount": umount,
    "vmstat": vmstat,
    "w": w,
    "who": who,
}
"""On a node."""

SYSTEM_FULL: Mapping[str, Program] = {
    **_EVERYWHERE,
    "findmnt": findmnt,
    "nsenter": nsenter,
    "pstree": pstree,
    "vmstat": vmstat,
}
"""In an image with a whole toolbox."""

SYSTEM_BUSYBOX: Mapping[str, Program] = {
    **_EVERYWHERE,
    "busybox": busybox.busybox,
    "df": busybox.df,
    "free": busybox.free,
    "nsenter": nsenter,
    "ps": busybox_ps,
    "top": busybox.top,
}
"""Busybox' applets."""
