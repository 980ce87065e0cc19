"""Paths, verbs and refusals of the Kubernetes REST API over any `Transport`.

Built on plain request records, so the same code asks a model and a real cluster; it must not know
which commands ask, nor how an answer is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest, Obj
from sim.client.discovery import Resource
from sim.client.doors import Connection, Execution, TextStream, Transport, WatchStream

Query = Sequence[tuple[str, str]]

ACCEPT_JSON = "application/json"
ACCEPT_TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,"
    "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiStatusError(Exception):
    """The server refused; carries the Status object it answered with."""

    def __init__(self, status: Obj) -> None:
        """Keep *status*, a `kind: Status` object."""
        super().__init__(status.get("message", ""))
        self.status = status

    @property
    def code(self) -> int:
        """Return the HTTP status, e.g. 404."""
        return int(self.status.get("code") or 0)

    @property
    def reason(self) -> str:
        """Return the machine-readable reason, e.g. `NotFound`."""
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        """Return the server's sentence."""
        return str(self.status.get("message") or "")


def collection_path(resource: Resource, namespace: str = "") -> str:
    """Return the path of a collection; *namespace* is ignored for cluster-scoped resources."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    if namespace and resource.namespaced:
        return f"{root}/namespaces/{namespace}/{resource.plural}"
    return f"{root}/{resource.plural}"


def object_path(resource: Resource, namespace: str, name: str, subresource: str = "") -> str:
    """Return the path of an object or of its *subresource*, e.g. `scale`."""
    path = f"{collection_path(resource, namespace)}/{name}"
    return f"{path}/{subresource}" if subresource else path


def status_of(response: ApiResponse, verb: str, path: str) -> Obj:
    """Return the Status of a refusal; one is made up when the body is none, as client-go does."""
    body = response.body
    if isinstance(body, dict) and body.get("kind") == "Status":
        return body
    reasons = {
        401: ("Unauthorized", "the server has asked for the client to provide credentials"),
        403: ("Forbidden", str(body)),
        404: ("NotFound", "the server could not find the requested resource"),
        405: (
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        ),
        503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    }
    reason, message = reasons.get(
        response.code, ("InternalError", f"an error on the server ({body!s}) has prevented success")
    )
    what = path.strip("/").split("/")[-1]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message if response.code == 404 else f"{message} ({verb.lower()} {what})",
        "code": response.code,
    }


class RestClient:
    """The verbs of the API for one command: raises what was refused, passes warnings on once."""

    def __init__(
        self,
        transport: Transport,
        *,
        asked: Callable[[], None] = lambda: None,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Ask through *transport*; *asked* hears of every request, *warn* of every new warning."""
        self._transport = transport
        self._asked = asked
        self._tell = warn
        self._warned: set[str] = set()

    def send(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Any = None,
        *,
        accept: str = ACCEPT_JSON,
        content_type: str = "",
    ) -> Any:
        """Return the body of the answer.

        Raises:
            ApiStatusError: if the server refuses.
        """
        headers = {"accept": accept}
        if content_type:
            headers["content-type"] = content_type
        elif body is not None:
            headers["content-type"] = ACCEPT_JSON
        self._asked()
        response = self._transport.send(ApiRequest(method, path, tuple(query), headers, body))
        self._hear(response)
        if response.code >= 400:
            raise ApiStatusError(status_of(response, method, path))
        return response.body

    def get(self, path: str, query: Query = (), *, accept: str = ACCEPT_JSON) -> Any:
        """Return an object, list, Table or text."""
        return self.send("GET", path, query, accept=accept)

    def pages(
        self, path: str, query: Query = (), *, accept: str = ACCEPT_JSON, limit: int = 500
    ) -> Iterator[Obj]:
        """Yield the pages of a list, following `continue`; *limit* 0 asks for all at once."""
        token = ""
        while True:
            extra = [("limit", str(limit))] if limit else []
            if token:
                extra.append(("continue", token))
            page: Obj = self.get(path, [*query, *extra], accept=accept)
            yield page
            token = page.get("metadata", {}).get("continue", "")
            if not token:
                return

    def items(self, path: str, query: Query = (), *, limit: int = 500) -> list[Obj]:
        """Return the objects of a list, each with the kind and version that lists leave out."""
        found: list[Obj] = []
        for page in self.pages(path, query, limit=limit):
            found.extend(with_kinds(page))
        return found

    def create(self, path: str, obj: Obj, query: Query = ()) -> Obj:
        """Create *obj* and return what the server made of it."""
        made: Obj = self.send("POST", path, query, obj)
        return made

    def replace(self, path: str, obj: Obj, query: Query = ()) -> Obj:
        """Replace the object at *path*."""
        made: Obj = self.send("PUT", path, query, obj)
        return made

    def patch(self, path: str, patch: Any, kind: str = STRATEGIC_MERGE, query: Query = ()) -> Obj:
        """Patch the object at *path*; *kind* is the patch's content type."""
        made: Obj = self.send("PATCH", path, query, patch, content_type=kind)
        return made

    def delete(self, path: str, options: Obj | None = None, query: Query = ()) -> Obj:
        """Delete the object at *path* with DeleteOptions *options*."""
        answer: Obj = self.send("DELETE", path, query, options)
        return answer

    def watch(self, path: str, query: Query = (), *, accept: str = ACCEPT_JSON) -> WatchStream:
        """Open a watch; the caller closes it."""
        request = ApiRequest("GET", path, (*query, ("watch", "true")), {"accept": accept})
        self._asked()
        answer = self._transport.watch(request)
        if isinstance(answer, ApiResponse):
            raise ApiStatusError(status_of(answer, "GET", path))
        return answer

    def stream(self, path: str, query: Query = ()) -> TextStream:
        """Open a streaming text answer; the caller closes it."""
        self._asked()
        answer = self._transport.stream(ApiRequest("GET", path, tuple(query), {"accept": "*/*"}))
        if isinstance(answer, ApiResponse):
            raise ApiStatusError(status_of(answer, "GET", path))
        return answer

    def exec(self, request: ExecRequest) -> Execution:
        """Start a program in a container, or attach to the one that runs (empty argv)."""
        self._asked()
        answer = self._transport.exec(request)
        if isinstance(answer, ApiResponse):
            path = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/exec"
            raise ApiStatusError(status_of(answer, "POST", path))
        return answer

    def forward(self, request: ForwardRequest) -> Connection:
        """Open one connection to a pod's port; the caller closes it."""
        self._asked()
        answer = self._transport.forward(request)
        if isinstance(answer, ApiResponse):
            path = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/portforward"
            raise ApiStatusError(status_of(answer, "POST", path))
        return answer

    def answer(self, request: ApiRequest) -> ApiResponse:
        """Return what the server answers, refusals too."""
        self._asked()
        return self._transport.send(request)

    def warn(self, text: str) -> None:
        """Pass a warning on, unless it has been heard before."""
        if text not in self._warned:
            self._warned.add(text)
            self._tell(text)

    def _hear(self, response: ApiResponse) -> None:
        for text in response.warnings:
            self.warn(text)


def with_kinds(page: Obj) -> list[Obj]:
    """Return the items of a list with `kind` and `apiVersion`, which lists may leave out."""
    kind = page.get("kind", "").removesuffix("List")
    version = page.get("apiVersion", "v1")
    items: list[Obj] = page.get("items") or []
    if not items or "kind" in items[0]:
        return list(items)
    return [{"apiVersion": version, "kind": kind, **item} for item in items]
