"""What kube-proxy says on its own ports: the bodies of /healthz and /metrics.

Names and shapes are those of v1.37. This file must not know who asks.

Source: kubernetes/kubernetes pkg/proxy/healthcheck/proxy_health.go, pkg/proxy/metrics/metrics.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node.kubeproxy.rules import ServiceSnapshot

if TYPE_CHECKING:
    from sim.node.kubeproxy.proxy import KubeProxy

ZERO_TIME = "0001-01-01 00:00:00 +0000 UTC"
"""Go's zero time: a process that has not synced since its start has no other to tell."""
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BASE_RULES = 5
"""Rules of a table that belong to no Service."""


def health_body(proxy: KubeProxy, *, healthy: bool) -> str:
    """Return the body of /healthz: a healthy proxy calls itself updated now."""
    now = _go_time(proxy, proxy.env.now)
    synced = proxy.synced_since_start
    updated = now if healthy else _go_time(proxy, proxy.last_sync_at) if synced else ZERO_TIME
    return f'{{"lastUpdated": "{updated}","currentTime": "{now}", "nodeEligible": true}}'


def metrics_body(proxy: KubeProxy, resident: int) -> str:
    """Return the part of /metrics that tells about rules and the process; *resident* is its RSS."""
    container, now, epoch = proxy.container, proxy.env.now, proxy.machine.epoch
    begun = (container.started_at if container is not None else None) or 0
    synced = proxy.synced_since_start
    pending = 0 if proxy.state.snapshot is proxy.wanted else 1
    queued = proxy.pending_since
    last = epoch.at(proxy.last_sync_at) / 1000 if synced else 0.0
    asked = epoch.at(queued) / 1000 if queued is not None else last
    snapshot = proxy.wanted if synced else None
    family = 'ip_family="IPv4"'
    parts = [
        _metric("endpoint_changes_pending", "gauge", "Pending proxy rules Endpoint changes",
                [(family, f"{pending}")]),
        _metric("iptables_last", "gauge", "Number of iptables rules written by kube-proxy in last sync",
                [(f'{family},table="{table}"', f"{_rules(snapshot, table)}")
                 for table in ("filter", "nat")]),
        _metric("iptables_partial_restore_failures_total", "counter",
                "Cumulative proxy iptables partial restore failures", [(family, "0")]),
        _metric("iptables_restore_failures_total", "counter",
                "Cumulative proxy iptables restore failures", [(family, "0")]),
        _metric("iptables_total", "gauge", "Total number of iptables rules owned by kube-proxy",
                [(f'{family},table="{table}"', f"{_rules(snapshot, table)}")
                 for table in ("filter", "nat")]),
        _metric("last_queued_timestamp_seconds", "gauge",
                "The last time a sync of proxy rules was queued", [(family, _exact(asked))]),
        _metric("last_timestamp_seconds", "gauge",
                "The last time proxy rules were successfully synced", [(family, _exact(last))]),
        _metric("service_changes_pending", "gauge", "Pending proxy rules Service changes",
                [(family, "0")]),
        _plain("process_resident_memory_bytes", "Resident memory size in bytes.", _exact(resident)),
        _plain("process_start_time_seconds",
               "Start time of the process since unix epoch in seconds.",
               _exact(epoch.at(min(begun, now)) / 1000)),
    ]  # fmt: skip
    return "".join(parts)


def _rules(snapshot: ServiceSnapshot | None, table: str) -> int:
    """Return how many rules a sync of *snapshot* writes to *table*."""
    if snapshot is None:
        return 0
    rules = snapshot.rules.values()
    bare = sum(1 for rule in rules if not rule.endpoints)
    if table == "filter":
        return BASE_RULES + bare
    endpoints = sum(len(rule.endpoints) for rule in rules)
    return BASE_RULES + 2 * (len(rules) - bare) + 3 * endpoints


def _metric(name: str, kind: str, told: str, values: list[tuple[str, str]]) -> str:
    full = f"kubeproxy_sync_proxy_rules_{name}"
    rows = "".join(f"{full}{{{labels}}} {value}\n" for labels, value in values)
    return f"# HELP {full} [ALPHA] {told}\n# TYPE {full} {kind}\n{rows}"


def _plain(name: str, told: str, value: str) -> str:
    return f"# HELP {name} {told}\n# TYPE {name} gauge\n{name} {value}\n"


def _exact(value: float) -> str:
    """Return a number as Go's %v prints a float: with an exponent from 1e+21 or beyond 6 digits.

    >>> _exact(0.0), _exact(41.0), _exact(95879168.0)
    ('0', '41', '9.5879168e+07')
    """
    if value == 0:
        return "0"
    if abs(value) < 1e6:
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.16e}".partition("e")
    shortest = repr(value).replace(".", "").rstrip("0")
    digits = shortest[:1] + ("." + shortest[1:] if len(shortest) > 1 else "")
    return f"{digits or mantissa}e{exponent}"


def _go_time(proxy: KubeProxy, at: int) -> str:
    """Return a moment as Go's time.String does, with the process's own clock behind it."""
    container = proxy.container
    begun = (container.started_at if container is not None else None) or 0
    below = proxy.machine.stream.at("health-clock", at).integer(1, 999_999)
    moment = proxy.machine.epoch.datetime(at)
    part = f"{moment.microsecond // 1000:03d}{below:06d}".rstrip("0")
    since = max(0, at - begun)
    return (
        f"{moment:%Y-%m-%d %H:%M:%S}.{part} +0000 UTC "
        f"m=+{since // 1000}.{since % 1000:03d}{below:06d}"
    )
