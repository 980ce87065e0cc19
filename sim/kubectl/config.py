"""The kubeconfig that the workstation would have: one context, and the namespace chosen in it.

It holds no credentials and no address of a real machine; it must not know the transport.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ClientConfig:
    """One context; `kubectl config set-context --current` changes its namespace."""

    context: str = "kubernetes-admin@kubernetes"
    cluster: str = "kubernetes"
    user: str = "kubernetes-admin"
    server: str = "https://10.0.0.10:6443"
    namespace: str = ""
    """Empty until it is set; commands then use `default`."""
