"""kube-proxy's own log lines: texts of v1.35 and later; those of a sync only at --v=2.

This file must not know when they are written.

Source: kubernetes/kubernetes cmd/kube-proxy/app, pkg/proxy/iptables/proxier.go.
"""

from __future__ import annotations

from sim.node.kubeproxy.rules import ServiceSnapshot

BIRTH_CRY = 181
"""Per mille of start-up: after this line it records the event object that says it has started."""


def begin_lines(node_ip: str, version: str, flows: int) -> list[tuple[int, str, str, str]]:
    """Return what a start prints first, as (per mille of start-up, severity, place, text)."""
    return [
        (4, "I", "server_linux.go:53", '"Using iptables proxy"'),
        (30, "I", "shared_informer.go:370", '"Waiting for caches to sync"'),
        (110, "I", "shared_informer.go:377", '"Caches are synced"'),
        (112, "I", "server.go:218", f'"Successfully retrieved NodeIPs" NodeIPs=["{node_ip}"]'),
        (118, "I", "conntrack.go:57", f'"Setting nf_conntrack_max" nfConntrackMax={flows}'),
        (
            124,
            "E",
            "server.go:255",
            '"Kube-proxy configuration may be incomplete or incorrect" err="nodePortAddresses is '
            "unset; NodePort connections will be accepted on all local IPs. Consider using "
            '`--nodeport-addresses primary`"',
        ),
        (
            130,
            "I",
            "server.go:264",
            '"kube-proxy running in dual-stack mode" primary ipFamily="IPv4"',
        ),
        (134, "I", "server_linux.go:136", '"Using iptables Proxier"'),
        (150, "I", "server.go:529", f'"Version info" version="{version}"'),
        (151, "I", "server.go:531", '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'),
        (170, "I", "config.go:200", '"Starting service config controller"'),
        (
            171,
            "I",
            "shared_informer.go:370",
            '"Waiting for caches to sync for service config"',
        ),
        (172, "I", "config.go:106", '"Starting endpoint slice config controller"'),
        (
            173,
            "I",
            "shared_informer.go:370",
            '"Waiting for caches to sync for endpoint slice config"',
        ),
        (180, "I", "config.go:329", '"Starting node config controller"'),
        (
            BIRTH_CRY,
            "I",
            "shared_informer.go:370",
            '"Waiting for caches to sync for node config"',
        ),
        (420, "I", "shared_informer.go:377", '"Caches are synced for node config"'),
        (610, "I", "shared_informer.go:377", '"Caches are synced for service config"'),
        (700, "I", "shared_informer.go:377", '"Caches are synced for endpoint slice config"'),
    ]


def reload_text(snapshot: ServiceSnapshot) -> str:
    """Return the line that counts what a sync is about to write."""
    services, endpoints = len(snapshot.rules), snapshot.endpoint_count
    bare = sum(1 for rule in snapshot.rules.values() if not rule.endpoints)
    filled = services - bare
    return (
        '"Reloading service iptables data" ipFamily="IPv4" '
        f"numServices={services} numEndpoints={endpoints} numFilterChains=6 "
        f"numFilterRules={5 + bare} numNATChains={4 + filled + endpoints} "
        f"numNATRules={5 + 2 * filled + 3 * endpoints}"
    )
