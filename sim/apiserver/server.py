"""The API server: one facade over store, registry, events and the door for requests.

Components of the cluster call its typed methods; trainees and tools come through `handle`, `watch`,
`stream` and `exec`, which see nothing but requests. It must not know who simulates nodes or traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.apimachinery.labels import contains
from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest, Obj
from sim.apiserver.doors import (
    AuditHook,
    ConnectionLike,
    ExecutionLike,
    Handler,
    KubeletDoor,
    MetricsDoor,
    TextStreamLike,
)
from sim.apiserver.events import Recorder
from sim.apiserver.registry import SYSTEM, Loaded, Registry
from sim.apiserver.resources import Resources
from sim.apiserver.routes import Routes
from sim.apiserver.tokens import Tokens
from sim.apiserver.users import User, Users
from sim.apiserver.watch import Watch
from sim.kernel import Environment, Epoch, Stream

__all__ = ["ApiServer", "KubeletDoor", "MetricsDoor"]


class ApiServer:
    """A Kubernetes API server without IO; time is the environment's, randomness the stream's."""

    kubelet: KubeletDoor | None
    """Logs and exec of pods; set by the backend."""
    metrics: MetricsDoor | None
    """metrics.k8s.io; set by the backend. None: the group answers 503."""
    audit: AuditHook | None
    """Called after every write that a request of the trainee made."""
    resources: Resources
    """What is served: built-in resources and those that users have defined."""
    views: dict[str, Callable[[Obj], Obj]]
    """Resource -> how its objects are shown to requests: what moves by itself, such as heartbeats."""

    def __init__(
        self,
        env: Environment,
        epoch: Epoch,
        stream: Stream,
        *,
        version: str = "v1.37.0",
        known: Loaded | None = None,
    ) -> None:
        """Start empty; *known* are objects that equal worlds have loaded, so as to share memory."""
        self.env = env
        self.epoch = epoch
        self.version = version
        self.kubelet = None
        self.metrics = None
        self.audit = None
        self.views = {}
        self.registry = Registry(env, epoch, stream.at("apiserver"), known=known)
        self.resources = self.registry.resources
        self.users = Users(self.registry.authorizer)
        self.tokens = Tokens(self.registry)
        self.recorder = Recorder(self.registry)
        self._routes = Routes(self)

    # -- the door --------------------------------------------------------------------------------

    def handle(self, request: ApiRequest, user: str | User = "trainee") -> ApiResponse:
        """Answer one request at once."""
        return self._routes.handle(request, user)

    def watch(self, request: ApiRequest, user: str | User = "trainee") -> Watch | ApiResponse:
        """Open a watch (`watch=true` in the query), or return the refusal."""
        return self._routes.watch(request, user)

    def stream(
        self, request: ApiRequest, user: str | User = "trainee"
    ) -> TextStreamLike | ApiResponse:
        """Open a pod's log with `follow=true`, or return the refusal."""
        return self._routes.stream(request, user)

    def exec(
        self, request: ExecRequest, user: str | User = "trainee"
    ) -> ExecutionLike | ApiResponse:
        """Start a program in a container (empty argv attaches), or return the refusal."""
        return self._routes.exec(request, user)

    def forward(
        self, request: ForwardRequest, user: str | User = "trainee"
    ) -> ConnectionLike | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        return self._routes.forward(request, user)

    def authenticate(self, token: str) -> User | None:
        """Return whose bearer token *token* is, or None if it is nobody's now."""
        found = self.tokens.verify(token)
        return None if found is None else found.user

    # -- the cluster's own components ------------------------------------------------------------

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the stored object, not to be changed, or None; *namespace* "" if cluster-scoped."""
        return self.registry.store.get(resource, namespace, name)

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
    ) -> list[Obj]:
        """Return stored objects in (namespace, name) order that carry all of *labels*."""
        objects = self.registry.store.list(resource, namespace)
        if not labels:
            return objects
        return [one for one in objects if contains(one["metadata"].get("labels") or {}, labels)]

    def create(self, resource: str, obj: Obj, *, user: str = SYSTEM) -> Obj:
        """Store a new object with uid, creationTimestamp, defaults; raises ApiError."""
        return self.registry.create(resource, obj, user=user)

    def update(self, resource: str, obj: Obj, *, user: str = SYSTEM) -> Obj:
        """Replace an object; an outside user's stale resourceVersion is a conflict; raises ApiError."""
        return self.registry.update(resource, obj, user=user)

    def modify(
        self,
        resource: str,
        namespace: str,
        name: str,
        change: Callable[[Obj], Obj],
        *,
        status: bool = False,
        owned: bool = True,
    ) -> Obj | None:
        """Read, change, write; *change* returns a new dict. No write when equal, None when gone.

        A binding is nobody's: who writes with *owned* False leaves no mark in managedFields.
        """
        return self.registry.modify(resource, namespace, name, change, status=status, owned=owned)

    def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        grace_s: int | None = None,
        propagation: str = "Background",
        user: str = SYSTEM,
    ) -> Obj | None:
        """Delete; a pod on a node is marked and leaves when deleted again with grace 0."""
        return self.registry.delete(
            resource, namespace, name, grace_s=grace_s, propagation=propagation, user=user
        )

    def load(self, resource: str, obj: Obj) -> Obj:
        """Store *obj* as part of the world's beginning: as is, unseen by watchers."""
        return self.registry.load(resource, obj)

    def subscribe(self, resource: str, handler: Handler) -> None:
        """Call *handler*(ADDED|MODIFIED|DELETED, new, old) inside every later write."""
        self.registry.subscribe(resource, handler)

    def event(
        self,
        about: Obj,
        type_: str,
        reason: str,
        message: str,
        *,
        component: str,
        host: str = "",
        field_path: str = "",
        at: int | None = None,
    ) -> None:
        """Record an EventObject; the same happening again counts up. *at* may lie in the past."""
        self.recorder.record(
            about,
            type_,
            reason,
            message,
            component=component,
            host=host,
            field_path=field_path,
            at=self.env.now if at is None else at,
        )
