"""What may differ between a recording and its replay, each with its reason; the rest must be equal."""

from __future__ import annotations

from typing import NamedTuple

OLD = "the recorded server is 1.20, this one 1.37"
OTHER = "the recorded cluster has other nodes, images and system pods"
PROGRAM = (
    "the recorded image is a program of its own; a sandbox' image answers as its stand-in does"
)
EARLIER = "the recorded workload had been rolled and drained before"
OUR_KUBECTL = "our kubectl refuses it in one line (docs/gaps.md)"


class Allowed(NamedTuple):
    """Lines that may be on one side only."""

    names: str
    """A pattern of names of recordings; empty: all."""
    line: str
    """A pattern of the whole normalised line, with `-` (recorded) or `+` (ours) before it."""
    reason: str


ALLOWED = [
    Allowed("", r"-# \(no newline at end of stdout\)", "the recorder's own note"),
    Allowed("", r"-.*\boom(-never)?\b.*", "left out: no image of a sandbox takes memory by itself"),
    Allowed("", r"-.*\b(watchme|report-HASH-RAND)\b.*", EARLIER),
    Allowed("", r"[-+].*(default|viewer)-token-RAND.*|[-+].*kube-api-access-RAND.*", OLD),
    Allowed(
        "describe-",
        r"\+ (Type: Projected .*|TokenExpirationSeconds: 3607|ConfigMapName: kube-root-ca.crt|DownwardAPI: true"
        r"|Optional: false)",
        OLD,
    ),
    Allowed("", r"- Type: Secret \(a volume populated by a Secret\)", OLD),
    Allowed(
        "",
        r"-NAME AGE REQUEST LIMIT|-quota AGE pods.*|\+NAME REQUEST LIMIT AGE|\+quota pods.*",
        OLD,
    ),
    Allowed("describe-", r"[-+] *(Image ID|Container ID): .*", OTHER),
    Allowed(
        "describe-pod|describe-tty|describe-noev", r"\+ PodReadyToStartContainers (True|False)", OLD
    ),
    Allowed("get-nodes", r"[-+].*Debian GNU/Linux.*", OTHER),
    Allowed("version", r"-Warning: version difference.*|[-+]Server Version.*", OLD),
    Allowed(
        "get-svc|describe-svc",
        r"[-+] *(internalTrafficPolicy|ipFamil|ipFamilyPolicy|IP Famil|Internal Traffic).*|\+ *- IPv4",
        OLD,
    ),
    Allowed("get-svc", r"[-+].*payment-lb.*443:3\d{4}/TCP.*", "the port is drawn"),
    Allowed("get-.*-A", r"\+kube-system (cni-node|node-local-dns|metrics-server).*", OTHER),
    Allowed("get-ns-labels", r"[-+]\S+ Active AGE .*", OLD),
    Allowed("get-.*yaml", r"[-+] *resourceVersion: .*", "a number of this cluster"),
    Allowed("get-endpointslices", r"-.*IPv6 <unset> <unset> AGE", OLD),
    Allowed("get-ep", r"\+Warning: v1 Endpoints is deprecated.*", OLD),
    Allowed("get-priorityclass", r"[-+].*", OLD),
    Allowed("get-jobs", r"[-+].*", OLD),
    Allowed("get-cronjobs", r"[-+].*", OLD),
    Allowed(
        "get-pvc",
        r"[-+]NAME STATUS VOLUME CAPACITY ACCESS MODES STORAGECLASS (VOLUMEATTRIBUTESCLASS )?AGE",
        OLD,
    ),
    Allowed(
        "get-pvc|get-pv$",
        r"[-+](data|pvc-UID|No resources|NAME CAPACITY).*",
        "the sandbox has a storage class",
    ),
    Allowed(
        "get-pods|get-after",
        r"[-+](default )?pvcpending .*|[-+]pvcpending.*",
        "the sandbox has a storage class",
    ),
    Allowed(
        "describe-job",
        r"[-+] *(Selector: |)(batch.kubernetes.io/)?(controller-uid|job-name)=.*|\+(Completion Mode|Suspend): .*",
        OLD,
    ),
    Allowed("describe-job", r"[-+](Selector|Labels|Pods Statuses|Annotations): .*", OLD),
    Allowed(
        "describe-sts",
        r"\+(Persistent Volume Claim Retention Policy:| When(Deleted|Scaled): Retain)",
        OLD,
    ),
    Allowed(
        "describe-ns",
        r"[-+].*kubernetes.io/metadata.name=.*|[-+](Labels:)? *env=staging|[-+]Labels:.*",
        OLD,
    ),
    Allowed(
        "describe-pod|describe-noev",
        r"[-+] */app|- *crash|- *-code=1|\+ *(sh|-c|sleep 1; exit 1)",
        "a stand-in for the recorded program",
    ),
    Allowed(
        "describe-", r"[-+] (Normal|Warning) .*", "events: held by reason and object in test_events"
    ),
    Allowed(
        "describe-",
        r"[-+]( Type Reason Age From Message| ---- ------ ---- ---- -------|Events: ?(<none>)?)",
        EARLIER,
    ),
    Allowed("apply-dry-client", r"[-+]configmap/d1 (configured|unchanged) \(dry run\)", EARLIER),
    Allowed(
        "apply-unknown-field",
        r"[-+]error.*|\+Error from server.*",
        "since 1.25 the server validates",
    ),
    Allowed(
        "patch-pod-immutable", r"[-+].*", "the list of fields and the layout of the diff have grown"
    ),
    Allowed("cluster-info", r"[-+](KubeDNS|CoreDNS) is running.*", OLD),
    Allowed(
        "rollout-restart-status|rollout-status-ds-run",
        r"[-+]Waiting for .*",
        "steps seen depend on the moment",
    ),
    Allowed("explain-badfield", r"[-+](KIND: Pod|VERSION: v1|)", OLD),
    Allowed("config-get-contexts", r"[-+]\* kubernetes-admin.*", OTHER),
]

