"""A scenario's cluster to play on, and the questions that tests ask it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj
from sim.backends.simulated import SimulatedBackend
from sim.evidence import AlertRecord, EvidenceLog, ImpactRecord
from sim.faults import schedule
from sim.kernel import Environment
from sim.scenario import Catalogue, Scenario

MINUTE = 60_000
MERGE = {"content-type": "application/merge-patch+json"}


class Night:
    """One scenario on one seed, with its timeline running."""

    def __init__(self, slug: str, seed: int) -> None:
        self.scenario: Scenario = Catalogue()[slug]
        self.env = Environment()
        self.log = EvidenceLog()
        self.backend = SimulatedBackend(self.scenario, seed, env=self.env, log=self.log)
        schedule(self.scenario, seed, self.backend)
        self.roles: dict[str, Any] = self.backend.roles

    # -- time ------------------------------------------------------------------------------------

    def clock(self, at: int) -> str:
        """Return the time of day, `02:47:00`."""
        return self.backend.epoch.datetime(at).strftime("%H:%M:%S")

    def until(self, clock: str) -> None:
        """Live on to a time of day of the same night."""
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        start = self.backend.epoch.datetime(0)
        midnight = (start.hour * 3600 + start.minute * 60 + start.second) * 1000
        self.env.advance((hours * 3600 + minutes * 60 + seconds) * 1000 - midnight)

    def until_page(self) -> int:
        """Live on to the page and return its time (ms)."""
        while not (pages := self.alerts("paged")):
            if self.env.now > self.scenario.page_by:
                raise AssertionError("no page came")
            self.env.advance(self.env.now + 5_000)
        return pages[0]

    # -- reading ---------------------------------------------------------------------------------

    def alerts(self, state: str) -> list[int]:
        """Return when the alert took a state (ms)."""
        return [record.at for record in self.log.of(AlertRecord) if record.state == state]

    @property
    def failing(self) -> float:
        """Return the share of requests that fail or are too slow now."""
        last = list(self.log.of(ImpactRecord))[-1]
        return last.failed / last.arrivals

    def failing_from(self, start: int, end: int) -> list[float]:
        """Return the shares that stood at some instant between *start* and *end*."""
        records = [record for record in self.log.of(ImpactRecord) if record.at < end]
        before = [record for record in records if record.at <= start][-1:]
        within = [record for record in records if record.at > start]
        return [record.failed / record.arrivals for record in before + within]

    def pods(self, app: str = "payment-service") -> list[Obj]:
        """Return the pods of an application of the payments namespace, by name."""
        return [
            pod
            for pod in self.backend.api.list("pods", "payments")
            if pod["metadata"]["labels"].get("app") == app
        ]

    def on_bad_node(self) -> list[str]:
        """Return the names of the application's pods on the faulty node."""
        bad = self.roles["node.bad"]
        return [
            pod["metadata"]["name"] for pod in self.pods() if pod["spec"].get("nodeName") == bad
        ]

    def status(self, pod: Obj) -> Obj:
        """Return the status of a pod's first container."""
        status: Obj = pod["status"]["containerStatuses"][0]
        return status

    @cached_property
    def bad(self) -> Any:
        """The faulty node's machine."""
        return self.backend.machines[self.roles["node.bad"]]

    @property
    def database(self) -> tuple[str, int]:
        """Address and port of the database's Service."""
        return self.roles["db.service_ip"], int(self.roles["db.port"])

    def dial(self, node: str) -> str:
        """Return how a new connection from *node* to the database's Service ends."""
        machine = self.backend.machines[node]
        return str(self.backend.network.connect(machine, *self.database).kind)

    def proxy_marks(self, what: str, node: str = "") -> list[str]:
        """Return the times at which a node's kube-proxy was `stopped`, `synced` ... in the night."""
        machine = self.backend.machines[node or self.roles["node.bad"]]
        return [
            self.clock(mark.at) for mark in machine.proxy.history if mark.what == what and mark.at
        ]

    # -- acting, as a trainee would --------------------------------------------------------------

    def send(self, method: str, path: str, body: Any = None) -> ApiResponse:
        """Send one request through the trainee's door and expect it to be taken."""
        headers = MERGE if method == "PATCH" else {}
        response = self.backend.transport.send(ApiRequest(method, path, (), headers, body))
        assert response.code < 300, response.body
        return response

    def cordon(self, on: bool = True) -> None:
        """Cordon the faulty node, or give it back."""
        body = {"spec": {"unschedulable": True if on else None}}
        self.send("PATCH", f"/api/v1/nodes/{self.roles['node.bad']}", body)

    def delete_crashing(self) -> None:
        """Delete the application's pods on the faulty node."""
        for name in self.on_bad_node():
            self.send("DELETE", f"/api/v1/namespaces/payments/pods/{name}")

    def roll_back(self) -> None:
        """Put the template of the revision before back, as `rollout undo` does."""
        (old,) = (
            one
            for one in self.backend.api.list("replicasets", "payments")
            if one["metadata"]["name"] == f"payment-service-{self.roles['hash.old']}"
        )
        template = old["spec"]["template"]
        labels = {
            k: v for k, v in template["metadata"]["labels"].items() if k != "pod-template-hash"
        }
        patch = [
            {
                "op": "replace",
                "path": "/spec/template",
                "value": {**template, "metadata": {"labels": labels}},
            }
        ]
        response = self.backend.transport.send(
            ApiRequest(
                "PATCH",
                "/apis/apps/v1/namespaces/payments/deployments/payment-service",
                (),
                {"content-type": "application/json-patch+json"},
                patch,
            )
        )
        assert response.code == 200, response.body

    def scale(self, replicas: int) -> None:
        """Scale the application."""
        path = "/apis/apps/v1/namespaces/payments/deployments/payment-service"
        self.send("PATCH", path, {"spec": {"replicas": replicas}})

    def change_proxy(self, memory: str = "") -> None:
        """Restart the DaemonSet kube-proxy, with another memory limit if one is given."""
        path = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
        daemonset = self.send("GET", path).body
        template = daemonset["spec"]["template"]
        (container,) = template["spec"]["containers"]
        if memory:
            resources = {"limits": {"memory": memory}, "requests": {"memory": memory}}
            container = {**container, "resources": resources}
        patch = {
            "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}},
            "spec": {"containers": [container]},
        }
        self.send("PATCH", path, {"spec": {"template": patch}})
