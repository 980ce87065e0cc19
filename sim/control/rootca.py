"""The cluster's certificate authority, put into every namespace as `kube-root-ca.crt`.

It must not know who trusts it (pkg/controller/certificates/rootcacertpublisher).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

NAME = "kube-root-ca.crt"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
"""Nothing in the model is encrypted, so nothing has to fit this."""
ANNOTATIONS = {
    "kubernetes.io/description": "Contains a CA bundle that can be used to verify the "
    "kube-apiserver when using internal endpoints such as the internal service IP or "
    "kubernetes.default.svc."
    " No other usage is guaranteed across distributions of Kubernetes clusters."
}
DATA = {"ca.crt": CERTIFICATE}


class RootCaPublisher(Controller):
    """A key is a namespace."""

    name: ClassVar[str] = "root-ca-certificate-publisher"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        namespaces: Informer,
        configmaps: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._namespaces = namespaces
        self._configmaps = configmaps
        namespaces.on_change(self._namespace_changed)
        configmaps.on_change(self._configmap_changed)

    def adopt(self) -> None:
        """Queue the namespaces without the bundle."""
        for key in self._namespaces.objects:
            if self._configmaps.get(key.name, NAME) is None:
                self.enqueue(key)

    def _namespace_changed(self, change: Change) -> None:
        if change.type == "ADDED":
            self.enqueue(change.key)

    def _configmap_changed(self, change: Change) -> None:
        if change.key.name == NAME and change.type != "ADDED":
            self.enqueue(Key("", change.key.namespace))

    def reconcile(self, key: Key) -> None:
        """Put the bundle into a namespace, or put it right."""
        namespace = self._namespaces.get("", key.name)
        if namespace is None or is_terminating(namespace):
            return
        held = self._configmaps.get(key.name, NAME)
        if held is None:
            self.api.create("configmaps", bundle(key.name))
        elif held.get("data") != DATA:
            self.api.modify("configmaps", key.name, NAME, lambda old: {**old, "data": DATA})


def bundle(namespace: str) -> Obj:
    """Return the ConfigMap of a namespace."""
    metadata = {"name": NAME, "namespace": namespace, "annotations": ANNOTATIONS}
    return {"metadata": metadata, "data": DATA}
