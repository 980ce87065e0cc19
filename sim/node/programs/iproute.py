"""ip: the interfaces, addresses and routes of a node or pod, shown and changed.

A change goes to the machine's `Links`, which connections and users' traffic meet. This file must not
know what travels over them.

Output is that of iproute2 6.1.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Interface
from typing import Any

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.programs.host import changed, machine_of
from sim.node.programs.interfaces import Link, broadcast, counters, links
from sim.node.programs.iproute_routes import neighbours, netns, routes, rules
from sim.node.programs.iproute_words import Asked, Failed, may_change, verb_of
from sim.node.programs.options import UsageError, program

VERSION = "ip utility, iproute2-6.1.0, libbpf 1.1.2"
FOREVER = 4_294_967_295
_OBJECTS = ("address", "link", "neighbour", "neighbor", "netns", "route", "rule", "monitor")
_NOT_HERE = (
    "addrlabel", "fou", "ila", "l2tp", "macsec", "maddress", "monitor", "mptcp", "mroute",
    "netconf", "nexthop", "ntable", "sr", "tap", "tcpmetrics", "token", "tunnel", "tuntap", "vrf",
    "xfrm",
)  # fmt: skip
_FLAGS = {
    "-4": "4", "-6": "6", "-0": "0", "-o": "o", "-br": "br", "-c": "", "-s": "s", "-d": "", "-j": "j",
    "-p": "p", "-h": "", "-r": "", "-N": "", "-a": "",
}  # fmt: skip
_LONG_FLAGS = {
    "oneline": "o", "brief": "br", "color": "", "statistics": "s", "stats": "s", "details": "",
    "json": "j", "pretty": "p", "human-readable": "", "resolve": "", "Numeric": "", "all": "",
}  # fmt: skip
_USAGE = """Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | neighbour | netns | route | rule }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -j[son] | -p[retty] |
                    -4 | -6 | -br[ief] | -o[neline] | -c[olor] }"""


@program(255)
def ip(proc: Proc) -> int:
    """Show and change interfaces, addresses, routes and neighbours."""
    asked = Asked(words=list(proc.argv[1:]))
    while asked.words and asked.words[0].startswith("-"):
        flag = asked.words.pop(0)
        if flag in ("-V", "-Version"):
            proc.print(VERSION)
            return 0
        letter = _FLAGS.get(flag)
        if letter is None:
            plain = flag.lstrip("-").partition("=")[0]
            found = [
                value for name, value in _LONG_FLAGS.items() if plain and name.startswith(plain)
            ]
            if plain in ("f", "family") and asked.words:
                letter = {"inet": "4", "inet6": "6"}.get(asked.words.pop(0), "0")
            elif not found:
                raise UsageError(f'Option "{flag}" is unknown, try "ip -help".')
            else:
                letter = found[0]
        asked.flags.add(letter)
    if not asked.words or asked.words[0] == "help":
        raise UsageError(_USAGE)
    what = asked.words.pop(0)
    for name in _OBJECTS:
        if name.startswith(what):
            break
    else:
        if any(name.startswith(what) for name in _NOT_HERE):
            raise UsageError(f"ip: {what} is not supported in this simulator")
        proc.stderr.write(f'Object "{what}" is unknown, try "ip help".\n')
        return 1
    proc.asked()
    try:
        return _object(proc, name, asked)
    except Failed as problem:
        proc.stderr.write(f"{problem}\n")
        return problem.code


def _object(proc: Proc, name: str, asked: Asked) -> int:
    if name == "address":
        return _address(proc, asked)
    if name == "link":
        return _link(proc, asked)
    if name == "monitor":
        raise UsageError("ip: monitor is not supported in this simulator")
    if name == "rule":
        return rules(proc, asked)
    if name == "netns":
        return netns(proc, asked)
    return routes(proc, asked) if name == "route" else neighbours(proc, asked)


# -- addresses ---------------------------------------------------------------------------------


def _address(proc: Proc, asked: Asked) -> int:
    verb = verb_of(asked, "address", ("add", "change", "replace", "del", "delete", "show", "lst",
                                      "list", "flush", "save", "restore", "help"))  # fmt: skip
    if verb == "show":
        return _show(proc, asked, addresses=True)
    if verb in ("add", "replace", "del"):
        return _change_address(proc, asked, verb)
    raise UsageError(f"ip: address {verb} is not supported in this simulator")


def _change_address(proc: Proc, asked: Asked, verb: str) -> int:
    device, address = "", ""
    words = asked.words
    while words:
        word = words.pop(0)
        if word == "dev" and words:
            device = words.pop(0)
        elif word in ("brd", "broadcast", "scope", "label", "local") and words:
            value = words.pop(0)
            address = value if word == "local" else address
        else:
            address = word
    if not device:
        raise Failed('Not enough information: "dev" argument is required.', 1)
    try:
        interface = IPv4Interface(address)
    except ValueError:
        raise Failed(f'Error: any valid prefix is expected rather than "{address}".', 1) from None
    found = next((one for one in links(proc) if one.name == device), None)
    if found is None:
        raise Failed(f'Cannot find device "{device}"', 1)
    machine = may_change(proc)
    full = str(interface)
    if verb == "del":
        if not machine.links.remove_address(device, full):
            if full in found.addresses:
                raise UsageError("ip: a node's own address stays, in this simulator")
            raise Failed("Error: ipv4: Address not found.")
    elif full in found.addresses:
        if verb == "add":
            raise Failed("Error: ipv4: Address already assigned.")
    else:
        machine.links.add_address(device, full)
    changed(proc, "ip", " ".join(proc.argv))
    return 0


# -- links -------------------------------------------------------------------------------------


def _link(proc: Proc, asked: Asked) -> int:
    verb = verb_of(asked, "link", ("add", "set", "change", "del", "delete", "show", "lst", "list",
                                   "afstats", "property", "help"))  # fmt: skip
    if verb == "show":
        return _show(proc, asked, addresses=False)
    if verb == "set":
        return _set(proc, asked)
    raise UsageError(f"ip: link {verb} is not supported in this simulator")


def _set(proc: Proc, asked: Asked) -> int:
    words = asked.words
    if words and words[0] == "dev":
        words.pop(0)
    if not words:
        raise UsageError('Not enough information: "dev" argument is required.')
    device = words.pop(0)
    up: bool | None = None
    mtu = 0
    while words:
        word = words.pop(0)
        if word in ("up", "down"):
            up = word == "up"
        elif word == "mtu" and words:
            text = words.pop(0)
            if not text.isdecimal():
                raise Failed(f'Error: argument "{text}" is wrong: Invalid "mtu" value\n', 255)
            mtu = int(text[:6])
        elif word in ("name", "master", "nomaster", "address", "promisc", "arp", "netns", "alias",
                      "txqueuelen", "qlen", "multicast", "type", "vf", "xdp"):  # fmt: skip
            raise UsageError(f"ip: link set {word} is not supported in this simulator")
        else:
            raise UsageError(f'Error: either "dev" is duplicate, or "{word}" is a garbage.')
    if all(one.name != device for one in links(proc)):
        raise Failed(f'Cannot find device "{device}"', 1)
    machine = may_change(proc)
    if mtu:
        machine.links.mtu[device] = mtu
    if up is not None and machine.links.is_up(device) != up:
        machine.links.set_up(device, up=up)
        _say(machine, device, up=up)
    changed(proc, "ip", " ".join(proc.argv))
    return 0


def _say(machine: Machine, device: str, *, up: bool) -> None:
    """Write the kernel's line of a link that comes up."""
    if up:
        text = f"IPv6: ADDRCONF(NETDEV_CHANGE): {device}: link becomes ready"
        machine.journal.write(machine.env.now, "kernel", text)