LEFT_OUT = {
    "version-yaml": OLD,
    "get-node-yaml": OTHER,
    "get-node-json": OTHER,
    "get-pods-n-kube-system": OTHER,
    "get-pods-A": OTHER,
    "get-pods-A-wide": OTHER,
    "get-pods-fs-node": "placement is the scheduler's choice among equals",
    "get-pods-sort-created": "made within one second",
    "get-pods-jsonpath-oom": "no image of a sandbox takes memory by itself",
    "get-pods-jsonpath-as-json": OLD,
    "get-pod-managed": OLD,
    "get-pod-pay-yaml": EARLIER,
    "get-deploy-yaml": EARLIER,
    "get-events": "held by reason and object in test_events",
    "get-events-wide": "held by reason and object in test_events",
    "get-events-sort": "held by reason and object in test_events",
    "get-events-sort-created": "held by reason and object in test_events",
    "get-events-custom": "held by reason and object in test_events",
    "get-hpa": "the recorded cluster has no metrics",
    "get-cs": OTHER,
    "get-csr": OTHER,
    "get-apiservices": OLD,
    "bad-kubeconfig": "our kubectl has no other cluster",
    "bad-token": "our kubectl has no other cluster",
    **dict.fromkeys(
        ("forbid-nodes", "forbid-deploy", "forbid-ns", "forbid-A", "forbid-exec", "forbid-create"),
        "our kubectl has no --as; the corpus runs them with the real one",
    ),
    "auth-whoami": OLD,
    "describe-pod-oom": "no image of a sandbox takes memory by itself",
    "describe-pod-oom-never": "no image of a sandbox takes memory by itself",
    "logs-oom": "no image of a sandbox takes memory by itself",
    "describe-pod-pvcpending": "the sandbox has a storage class",
    "describe-pods-pay": EARLIER,
    "describe-pod-prefix": EARLIER,
    "describe-pod-apiserver": OTHER,
    "describe-node": OTHER,
    "describe-nodes": OTHER,
    "describe-deploy": EARLIER,
    "describe-rs-web": "the hash of a template with other defaults",
    "describe-svc-nodeport": OLD,
    "describe-svc-headless": OLD,
    "describe-svc-noep": OLD,
    "describe-ep": OLD,
    "describe-cronjob": OLD,
    "describe-cm-kube-proxy": OTHER,
    **dict.fromkeys(
        (
            "logs-client-crashy",
            "logs-previous",
            "logs-multi-noc",
            "logs-deploy",
            "logs-l-prefix",
            "exec-wget",
            "exec-nc",
            "run-rm-wget",
        ),
        PROGRAM,
    ),
    "logs-tail-ts": "which line is the last depends on the moment",
    "logs-follow": "which line is the last depends on the moment",
    "logs-kube-proxy": OTHER,
    "rollout-history": EARLIER,
    "top-nodes": "the recorded cluster has no metrics",
    **dict.fromkeys(
        (
            "explain-pods-spec",
            "explain-deploy-strategy",
            "explain-recursive",
            "api-resources",
            "api-resources-wide",
            "api-resources-name",
            "api-versions",
        ),
        OLD,
    ),
    "port-forward": OUR_KUBECTL,
    "cp-out": OUR_KUBECTL,
    "create-job": OUR_KUBECTL,
    "create-job-from": OUR_KUBECTL,
    "create-svc": OUR_KUBECTL,
    "certificate-bad": OUR_KUBECTL,
    "expose-exists": EARLIER,
    "patch-merge": EARLIER,
    "set-image-record": "our kubectl does not announce that --record goes",
    **dict.fromkeys(
        (
            "rollout-undo-status",
            "rollout-history-after",
            "get-rs-broken-rollout",
            "get-deploy-broken-rollout",
            "rollout-history-undo",
            "rollout-undo-to",
            "rollout-restart-paused",
            "rollout-restart",
            "set-env-rm",
            "cordon-again",
            "describe-node-cordoned",
            "drain-ignore-ds",
            "drain-force",
            "get-pods-drained",
            "drain-pdb-block",
            "delete-misc",
        ),
        "follows from commands between the recorded ones that were not kept",
    ),
}
"""Recordings that are not replayed, or whose replay says nothing."""
