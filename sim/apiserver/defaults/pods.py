"""Fields that the API server fills in of pods and their templates.

It must not know who owns a template.
"""

from __future__ import annotations

from sim.apimachinery.errors import bad_request
from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.apiserver.filling import each, each_once, fill, within


def quantities(amounts: Obj) -> Obj:
    """Return amounts by name in canonical form; raises ApiError if one does not parse."""
    try:
        exact = {name: canonical(amount) for name, amount in amounts.items()}
    except ValueError as error:
        raise bad_request(str(error)) from None
    return amounts if exact == amounts else exact


def resources(held: Obj) -> Obj:
    """Return resource requirements with canonical quantities."""
    return within(within(held, "limits", quantities), "requests", quantities)


def _http(action: Obj) -> Obj:
    return fill(action, path="/", scheme="HTTP")


def _handler(handler: Obj) -> Obj:
    return within(handler, "httpGet", _http)


def _lifecycle(lifecycle: Obj) -> Obj:
    return within(within(lifecycle, "postStart", _handler), "preStop", _handler)


def _probe(probe: Obj) -> Obj:
    filled = fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    filled = within(filled, "httpGet", _http)
    return within(filled, "grpc", lambda action: fill(action, service=""))


def _env(env: Obj) -> Obj:
    def value_from(source: Obj) -> Obj:
        filled = within(source, "fieldRef", lambda ref: fill(ref, apiVersion="v1"))
        return within(filled, "resourceFieldRef", lambda ref: fill(ref, divisor="0"))

    return within(env, "valueFrom", value_from)


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    return "Always" if name.partition(":")[2] in ("", "latest") else "IfNotPresent"


def _container(container: Obj) -> Obj:
    filled = fill(
        container,
        imagePullPolicy=_pull_policy(str(container.get("image", ""))),
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )
    filled = within(filled, "resources", resources)
    filled = within(filled, "ports", lambda ports: each(ports, lambda p: fill(p, protocol="TCP")))
    filled = within(filled, "env", lambda env: each(env, _env))
    filled = within(filled, "lifecycle", _lifecycle)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        filled = within(filled, probe, _probe)
    return filled


_MODE = 420
"""0644, of files from ConfigMaps, Secrets and projections."""


def _downward(held: Obj) -> Obj:
    def item(one: Obj) -> Obj:
        filled = within(one, "fieldRef", lambda ref: fill(ref, apiVersion="v1"))
        return within(filled, "resourceFieldRef", lambda ref: fill(ref, divisor="0"))

    return within(held, "items", lambda items: each(items, item))


def _projection(source: Obj) -> Obj:
    filled = within(
        source, "serviceAccountToken", lambda token: fill(token, expirationSeconds=3600)
    )
    return within(filled, "downwardAPI", _downward)


def _ephemeral(held: Obj) -> Obj:
    def spec(claim: Obj) -> Obj:
        return within(claim, "spec", lambda inner: fill(inner, volumeMode="Filesystem"))

    return within(held, "volumeClaimTemplate", spec)


def _volume(volume: Obj) -> Obj:
    if len(volume) == 1:
        return fill(volume, emptyDir={})
    filled = volume
    for source in ("configMap", "secret", "downwardAPI", "projected"):
        filled = within(filled, source, lambda held: fill(held, defaultMode=_MODE))
    filled = within(filled, "hostPath", lambda held: fill(held, type=""))
    filled = within(filled, "downwardAPI", _downward)
    filled = within(filled, "ephemeral", _ephemeral)
    return within(
        filled, "projected", lambda held: within(held, "sources", lambda s: each(s, _projection))
    )


def _host_ports(container: Obj) -> Obj:
    def port(held: Obj) -> Obj:
        return fill(held, hostPort=held.get("containerPort"))

    return within(container, "ports", lambda ports: each(ports, port))


def pod_spec(spec: Obj) -> Obj:
    """Return a pod's or template's spec with defaults."""
    filled = fill(
        spec,
        dnsPolicy="ClusterFirst",
        restartPolicy="Always",
        schedulerName="default-scheduler",
        securityContext={},
        terminationGracePeriodSeconds=30,
    )
    if filled.get("serviceAccountName") and not filled.get("serviceAccount"):
        filled = fill(filled, serviceAccount=filled["serviceAccountName"])
    if filled.get("hostNetwork"):
        for field in ("containers", "initContainers"):
            filled = within(filled, field, lambda held: each(held, _host_ports))
    for field in ("containers", "initContainers", "ephemeralContainers"):
        filled = within(filled, field, lambda held: each_once(held, _container))
    return within(filled, "volumes", lambda held: each_once(held, _volume))


def _limits_as_requests(container: Obj) -> Obj:
    held = container.get("resources") or {}
    limits, requests = held.get("limits") or {}, held.get("requests") or {}
    if all(name in requests for name in limits):
        return container
    return {**container, "resources": {**held, "requests": {**limits, **requests}}}


def pod(pod: Obj) -> Obj:
    """Return a pod with defaults."""

    def spec(held: Obj) -> Obj:
        filled = fill(pod_spec(held), enableServiceLinks=True)
        return within(filled, "containers", lambda some: each_once(some, _limits_as_requests))

    return within(pod, "spec", spec)


def pod_template(template: Obj) -> Obj:
    """Return a pod template with defaults."""
    filled = fill(template, metadata={})
    return within(filled, "spec", pod_spec)
