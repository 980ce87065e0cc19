"""Service accounts: each namespace has its `default`, each Secret for an account its token.

Thanks to this file a new namespace can run pods. It must not know what a token allows
(pkg/controller/serviceaccount).
"""

from __future__ import annotations

from base64 import b64encode
from typing import ClassVar

from sim.apimachinery.meta import Key, annotations_of, is_terminating, with_metadata
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.apiserver.tokens import LEGACY_TYPE, NAME_ANNOTATION, UID_ANNOTATION
from sim.control.rootca import CERTIFICATE
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

DEFAULT = "default"


class ServiceAccountController(Controller):
    """A key is a namespace, or (with a namespace) a Secret that holds a token."""

    name: ClassVar[str] = "service-account-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        namespaces: Informer,
        accounts: Informer,
        secrets: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._namespaces = namespaces
        self._accounts = accounts
        self._secrets = secrets
        self._by_account = secrets.index(_account_of)
        namespaces.on_change(self._namespace_changed)
        accounts.on_change(self._account_changed)
        secrets.on_change(self._secret_changed)

    def adopt(self) -> None:
        """Queue the namespaces without a default account."""
        for key in self._namespaces.objects:
            if self._accounts.get(key.name, DEFAULT) is None:
                self.enqueue(key)

    def _namespace_changed(self, change: Change) -> None:
        if change.type == "ADDED":
            self.enqueue(change.key)

    def _account_changed(self, change: Change) -> None:
        if change.type == "MODIFIED":
            return
        if change.key.name == DEFAULT and change.type == "DELETED":
            self.enqueue(Key("", change.key.namespace))
        for key in self._by_account.keys(f"{change.key.namespace}/{change.key.name}"):
            self.enqueue(key)

    def _secret_changed(self, change: Change) -> None:
        if change.type != "DELETED" and change.new.get("type") == LEGACY_TYPE:
            self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Make the default account of a namespace, or fill in a token."""
        if key.namespace:
            self._fill(key)
            return
        namespace = self._namespaces.get("", key.name)
        if namespace is None or is_terminating(namespace):
            return
        if self._accounts.get(key.name, DEFAULT) is None:
            account = {"metadata": {"name": DEFAULT, "namespace": key.name}}
            self.api.create("serviceaccounts", account)

    def _fill(self, key: Key) -> None:
        secret = self._secrets.get(*key)
        if secret is None or secret.get("type") != LEGACY_TYPE:
            return
        annotations = annotations_of(secret)
        account = self._accounts.get(key.namespace, annotations.get(NAME_ANNOTATION, ""))
        uid = annotations.get(UID_ANNOTATION)
        if account is None or (uid and uid != account["metadata"]["uid"]):
            # The account has gone; its token goes too.
            self.api.delete("secrets", *key)
            return
        held = secret.get("data") or {}
        if uid and {"ca.crt", "namespace", "token"} <= held.keys():
            return
        parts = {
            "ca.crt": CERTIFICATE,
            "namespace": key.namespace,
            "token": self.api.tokens.legacy(account, key.name),
        }
        data = {name: b64encode(text.encode()).decode() for name, text in parts.items()}

        def change(old: Obj) -> Obj:
            found = {**annotations_of(old), UID_ANNOTATION: account["metadata"]["uid"]}
            return {**with_metadata(old, annotations=found), "data": {**held, **data}}

        self.api.modify("secrets", *key, change)


def _account_of(secret: Obj) -> tuple[str, ...]:
    if secret.get("type") != LEGACY_TYPE:
        return ()
    name = annotations_of(secret).get(NAME_ANNOTATION, "")
    return (f"{secret['metadata']['namespace']}/{name}",)
