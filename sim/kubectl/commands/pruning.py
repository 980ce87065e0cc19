"""`kubectl apply --prune`: deletes what was applied before and is not in the files any more.

Only objects that carry the last-applied annotation are looked at. It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.client.rest import ApiStatusError, collection_path, object_path
from sim.kubectl.commands.applying import LAST_APPLIED
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.invocation import Invocation
from sim.kubectl.results import CLIENT, SERVER, Results

_KINDS = (
    "core/v1/ConfigMap", "core/v1/Endpoints", "core/v1/PersistentVolumeClaim", "core/v1/Pod",
    "core/v1/ReplicationController", "core/v1/Secret", "core/v1/Service", "batch/v1/Job",
    "batch/v1/CronJob", "networking.k8s.io/v1/Ingress", "apps/v1/DaemonSet", "apps/v1/Deployment",
    "apps/v1/ReplicaSet", "apps/v1/StatefulSet", "core/v1/Namespace", "core/v1/PersistentVolume",
)  # fmt: skip
"""What is pruned unless a list is given (k8s.io/kubectl, pkg/util/prune)."""
_DEPRECATED = (
    "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used "
    "with the --namespace flag in a future release. To preserve the current behaviour, list the "
    "resources you want to target explicitly in the --prune-allowlist flag."
)


def prunable(call: Invocation, listed: Sequence[str]) -> list[Resource]:
    """Return the resources that `--prune-allowlist` names, or those that are pruned by default.

    Raises:
        CommandError: if an entry names nothing.
    """
    found = []
    for entry in listed or _KINDS:
        parts = entry.split("/")
        if len(parts) != 3:
            raise CommandError(
                f"invalid GroupVersionKind format: {entry}, please follow <group/version/kind>"
            )
        group, version, kind = parts
        api_version = version if group in ("core", "") else f"{group}/{version}"
        resource = call.discovery.of_kind(api_version, kind)
        if resource is not None:
            found.append(resource)
        elif listed:
            raise CommandError(f'no matches for kind "{kind}" in version "{api_version}"')
    return found


def prune(
    call: Invocation,
    kinds: Sequence[Resource],
    visited: Sequence[Obj],
    selector: str,
    dry_run: str,
) -> None:
    """Delete what *selector* selects, was applied, and is not among *visited*."""
    if not call.flags.many("prune-allowlist"):
        at = datetime.fromtimestamp(call.clock() / 1000, UTC)
        call.err(f"W{at:%m%d %H:%M:%S.%f}    4711 prune.go:71] {_DEPRECATED}\n")
    uids = {obj["metadata"].get("uid") for obj in visited}
    spaces = [str(obj["metadata"].get("namespace", "")) for obj in visited]
    if call.namespace_given:
        spaces.append(call.namespace)
    namespaces = sorted(set(spaces) - {""})
    places = [
        (resource, space) for space in namespaces for resource in kinds if resource.namespaced
    ]
    places += [(resource, "") for resource in kinds if not resource.namespaced]
    for resource, space in places:
        try:
            _prune_one(call, resource, space, uids, selector, dry_run)
        except ApiStatusError as error:
            scope = "namespaced" if space else "nonNamespaced"
            kind = f"{resource.group_version}, Kind={resource.kind}"
            raise CommandError(f"error pruning {scope} object {kind}: {plain(error)}") from None


def _prune_one(
    call: Invocation,
    resource: Resource,
    space: str,
    uids: set[object],
    selector: str,
    dry_run: str,
) -> None:
    query = [("labelSelector", selector)] if selector else []
    for obj in call.client.items(collection_path(resource, space), query):
        metadata = obj["metadata"]
        if LAST_APPLIED not in (metadata.get("annotations") or {}) or metadata["uid"] in uids:
            continue
        if dry_run != CLIENT:
            cascade = call.flags.text("cascade").capitalize()
            options: Obj = {
                "kind": "DeleteOptions",
                "apiVersion": "v1",
                "propagationPolicy": cascade,
            }
            if dry_run == SERVER:
                options["dryRun"] = ["All"]
            call.client.delete(object_path(resource, space, metadata["name"]), options)
        Results(call, dry_run).say("pruned", obj)
