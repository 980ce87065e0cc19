"""The older programs for the same things: ifconfig, route, arp, netstat, and ethtool, brctl, nstat.

They print what `ip` and `ss` know; this file must not know where that comes from.
"""

from __future__ import annotations

from ipaddress import IPv4Interface

from sim.bash.process import Proc
from sim.node.links import Route
from sim.node.portnames import port_name
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.interfaces import Counters, Link, broadcast, counters, links
from sim.node.programs.iproute_routes import neighbour_rows, place_routes
from sim.node.programs.netstate import totals
from sim.node.programs.options import UsageError, parse, program
from sim.node.programs.sockets import Socket, connected, datagrams, listeners, unix_sockets

_FLAGS = {"UP": 1, "BROADCAST": 2, "LOOPBACK": 8, "NOARP": 128, "LOWER_UP": 64, "MULTICAST": 4096}


@program(1)
def ifconfig(proc: Proc) -> int:
    """Show interfaces."""
    words = [word for word in proc.argv[1:] if word not in ("-a", "-v", "-s")]
    if len(words) > 1:
        raise UsageError("ifconfig: changes are not supported in this simulator; use ip")
    proc.asked()
    found = [one for one in links(proc) if not words or one.name == words[0]]
    if not found:
        proc.stderr.write(f"{words[0]}: error fetching interface information: Device not found\n")
        return 1
    for one in found:
        if not words and "UP" not in one.flags and "-a" not in proc.argv:
            continue
        proc.print(*_interface(one, counters(machine_of(proc), one)), "")
    return 0


def _interface(one: Link, held: Counters) -> list[str]:
    names = [
        "RUNNING" if flag == "LOWER_UP" else flag
        for flag in ("UP", "BROADCAST", "LOOPBACK", "LOWER_UP", "NOARP", "MULTICAST")
        if flag in one.flags
    ]
    number = sum(_FLAGS[flag] for flag in one.flags)
    lines = [f"{one.name}: flags={number}<{','.join(names)}>  mtu {one.mtu}"]
    for address in one.addresses[:1]:
        interface = IPv4Interface(address)
        around = broadcast(address)
        tail = f"  broadcast {around}" if around else ""
        lines.append(f"        inet {interface.ip}  netmask {interface.netmask}{tail}")
    if one.six:
        ip, _, prefix = one.six.partition("/")
        scope = "0x10<host>" if one.name == "lo" else "0x20<link>"
        lines.append(f"        inet6 {ip}  prefixlen {prefix}  scopeid {scope}")
    if one.name == "lo":
        lines.append("        loop  txqueuelen 1000  (Local Loopback)")
    else:
        lines.append(f"        ether {one.mac}  txqueuelen 1000  (Ethernet)")
    return [
        *lines,
        f"        RX packets {held.rx_packets}  bytes {held.rx_bytes} ({_human(held.rx_bytes)})",
        "        RX errors 0  dropped 0  overruns 0  frame 0",
        f"        TX packets {held.tx_packets}  bytes {held.tx_bytes} ({_human(held.tx_bytes)})",
        "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0",
    ]


def _human(size: int) -> str:
    value, units = float(size), ("B", "KiB", "MiB", "GiB", "TiB")
    for unit in units:
        if value < 1024 or unit == units[-1]:
            return f"{value:.1f} {unit}"
        value /= 1024
    return ""


