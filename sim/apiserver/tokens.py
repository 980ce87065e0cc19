"""Tokens of service accounts: given on request, known again until they expire or their object goes.

JSON web tokens signed with a key that the world's seed decides, so the same run gives the same ones.
This file must not know what an account may do.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest, digest
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.apimachinery.errors import bad_request, conflict, invalid, invalid_value, not_found
from sim.apimachinery.wire import Obj
from sim.apiserver.users import (
    AUTHENTICATED,
    User,
    service_account_groups,
    service_account_name,
)

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

ISSUER = "https://kubernetes.default.svc.cluster.local"
LEGACY_ISSUER = "kubernetes/serviceaccount"
LEGACY_TYPE = "kubernetes.io/service-account-token"
NAME_ANNOTATION = "kubernetes.io/service-account.name"
UID_ANNOTATION = "kubernetes.io/service-account.uid"
DEFAULT_S, SHORTEST_S, LONGEST_S = 3600, 600, 1 << 32
"""expirationSeconds of a TokenRequest (pkg/apis/authentication)."""
CLAIM = "kubernetes.io"
BOUND = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


class Verified(NamedTuple):
    """What a good token says."""

    user: User
    audiences: tuple[str, ...]


class Tokens:
    """Issues and knows tokens."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._key = registry.stream.at("token-key").hex(64).encode()

    def request(self, account: Obj, body: Any) -> Obj:
        """Answer a TokenRequest for *account*.

        Raises:
            ApiError: Invalid for a wrong duration, NotFound or Conflict for the object it is bound to.
        """
        if not isinstance(body, dict):
            raise bad_request("the object provided is unrecognized (must be of type TokenRequest)")
        spec: Obj = body.get("spec") or {}
        seconds = spec.get("expirationSeconds")
        seconds = DEFAULT_S if seconds is None else seconds
        _check_duration(seconds)
        audiences = [str(one) for one in spec.get("audiences") or ()] or [ISSUER]
        metadata = account["metadata"]
        bound = self._bound(metadata["namespace"], spec.get("boundObjectRef"))
        now = self._now()
        # Of nothing but what was asked and when: asking leaves no trace and shifts no other draw.
        draw = self._registry.stream.at("token", metadata["uid"], now, seconds, audiences, bound)
        claims: Obj = {
            "aud": audiences,
            "exp": now + seconds,
            "iat": now,
            "iss": ISSUER,
            "jti": draw.uuid(),
            CLAIM: {"namespace": metadata["namespace"], **bound}
            | {"serviceaccount": {"name": metadata["name"], "uid": metadata["uid"]}},
            "nbf": now,
            "sub": service_account_name(metadata["namespace"], metadata["name"]),
        }
        expires = self._registry.timestamp(self._registry.env.now + seconds * 1000)
        filled = {**spec, "audiences": audiences, "expirationSeconds": seconds}
        filled.setdefault("boundObjectRef", None)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "creationTimestamp": self._registry.timestamp(),
            },
            "spec": filled,
            "status": {"token": self._sign(claims), "expirationTimestamp": expires},
        }

    def legacy(self, account: Obj, secret: str) -> str:
        """Return the token that never expires of the Secret called *secret*."""
        metadata = account["metadata"]
        prefix = f"{CLAIM}/serviceaccount"
        return self._sign(
            {
                "iss": LEGACY_ISSUER,
                f"{prefix}/namespace": metadata["namespace"],
                f"{prefix}/secret.name": secret,
                f"{prefix}/service-account.name": metadata["name"],
                f"{prefix}/service-account.uid": metadata["uid"],
                "sub": service_account_name(metadata["namespace"], metadata["name"]),
            }
        )

    def verify(self, token: str, audiences: tuple[str, ...] = ()) -> Verified | None:
        """Return whose *token* is, or None if it is not ours, expired, or its object is gone.

        *audiences* are those that the asker is; none means the API server itself.
        """
        claims = self._read(token)
        if claims is None:
            return None
        if claims.get("iss") == LEGACY_ISSUER:
            return self._verify_legacy(claims)
        meant = tuple(one for one in audiences or (ISSUER,) if one in claims.get("aud", ()))
        inside = claims.get(CLAIM, {})
        account = inside.get("serviceaccount", {})
        namespace = inside.get("namespace", "")
        if not meant or self._now() >= claims["exp"]:
            return None
        if not self._stands("serviceaccounts", namespace, account):
            return None
        extra: dict[str, tuple[str, ...]] = {
            "authentication.kubernetes.io/credential-id": (f"JTI={claims['jti']}",)
        }
        for kind in ("pod", "secret", "node"):
            bound = inside.get(kind)
            if bound is None:
                continue
            if not self._stands(f"{kind}s", "" if kind == "node" else namespace, bound):
                return None
            if kind != "secret":
                extra[f"authentication.kubernetes.io/{kind}-name"] = (bound["name"],)
                extra[f"authentication.kubernetes.io/{kind}-uid"] = (bound["uid"],)
        return Verified(_user(namespace, account["name"], account["uid"], extra), meant)

    # -- inside ----------------------------------------------------------------------------------

    def _now(self) -> int:
        registry = self._registry
        return registry.epoch.at(registry.env.now) // 1000

    def _stands(self, resource: str, namespace: str, named: Obj) -> bool:
        found = self._registry.store.get(resource, namespace, named.get("name", ""))
        return found is not None and found["metadata"]["uid"] == named.get("uid")

    def _bound(self, namespace: str, ref: Any) -> Obj:
        """Return the claim of the object that a token shall live and die with."""
        if not isinstance(ref, dict) or not ref:
            return {}
        kind, name = str(ref.get("kind", "")), str(ref.get("name", ""))
        resource = BOUND.get(kind)
        if resource is None:
            raise bad_request(f"cannot bind token for serviceaccount to object of type {kind}")
        found = self._registry.store.get(resource, "" if kind == "Node" else namespace, name)
        if found is None:
            raise not_found(resource, name)
        uid = found["metadata"]["uid"]
        if ref.get("uid") and ref["uid"] != uid:
            why = f"the UID in the bound object reference ({ref['uid']}) does not match the UID in "
            raise conflict(resource, name, "", f"{why}record. The object might have been deleted")
        made: Obj = {kind.lower(): {"name": name, "uid": uid}}
        node = found["spec"].get("nodeName") if kind == "Pod" else None
        if node:
            there = self._registry.store.get("nodes", "", node)
            held = {"uid": there["metadata"]["uid"]} if there is not None else {}
            made["node"] = {"name": node, **held}
        return made

    def _verify_legacy(self, claims: Obj) -> Verified | None:
        prefix = f"{CLAIM}/serviceaccount"
        namespace = claims[f"{prefix}/namespace"]
        name = claims[f"{prefix}/service-account.name"]
        uid = claims[f"{prefix}/service-account.uid"]
        secret = self._registry.store.get("secrets", namespace, claims[f"{prefix}/secret.name"])
        if secret is None or not self._stands(
            "serviceaccounts", namespace, {"name": name, "uid": uid}
        ):
            return None
        return Verified(_user(namespace, name, uid, {}), (ISSUER,))

    def _sign(self, claims: Obj) -> str:
        head = {"alg": "HS256", "kid": sha256(self._key).hexdigest()[:43]}
        text = f"{_encoded(head)}.{_encoded(claims)}"
        return f"{text}.{_base64(digest(self._key, text.encode(), 'sha256'))}"

    def _read(self, token: str) -> Obj | None:
        text, _, signature = token.rpartition(".")
        if not token.isascii():
            return None
        if not compare_digest(_base64(digest(self._key, text.encode(), "sha256")), signature):
            return None
        middle = text.partition(".")[2]
        claims: Obj = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return claims


def _user(namespace: str, name: str, uid: str, extra: dict[str, tuple[str, ...]]) -> User:
    groups = (*service_account_groups(namespace), AUTHENTICATED)
    return User(service_account_name(namespace, name), groups, uid, extra)


def _check_duration(seconds: Any) -> None:
    field = "spec.expirationSeconds"
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise bad_request(
            'TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot '
            "unmarshal string into Go struct field TokenRequestSpec.spec.expirationSeconds of type "
            "int64"
        )
    causes = []
    if seconds < SHORTEST_S:
        causes.append(
            invalid_value(field, seconds, "may not specify a duration less than 10 minutes")
        )
    if seconds > LONGEST_S:
        causes.append(
            invalid_value(field, seconds, "may not specify a duration larger than 2^32 seconds")
        )
    if causes:
        raise invalid("TokenRequest", "", causes, "authentication.k8s.io")


def _encoded(value: Obj) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
