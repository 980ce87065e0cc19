"""`kubectl create service` in its four kinds, and `create ingress`.

It must not know what becomes of the traffic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation

_RULE = re.compile(
    r"(?P<host>[\w*\-.]*)/(?P<path>[/\w\-.]*[*]?)=(?P<svc>[\w\-]+):(?P<port>[\w\-]+)(?P<tls>,tls(=[\w\-]+)?)?"
)
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")


class ServiceOptions(GenerateOptions):
    """`create service clusterip`; subclasses are the other kinds."""

    asks_name = False
    plural, kind = "services", "Service"
    remembers = False
    type = "ClusterIP"

    def make(self, call: Invocation) -> Obj:
        """Return a Service that selects pods by `app`."""
        read = call.flags
        headless = "clusterip" in read.known and read.text("clusterip") == "None"
        pairs = read.many("tcp")
        if not headless and not pairs and self.type != "ExternalName":
            raise CommandError("at least one tcp port specifier must be provided")
        spec: Obj = {}
        if "clusterip" in read.known and read.text("clusterip"):
            spec["clusterIP"] = read.text("clusterip")
        if self.type == "ExternalName":
            name = read.text("external-name")
            if not _SUBDOMAIN.match(name):
                raise CommandError(f"invalid service external name {name}")
            spec["externalName"] = name
        number = read.number("node-port") if "node-port" in read.known else 0
        ports = [_port(pair, number) for pair in pairs]
        if ports:
            spec["ports"] = ports
        spec.update({"selector": {"app": self.name}, "type": self.type})
        return {
            "metadata": {"labels": {"app": self.name}},
            "spec": spec,
            "status": {"loadBalancer": {}},
        }

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the error that the user sees."""
        return CommandError(f"failed to create {self.type} service: {plain(error)}")


class NodePortOptions(ServiceOptions):
    """`create service nodeport`."""

    type = "NodePort"


class LoadBalancerOptions(ServiceOptions):
    """`create service loadbalancer`."""

    type = "LoadBalancer"


class ExternalNameOptions(ServiceOptions):
    """`create service externalname`."""

    type = "ExternalName"


def _port(pair: str, node_port: int) -> Obj:
    words = pair.split(":")
    port = _number(words[0])
    target: str | int = port
    if len(words) > 1:
        target = words[1]
        if words[1].isdecimal():
            target = _number(words[1])
    made: Obj = {
        "name": pair.replace(":", "-"),
        "port": port,
        "protocol": "TCP",
        "targetPort": target,
    }
    return {**made, "nodePort": node_port} if node_port else made


def _number(text: str) -> int:
    if not text.isdecimal():
        raise CommandError(f"strconv.ParseUint: parsing {quote(text)}: invalid syntax")
    return int(text)


class IngressOptions(GenerateOptions):
    """`create ingress`."""

    asks_name = False
    plural, kind, api_version = "ingresses", "Ingress", "networking.k8s.io/v1"

    def make(self, call: Invocation) -> Obj:
        """Return an Ingress with a rule for each host."""
        read = call.flags
        rules, backend = read.many("rule"), read.text("default-backend")
        annotations = read.many("annotation")
        _check(rules, backend, annotations)
        spec: Obj = {}
        if read.text("class"):
            spec["ingressClassName"] = read.text("class")
        if backend:
            spec["defaultBackend"] = _backend(backend)
        if made := _rules(rules):
            spec["rules"] = made
        if tls := _tls(rules):
            spec["tls"] = tls
        obj: Obj = {"spec": spec, "status": {"loadBalancer": {}}}
        if annotations:
            pairs = (one.partition("=") for one in annotations)
            obj["metadata"] = {"annotations": {key: value for key, _, value in pairs}}
        return obj


def _check(rules: Sequence[str], backend: str, annotations: Sequence[str]) -> None:
    if not backend and not rules:
        raise CommandError(
            "not enough information provided: every ingress has to either specify a "
            "default-backend (which catches all traffic) or a list of rules (which catch specific "
            "paths)"
        )
    for rule in rules:
        if not _RULE.fullmatch(rule):
            raise CommandError(
                f"rule {rule} is invalid and should be in format "
                "host/path=svcname:svcport[,tls[=secret]]"
            )
    for annotation in annotations:
        if "=" not in annotation:
            raise CommandError(
                f"annotation {annotation} is invalid and should be in format key=[value]"
            )
    if backend and backend.count(":") != 1:
        raise CommandError("default-backend should be in format servicename:serviceport")


def _backend(text: str) -> Obj:
    name, _, port = text.partition(":")
    number: Obj = {"number": int(port)} if port.isdecimal() else {"name": port}
    return {"service": {"name": name, "port": number}}


def _rules(rules: Sequence[str]) -> list[Obj]:
    paths: dict[str, list[Obj]] = {}
    for rule in rules:
        host, _, rest = rule.partition(",")[0].partition("/")
        path, _, service = rest.partition("=")
        path = f"/{path}"
        kind = "Exact"
        if path.endswith("*"):
            kind, path = "Prefix", path[:-1]
        entry = {"backend": _backend(service), "path": path, "pathType": kind}
        paths.setdefault(host, []).append(entry)
    return [
        {**({"host": host} if host else {}), "http": {"paths": listed}}
        for host, listed in paths.items()
    ]


def _tls(rules: Sequence[str]) -> list[Obj]:
    made: list[Obj] = []
    seen: set[str] = set()
    for rule in rules:
        _, comma, tls = rule.partition(",")
        host = rule.partition("/")[0]
        if not comma or host in seen:
            continue
        seen.add(host)
        secret = tls.partition("=")[2]
        held = next((one for one in made if one.get("secretName", "") == secret), None)
        if held is not None:
            held["hosts"].append(host)
            continue
        entry: Obj = {"hosts": [host]} if host else {}
        if secret:
            entry["secretName"] = secret
        if entry:
            made.append(entry)
    return made


_TCP = "tcp list"
NETWORK_COMMANDS = (
    Command(
        "ingress",
        "Create an ingress with the specified name",
        IngressOptions,
        create_flags("annotation array", "class", "default-backend", "rule array"),
        usage="NAME --rule=host/path=service:port[,tls[=secret]]",
        aliases=("ing",),
    ),
    Command(
        "service",
        "Create a service using a specified subcommand",
        aliases=("svc",),
        subcommands=(
            Command(
                "clusterip",
                "Create a ClusterIP service",
                ServiceOptions,
                create_flags("clusterip", _TCP),
                usage="NAME [--tcp=<port>:<targetPort>]",
            ),
            Command(
                "externalname",
                "Create an ExternalName service",
                ExternalNameOptions,
                create_flags("external-name", _TCP),
                usage="NAME --external-name external.name",
                required=("external-name",),
            ),
            Command(
                "loadbalancer",
                "Create a LoadBalancer service",
                LoadBalancerOptions,
                create_flags(_TCP),
                usage="NAME [--tcp=port:targetPort]",
            ),
            Command(
                "nodeport",
                "Create a NodePort service",
                NodePortOptions,
                create_flags("node-port int=0", _TCP),
                usage="NAME [--tcp=port:targetPort]",
            ),
        ),
    ),
)