@program(1)
def route(proc: Proc) -> int:
    """Show the routing table."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if words:
        raise UsageError("route: changes are not supported in this simulator; use ip route")
    proc.asked()
    numeric = any("n" in word for word in proc.argv[1:])
    proc.print("Kernel IP routing table",
               "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface")  # fmt: skip
    for one in place_routes(proc):
        to, gateway, mask, flags = _cells(one, numeric=numeric)
        proc.print(
            f"{to:<15} {gateway:<15} {mask:<15} {flags:<5} {one.metric:<6} {0:<3} {0:>6} {one.device or '-'}"
        )
    return 0


def _cells(one: Route, *, numeric: bool) -> tuple[str, str, str, str]:
    to = str(one.to.network_address)
    if not one.to.prefixlen and not numeric:
        to = "default"
    if one.kind != "unicast":
        return to, "-", str(one.to.netmask), "!"
    flags = "U" + ("G" if one.gateway else "") + ("H" if one.to.prefixlen == 32 else "")
    return to, one.gateway or "0.0.0.0", str(one.to.netmask), flags


@program(1)
def arp(proc: Proc) -> int:
    """Show whom the links know."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if any(word in ("-d", "-s", "-f") for word in proc.argv[1:]):
        raise UsageError("arp: changes are not supported in this simulator")
    proc.asked()
    rows = [row for row in neighbour_rows(proc) if not words or row[0] == words[0]]
    if any("a" in word for word in proc.argv[1:] if word.startswith("-")):
        for ip, device, mac, _ in rows:
            place = f"{mac} [ether]" if mac else "<incomplete>"
            proc.print(f"? ({ip}) at {place} on {device}")
        return 0
    if words and not rows:
        proc.print(f"{words[0]} ({words[0]}) -- no entry")
        return 0
    proc.print("Address                  HWtype  HWaddress           Flags Mask            Iface")
    for ip, device, mac, _ in rows:
        if mac:
            proc.print(f"{ip:<23}  {'ether':<7} {mac:<19} {'C':<22}{device}")
        else:
            proc.print(f"{ip:<23}  {'':<7} {'(incomplete)':<19} {'':<22}{device}")
    return 0


@program(3)
def netstat(proc: Proc) -> int:
    """Show sockets, routes, interfaces or statistics."""
    options = parse(proc, "tulpnaersiwxcW46go", (
        "tcp", "udp", "listening", "programs", "numeric", "all", "extend", "route", "statistics",
        "interfaces", "unix", "wide",
    ))  # fmt: skip
    proc.asked()
    if options.has("-r", "--route"):
        proc.print("Kernel IP routing table",
                   "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface")  # fmt: skip
        for one in place_routes(proc):
            to, gateway, mask, flags = _cells(one, numeric=options.has("-n", "--numeric"))
            proc.print(
                f"{to:<15} {gateway:<15} {mask:<15} {flags:<7} {0:>3} {0:<6} {0:>5} {one.device or '-'}"
            )
        return 0
    if options.has("-i", "--interfaces"):
        return _interfaces(proc)
    if options.has("-s", "--statistics"):
        return _statistics(proc)
    chosen = options.has("-t", "-u", "--tcp", "--udp", "-x", "--unix")
    listening, everything = options.has("-l", "--listening"), options.has("-a", "--all")
    found: list[Socket] = []
    if options.has("-t", "--tcp") or not chosen:
        found += listeners(proc) if listening or everything else []
        found += [] if listening else connected(proc)
    if (options.has("-u", "--udp") or not chosen) and (listening or everything):
        found += datagrams(proc)
    kind = (
        "only servers" if listening else "servers and established" if everything else "w/o servers"
    )
    with_owner = options.has("-p", "--programs")
    if not options.has("-x", "--unix"):
        title = " PID/Program name    " if with_owner else ""
        proc.print(
            f"Active Internet connections ({kind})",
            "Proto Recv-Q Send-Q Local Address           Foreign Address         "
            f"State      {title}",
        )
        numeric = options.has("-n", "--numeric")
        proc.print(*(_socket(proc, each, numeric=numeric, owner=with_owner) for each in found))
    if not chosen or options.has("-x", "--unix"):
        tail = "   PID/Program name   " if with_owner else ""
        proc.print(
            f"Active UNIX domain sockets ({kind})",
            f"Proto RefCnt Flags       Type       State         I-Node{tail}   Path",
        )
        for each in unix_sockets(proc) if listening or everything else ():
            owner = f" {each.pid}/{each.owner}".ljust(21)[:21] if with_owner else ""
            head = "unix  2      [ ACC ]     STREAM     LISTENING"
            proc.print(f"{head}     {each.port:<8}{owner} {each.local}")
    return 0


def _socket(proc: Proc, one: Socket, *, numeric: bool, owner: bool) -> str:
    wide = one.six
    proto = one.netid + ("6" if wide else "")
    state = {"LISTEN": "LISTEN", "ESTAB": "ESTABLISHED", "UNCONN": ""}.get(one.state, one.state)
    local, peer = (
        _place(proc, ip, port, one.netid, numeric=numeric, wide=wide)
        for ip, port in ((one.local, one.port), (one.peer, one.peer_port))
    )
    told = ""
    if owner:
        told = f" {one.pid}/{one.owner}" if one.pid and is_root(proc) else " -"
        told = f"{told:<21}"
    return f"{proto:<5} {0:>6} {0:>6} {local:<23} {peer:<23} {state:<11}{told}"


