"""ip route, ip rule, ip neigh and ip netns; must not know interfaces' own listing."""

from __future__ import annotations

import json
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from sim.bash.process import Proc
from sim.kernel import Stream
from sim.node.links import EVERYTHING, Route
from sim.node.machine import Machine
from sim.node.programs.host import changed, container_of, is_root, machine_of
from sim.node.programs.interfaces import links, pods
from sim.node.programs.iproute_words import Asked, Failed, may_change, verb_of
from sim.node.programs.netstate import routes_of, spoken_to
from sim.node.programs.options import UsageError

_KINDS = ("unicast", "blackhole", "unreachable", "prohibit", "local", "broadcast", "throw")
_ANSWERS = {
    "blackhole": "RTNETLINK answers: Invalid argument",
    "unreachable": "RTNETLINK answers: No route to host",
    "prohibit": "RTNETLINK answers: Permission denied",
    "none": "RTNETLINK answers: Network is unreachable",
}


def place_routes(proc: Proc) -> list[Route]:
    """Return the main table of the place."""
    return routes_of(machine_of(proc), container_of(proc))


def routes(proc: Proc, asked: Asked) -> int:
    """Run `ip route`."""
    verb = verb_of(asked, "route", ("add", "append", "change", "chg", "replace", "del", "delete",
                                    "show", "lst", "list", "flush", "get", "save", "restore",
                                    "help"))  # fmt: skip
    if verb == "show":
        return _show(proc, asked)
    if verb == "get":
        return _get(proc, asked)
    if verb == "flush" and asked.words == ["cache"]:
        return 0
    if verb in ("add", "append", "replace", "change", "chg", "del"):
        return _change(proc, asked, verb)
    raise UsageError(f"ip: route {verb} is not supported in this simulator")


def _described(route: Route, *, without_device: bool = False) -> str:
    parts = [] if route.kind == "unicast" else [route.kind]
    parts.append("default" if route.to == EVERYTHING else _network(route.to))
    if route.gateway:
        parts.append(f"via {route.gateway}")
    if route.device and not without_device:
        parts.append(f"dev {route.device}")
    for name, value in (("proto", route.proto), ("scope", route.scope), ("src", _source(route))):
        if value:
            parts.append(f"{name} {value}")
    if route.metric:
        parts.append(f"metric {route.metric}")
    return " ".join(parts) + " "


def _source(route: Route) -> str:
    return route.source if route.proto in ("kernel", "dhcp") or not route.gateway else ""


def _network(network: IPv4Network) -> str:
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _show(proc: Proc, asked: Asked) -> int:
    if asked.has("6"):
        return 0
    found = place_routes(proc)
    words, device = asked.words, ""
    table = "main"
    while words:
        word = words.pop(0)
        if word == "dev" and words:
            device = words.pop(0)
            found = [one for one in found if one.device == device]
        elif word == "table" and words:
            table = words.pop(0)
        elif word == "via" and words:
            gateway = words.pop(0)
            found = [one for one in found if one.gateway == gateway]
        elif word in ("proto", "scope", "type", "match", "root", "exact") and words:
            value = words.pop(0)
            if word == "proto":
                found = [one for one in found if one.proto == value]
            elif word == "scope":
                found = [one for one in found if one.scope == value]
            elif word == "match":
                network = _prefix(value)
                found = [one for one in found if network.subnet_of(one.to)]
        else:
            network = _prefix(words.pop(0) if word == "to" and words else word)
            found = [one for one in found if one.to == network]
    if table in ("local", "255"):
        return _local(proc)
    if table not in ("main", "all", "254"):
        return 0
    if asked.has("j"):
        proc.print(json.dumps([_as_json(one) for one in found], separators=(",", ":")))
        return 0
    proc.print(*(_described(one, without_device=bool(device)) for one in found))
    return 0


def _local(proc: Proc) -> int:
    for one in links(proc):
        for address in one.addresses:
            ip, _, prefix = address.partition("/")
            network = IPv4Network(address, strict=False)
            if one.name == "lo":
                proc.print(f"local {network} dev lo proto kernel scope host src {ip} ")
            proc.print(f"local {ip} dev {one.name} proto kernel scope host src {ip} ")
            if int(prefix) < 31:
                around = network.broadcast_address
                proc.print(f"broadcast {around} dev {one.name} proto kernel scope link src {ip} ")
    return 0


