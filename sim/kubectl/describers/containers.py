"""The containers of a pod or pod template, as `describe` shows them.

It must not know which kind holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import go_bool, true_or_false, write_time
from sim.kubectl.describers.writer import Page
from sim.kubectl.goformat import quote


def write_containers(
    page: Page,
    title: str,
    containers: Sequence[Obj],
    *,
    statuses: Sequence[Obj] = (),
    pod: Obj | None = None,
    space: str = "",
) -> None:
    """Write *containers* beneath *title*; *pod* resolves field references, *space* indents."""
    known = {status["name"]: status for status in statuses}
    page.write(0, f"{space}{title}:{'' if containers else ' <none>'}\n")
    for container in containers:
        status = known.get(container["name"])
        _write_basics(page, container, status, space)
        _write_words(page, "Command", container.get("command"))
        _write_words(page, "Args", container.get("args"))
        if status is not None:
            _write_states(page, status)
        write_resources(page, container.get("resources"), 2)
        for name in ("liveness", "readiness", "startup"):
            if probe := container.get(f"{name}Probe"):
                page.line(2, f"{name.capitalize()}:", describe_probe(probe))
        _write_env_from(page, container.get("envFrom") or [])
        _write_env(page, container, pod)
        _write_mounts(page, container)


def _write_basics(page: Page, container: Obj, status: Obj | None, space: str) -> None:
    page.write(1, f"{' ' if space else ''}{container['name']}:\n")
    if status is not None:
        page.line(2, "Container ID:", status.get("containerID", ""))
    page.line(2, "Image:", container.get("image", ""))
    if status is not None:
        page.line(2, "Image ID:", status.get("imageID", ""))
    ports = container.get("ports") or []
    for title, key in (("Port", "containerPort"), ("Host Port", "hostPort")):
        text = ", ".join(_port(port, key) for port in ports)
        page.line(2, f"{title}s:" if "," in text else f"{title}:", text or "<none>")
    seccomp = (container.get("securityContext") or {}).get("seccompProfile")
    if seccomp:
        page.line(2, "SeccompProfile:", seccomp.get("type", ""))
        if seccomp.get("type") == "Localhost":
            page.line(3, "LocalhostProfile:", seccomp.get("localhostProfile", ""))


def _port(port: Obj, key: str) -> str:
    text = f"{port.get(key, 0)}/{port.get('protocol', 'TCP')}"
    return f"{text} ({port['name']})" if port.get("name") else text


def _write_words(page: Page, title: str, words: Sequence[str] | None) -> None:
    if not words:
        return
    page.write(2, f"{title}:\n")
    for word in words:
        for line in word.split("\n"):
            page.write(3, f"{line}\n")


def _write_states(page: Page, status: Obj) -> None:
    _write_state(page, "State", status.get("state") or {})
    last = status.get("lastState") or {}
    if last.get("terminated"):
        _write_state(page, "Last State", last)
    page.line(2, "Ready:", true_or_false(status.get("ready")))
    page.line(2, "Restart Count:", status.get("restartCount", 0))


def _write_state(page: Page, title: str, state: Obj) -> None:
    if (running := state.get("running")) is not None:
        page.line(2, f"{title}:", "Running")
        page.line(3, "Started:", write_time(running.get("startedAt")))
    elif (ended := state.get("terminated")) is not None and state.get("waiting") is None:
        page.line(2, f"{title}:", "Terminated")
        for label, key in (("Reason", "reason"), ("Message", "message")):
            if ended.get(key):
                page.line(3, f"{label}:", ended[key])
        page.line(3, "Exit Code:", ended.get("exitCode", 0))
        if ended.get("signal"):
            page.line(3, "Signal:", ended["signal"])
        page.line(3, "Started:", write_time(ended.get("startedAt")))
        page.line(3, "Finished:", write_time(ended.get("finishedAt")))
    else:
        page.line(2, f"{title}:", "Waiting")
        reason = (state.get("waiting") or {}).get("reason")
        if reason:
            page.line(3, "Reason:", reason)


def write_resources(page: Page, resources: Obj | None, level: int) -> None:
    """Write limits and requests."""
    for title in ("limits", "requests"):
        amounts = (resources or {}).get(title) or {}
        if amounts:
            page.write(level, f"{title.capitalize()}:\n")
        for name in sorted(amounts):
            page.line(level + 1, f"{name}:", canonical(amounts[name]))


def describe_probe(probe: Obj) -> str:
    """Return one probe as a line, e.g. `http-get http://:8080/healthz delay=0s ...`."""
    rhythm = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 0)}s "
        f"period={probe.get('periodSeconds', 0)}s successThreshold={probe.get('successThreshold', 0)} "
        f"failureThreshold={probe.get('failureThreshold', 0)}"
    )
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or [])}] {rhythm}"
    if http := probe.get("httpGet"):
        scheme = str(http.get("scheme", "")).lower()
        port = str(http.get("port", ""))
        host = f"{http.get('host', '')}:{port}" if port else http.get("host", "")
        return f"http-get {scheme}://{host}{http.get('path', '')} {rhythm}"
    if tcp := probe.get("tcpSocket"):
        return f"tcp-socket {tcp.get('host', '')}:{tcp.get('port', '')} {rhythm}"
    if grpc := probe.get("grpc"):
        return f"grpc <pod>:{grpc.get('port', 0)} {grpc.get('service') or ''} {rhythm}"
    return f"unknown {rhythm}"


def _write_env_from(page: Page, sources: Sequence[Obj]) -> None:
    if not sources:
        return
    page.write(2, "Environment Variables from:\n")
    for source in sources:
        kind, ref = "", {}
        for name, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if key in source:
                kind, ref = name, source[key]
                break
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        optional = f"Optional: {go_bool(ref.get('optional'))}"
        page.line(3, ref.get("name", ""), kind + prefix, optional)


def _write_env(page: Page, container: Obj, pod: Obj | None) -> None:
    variables = container.get("env") or []
    page.write(2, f"Environment:{'' if variables else chr(9) + '<none>'}\n")
    for one in variables:
        source = one.get("valueFrom")
        if source is None:
            for index, line in enumerate(str(one.get("value", "")).split("\n")):
                page.line(3, f"{one['name']}:" if index == 0 else "", line)
        elif field := source.get("fieldRef"):
            value = _field_value(pod, field.get("fieldPath", "")) if pod else ""
            what = f"({field.get('apiVersion', 'v1')}:{field.get('fieldPath', '')})"
            page.line(3, f"{one['name']}:", f"{value} {what}")
        elif ref := source.get("resourceFieldRef"):
            value = _resource_value(container, ref)
            if value == "0" and ref.get("resource") in ("limits.cpu", "limits.memory"):
                value = "node allocatable"
            page.line(3, f"{one['name']}:", f"{value} ({ref.get('resource', '')})")
        elif ref := source.get("secretKeyRef"):
            text = f"<set to the key '{ref['key']}' in secret '{ref.get('name', '')}'>"
            page.line(3, f"{one['name']}:", text, f"Optional: {go_bool(ref.get('optional'))}")
        elif ref := source.get("configMapKeyRef"):
            text = f"<set to the key '{ref['key']}' of config map '{ref.get('name', '')}'>"
            page.line(3, f"{one['name']}:", text, f"Optional: {go_bool(ref.get('optional'))}")


def _field_value(pod: Obj, path: str) -> str:
    """Return what kubectl resolves by itself: metadata; the rest stays empty."""
    metadata = pod["metadata"]
    for prefix in ("metadata.labels", "metadata.annotations"):
        values: Mapping[str, str] = metadata.get(prefix.rpartition(".")[2]) or {}
        if path.startswith(f"{prefix}['"):
            return str(values.get(path[len(prefix) + 2 : -2], ""))
        if path == prefix:
            return "\n".join(f"{key}={quote(values[key])}" for key in sorted(values))
    if path in ("metadata.name", "metadata.namespace", "metadata.uid"):
        return str(metadata.get(path.partition(".")[2], ""))
    return ""


def _resource_value(container: Obj, ref: Obj) -> str:
    which, _, name = str(ref.get("resource", "")).partition(".")
    amount = ((container.get("resources") or {}).get(which) or {}).get(name, "0")
    divisor = parse_quantity(ref.get("divisor") or "1") or 1
    return str(-int(-parse_quantity(amount) / divisor // 1))


def _write_mounts(page: Page, container: Obj) -> None:
    mounts = sorted(container.get("volumeMounts") or [], key=lambda one: str(one["mountPath"]))
    page.write(2, f"Mounts:{'' if mounts else chr(9) + '<none>'}\n")
    for mount in mounts:
        how = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            how += f",path={quote(mount['subPath'])}"
        page.write(3, f"{mount['mountPath']} from {mount['name']} ({how})\n")
    devices = sorted(container.get("volumeDevices") or [], key=lambda one: str(one["devicePath"]))
    if devices:
        page.write(2, f"Devices:{'' if mounts else chr(9) + '<none>'}\n")
    for device in devices:
        page.write(3, f"{device['devicePath']} from {device['name']}\n")