def _place(proc: Proc, ip: str, port: int, netid: str, *, numeric: bool, wide: bool) -> str:
    number = "*" if not port else str(port) if numeric else port_name(port, netid) or str(port)
    plain = ip.partition("%")[0]
    if wide:
        return f":::{number}" if numeric else f"[::]:{number}"
    if not numeric:
        hosts = {m.internal_ip: m.name for m in machine_of(proc).network.machines.values()}
        plain = "localhost" if plain == "127.0.0.1" else hosts.get(plain, plain)[:16]
    return f"{plain}:{number}"


def _interfaces(proc: Proc) -> int:
    proc.print("Kernel Interface table",
               "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg")  # fmt: skip
    for one in links(proc):
        if "UP" not in one.flags:
            continue
        held = counters(machine_of(proc), one)
        flags = "LRU" if one.name == "lo" else "BMRU"
        proc.print(
            f"{one.name[:15]:<15} {one.mtu:>5} {held.rx_packets:>8}      0      0 0      "
            f"{held.tx_packets:>8}      0      0      0 {flags}"
        )
    return 0


def _statistics(proc: Proc) -> int:
    n = totals(machine_of(proc), container_of(proc))
    proc.print(
        "Ip:", "    Forwarding: 1", f"    {n['IpInReceives']} total packets received",
        f"    {n['IpForwDatagrams']} forwarded", "    0 incoming packets discarded",
        f"    {n['IpInDelivers']} incoming packets delivered", f"    {n['IpOutRequests']} requests sent out",
        *((f"    {n['IpOutDiscards']} outgoing packets dropped",) if n["IpOutDiscards"] else ()),
        "Tcp:", f"    {n['TcpActiveOpens']} active connection openings",
        f"    {n['TcpPassiveOpens']} passive connection openings",
        f"    {n['TcpAttemptFails']} failed connection attempts",
        f"    {n['TcpEstabResets']} connection resets received",
        f"    {len(connected(proc))} connections established",
        f"    {n['TcpInSegs']} segments received", f"    {n['TcpOutSegs']} segments sent out",
        f"    {n['TcpRetransSegs']} segments retransmitted", "    0 bad segments received",
        f"    {n['TcpOutRsts']} resets sent",
        "Udp:", f"    {n['UdpInDatagrams']} packets received",
        f"    {n['UdpNoPorts']} packets to unknown port received", "    0 packet receive errors",
        f"    {n['UdpOutDatagrams']} packets sent",
        "IpExt:", f"    InOctets: {n['IpExtInOctets']}", f"    OutOctets: {n['IpExtOutOctets']}",
    )  # fmt: skip
    return 0


@program(1)
def nstat(proc: Proc) -> int:
    """Show the kernel's counters."""
    options = parse(proc, "azsnjpt:d:", ("zeros", "noupdate", "reset", "json", "pretty"))
    proc.asked()
    proc.print("#kernel")
    for name, value in totals(machine_of(proc), container_of(proc)).items():
        if options.operands and not any(_fits(name, one) for one in options.operands):
            continue
        if value or options.has("-z", "--zeros"):
            proc.print(f"{name:<32}{value:<19}0.0")
    return 0


