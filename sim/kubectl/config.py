"""The way into the cluster that a workstation is set up with, and the kubeconfig that says so.

What is chosen for one run of kubectl is read from files: see `kubeconfig`. The keys are stand-ins,
nothing checks them; this file must not know the transport.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.kubectl.printers.yaml import to_yaml


def _stand_in(what: str) -> str:
    text = f"-----BEGIN {what}-----\n(stands in for a key: nothing here is checked)\n-----END {what}-----\n"
    return base64.b64encode(text.encode()).decode()


def _certificates() -> Mapping[str, str]:
    return {
        "client-certificate-data": _stand_in("CERTIFICATE"),
        "client-key-data": _stand_in("RSA PRIVATE KEY"),
    }


@dataclass(frozen=True)
class ClientConfig:
    """One context, with the cluster and the user that it joins."""

    context: str = "kubernetes-admin@kubernetes"
    cluster: str = "kubernetes"
    user: str = "kubernetes-admin"
    server: str = "https://10.0.0.10:6443"
    namespace: str = ""
    """Empty until it is set; commands then use `default`."""
    credentials: Mapping[str, str] = field(default_factory=_certificates)
    """How the user shows who they are: the fields of the user's entry."""


def kubeconfig_text(config: ClientConfig) -> str:
    """Return the file that leads to *config*."""
    cluster = {"server": config.server}
    if config.server.startswith("https:"):
        cluster["certificate-authority-data"] = _stand_in("CERTIFICATE")
    context = {"cluster": config.cluster, "user": config.user}
    if config.namespace:
        context["namespace"] = config.namespace
    return to_yaml(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": config.cluster, "cluster": cluster}],
            "contexts": [{"name": config.context, "context": context}],
            "current-context": config.context,
            "users": [{"name": config.user, "user": dict(config.credentials)}],
        }
    )
