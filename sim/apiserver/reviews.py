"""Reviews: who am I, may I, may they, whose token is this; answered on the spot and never stored.

What `kubectl auth can-i` and `whoami` ask. This file must not know how rights are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import Cause, bad_request, invalid, invalid_value, required
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.users import User

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer


def review(api: ApiServer, info: ResourceInfo, body: Any, namespace: str, user: User) -> Obj:
    """Return *body*, a review that *user* posts, with its status filled in.

    Raises:
        ApiError: BadRequest, if the body is no object; Invalid, if it asks for nothing.
    """
    if not isinstance(body, dict) or not isinstance(body.get("spec") or {}, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {info.kind})")
    spec: Obj = body.get("spec") or {}
    made: Obj = {"kind": info.kind, "apiVersion": info.group_version}
    metadata = body.get("metadata") or {}
    made["metadata"] = dict(metadata) if isinstance(metadata, dict) else {}
    made["metadata"].setdefault("creationTimestamp", None)
    if info.kind != "SelfSubjectReview":
        made["spec"] = spec
    made["status"] = _REVIEWS[info.kind](api, info, spec, namespace, user)
    return made


def user_info(user: User) -> Obj:
    """Return *user* as a UserInfo."""
    made: Obj = {"username": user.name}
    if user.uid:
        made["uid"] = user.uid
    if user.groups:
        made["groups"] = list(user.groups)
    if user.extra:
        made["extra"] = {key: list(values) for key, values in user.extra.items()}
    return made


def _who_am_i(api: ApiServer, info: ResourceInfo, spec: Obj, namespace: str, user: User) -> Obj:
    del api, info, spec, namespace
    return {"userInfo": user_info(user)}


def _may_i(api: ApiServer, info: ResourceInfo, spec: Obj, namespace: str, user: User) -> Obj:
    _check_spec(info, spec, namespace)
    return _decided(api, spec, user)


def _may_they(api: ApiServer, info: ResourceInfo, spec: Obj, namespace: str, user: User) -> Obj:
    del user
    _check_spec(info, spec, namespace)
    if not spec.get("user") and not spec.get("groups"):
        causes = [required("spec.user", "at least one of user or group must be specified")]
        raise invalid(info.kind, "", causes, info.group)
    groups = tuple(map(str, spec.get("groups") or ()))
    return _decided(api, spec, User(str(spec.get("user", "")), groups, str(spec.get("uid", ""))))


def _check_spec(info: ResourceInfo, spec: Obj, namespace: str) -> None:
    causes: list[Cause] = []
    asked, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if asked and path:
        why = "cannot be specified in combination with resourceAttributes"
        causes.append(invalid_value("spec.nonResourceAttributes", path, why))
    if not asked and not path:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(invalid_value("spec.resourceAttributes", None, why))
    if info.kind == "LocalSubjectAccessReview":
        if path:
            why = "disallowed on this kind of request"
            causes.append(invalid_value("spec.nonResourceAttributes", path, why))
        elif asked and asked.get("namespace", "") != namespace:
            why = f"must match metadata.namespace: {namespace}"
            field = "spec.resourceAttributes.namespace"
            causes.append(invalid_value(field, asked.get("namespace", ""), why))
    if causes:
        raise invalid(info.kind, "", causes, info.group)


def _decided(api: ApiServer, spec: Obj, user: User) -> Obj:
    authorizer = api.registry.authorizer
    path = spec.get("nonResourceAttributes")
    if path:
        decision = authorizer.decide_path(user, path.get("verb", ""), path.get("path", ""))
    else:
        asked = spec["resourceAttributes"]
        decision = authorizer.decide(
            user,
            asked.get("verb", ""),
            asked.get("group", ""),
            asked.get("resource", ""),
            asked.get("namespace", ""),
            asked.get("name", ""),
            subresource=asked.get("subresource", ""),
        )
    status: Obj = {"allowed": decision.allowed}
    if decision.reason:
        status["reason"] = decision.reason
    return status


def _my_rules(api: ApiServer, info: ResourceInfo, spec: Obj, namespace: str, user: User) -> Obj:
    del namespace
    asked = spec.get("namespace", "")
    if not asked:
        raise bad_request("no namespace on request")
    rules, missing = api.registry.authorizer.rules_for(user, asked)
    status: Obj = {"resourceRules": [], "nonResourceRules": [], "incomplete": False}
    for rule in rules:
        for kind, fields in _RULE_FIELDS.items():
            if rule.get(fields[-1]):
                listed = {one: rule[one] for one in fields if rule.get(one)}
                if kind == "resourceRules" and rule.get("resourceNames"):
                    listed["resourceNames"] = rule["resourceNames"]
                status[kind].append(listed)
    if missing:
        text = missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
        status |= {"incomplete": True, "evaluationError": text}
    del info
    return status


def _whose_token(api: ApiServer, info: ResourceInfo, spec: Obj, namespace: str, user: User) -> Obj:
    del info, namespace, user
    token = spec.get("token", "")
    asked = spec.get("audiences") or ()
    found = api.tokens.verify(str(token), tuple(map(str, asked))) if token else None
    if found is None:
        return {"user": {}, "error": "[invalid bearer token, token lookup failed]"}
    status: Obj = {"authenticated": True, "user": user_info(found.user)}
    if found.audiences:
        status["audiences"] = list(found.audiences)
    return status


_RULE_FIELDS: dict[str, tuple[str, ...]] = {
    "resourceRules": ("verbs", "apiGroups", "resources"),
    "nonResourceRules": ("verbs", "nonResourceURLs"),
}
_REVIEWS: dict[str, Callable[[ApiServer, ResourceInfo, Obj, str, User], Obj]] = {
    "LocalSubjectAccessReview": _may_they,
    "SelfSubjectAccessReview": _may_i,
    "SelfSubjectReview": _who_am_i,
    "SelfSubjectRulesReview": _my_rules,
    "SubjectAccessReview": _may_they,
    "TokenReview": _whose_token,
}
