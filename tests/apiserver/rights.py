"""A world in which RBAC is enforced, and short ways to give rights."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import Obj
from sim.apiserver.users import AUTHENTICATED, User
from sim.backends.simulated.policy import load_policy
from tests.apiserver.world import World

JANE = User("jane", (AUTHENTICATED,))
GROUP = "rbac.authorization.k8s.io"
ROLES = f"/apis/{GROUP}/v1/namespaces/default/roles"
ROLE_BINDINGS = f"/apis/{GROUP}/v1/namespaces/default/rolebindings"
CLUSTER_ROLES = f"/apis/{GROUP}/v1/clusterroles"
CLUSTER_ROLE_BINDINGS = f"/apis/{GROUP}/v1/clusterrolebindings"


def guarded() -> World:
    """Return a world with the policy that every cluster begins with."""
    world = World()
    load_policy(world.api)
    return world


def rule(verbs: str, resources: str, group: str = "", **more: Any) -> Obj:
    """Return a rule."""
    made = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**made, **more}


def give(
    world: World,
    *rules: Obj,
    to: str = "jane",
    kind: str = "User",
    namespace: str = "default",
    name: str = "some",
) -> None:
    """Bind *to* to a role with *rules*, in *namespace* or, if that is empty, everywhere."""
    prefix = "" if namespace else "cluster"
    place = {"namespace": namespace} if namespace else {}
    metadata = {"name": name, **place}
    world.api.create(f"{prefix}roles", {"metadata": metadata, "rules": list(rules)})
    bind(world, "Role" if namespace else "ClusterRole", name, to=to, kind=kind, namespace=namespace)


def bind(
    world: World,
    role_kind: str,
    role: str,
    *,
    to: str = "jane",
    kind: str = "User",
    namespace: str = "default",
) -> None:
    """Bind *to* to a role by name, whether it exists or not."""
    subject = {"kind": kind, "name": to}
    if kind == "ServiceAccount":
        subject["namespace"] = "default"
    place = {"namespace": namespace} if namespace else {}
    world.api.create(
        "rolebindings" if namespace else "clusterrolebindings",
        {
            "metadata": {"name": f"{role}-{to}".replace(":", "-"), **place},
            "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role},
            "subjects": [subject],
        },
    )
