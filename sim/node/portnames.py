"""The names of ports as Debian's /etc/services has them; must not know who asks.

`iptables -L`, `nc -v` and `ss` print these where they are not told to stay numeric.
"""

from __future__ import annotations

_TCP = {
    1: "tcpmux", 7: "echo", 9: "discard", 13: "daytime", 20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet",
    25: "smtp", 37: "time", 43: "whois", 53: "domain", 70: "gopher", 79: "finger", 80: "http",
    88: "kerberos", 110: "pop3", 111: "sunrpc", 113: "auth", 119: "nntp", 143: "imap2",
    161: "snmp", 179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions",
    514: "shell", 515: "printer", 554: "rtsp", 587: "submission", 631: "ipp", 636: "ldaps",
    853: "domain-s", 873: "rsync", 993: "imaps", 995: "pop3s", 1080: "socks", 1194: "openvpn",
    1433: "ms-sql-s", 1812: "radius", 2000: "cisco-sccp", 2049: "nfs", 2086: "gnunet",
    3260: "iscsi-target", 3306: "mysql", 3389: "ms-wbt-server", 3690: "svn", 4369: "epmd",
    4949: "munin", 5060: "sip", 5222: "xmpp-client", 5432: "postgresql", 5666: "nrpe",
    5671: "amqps", 5672: "amqp", 6000: "x11", 6379: "redis", 6446: "mysql-proxy", 6514: "syslog-tls",
    6566: "sane-port", 6667: "ircd", 7000: "bbs", 7100: "font-service", 8021: "zope-ftp",
    8080: "http-alt", 8081: "tproxy", 8088: "omniorb", 8140: "puppet", 8990: "clc-build-daemon",
    9098: "xinetd", 9101: "bacula-dir", 9102: "bacula-fd", 9103: "bacula-sd", 9418: "git",
    9667: "xmms2", 9673: "zope", 10000: "webmin", 10050: "zabbix-agent", 10051: "zabbix-trapper",
    10080: "amanda", 10809: "nbd",
}  # fmt: skip
_UDP = {
    53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp", 88: "kerberos", 123: "ntp", 161: "snmp",
    162: "snmp-trap", 500: "isakmp", 514: "syslog", 853: "domain-s", 1194: "openvpn",
    1812: "radius", 4500: "ipsec-nat-t", 5060: "sip", 5353: "mdns",
}  # fmt: skip
_NAMED = {"tcp": _TCP, "udp": _UDP}
_NUMBERS = {proto: {name: port for port, name in ports.items()} for proto, ports in _NAMED.items()}


def port_name(port: int, proto: str = "tcp") -> str | None:
    """Return the name of *port*, or None: `port_name(5432)` is `"postgresql"`."""
    return _NAMED.get(proto, {}).get(port)


def parse_port(text: str, proto: str = "tcp") -> int | None:
    """Return the number of a port given by number or name, or None if it is neither."""
    if text.isdecimal() and text.isascii():
        number = int(text)
        return number if 0 < number < 65536 else None
    return _NUMBERS.get(proto, {}).get(text)
