"""The network's programs by place; one table, so that no place forgets one.

This file must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Program
from sim.node.programs.conntrack import conntrack
from sim.node.programs.dig import dig
from sim.node.programs.getent import getent, resolvectl
from sim.node.programs.iproute import ip
from sim.node.programs.iptables import ip6tables, iptables
from sim.node.programs.iptables_save import iptables_restore, iptables_save
from sim.node.programs.lookup import busybox_nslookup, host, nslookup
from sim.node.programs.nc import busybox_nc, nc, nmap, telnet
from sim.node.programs.netlegacy import (
    arp,
    brctl,
    bridge,
    ethtool,
    ifconfig,
    netstat,
    nstat,
    route,
)
from sim.node.programs.nft import ipset, ipvsadm, nft
from sim.node.programs.openssl import openssl
from sim.node.programs.ping import busybox_ping, ping
from sim.node.programs.refused import REFUSED
from sim.node.programs.ss import ss
from sim.node.programs.tcpdump import tcpdump
from sim.node.programs.traceroute import mtr, tracepath, traceroute

_FILTER: Mapping[str, Program] = {
    "conntrack": conntrack,
    "ip6tables": ip6tables,
    "ip6tables-nft": ip6tables,
    "ip6tables-restore": iptables_restore,
    "ip6tables-save": iptables_save,
    "iptables": iptables,
    "iptables-nft": iptables,
    "iptables-restore": iptables_restore,
    "iptables-save": iptables_save,
}

_TOOLS: Mapping[str, Program] = {
    "arp": arp,
    "brctl": brctl,
    "bridge": bridge,
    "dig": dig,
    "ethtool": ethtool,
    "getent": getent,
    "host": host,
    "ifconfig": ifconfig,
    "ip": ip,
    "ipset": ipset,
    "ipvsadm": ipvsadm,
    "mtr": mtr,
    "nc": nc,
    "netcat": nc,
    "netstat": netstat,
    "nft": nft,
    "nmap": nmap,
    "nslookup": nslookup,
    "nstat": nstat,
    "openssl": openssl,
    "ping": ping,
    "ping6": ping,
    "route": route,
    "ss": ss,
    "tcpdump": tcpdump,
    "telnet": telnet,
    "tracepath": tracepath,
    "traceroute": traceroute,
}

NETWORK_NODE: Mapping[str, Program] = {
    **_FILTER,
    **_TOOLS,
    "resolvectl": resolvectl,
    "systemd-resolve": resolvectl,
}
"""On a node."""
NETWORK_FULL: Mapping[str, Program] = {
    **_FILTER,
    **_TOOLS,
    "iperf3": REFUSED["iperf3"],
    "socat": REFUSED["socat"],
}
"""In an image with a whole toolbox."""
NETWORK_BUSYBOX: Mapping[str, Program] = {
    "arp": arp,
    "brctl": brctl,
    "ifconfig": ifconfig,
    "ip": ip,
    "nc": busybox_nc,
    "netstat": netstat,
    "nslookup": busybox_nslookup,
    "ping": busybox_ping,
    "route": route,
    "telnet": telnet,
    "traceroute": traceroute,
}
"""In an image with busybox' applets."""
NETWORK_NETFILTER: Mapping[str, Program] = {**_FILTER, "ipset": ipset, "nft": nft}
"""In kube-proxy's image."""