def _as_json(one: Route) -> dict[str, Any]:
    data: dict[str, Any] = {} if one.kind == "unicast" else {"type": one.kind}
    data["dst"] = "default" if one.to == EVERYTHING else _network(one.to)
    rest = (
        ("gateway", one.gateway), ("dev", one.device), ("protocol", one.proto),
        ("scope", one.scope), ("prefsrc", _source(one)), ("metric", one.metric),
    )  # fmt: skip
    data |= {name: value for name, value in rest if value}
    return {**data, "flags": []}


def _prefix(text: str) -> IPv4Network:
    if text == "default":
        return EVERYTHING
    try:
        return IPv4Network(text)
    except ValueError as problem:
        if "host bits" in str(problem):
            raise Failed("Error: Invalid prefix for given prefix length.") from None
        raise Failed(f'Error: any valid prefix is expected rather than "{text}".', 1) from None


def _get(proc: Proc, asked: Asked) -> int:
    words = [word for word in asked.words if word != "to"]
    if not words:
        raise Failed("need at least a destination address", 1)
    address = words.pop(0).partition("/")[0]
    try:
        IPv4Address(address)
    except AddressValueError:
        raise Failed(f'Error: any valid prefix is expected rather than "{address}".', 1) from None
    origin, into = "", ""
    while len(words) > 1:
        word, value = words.pop(0), words.pop(0)
        origin = value if word == "from" else origin
        into = value if word == "iif" else into
    machine, container = machine_of(proc), container_of(proc)
    inside = container is not None and not container.host_network
    own = frozenset((container.ip,)) if inside and container else machine.links.addresses()
    uid = "uid 0" if is_root(proc) else "uid 1000"
    if address in own or address.startswith("127."):
        proc.print(f"local {address} dev lo src {address} {uid} ", "    cache <local> ")
        return 0
    found = _best(place_routes(proc), address) if inside else machine.links.route(address)
    if found.kind != "unicast":
        raise Failed(_ANSWERS[found.kind])
    via = f" via {found.gateway}" if found.gateway else ""
    if into:
        proc.print(f"{address} from {origin}{via} dev {found.device} ", f"    cache iif {into} ")
        return 0
    source = container.ip if inside and container else _own_source(machine, found)
    said = f" from {origin}" if origin else ""
    tail = uid if origin else f"src {source} {uid}"
    proc.print(f"{address}{said}{via} dev {found.device} {tail} ", "    cache ")
    return 0


def _best(table: list[Route], address: str) -> Route:
    fitting = [one for one in table if IPv4Address(address) in one.to]
    return max(fitting, key=lambda one: one.to.prefixlen)


def _own_source(machine: Machine, route: Route) -> str:
    if route.source:
        return route.source
    return machine.links.bridge_ip if route.device == "cni0" else machine.internal_ip


def _change(proc: Proc, asked: Asked, verb: str) -> int:
    route = _wanted(proc, asked.words)
    machine = may_change(proc)
    held = machine.links
    if verb != "del" and route.kind == "unicast":
        route = _completed(machine, route)
    if verb == "del":
        if not held.remove_route(route):
            raise Failed("RTNETLINK answers: No such process")
    elif verb == "replace":
        held.replace_route(route)
    elif verb in ("change", "chg"):
        if all(one.key != route.key for one in held.routes()):
            raise Failed("RTNETLINK answers: No such file or directory")
        held.replace_route(route)
    elif not held.add_route(route):
        raise Failed("RTNETLINK answers: File exists")
    changed(proc, "ip", " ".join(proc.argv))
    return 0


def _completed(machine: Machine, route: Route) -> Route:
    """Return a route with the device that its gateway is reached by."""
    if route.gateway:
        way = machine.links.route(route.gateway)
        if (way.kind != "unicast" or way.gateway) and not route.onlink:
            raise Failed("Error: Nexthop has invalid gateway.")
        return route._replace(device=route.device or way.device, onlink=False)
    if not route.device:
        raise Failed("RTNETLINK answers: No such device")
    return route._replace(scope=route.scope or "link")