def _show(proc: Proc, asked: Asked, *, addresses: bool) -> int:
    name, only_up, master = "", False, ""
    words = asked.words
    while words:
        word = words.pop(0)
        if word == "up":
            only_up = True
        elif word == "master" and words:
            master = words.pop(0)
        elif word in ("type", "scope", "to", "label") and words:
            raise UsageError(f"ip: {word} {words[0]} is not supported in this simulator")
        elif word == "dev" and words:
            name = words.pop(0)
        else:
            name = word
    found = [one for one in links(proc) if not name or one.name == name]
    if name and not found:
        raise Failed(f'Device "{name}" does not exist.', 1)
    if master and all(one.name != master for one in links(proc)):
        raise Failed(f'Device "{master}" does not exist.', 1)
    found = [one for one in found if not master or one.master == master]
    if only_up:
        found = [one for one in found if "UP" in one.flags]
    if asked.has("j"):
        data = [_as_json(one, asked, addresses=addresses) for one in found]
        data = [one for one in data if not addresses or one["addr_info"] or not _family(asked)]
        proc.print(pretty(data) if asked.has("p") else json.dumps(data, separators=(",", ":")))
        return 0
    for one in found:
        if addresses and _family(asked) and not _addresses_of(one, asked):
            continue
        if asked.has("br"):
            proc.print(_brief(one, asked, addresses=addresses))
        elif addresses and asked.has("o"):
            proc.print(*_one_line(one, asked))
        else:
            lines = _described(one, asked, addresses=addresses)
            if asked.has("s"):
                lines += _statistics(machine_of(proc), one)
            if addresses:
                lines += [line for pair in _addresses_of(one, asked) for line in pair]
            proc.print("\\".join(lines) if asked.has("o") else "\n".join(lines))
    return 0


def _family(asked: Asked) -> str:
    return "4" if asked.has("4") else "6" if asked.has("6") else ""


