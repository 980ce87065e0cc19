"""What one write to a real API server did: which object, what it was before, what it is now.

In the words in which a simulated server tells it, so that both read alike. Who wrote is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.backends.deeds import Templates, deed_of, target_of
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.recording import ParsedPath
from sim.client.rest import ApiStatusError, RestClient

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_VERBS = {"update": "put"}
"""Where the simulated server says it otherwise."""
_NO_DEEDS = frozenset(
    {
        "events",
        "leases",
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
        "tokenreviews",
    }
)
"""Created without anything being changed that users could feel."""
_GROUPED = (
    "apps",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
)


@dataclass(frozen=True, slots=True)
class Place:
    """An object, or a part of it, as an API names it."""

    group: str
    version: str
    resource: str
    """`pods`."""
    namespace: str
    name: str
    part: str = ""
    """`scale`, `eviction` ...; empty: the object itself."""

    @property
    def path(self) -> str:
        """The path of the object itself."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        space = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{root}{space}/{self.resource}/{self.name}"

    @property
    def target(self) -> str:
        """How evidence names it."""
        known = not self.group or self.group in _GROUPED or self.group.endswith(".k8s.io")
        resource = self.resource if known else f"{self.resource}.{self.group}"
        return target_of(
            f"{resource}/{self.part}" if self.part else resource, self.namespace, self.name
        )

    @property
    def matters(self) -> bool:
        """Whether writing there is a deed."""
        return bool(self.name) and self.resource not in _NO_DEEDS and self.part != "status"


def place_of(method: str, path: str, name: str = "") -> tuple[str, Place] | None:
    """Return verb and place of a request, with *name* for one that is made; None for what is no object."""
    parsed = ParsedPath(method, path)
    parts = path.strip("/").split("/")
    if not parsed.resource:
        return None
    grouped = parts[0] == "apis"
    resource, _, part = parsed.resource.partition("/")
    group, version = (parts[1], parts[2]) if grouped else ("", parts[1])
    plural = resource.partition(".")[0]
    if plural == "namespaces" and not parsed.name and parsed.namespace:
        return None
    return parsed.verb, Place(group, version, plural, parsed.namespace, parsed.name or name, part)


def told(verb: str, old: Obj | None, new: Obj | None, earlier: Templates) -> tuple[str, str]:
    """Return (verb, detail) of a write; *earlier* gives the templates that a Deployment had before."""
    return deed_of(_VERBS.get(verb, verb), old, new, earlier)


def earlier_templates(deployment: Obj, world: Transport, before: str = "") -> list[Obj]:
    """Return the pod templates of the revisions that *deployment* has had.

    With *before* (RFC 3339) those made before that second: a new revision has its ReplicaSet within
    milliseconds, and no release may pass for a rollback to itself.
    """
    metadata = deployment["metadata"]
    path = f"/apis/apps/v1/namespaces/{metadata.get('namespace', 'default')}/replicasets"
    try:
        found = RestClient(world).get(path).get("items") or []
    except (ApiStatusError, UnreachableError):
        return []
    return [
        one["spec"]["template"]
        for one in found
        if any(
            owner["uid"] == metadata.get("uid")
            for owner in one["metadata"].get("ownerReferences") or ()
        )
        and (not before or one["metadata"]["creationTimestamp"][:19] < before[:19])
    ]
