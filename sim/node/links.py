"""A machine's interfaces and routes: what the CNI and the site set up, and what a hand changed since.

Thanks to this file a downed interface or a deleted route cuts off exactly who depended on it. It must
not know what travels over them.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sim.node.machine import Machine

NODE_LOCAL_DNS = "169.254.20.10"
"""Where NodeLocal DNSCache listens on each node; reached without any Service rule."""
EVERYTHING = IPv4Network("0.0.0.0/0")
WIRE_PREFIX = 24
"""Of the site's network."""


class Route(NamedTuple):
    """One route of the main table."""

    to: IPv4Network
    kind: str = "unicast"
    """`unicast`, `blackhole`, `unreachable`, `prohibit`; `none`: there is no route at all."""
    device: str = ""
    gateway: str = ""
    source: str = ""
    """The address that packets leave with by themselves."""
    proto: str = ""
    """Who made it: `kernel`, `dhcp`, `static`; empty for a hand (`boot`)."""
    scope: str = ""
    metric: int = 0
    onlink: bool = False

    @property
    def key(self) -> tuple[IPv4Network, int]:
        """Return what tells it from other routes."""
        return self.to, self.metric


NO_ROUTE = Route(EVERYTHING, "none")


class Links:
    """The interfaces and routes of one machine."""

    def __init__(self, machine: Machine) -> None:
        """Have everything as the machine booted."""
        self._machine = machine
        self._down: dict[str, None] = {}
        self._added: dict[tuple[IPv4Network, int], Route] = {}
        self._removed: dict[tuple[IPv4Network, int], None] = {}
        self.extra: dict[str, list[str]] = {}
        """Addresses added by hand, with prefix length, by device."""
        self.mtu: dict[str, int] = {}
        """By device, where a hand changed it."""
        facts = machine.facts
        self.pods = IPv4Network(facts.pod_cidr)
        self.wire = IPv4Network(f"{facts.internal_ip}/{WIRE_PREFIX}", strict=False)
        self.bridge_ip = str(self.pods.network_address + 1)
        self.gateway = str(self.wire.network_address + 1)
        self.site_dns = str(self.wire.network_address + 2)

    @property
    def forwarding(self) -> bool:
        """Return net.ipv4.ip_forward."""
        return self._machine.settings.forwards

    @property
    def edited(self) -> bool:
        """Return True if a hand has changed anything that packets notice."""
        return bool(self._down or self._added or self._removed or self.extra or not self.forwarding)

    # -- interfaces ------------------------------------------------------------------------------

    def is_up(self, device: str) -> bool:
        """Return True unless a hand set *device* down."""
        return device not in self._down

    def set_up(self, device: str, *, up: bool) -> None:
        """Set *device* up or down; routes over a device that is down are not there."""
        if up:
            self._down.pop(device, None)
        else:
            self._down[device] = None
        self._machine.network.note(self._machine)

    def addresses(self) -> frozenset[str]:
        """Return the machine's own IPv4 addresses."""
        more = (ip.partition("/")[0] for ips in self.extra.values() for ip in ips)
        own = self._machine.facts.internal_ip
        return frozenset(("127.0.0.1", own, self.bridge_ip, NODE_LOCAL_DNS, *more))

    def add_address(self, device: str, address: str) -> None:
        """Give *device* another address, with its prefix length."""
        self.extra.setdefault(device, []).append(address)
        self._machine.network.note(self._machine)

    def remove_address(self, device: str, address: str) -> bool:
        """Take an address that a hand gave; return False if *device* has no such one."""
        held = self.extra.get(device, [])
        if address not in held:
            return False
        held.remove(address)
        if not held:
            del self.extra[device]
        self._machine.network.note(self._machine)
        return True

    def attached(self, ip: str) -> bool:
        """Return True if a packet for the pod address *ip* gets into the pod."""
        if IPv4Address(ip) not in self.pods or ip == self.bridge_ip or not self._down:
            return True
        key = self._machine.network.pod_uid_at(ip)
        return key is None or self.pod_attached(key)

    def pod_attached(self, uid: str) -> bool:
        """Return True if the pod's end of the bridge is up."""
        if not self._down:
            return True
        return "cni0" not in self._down and self._machine.veth(uid) not in self._down

    # -- routes ----------------------------------------------------------------------------------

    def route(self, ip: str) -> Route:
        """Return the route that a packet to *ip* takes; `NO_ROUTE` if there is none."""
        address = IPv4Address(ip)
        found = [route for route in self._candidates(address) if self._usable(route)]
        found.extend(
            route for route in self._added.values() if address in route.to and self._works(route)
        )
        if not found:
            return NO_ROUTE
        return max(found, key=lambda route: (route.to.prefixlen, -route.metric))

    def routes(self) -> list[Route]:
        """Return the main table as `ip route` lists it."""
        network = self._machine.network
        found = [self._default()]
        others = (one for one in network.machines.values() if one is not self._machine)
        found.extend(self._to_node(one) for one in others)
        found += [self._connected(), self._own_wire()]
        shown = [route for route in found if self._usable(route)]
        shown.extend(route for route in self._added.values() if self._works(route))
        return sorted(
            shown, key=lambda one: (int(one.to.network_address), one.to.prefixlen, one.metric)
        )

    def add_route(self, route: Route) -> bool:
        """Add a route; return False if there is one like it."""
        if any(one.key == route.key for one in self.routes()):
            return False
        self._put(route)
        return True

    def replace_route(self, route: Route) -> None:
        """Add a route in the place of one like it."""
        for old in self.routes():
            if old.to == route.to and old.metric == route.metric:
                self._drop(old)
        self._put(route)

    def remove_route(self, wanted: Route) -> bool:
        """Remove the first route that *wanted* describes; return False if there is none."""
        for one in self.routes():
            if one.to == wanted.to and all(
                not asked or asked == has
                for asked, has in (
                    (wanted.device, one.device),
                    (wanted.gateway, one.gateway),
                    (wanted.metric, one.metric),
                    (wanted.kind if wanted.kind != "unicast" else "", one.kind),
                )
            ):
                self._drop(one)
                self._machine.network.note(self._machine)
                return True
        return False

    def _put(self, route: Route) -> None:
        if route in self._site_routes():
            self._removed.pop(route.key, None)
        else:
            self._added[route.key] = route
        self._machine.network.note(self._machine)

    def _drop(self, route: Route) -> None:
        if self._added.pop(route.key, None) is None:
            self._removed[route.key] = None

    def _usable(self, route: Route) -> bool:
        return route.key not in self._removed and route.device not in self._down

    def _works(self, route: Route) -> bool:
        return not route.device or route.device not in self._down

    def _candidates(self, address: IPv4Address) -> Iterable[Route]:
        """Return those of the machine's first routes that *address* could take."""
        yield self._default()
        if address in self.wire:
            yield self._own_wire()
        elif address in self.pods:
            yield self._connected()
        else:
            owner = self._machine.network.pod_range_of(str(address))
            if owner is not None:
                yield self._to_node(owner)

    def _site_routes(self) -> list[Route]:
        others = self._machine.network.machines.values()
        to_nodes = [self._to_node(one) for one in others if one is not self._machine]
        return [self._default(), self._connected(), self._own_wire(), *to_nodes]

    def _default(self) -> Route:
        own = self._machine.facts.internal_ip
        return Route(EVERYTHING, "unicast", "eth0", self.gateway, own, "dhcp", "", 100)

    def _own_wire(self) -> Route:
        own = self._machine.facts.internal_ip
        return Route(self.wire, "unicast", "eth0", "", own, "kernel", "link", 100)

    def _connected(self) -> Route:
        return Route(self.pods, "unicast", "cni0", "", self.bridge_ip, "kernel", "link")

    @staticmethod
    def _to_node(other: Machine) -> Route:
        return Route(IPv4Network(other.facts.pod_cidr), "unicast", "eth0", other.facts.internal_ip)