def pretty(data: object) -> str:
    """Return JSON as iproute2 lays it out: lists of scalars on one line, four or eight blanks."""
    return json.dumps(data, indent=4)


def _brief(one: Link, asked: Asked, *, addresses: bool) -> str:
    label = one.name + one.peer
    if not addresses:
        return f"{label:<16} {one.state:<14} {one.mac} <{','.join(one.flags)}> "
    shown = [ip for ip in one.addresses if not asked.has("6")]
    shown += [one.six] if one.six and not asked.has("4") else []
    return f"{label:<16} {one.state:<14} {' '.join(shown)} "


def _described(one: Link, asked: Asked, *, addresses: bool) -> list[str]:
    kind = "loopback" if one.name == "lo" else "ether"
    everybody = "00:00:00:00:00:00" if one.name == "lo" else "ff:ff:ff:ff:ff:ff"
    master = f" master {one.master}" if one.master else ""
    mode = "" if addresses else " mode DEFAULT"
    if addresses and asked.has("6"):
        return [
            f"{one.number}: {one.name}{one.peer}: <{','.join(one.flags)}> mtu {one.mtu}"
            f" state {one.state} qlen 1000"
        ]
    lines = [
        f"{one.number}: {one.name}{one.peer}: <{','.join(one.flags)}> mtu {one.mtu}"
        f" qdisc {one.queue}{master} state {one.state}{mode} group default qlen 1000"
    ]
    if not (addresses and asked.has("4")):
        lines.append(f"    link/{kind} {one.mac} brd {everybody}{one.netns}")
    return lines


def _addresses_of(one: Link, asked: Asked) -> list[tuple[str, str]]:
    """Return two lines for each address."""
    valid = "       valid_lft forever preferred_lft forever"
    found = []
    if not asked.has("6"):
        for address in one.addresses:
            around = broadcast(address)
            scope = "host" if one.name == "lo" else "global"
            middle = f" brd {around}" if around else ""
            found.append((f"    inet {address}{middle} scope {scope} {one.name}", valid))
    if one.six and not asked.has("4"):
        scope = "host" if one.name == "lo" else "link"
        found.append((f"    inet6 {one.six} scope {scope} ", valid))
    return found


def _one_line(one: Link, asked: Asked) -> list[str]:
    return [
        f"{one.number}: {one.name}{first}\\{second}" for first, second in _addresses_of(one, asked)
    ]


def _statistics(machine: Machine, one: Link) -> list[str]:
    held = counters(machine, one)
    lines = []
    for name, size, packets, last in (
        ("RX", held.rx_bytes, held.rx_packets, ("missed", "mcast")),
        ("TX", held.tx_bytes, held.tx_packets, ("carrier", "collsns")),
    ):
        wide, many = max(5, len(str(size)) - 3), max(7, len(str(packets)))
        lines.append(
            f"    {name}:  {'bytes':>{wide}} {'packets':>{many}} errors dropped"
            f" {last[0]:>7} {last[1]:>7}           "
        )
        lines.append(f"    {size:>{wide + 5}} {packets:>{many}} {0:>6} {0:>7} {0:>7} {0:>7} ")
    return lines


def _as_json(one: Link, asked: Asked, *, addresses: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"ifindex": one.number}
    if one.peer:
        data |= {"link_index": int(one.peer.removeprefix("@if"))}
    data |= {"ifname": one.name, "flags": list(one.flags), "mtu": one.mtu, "qdisc": one.queue}
    if one.master:
        data["master"] = one.master
    data["operstate"] = one.state
    if not addresses:
        data["linkmode"] = "DEFAULT"
    data |= {
        "group": "default",
        "txqlen": 1000,
        "link_type": "loopback" if one.name == "lo" else "ether",
        "address": one.mac,
        "broadcast": "00:00:00:00:00:00" if one.name == "lo" else "ff:ff:ff:ff:ff:ff",
    }
    if one.netns:
        data["link_netnsid"] = int(one.netns.rpartition(" ")[2])
    if addresses:
        data["addr_info"] = _address_info(one, asked)
    return data


def _address_info(one: Link, asked: Asked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    tail = {"valid_life_time": FOREVER, "preferred_life_time": FOREVER}
    if not asked.has("6"):
        for address in one.addresses:
            local, _, prefix = address.partition("/")
            info: dict[str, Any] = {"family": "inet", "local": local, "prefixlen": int(prefix)}
            if broadcast(address):
                info["broadcast"] = broadcast(address)
            scope = "host" if one.name == "lo" else "global"
            found.append({**info, "scope": scope, "label": one.name, **tail})
    if one.six and not asked.has("4"):
        local, _, prefix = one.six.partition("/")
        scope = "host" if one.name == "lo" else "link"
        found.append({"family": "inet6", "local": local, "prefixlen": int(prefix),
                      "scope": scope, **tail})  # fmt: skip
    return found
