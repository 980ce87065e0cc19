"""The words of containers that this incident is not about: the control plane, add-ons, other teams.

Data only; this file must not know when anything is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.apps.talk import Voice, component, golang, plain, slog, zap

MIB = 1 << 20
_RELOAD = (
    "[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c"
    "0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908"
)


class Manner(NamedTuple):
    """How a component talks and what it uses."""

    voice: Voice
    memory_bytes: int = 48 * MIB
    millicores: tuple[int, int] = (1, 22)
    ports: tuple[int, ...] = ()
    """Listened on besides those that the spec declares; for pods on the node's network."""


COMPONENTS: Mapping[str, Manner] = {
    "registry.k8s.io/kube-apiserver:": Manner(
        Voice(
            (
                'options.go:263] external host was not specified, using the node address',
                'server.go:150] Version: <version>',
                'apf_controller.go:377] Starting API Priority and Fairness config controller',
                'secure_serving.go:211] Serving securely on [::]:6443',
                'controller.go:667] quota admission added evaluator for: endpointslices.discovery.k8s.io',
            ),
            (
                'cidrallocator.go:277] updated ClusterIP allocator for Service CIDR 10.96.0.0/12',
                'handler.go:288] Adding GroupVersion metrics.k8s.io v1beta1 to ResourceManager',
            ),
            every_ms=600_000,
            form=component,
            stream="stderr",
        ),
        610 * MIB,
        (82, 164),
    ),
    "registry.k8s.io/etcd:": Manner(
        Voice(
            (
                '"caller":"etcdmain/etcd.go:64","msg":"Running: ","args":["etcd"]',
                '"caller":"embed/etcd.go:138","msg":"configuring peer listeners"',
                '"caller":"etcdserver/server.go:2144","msg":"published local member to cluster through raft"',
                '"caller":"embed/serve.go:283","msg":"serving client traffic securely"',
            ),
            (
                '"caller":"mvcc/index.go:194","msg":"compact tree index","revision":{18211000-18219999}',
                '"caller":"mvcc/kvstore_compaction.go:72","msg":"finished scheduled compaction",'
                '"took":"{21-88}.{100000-999999}ms","current-db-size":"{58-66} MB"',
            ),
            every_ms=150_000,
            form=zap,
            stream="stderr",
        ),
        190 * MIB,
        (31, 62),
    ),
    "registry.k8s.io/kube-controller-manager:": Manner(
        Voice(
            (
                'serving.go:386] Generated self-signed cert in-memory',
                'controllermanager.go:188] "Starting" version="<version>"',
                'leaderelection.go:257] attempting to acquire leader lease kube-system/kube-controller-manager...',
                'leaderelection.go:271] successfully acquired lease kube-system/kube-controller-manager',
                'shared_informer.go:356] "Caches are synced" controller="resource quota"',
            ),
            form=component,
            stream="stderr",
        ),
        118 * MIB,
        (14, 38),
    ),
    "registry.k8s.io/kube-scheduler:": Manner(
        Voice(
            (
                'serving.go:386] Generated self-signed cert in-memory',
                'server.go:175] "Starting Kubernetes Scheduler" version="<version>"',
                'leaderelection.go:257] attempting to acquire leader lease kube-system/kube-scheduler...',
                'leaderelection.go:271] successfully acquired lease kube-system/kube-scheduler',
            ),
            form=component,
            stream="stderr",
        ),
        64 * MIB,
        (4, 11),
    ),
    "registry.k8s.io/coredns/coredns:": Manner(
        Voice((".:53", _RELOAD, "CoreDNS-1.12.4", "linux/amd64, go1.24.6, 1b0c84d"), form=plain),
        30 * MIB,
        (4, 15),
    ),
    "registry.k8s.io/dns/k8s-dns-node-cache:": Manner(
        Voice(
            (
                "[INFO] Starting node-cache image: <version>",
                "[INFO] Using Corefile /etc/Corefile",
                "[INFO] Added interface - nodelocaldns",
                "[INFO] Updated Corefile with 0 custom stubdomains and upstream servers /etc/resolv.conf",
            ),
            form=golang,
            stream="stderr",
        ),
        24 * MIB,
        (3, 12),
    ),
    "registry.k8s.io/metrics-server/metrics-server:": Manner(
        Voice(
            (
                'serving.go:380] Generated self-signed cert (/tmp/apiserver.crt, /tmp/apiserver.key)',
                'handler.go:288] Adding GroupVersion metrics.k8s.io v1beta1 to ResourceManager',
                'secure_serving.go:211] Serving securely on [::]:10250',
            ),
            form=component,
            stream="stderr",
        ),
        58 * MIB,
        (4, 9),
    ),
    "registry.k8s.io/descheduler/descheduler:": Manner(
        Voice(
            (
                'secure_serving.go:211] Serving securely on [::]:10258',
                'tracing.go:87] "Did not find a trace collector endpoint defined. Switching to NoopTraceProvider"',
            ),
            (
                'nodeutilization.go:211] "Node has been classified" '
                'category="appropriately utilized"',
            ),
            every_ms=300_000,
            form=component,
            stream="stderr",
        ),
        41 * MIB,
        (1, 5),
    ),
    "registry.k8s.io/networking/cni-node:": Manner(
        Voice(
            (
                'main.go:92] "Connected to apiserver" host="https://10.96.0.1:443"',
                'main.go:187] "Handling node routes" mode="host-gw"',
                'routes.go:64] "Routes are in place" family="IPv4"',
            ),
            (
                'main.go:221] "Handled nodes, nothing changed"',
            ),
            every_ms=600_000,
            form=component,
            stream="stderr",
        ),
        44 * MIB,
        (2, 9),
    ),
    "quay.io/prometheus/node-exporter:": Manner(
        Voice(
            (
                'source=node_exporter.go:216 msg="Starting node_exporter" version="(version=1.10.2)"',
                'source=node_exporter.go:118 msg="Enabled collectors"',
                'source=tls_config.go:346 msg="Listening on" address=[::]:9100',
            ),
            form=slog,
            stream="stderr",
        ),
        21 * MIB,
        (2, 24),
        (9100,),
    ),
    "quay.io/prometheus/prometheus:": Manner(
        Voice(
            (
                'source=main.go:1293 msg="TSDB started"',
                'source=main.go:1098 msg="Server is ready to receive web requests."',
            ),
            (
                'source=head.go:1445 msg="Head GC completed" component=tsdb '
                "duration={80-190}.{100000-999999}ms",
                'source=compact.go:596 msg="write block" component=tsdb duration={2-5}.{100000000-999999999}s',
            ),
            every_ms=3_600_000,
            form=slog,
            stream="stderr",
        ),
        1_880 * MIB,
        (90, 210),
    ),
    "quay.io/prometheus/alertmanager:": Manner(
        Voice(
            (
                'source=main.go:191 msg="Starting Alertmanager"',
                'source=tls_config.go:346 msg="Listening on" address=[::]:9093',
            ),
            form=slog,
            stream="stderr",
        ),
        33 * MIB,
        (1, 4),
    ),
    "docker.io/grafana/grafana:": Manner(
        Voice(
            (
                'logger=settings msg="Starting Grafana" version=<version>',
                'logger=http.server msg="HTTP Server Listen" address=[::]:3000',
            ),
            ('logger=cleanup msg="Completed cleanup jobs" duration={9-31}.{100000-999999}ms',),
            every_ms=600_000,
            form=slog,
        ),
        170 * MIB,
        (5, 30),
    ),
    "docker.io/grafana/loki:": Manner(
        Voice(
            ('msg="Starting Loki" version=<version>', 'msg="Loki started"'),
            ('caller=table_manager.go:136 msg="uploading tables"',),
            every_ms=60_000,
            form=slog,
            stream="stderr",
        ),
        390 * MIB,
        (12, 55),
    ),
}  # fmt: skip
"""By image prefix."""

