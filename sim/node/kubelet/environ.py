"""A container's environment variables, from its spec, ConfigMaps, Secrets and Services.

Raises the kubelet's own words when something is missing. This file must not know what variables mean.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sim.apimachinery.wire import Obj
from sim.node.container import expand
from sim.node.resources import memory_limit, memory_request

if TYPE_CHECKING:
    from sim.apiserver import ApiServer


class ConfigProblem(Exception):  # noqa: N818 - becomes the reason CreateContainerConfigError
    """What the container asks for does not exist; the message is the kubelet's."""


def environment(
    api: ApiServer, pod: Obj, container: Obj, *, pod_ip: str, host_ip: str
) -> dict[str, str]:
    """Return the variables of *container* in *pod*.

    Raises:
        ConfigProblem: if a ConfigMap, Secret or key is missing and not optional.
    """
    result: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        result.update(_all_of(api, pod, source))
    services = _service_variables(api, pod)
    for one in container.get("env") or ():
        if "valueFrom" in one:
            value = _value_from(
                api, pod, container, one["valueFrom"], pod_ip=pod_ip, host_ip=host_ip
            )
            if value is None:
                continue
        else:
            value = expand(str(one.get("value", "")), {**services, **result})
        result[one["name"]] = value
    for name, value in services.items():
        result.setdefault(name, value)
    return result


def started_with(
    container: Obj, environ: Callable[[], dict[str, str]]
) -> dict[str, str] | Callable[[], dict[str, str]]:
    """Return the variables of a container found running, later where nothing can change them.

    What ConfigMaps and Secrets say counts as the container starts, whatever they say afterwards.
    """
    reads = container.get("envFrom") or any(
        "valueFrom" in one for one in container.get("env") or ()
    )
    return environ() if reads else environ


def _all_of(api: ApiServer, pod: Obj, source: Obj) -> dict[str, str]:
    prefix = source.get("prefix", "")
    for field, resource, kind in (
        ("configMapRef", "configmaps", "configmap"),
        ("secretRef", "secrets", "secret"),
    ):
        reference = source.get(field)
        if reference:
            found = api.get(resource, pod["metadata"]["namespace"], reference["name"])
            if found is None:
                if reference.get("optional"):
                    return {}
                raise ConfigProblem(f'{kind} "{reference["name"]}" not found')
            data = found.get("data") or {}
            return {prefix + key: _text(resource, data[key]) for key in data}
    return {}


def _value_from(
    api: ApiServer, pod: Obj, container: Obj, source: Obj, *, pod_ip: str, host_ip: str
) -> str | None:
    if "fieldRef" in source:
        return _field(pod, source["fieldRef"]["fieldPath"], pod_ip, host_ip)
    if "resourceFieldRef" in source:
        return _resource(container, source["resourceFieldRef"]["resource"])
    for field, resource, kind in (
        ("configMapKeyRef", "configmaps", "ConfigMap"),
        ("secretKeyRef", "secrets", "Secret"),
    ):
        if field in source:
            return _key(api, pod, source[field], resource, kind)
    return None


def _key(api: ApiServer, pod: Obj, reference: Obj, resource: str, kind: str) -> str | None:
    namespace, name = pod["metadata"]["namespace"], reference["name"]
    found = api.get(resource, namespace, name)
    value = ((found or {}).get("data") or {}).get(reference["key"])
    if value is not None:
        return _text(resource, value)
    if reference.get("optional"):
        return None
    if found is None:
        raise ConfigProblem(f'{kind.lower()} "{name}" not found')
    raise ConfigProblem(f"couldn't find key {reference['key']} in {kind} {namespace}/{name}")


def _field(pod: Obj, path: str, pod_ip: str, host_ip: str) -> str:
    fixed: dict[str, str] = {
        "status.podIP": pod_ip,
        "status.podIPs": pod_ip,
        "status.hostIP": host_ip,
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
    }
    if path in fixed:
        return fixed[path]
    head, bracket, key = path.partition("['")
    at: Any = pod
    for part in head.split("."):
        at = (at or {}).get(part)
    return str((at or {}).get(key.removesuffix("']"), "") if bracket else at or "")


def _resource(container: Obj, name: str) -> str:
    if name == "limits.memory":
        return str(memory_limit(container))
    if name == "requests.memory":
        return str(memory_request(container))
    kind, _, what = name.partition(".")
    return str(((container.get("resources") or {}).get(kind) or {}).get(what, "0"))


def _text(resource: str, value: str) -> str:
    return b64decode(value).decode() if resource == "secrets" else value


def _service_variables(api: ApiServer, pod: Obj) -> dict[str, str]:
    namespace = pod["metadata"]["namespace"]
    services: list[Obj] = []
    kubernetes = api.get("services", "default", "kubernetes")
    if kubernetes is not None:
        services.append(kubernetes)
    if pod["spec"].get("enableServiceLinks", True):
        born = pod["metadata"].get("creationTimestamp") or "9"
        services.extend(
            one
            for one in api.list("services", namespace)
            if one is not kubernetes and one["metadata"].get("creationTimestamp", "") <= born
        )
    result: dict[str, str] = {}
    for service in services:
        address = service["spec"].get("clusterIP")
        ports = service["spec"].get("ports") or ()
        if not address or address == "None" or not ports:
            continue
        name = service["metadata"]["name"].upper().replace("-", "_")
        result[f"{name}_SERVICE_HOST"] = address
        result[f"{name}_SERVICE_PORT"] = str(ports[0]["port"])
        for port in ports:
            if port.get("name"):
                label = port["name"].upper().replace("-", "_")
                result[f"{name}_SERVICE_PORT_{label}"] = str(port["port"])
        result |= _link_variables(name, address, ports)
    return result


def _link_variables(name: str, address: str, ports: Sequence[Obj]) -> dict[str, str]:
    """Return Docker's link variables, which the kubelet still sets (pkg/kubelet/envvars)."""
    result: dict[str, str] = {}
    for number, port in enumerate(ports):
        protocol = str(port.get("protocol", "TCP"))
        url = f"{protocol.lower()}://{address}:{port['port']}"
        if number == 0:
            result[f"{name}_PORT"] = url
        prefix = f"{name}_PORT_{port['port']}_{protocol}"
        result[prefix] = url
        result[f"{prefix}_PROTO"] = protocol.lower()
        result[f"{prefix}_PORT"] = str(port["port"])
        result[f"{prefix}_ADDR"] = address
    return result
