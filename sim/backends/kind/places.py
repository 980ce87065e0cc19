"""Where kind mode keeps what must outlive it: one folder per cluster, below the user's state folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

OWN_CLUSTER = "uncordon"
"""The name of the kind cluster that is ours."""
OWN_CONTEXT = f"kind-{OWN_CLUSTER}"
"""How kind names the context of a cluster."""
IN_DOCKER = {"KIND_EXPERIMENTAL_PROVIDER": "docker"}
"""For kind's environment: whatever else its user has it make nodes of, ours are docker's."""
MARK = "/etc/uncordon"
"""Where the nodes of our cluster, and of no other, have a folder mounted: the mark that we made it."""
AUDIT_LOG = "/var/log/kubernetes/audit.log"
"""Where the API server of our cluster writes its audit log, on the control plane."""


WORK = "work"
"""Below a cluster's folder: what is needed for a moment. Whoever takes the cluster next removes it."""


def state_folder(context: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the cluster behind *context*; it may not be there yet."""
    # XDG Base Directory Specification: a relative path in the variable is to be ignored.
    told = environ.get("XDG_STATE_HOME", "")
    base = (
        Path(told)
        if told.startswith("/")
        else Path(environ.get("HOME", "~")).expanduser() / ".local/state"
    )
    # A name may have slashes, as those of EKS have, or be two dots.
    name = quote(context, safe="@:+=")
    return base / "uncordon" / "kind" / (name if name.strip(".") else name.replace(".", "%2E"))