_BEGIN = ("<name> <version> starting", "listening on :<port>")
_REQUESTS = (
    "GET /v1/items 200 {4-60}ms",
    "GET /v1/items/{1000-9999} 200 {2-30}ms",
    "POST /v1/items 201 {8-90}ms",
)
_BATCHES = ("batch of {4-120} done in {30-900}ms, {0-3} left over", "queue depth {0-40}")

TEAMS: Mapping[str, Voice] = {
    "api": Voice(_BEGIN, _REQUESTS, 11_000),
    "router": Voice(_BEGIN, _REQUESTS, 9_000),
    "portal": Voice(_BEGIN, _REQUESTS, 14_000),
    "worker": Voice(_BEGIN, _BATCHES, 20_000),
    "consumer": Voice(_BEGIN, _BATCHES, 15_000),
    "jobs": Voice(_BEGIN, _BATCHES, 45_000),
    "events": Voice(_BEGIN, _BATCHES, 18_000),
    "cache": Voice(_BEGIN, ("hit ratio 0.{86-98} over 60s, {9000-40000} keys",), 60_000),
    "store": Voice(_BEGIN, ("compaction of segment {100-900} took {40-800}ms",), 120_000),
    "indexer": Voice(_BEGIN, ("indexed {5-300} documents in {90-1400}ms",), 40_000),
    "search": Voice(_BEGIN, ("query took {3-120}ms, {0-80} hits",), 12_000),
    "sync": Voice(_BEGIN, ("sync finished: {0-12} changes in {20-400}ms",), 60_000),
    "import": Voice(_BEGIN, ("imported {1-40} records",), 90_000),
    "export": Voice(_BEGIN, ("export written: {100-9000} rows",), 300_000),
    "scheduler": Voice(_BEGIN, ("tick: {0-6} due, {0-6} started",), 60_000),
    "mailer": Voice(_BEGIN, ("{1-20} mails handed to the relay",), 50_000),
    "rules": Voice(_BEGIN, ("evaluated {20-400} rules in {2-40}ms",), 30_000),
    "ledger": Voice(_BEGIN, ("posted {1-60} entries",), 25_000),
    "audit": Voice(_BEGIN, ("shipped {10-400} audit records",), 30_000),
}
"""Other teams' applications, by the name of the container."""

ANY_TEAM = Voice(_BEGIN, ("ok, {1-50} requests since the last line",), 60_000)
