"""A real API server for tests, with a door that reads like kubectl's requests."""

from __future__ import annotations

from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj
from sim.apiserver import ApiServer
from sim.kernel import Environment, Epoch, Stream

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
MERGE = {"content-type": "application/merge-patch+json"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def pod(name: str = "p", **spec: Any) -> Obj:
    """Return a small pod."""
    containers = [{"name": "app", "image": "registry.local/app:v1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}},
        "spec": {"containers": containers, **spec},
    }


def deployment(name: str = "web", **spec: Any) -> Obj:
    """Return a small Deployment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "registry.local/app:v1"}]},
            },
            **spec,
        },
    }


def ready(obj: Obj, *, is_ready: bool = True) -> Obj:
    """Return a pod that runs, ready or not."""
    condition = {"type": "Ready", "status": "True" if is_ready else "False"}
    return {**obj, "status": {"phase": "Running", "conditions": [condition]}}


class World:
    """An API server with its clock."""

    def __init__(self) -> None:
        self.env = Environment()
        self.epoch = Epoch.parse("2026-11-20T01:40:00Z")
        self.api = ApiServer(self.env, self.epoch, Stream("test", 0))
        for name in ("default", "kube-system", "team"):
            self.api.load("namespaces", {"metadata": {"name": name}})
        self.api.load("nodes", {"metadata": {"name": "n1"}})

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        user: str = "trainee",
        **query: str,
    ) -> ApiResponse:
        """Send one request through the door."""
        request = ApiRequest(method, path, tuple(query.items()), headers or {}, body)
        return self.api.handle(request, user)

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send one request that must succeed and return the answer's body."""
        response = self.send(method, path, body, **more)
        assert response.code in (200, 201), response.body
        return response.body

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> Obj:
        """Send one request that must be refused and return the Status."""
        response = self.send(method, path, body, **more)
        assert response.code >= 400, response.body
        status: Obj = response.body
        assert status["kind"] == "Status"
        assert status["code"] == response.code
        return status

    def rows(self, path: str, **query: str) -> list[list[Any]]:
        """Return the cells of a Table."""
        return [row["cells"] for row in self.ok("GET", path, headers=TABLE, **query)["rows"]]

    def watch(self, path: str, headers: dict[str, str] | None = None, **query: str) -> Any:
        """Open a watch; without a resourceVersion from now."""
        query.setdefault("resourceVersion", str(self.api.registry.store.revision))
        request = ApiRequest("GET", path, tuple({"watch": "true", **query}.items()), headers or {})
        return self.api.watch(request)