def _wanted(proc: Proc, words: list[str]) -> Route:
    """Read `[TYPE] PREFIX [via ADDRESS] [dev NAME] [metric N] ...`."""
    words = [word for word in words if word != "to"]
    kind = words.pop(0) if words and words[0] in _KINDS else "unicast"
    if kind in ("local", "broadcast", "throw"):
        raise UsageError(f"ip: route of type {kind} is not supported in this simulator")
    if not words:
        raise Failed("RTNETLINK answers: No such device")
    to = EVERYTHING if words[0] in ("via", "dev") else _prefix(words.pop(0))
    route = Route(to, kind)
    while words:
        word = words.pop(0)
        if word == "onlink":
            route = route._replace(onlink=True)
            continue
        if not words:
            raise UsageError('Command line is not complete. Try option "help"')
        value = words.pop(0)
        if word == "via":
            try:
                route = route._replace(gateway=str(IPv4Address(value)))
            except AddressValueError:
                raise Failed(f'Error: inet address is expected rather than "{value}".', 1) from None
        elif word == "dev":
            if all(one.name != value for one in links(proc)):
                raise Failed(f'Cannot find device "{value}"', 1)
            route = route._replace(device=value)
        elif word in ("metric", "preference", "priority") and value.isdecimal():
            route = route._replace(metric=int(value[:9]))
        elif word in ("proto", "protocol"):
            route = route._replace(proto=value)
        elif word == "src":
            route = route._replace(source=value)
        elif word == "scope":
            route = route._replace(scope=value)
        elif word in ("table", "mtu", "nexthop", "advmss", "initcwnd", "weight"):
            raise UsageError(f"ip: route {word} is not supported in this simulator")
        else:
            raise Failed(f'Error: either "to" is duplicate, or "{word}" is a garbage.', 255)
    return route


def rules(proc: Proc, asked: Asked) -> int:
    """Run `ip rule`."""
    verb = verb_of(asked, "rule", ("show", "lst", "list", "add", "del", "delete", "flush", "help"))
    if verb != "show":
        raise UsageError(f"ip: rule {verb} is not supported in this simulator")
    table = ((0, "local"), (32766, "main"), (32767, "default"))
    if asked.has("j"):
        data = [{"priority": number, "src": "all", "table": name} for number, name in table]
        proc.print(json.dumps(data, separators=(",", ":")))
    elif not asked.has("6"):
        proc.print(*(f"{number}:\tfrom all lookup {name}" for number, name in table))
    else:
        proc.print("0:\tfrom all lookup local", "32766:\tfrom all lookup main")
    return 0


def neighbour_rows(proc: Proc) -> list[tuple[str, str, str, str]]:
    """Return (address, device, hardware address, state) of who was spoken to on the links."""
    return spoken_to(machine_of(proc), container_of(proc))


def neighbours(proc: Proc, asked: Asked) -> int:
    """Run `ip neigh`."""
    verb = verb_of(asked, "neigh", ("show", "lst", "list", "add", "change", "replace", "del",
                                    "delete", "flush", "get", "help"))  # fmt: skip
    if verb not in ("show", "flush"):
        raise UsageError(f"ip: neigh {verb} is not supported in this simulator")
    if verb == "flush" or asked.has("6"):
        return 0
    rows = neighbour_rows(proc)
    words = asked.words
    while words:
        word = words.pop(0)
        if word == "dev" and words:
            device = words.pop(0)
            rows = [row for row in rows if row[1] == device]
        elif word == "nud" and words:
            state = words.pop(0).upper()
            rows = [row for row in rows if row[3] == state]
        else:
            rows = [row for row in rows if row[0] == word]
    if asked.has("j"):
        data = [
            {"dst": ip, "dev": device, **({"lladdr": mac} if mac else {}), "state": [state]}
            for ip, device, mac, state in rows
        ]
        proc.print(json.dumps(data, separators=(",", ":")))
        return 0
    for ip, device, mac, state in rows:
        proc.print(f"{ip} dev {device}{f' lladdr {mac}' if mac else ''} {state} ")
    return 0


def netns(proc: Proc, asked: Asked) -> int:
    """Run `ip netns`: the names under which the container runtime keeps pods' networks."""
    verb = verb_of(asked, "netns", ("show", "list", "lst", "exec", "add", "delete", "identify",
                                    "pids", "help"))  # fmt: skip
    if verb != "show":
        raise UsageError(f"ip: netns {verb} is not supported in this simulator; use kubectl exec")
    if container_of(proc) is None:
        machine = machine_of(proc)
        for number, name in enumerate(netns_names(machine)):
            proc.print(f"{name} (id: {number})")
    return 0


def netns_names(machine: Machine) -> list[str]:
    """Return the names of pods' networks, by the order of their start."""
    return [f"cni-{Stream('netns', uid).uuid()}" for uid in pods(machine)]
