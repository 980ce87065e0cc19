"""Switching the audit log on in a cluster that is not ours, and back: one file of its control plane.

kubeadm runs the API server as a static pod; the kubelet starts it anew when its manifest changes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from sim.apimachinery.wire import Obj
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.config import POLICY, audit_policy
from sim.backends.kind.journal import NotUndoneError
from sim.backends.kind.places import AUDIT_LOG
from sim.backends.kind.tools import FailedToolError, ToolError
from sim.backends.kind.undo import OnNode
from sim.backends.kind.undoing import Undoer
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient

MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
FOLDER = "/etc/kubernetes/uncordon-audit"
"""Where the policy lies: not in the folder of manifests, every file of which the kubelet reads."""
LOGS = AUDIT_LOG.rpartition("/")[0]
_PATH_FLAG, _POLICY_FLAG = "--audit-log-path=", "--audit-policy-file="
_PUT = (
    'new=$(mktemp -p /etc/kubernetes) && cat >"$new" && { cmp -s "$new" "$1" || '
    '{ chmod 600 "$new" && mv -f "$new" "$1"; }; }; rm -f "$new"'
)
"""Writes $1 from standard input in one go, if it differs."""
_GONE = (
    f"for _ in $(seq 45); do grep -qse '{_POLICY_FLAG}{FOLDER}/[{POLICY[0]}]' /proc/[0-9]*/cmdline || "
    "break; sleep 1; done"
)
"""Waits until no API server runs that was told to write the log: the kubelet takes its time.

The brackets keep it from finding itself.
"""
_BACK = (
    f'{_PUT}; {_GONE}; rm -rf {FOLDER}; rm -f "$2" "${{2%.log}}"-*.log; '
    'rmdir "${2%/*}" 2>/dev/null; true'
)
BACK_S = 180.0
"""How long a kubelet may take to notice the manifest and the API server to be back."""
WHAT = "the API server's audit log"


class AuditError(Exception):
    """The audit log cannot be switched on; the message is one sentence."""


def audit_log(cluster: KindCluster) -> str:
    """Return where the API server writes its audit log on the control plane; empty: it writes none.

    Raises:
        AuditError: if the control plane cannot be looked at.
    """
    return _log_of(_words(json_of(_manifest(cluster))))


def switch_on(
    cluster: KindCluster,
    progress: Callable[[str], None] = lambda _: None,
    *,
    steady: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Have the API server write an audit log and return its path; nothing is done if it does so.

    It is noted as lasting: `uncordon kind down` takes it back. The API is away for half a minute.

    Raises:
        AuditError: if it cannot be done; then it is as it was.
    """
    text = _manifest(cluster)
    manifest = json_of(text)
    present = _log_of(_words(manifest))
    if present:
        return present
    node = cluster.aliases.control_plane
    words = ("sh", "-c", _BACK, "sh", MANIFEST, AUDIT_LOG)
    # A server that does not like what it is told will not answer those who are to take it back.
    undo = OnNode(node, words, text, container=_container(cluster))
    entry = cluster.journal.did(WHAT, undo, lasting=True)
    progress("the API server starts anew with an audit log")
    try:
        policy = f"{FOLDER}/{POLICY}"
        _run(cluster, f"mkdir -p {FOLDER} {LOGS} && cat >{policy}", stdin=audit_policy())
        _run(cluster, _PUT, MANIFEST, stdin=json.dumps(audited(manifest), indent=2))
        _await_back(cluster, steady, sleep)
    except AuditError:
        try:
            cluster.journal.undo(entry, Undoer(cluster.transport(), cluster.tools))
        except NotUndoneError as error:
            msg = f"the API server's manifest could not be put back: {error}; `uncordon kind down` tries again"
            raise AuditError(msg) from error
        raise
    return AUDIT_LOG


def _await_back(
    cluster: KindCluster, steady: Callable[[], float], sleep: Callable[[float], None]
) -> None:
    end = steady() + BACK_S
    # The file is there once the new server has had something to write into it.
    while not (_answers(cluster) and _is_there(cluster)):
        if steady() > end:
            msg = f"the API server was not back with an audit log within {BACK_S:.0f} s"
            raise AuditError(msg)
        sleep(1.0)