def _fits(name: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    return name.startswith(head) and name.endswith(tail) if star else name == pattern


@program(1)
def ethtool(proc: Proc) -> int:
    """Show a network device's settings, driver or statistics."""
    words = list(proc.argv[1:])
    flag = words.pop(0) if words and words[0].startswith("-") else ""
    if not words:
        raise UsageError(
            "ethtool: bad command line argument(s)\nFor more information run ethtool -h"
        )
    one = next((link for link in links(proc) if link.name == words[0]), None)
    proc.asked()
    if one is None:
        if not flag:
            proc.stderr.write("netlink error: no device matches name (offset 24)\n"
                              "netlink error: No such device\n" * 5 + "No data available\n")  # fmt: skip
            return 75
        doing = {"-i": "driver information", "-S": "stats strings information"}.get(
            flag, "device settings"
        )
        proc.stderr.write(f"Cannot get {doing}: No such device\n")
        return 71
    driver = (
        "bridge"
        if one.name == "cni0"
        else "veth"
        if one.peer
        else "virtio_net"
        if one.name == "eth0"
        else ""
    )
    if flag in ("-i", "--driver"):
        bus = "0000:00:03.0" if driver == "virtio_net" else "N/A" if driver == "bridge" else ""
        proc.print(f"driver: {driver or 'dummy'}", "version: 1.0.0" if driver == "virtio_net" else "version: 1.0",
                   "firmware-version: ", "expansion-rom-version: ", f"bus-info: {bus}",
                   "supports-statistics: yes", "supports-test: no", "supports-eeprom-access: no",
                   "supports-register-dump: no", "supports-priv-flags: no")  # fmt: skip
        return 0
    if flag in ("-S", "--statistics"):
        return _device_statistics(proc, one, driver)
    if flag:
        raise UsageError(f"ethtool: {flag} is not supported in this simulator")
    speed = "10000Mb/s" if one.peer or one.name == "cni0" else "Unknown!"
    proc.print(f"Settings for {one.name}:")
    if one.name != "lo":
        proc.print("\tSupported ports: [  ]", "\tSupported link modes:   Not reported",
                   "\tSupported pause frame use: No", "\tSupports auto-negotiation: No",
                   "\tSupported FEC modes: Not reported", "\tAdvertised link modes:  Not reported",
                   "\tAdvertised pause frame use: No", "\tAdvertised auto-negotiation: No",
                   "\tAdvertised FEC modes: Not reported", f"\tSpeed: {speed}",
                   f"\tDuplex: {'Full' if one.peer else 'Unknown! (255)'}", "\tAuto-negotiation: off",
                   "\tPort: Twisted Pair" if one.peer else "\tPort: Other", "\tPHYAD: 0",
                   "\tTransceiver: internal")  # fmt: skip
    proc.print(f"\tLink detected: {'yes' if 'LOWER_UP' in one.flags else 'no'}")
    return 0


def _device_statistics(proc: Proc, one: Link, driver: str) -> int:
    held = counters(machine_of(proc), one)
    if driver == "virtio_net":
        rows = [("rx_queue_0_packets", held.rx_packets), ("rx_queue_0_bytes", held.rx_bytes),
                ("rx_queue_0_drops", 0), ("rx_queue_0_xdp_packets", 0),
                ("tx_queue_0_packets", held.tx_packets), ("tx_queue_0_bytes", held.tx_bytes),
                ("tx_queue_0_tx_timeouts", 0)]  # fmt: skip
    elif driver == "veth":
        rows = [("peer_ifindex", int(one.peer.removeprefix("@if"))), ("rx_queue_0_xdp_packets", 0),
                ("rx_queue_0_xdp_bytes", 0), ("rx_queue_0_drops", 0)]  # fmt: skip
    else:
        proc.stderr.write("no stats available\n")
        return 94
    proc.print("NIC statistics:", *(f"     {name}: {value}" for name, value in rows))
    return 0


@program(1)
def brctl(proc: Proc) -> int:
    """Show the bridge that pods hang on."""
    words = proc.argv[1:]
    if words[:1] != ["show"]:
        raise UsageError(
            f"brctl: {words[0] if words else 'help'} is not supported in this simulator"
        )
    proc.asked()
    proc.print("bridge name\tbridge id\t\tSTP enabled\tinterfaces")
    bridge = next((one for one in links(proc) if one.name == "cni0"), None)
    if bridge is not None:
        ports = [one.name for one in links(proc) if one.master == "cni0"]
        head = f"cni0\t\t8000.{bridge.mac.replace(':', '')}\tno\t\t"
        proc.print(
            head + (ports[0] if ports else ""), *(f"\t\t\t\t\t\t\t{name}" for name in ports[1:])
        )
    return 0


@program(1)
def bridge(proc: Proc) -> int:
    """Show the ports of the bridge."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if words[:1] not in (["link"], ["fdb"], ["vlan"]) or words[1:2] not in ([], ["show"], ["list"]):
        raise UsageError(f"bridge: {' '.join(words) or 'help'} is not supported in this simulator")
    proc.asked()
    ports = [one for one in links(proc) if one.master == "cni0"]
    if words[0] == "link":
        for one in ports:
            flags = ",".join(one.flags)
            state = "forwarding" if one.state == "UP" else "disabled"
            proc.print(
                f"{one.number}: {one.name}@eth0: <{flags}> mtu {one.mtu} master cni0 state {state} priority 32 cost 2 "
            )
    elif words[0] == "fdb":
        for one in ports:
            proc.print(f"{one.mac} dev {one.name} vlan 1 master cni0 permanent",
                       f"33:33:00:00:00:01 dev {one.name} self permanent")  # fmt: skip
    return 0
