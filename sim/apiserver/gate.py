"""Before anything is answered: who asks, and whether they may.

Thanks to this file a request reaches the parts behind the door only with an identity that has the
right to it. It must not know what a request does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.apimachinery.wire import ApiRequest, ExecRequest, ForwardRequest
from sim.apiserver.paths import Target
from sim.apiserver.users import User

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

TRAINEE = "trainee"
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NAMED = "metadata.name="
APPLY = "application/apply-patch"


class Gate:
    """Lets requests pass that may."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._authorizer = api.registry.authorizer

    def identify(
        self, user: str | User, request: ApiRequest | ExecRequest | ForwardRequest
    ) -> User:
        """Return who asks; raises ApiError Forbidden if they may not be whom they impersonate."""
        return self._api.users.identify(user, request.headers)

    def check(self, who: User, target: Target, request: ApiRequest) -> None:
        """Let *who* pass to *target*; raises ApiError Forbidden."""
        verb = verb_of(target, request)
        name = target.name or _selected_name(request, verb)
        space, subresource = _space(target), target.subresource
        self._authorizer.check(who, verb, target.info, subresource, space, name)
        if verb == "patch" and not subresource and self._makes(target, request):
            self._authorizer.check(who, "create", target.info, subresource, space, name)

    def _makes(self, target: Target, request: ApiRequest) -> bool:
        """True for an apply of what does not exist yet."""
        if not request.headers.get("content-type", "").startswith(APPLY):
            return False
        held = self._api.registry.store.get(target.info.key, target.space, target.name)
        return held is None

    def check_path(self, who: User, request: ApiRequest) -> None:
        """Let *who* pass to a path that is no resource; raises ApiError Forbidden."""
        verb = VERBS.get(request.method, request.method.lower())
        self._authorizer.check_path(who, verb, request.path)

    def check_pod(self, user: str | User, request: ExecRequest | ForwardRequest) -> None:
        """Let *user* open something in a pod; raises ApiError Forbidden."""
        if isinstance(request, ForwardRequest):
            subresource = "portforward"
        else:
            subresource = "exec" if request.argv else "attach"
        self._authorizer.demand(
            self.identify(user, request),
            "create",
            "",
            "pods",
            request.namespace,
            request.pod,
            subresource=subresource,
        )


def caller_of(user: str | User) -> str:
    """Return in whose name writes are told: an identity from outside is the trainee's hands."""
    return user if isinstance(user, str) else TRAINEE


def verb_of(target: Target, request: ApiRequest) -> str:
    """Return the verb that authorization is asked about (apiserver requestinfo.go)."""
    if request.method != "GET":
        verb = VERBS.get(request.method, request.method.lower())
        return "deletecollection" if verb == "delete" and not target.name else verb
    if request.param("watch") in ("true", "1"):
        return "watch"
    return "get" if target.name else "list"


def _space(target: Target) -> str:
    """Return the namespace that rights are looked up in: a Namespace lies in itself."""
    if target.info.plural == "namespaces" and not target.info.group:
        return target.name
    return target.space


def _selected_name(request: ApiRequest, verb: str) -> str:
    """Return the one name that a list, watch or deletion of a collection selects, or ""."""
    if verb not in ("list", "watch", "deletecollection"):
        return ""
    for term in request.param("fieldSelector").split(","):
        if term.startswith(NAMED):
            return term.removeprefix(NAMED).removeprefix("=")
    return ""