def audited(manifest: Obj) -> Obj:
    """Return the API server's manifest with an audit log and what it needs mounted."""
    spec = manifest["spec"]
    first, *others = spec["containers"]
    flags = [
        f"{_POLICY_FLAG}{FOLDER}/{POLICY}",
        f"{_PATH_FLAG}{AUDIT_LOG}",
        "--audit-log-maxsize=50",
        "--audit-log-maxbackup=2",
    ]
    mounts = [
        {"name": "uncordon-audit-policy", "mountPath": FOLDER, "readOnly": True},
        {"name": "uncordon-audit-log", "mountPath": LOGS},
    ]
    volumes = [
        {
            "name": "uncordon-audit-policy",
            "hostPath": {"path": FOLDER, "type": "DirectoryOrCreate"},
        },
        {"name": "uncordon-audit-log", "hostPath": {"path": LOGS, "type": "DirectoryOrCreate"}},
    ]
    changed = {
        **first,
        "command": [*first["command"], *flags],
        "volumeMounts": [*(first.get("volumeMounts") or ()), *mounts],
    }
    return {
        **manifest,
        "spec": {
            **spec,
            "containers": [changed, *others],
            "volumes": [*(spec.get("volumes") or ()), *volumes],
        },
    }


def json_of(text: str) -> Obj:
    """Return a manifest as an object.

    Raises:
        AuditError: if it is no manifest of an API server with flags.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - heavy, and only needed here
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        found: Any = YAML(typ="safe").load(text)
    except YAMLError as error:
        msg = f"{MANIFEST} on the control plane is not YAML"
        raise AuditError(msg) from error
    if not isinstance(found, dict) or not _words(found):
        msg = f"{MANIFEST} on the control plane is not what kubeadm writes"
        raise AuditError(msg)
    return found


def _words(manifest: Obj) -> list[str]:
    containers = (manifest.get("spec") or {}).get("containers") or [{}]
    return [str(word) for word in containers[0].get("command") or ()]


def _log_of(words: list[str]) -> str:
    """Return the path of the log, if it has a policy as well; `-` is the container's output."""
    if not any(word.startswith(_POLICY_FLAG) for word in words):
        return ""
    found = [word.removeprefix(_PATH_FLAG) for word in words if word.startswith(_PATH_FLAG)]
    return found[-1] if found and found[-1].startswith("/") else ""


def _manifest(cluster: KindCluster) -> str:
    return _run(cluster, f"cat {MANIFEST}")


def _is_there(cluster: KindCluster) -> bool:
    return _run(cluster, f"test -s {AUDIT_LOG} && echo yes || true").strip() == "yes"


def _answers(cluster: KindCluster) -> bool:
    """Ask the server to try out a write, which changes nothing and is kept by the log."""
    rest = RestClient(cluster.transport())
    tried = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "uncordon-"}}
    try:
        rest.get("/readyz")
        rest.send("POST", "/api/v1/namespaces/default/configmaps", (("dryRun", "All"),), tried)
    except (ApiStatusError, UnreachableError):
        return False
    return True


def _container(cluster: KindCluster) -> str:
    """Return docker's id of the control plane."""
    node = cluster.aliases.control_plane
    try:
        found = cluster.tools.docker("container", "inspect", "--format", "{{.Id}}", node)
    except ToolError as error:
        raise AuditError(str(error)) from error
    return found.out.strip()


def _run(cluster: KindCluster, script: str, *words: str, stdin: str = "") -> str:
    node = cluster.aliases.control_plane
    flags = ("-i",) if stdin else ()
    try:
        return cluster.tools.docker(
            "exec", *flags, node, "sh", "-c", script, "sh", *words, stdin=stdin
        ).out
    except FailedToolError as error:
        said = error.complaint.strip().splitlines()
        raise AuditError(f"on {node}: {said[-1] if said else error}") from error
    except ToolError as error:
        raise AuditError(str(error)) from error
