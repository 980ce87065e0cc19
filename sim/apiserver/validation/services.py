"""Services: ports, addresses, and the address that may not change."""

from __future__ import annotations

from sim.apimachinery.errors import Cause, invalid_value, required, unsupported_value
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_label_name, check_labels
from sim.apiserver.validation.pods import PROTOCOLS, check_port

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def check_service(service: Obj) -> list[Cause]:
    """Return the causes why a Service is refused."""
    spec = service.get("spec") or {}
    causes: list[Cause] = []
    ports = spec.get("ports") or []
    if spec.get("type") not in _TYPES:
        causes.append(unsupported_value("spec.type", spec.get("type", ""), _TYPES))
    if spec.get("type") == "ExternalName":
        if not spec.get("externalName"):
            causes.append(required("spec.externalName"))
    elif not ports and spec.get("clusterIP") != "None":
        causes.append(required("spec.ports"))
    for index, port in enumerate(ports):
        here = f"spec.ports[{index}]"
        if port.get("name"):
            causes += check_label_name(f"{here}.name", port["name"])
        elif len(ports) > 1:
            causes.append(required(f"{here}.name"))
        causes += check_port(f"{here}.port", port.get("port", 0))
        target = port.get("targetPort")
        if isinstance(target, int):
            causes += check_port(f"{here}.targetPort", target)
        if port.get("protocol") not in PROTOCOLS:
            causes.append(unsupported_value(f"{here}.protocol", port["protocol"], PROTOCOLS))
    return causes + check_labels("spec.selector", spec.get("selector"))


def check_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a Service's address may not change."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    before, after = held.get("clusterIP"), given.get("clusterIP")
    if not before or before == after or given.get("type") == "ExternalName":
        return []
    rule = "may not change once set"
    shown = Cause("FieldValueInvalid", f'Invalid value: ["{after}"]: {rule}', "spec.clusterIPs[0]")
    return [shown] if after else [invalid_value("spec.clusterIP", "", rule)]
