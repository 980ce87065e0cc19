"""What kind is told about our cluster: its machines, the mark on them, and an audit log.

Every patch names its version: kind uses kubeadm's v1beta4 from Kubernetes 1.36 on, where extra
arguments are a list, and v1beta3 before (https://github.com/kubernetes-sigs/kind/pull/4173). A patch
for a version that is not used is passed over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sim.backends.kind.places import AUDIT_LOG, MARK, OWN_CLUSTER

WORKERS = 3
POLICY = "audit-policy.yaml"
_VOLUMES = [
    {"name": "uncordon", "hostPath": MARK, "mountPath": MARK, "readOnly": True},
    {
        "name": "uncordon-audit",
        "hostPath": str(Path(AUDIT_LOG).parent),
        "mountPath": str(Path(AUDIT_LOG).parent),
        "pathType": "DirectoryOrCreate",
    },
]
_ARGUMENTS = {
    "audit-policy-file": f"{MARK}/{POLICY}",
    "audit-log-path": AUDIT_LOG,
    "audit-log-maxsize": "50",
    "audit-log-maxbackup": "2",
}
_BODIES = ("create", "update", "patch", "delete", "deletecollection")


def cluster_config(shared: Path) -> str:
    """Return the configuration of our cluster as JSON, which is YAML too; *shared* holds the policy."""
    mount = {"hostPath": str(shared), "containerPath": MARK, "readOnly": True}
    config = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": OWN_CLUSTER,
        "nodes": [
            {"role": role, "extraMounts": [mount]}
            for role in ("control-plane", *["worker"] * WORKERS)
        ],
        "kubeadmConfigPatches": [json.dumps(_patch(version)) for version in ("v1beta3", "v1beta4")],
    }
    # Escapes of JSON for what is not ASCII are not all YAML's.
    return json.dumps(config, indent=2, ensure_ascii=False)


def _patch(version: str) -> dict[str, Any]:
    arguments: Any = _ARGUMENTS
    if version != "v1beta3":
        arguments = [{"name": name, "value": value} for name, value in _ARGUMENTS.items()]
    return {
        "apiVersion": f"kubeadm.k8s.io/{version}",
        "kind": "ClusterConfiguration",
        "apiServer": {"extraArgs": arguments, "extraVolumes": _VOLUMES},
    }


def audit_policy() -> str:
    """Return the policy of the audit log as JSON: what people change, and nothing that the system does.

    Bodies are kept, but not of Secrets; programs that are started in containers are kept too.
    """
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {
                "level": "None",
                "userGroups": [
                    "system:nodes",
                    "system:serviceaccounts:kube-system",
                    "system:serviceaccounts:local-path-storage",
                ],
            },
            {
                "level": "None",
                "users": [
                    "system:apiserver",
                    "system:kube-controller-manager",
                    "system:kube-scheduler",
                ],
            },
            {
                "level": "Metadata",
                "resources": [{"group": "", "resources": ["pods/exec", "pods/attach"]}],
            },
            {
                "level": "Metadata",
                "verbs": list(_BODIES),
                "resources": [{"group": "", "resources": ["secrets", "serviceaccounts/token"]}],
            },
            {
                "level": "None",
                "resources": [
                    {"group": "authorization.k8s.io"},
                    {"group": "authentication.k8s.io"},
                    {"group": "coordination.k8s.io"},
                    {"group": "", "resources": ["events"]},
                    {"group": "events.k8s.io"},
                ],
            },
            # The object afterwards too: only beside what it was before does a change say something.
            {"level": "RequestResponse", "verbs": list(_BODIES)},
            {"level": "None"},
        ],
    }
    return json.dumps(policy, indent=2)
