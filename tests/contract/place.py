"""A check's own corner of a server: its namespace, short requests, waiting, and what to clean up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.apimachinery.wire import Obj
from tests.contract.servers import IMAGE, Answer, Server, T

JSON_PATCH = {"content-type": "application/json-patch+json"}
MERGE = {"content-type": "application/merge-patch+json"}
STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
APPLY = {"content-type": "application/apply-patch+yaml"}
TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
STEP_S = 0.2


class Place:
    """A namespace and the requests into it."""

    def __init__(self, server: Server, namespace: str) -> None:
        self.server = server
        self.name = namespace
        self._made: list[str] = []

    def open(self) -> None:
        """Make the namespace and wait until it has what every namespace is given."""
        namespace = {"metadata": {"name": self.name}}
        self.ok("POST", "/api/v1/namespaces", namespace)
        account = self.at("serviceaccounts", "default")
        self.wait(lambda: self.send("GET", account).code == 200)
        if self.server.version < (1, 24):  # pods wait for a Secret with its token
            self.wait(lambda: "secrets" in self.ok("GET", account))
        # A watch of ConfigMaps must not see it come.
        self.wait(lambda: self.send("GET", self.at("configmaps", "kube-root-ca.crt")).code == 200)

    def close(self) -> None:
        """Delete the namespace and what was made outside of it."""
        for path in [*reversed(self._made), f"/api/v1/namespaces/{self.name}"]:
            self.send("DELETE", path, {"gracePeriodSeconds": 0})

    def at(self, resource: str, *rest: str, group: str = "v1") -> str:
        """Return the path of a namespaced resource here; *group* e.g. `apps/v1`."""
        root = "/api/v1" if group == "v1" else f"/apis/{group}"
        return "/".join([f"{root}/namespaces/{self.name}/{resource}", *rest])

    # -- asking ----------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Send one request."""
        return self.server.send(method, path, body, **more)

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request that must succeed; return the body."""
        answer = self.send(method, path, body, **more)
        assert answer.code in (200, 201, 202), answer.body
        if method == "POST" and "/namespaces/" not in path and "metadata" in (body or {}):
            name = answer.body["metadata"].get("name")
            self._made += [f"{path}/{name}"] if name and "namespaces" not in path else []
        return answer.body

    def no(self, code: int, method: str, path: str, body: Any = None, **more: Any) -> Obj:
        """Send a request that must be refused with *code*; return the Status."""
        answer = self.send(method, path, body, **more)
        assert answer.code == code, answer.body
        status: Obj = answer.body
        assert status["kind"] == "Status"
        assert status["apiVersion"] == "v1"
        assert status["status"] == "Failure"
        assert status["code"] == code
        return status

    def wait(self, found: Callable[[], T], seconds: float = 60) -> T:
        """Return what *found* returns once that is true."""
        waited = 0.0
        while not (value := found()):
            assert waited < seconds, f"not within {seconds} s"
            self.server.pause(STEP_S)
            waited += STEP_S
        return value

    def watch(self, path: str, **query: Any) -> Any:
        """Open a watch (a context manager)."""
        return self.server.watch(path, **query)

    # -- objects ---------------------------------------------------------------------------------

    def config(self, name: str = "c", **fields: Any) -> Obj:
        """Create a ConfigMap."""
        made: Obj = self.ok("POST", self.at("configmaps"), configmap(name, **fields))
        return made

    def running(self, name: str = "p", **spec: Any) -> Obj:
        """Create a pod and wait until it runs and is ready."""
        self.ok("POST", self.at("pods"), pod(name, **spec))

        def ready() -> Obj | None:
            got: Obj = self.ok("GET", self.at("pods", name))
            conditions = got.get("status", {}).get("conditions") or ()
            return (
                got
                if any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
                else None
            )

        found = self.wait(ready)
        assert found is not None
        return found

    def names(self, path: str, **query: Any) -> list[str]:
        """List, and return the names."""
        return [one["metadata"]["name"] for one in self.ok("GET", path, **query)["items"]]


def configmap(name: str = "c", **fields: Any) -> Obj:
    """Return a ConfigMap."""
    metadata = {"name": name, **fields.pop("metadata", {})}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"a": "1"},
        **fields,
    }


def pod(name: str = "p", **spec: Any) -> Obj:
    """Return a pod that idles."""
    container = {"name": "main", "image": IMAGE, "command": ["sleep", "1000000"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **spec},
    }


def deployment(name: str = "web", replicas: int = 1, **spec: Any) -> Obj:
    """Return a Deployment of pods that idle."""
    template = pod(name)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": template["spec"]},
            **spec,
        },
    }


def service(name: str = "s", **spec: Any) -> Obj:
    """Return a Service of one port."""
    ports = [{"port": 80}]
    return {"metadata": {"name": name}, "spec": {"selector": {"a": "b"}, "ports": ports, **spec}}
