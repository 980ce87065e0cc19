"""A night on which a password was rotated into the wrong Secret and the old one revoked."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import lru_cache
from io import StringIO
from pathlib import Path
from shlex import quote
from typing import Any

from ruamel.yaml import YAML

from sim.apps import WebService
from sim.backends.simulated import SimulatedBackend
from sim.bash import ShellExecution
from sim.evidence import EvidenceLog
from sim.faults import schedule
from sim.kernel import Environment
from sim.node.container import Container
from sim.scenario import Scenario
from sim.scenario.loader import parse_scenario
from tests.scenarios.night import Night

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FAMILY = "families/payments.yaml"
SEED = "payments-0247/scenario.yaml"
OLD, NEW = "payments/payments-db/password", "next-password"
ROTATE: dict[str, Any] = {
    "id": "rotate",
    "at": "-13m",
    "fault": "set-secret",
    "namespace": "payments-staging",
    "secret": "payments-db",
    "key": "password",
    "value": NEW,
    "by": "vault-rotate",
    "annotations": {"rotation.internal/at": "{at}"},
}
REVOKE: dict[str, Any] = {
    "id": "revoke",
    "at": "20m",
    "fault": "set-password",
    "application": "postgres",
    "user": "payments",
    "value": NEW,
}
APPLICATIONS: list[dict[str, Any]] = [
    {"name": "payment-service", "behaviour": {"user": "payments"}},
    {
        "name": "postgres",
        "behaviour": {
            "users": [{"name": "payments", "secret": OLD}, {"name": "ledger"}],
            "log_statement": "ddl",
        },
    },
]
STAGING: dict[str, Any] = {
    "name": "payments-db",
    "namespace": "payments-staging",
    "age": "212d",
    "text": {"username": "payments"},
    "drawn": {"password": "staging-password"},
}


@lru_cache
def rotation(*, release: bool = False, plain: bool = False, revoke: str = "20m") -> Scenario:
    """Return the seed's world with that story; with *release* tonight's deployment comes, too."""
    yaml = YAML()
    tree = yaml.load((SCENARIOS / SEED).read_text(encoding="utf-8"))
    family = (SCENARIOS / FAMILY).read_text(encoding="utf-8")
    tree["slug"] = "payments-rotation"
    tree["night_shift"] = ["0s", "0s"]
    tree["applications"] = APPLICATIONS
    tree["secrets"] = [STAGING]
    tree["timeline"] = [ROTATE, {**REVOKE, "at": revoke, "plain": plain}]
    if not release:
        # The change feed speaks of the release: it comes when nobody looks any more.
        tree["timeline"].append({"id": "rollout", "at": "10h"})
    tree["hurts_from"] = "revoke"
    del tree["real"]
    text = StringIO()
    yaml.dump(tree, text)
    return parse_scenario(text.getvalue(), (), (FAMILY, family))


class Rotation(Night):
    """That night, and what its tests ask."""

    def __init__(self, seed: int = 0, **options: Any) -> None:
        self.scenario = rotation(**options)
        self.env = Environment()
        self.log = EvidenceLog()
        self.backend = SimulatedBackend(self.scenario, seed, env=self.env, log=self.log)
        schedule(self.scenario, seed, self.backend)
        self.roles = self.backend.roles

    def services(self) -> list[WebService]:
        """Return the instances of the application that run."""
        return [one.behaviour for one in self.containers() if isinstance(one.behaviour, WebService)]

    def containers(self, app: str = "payment-service") -> list[Container]:
        """Return the running containers of an application's pods."""
        kubelets = self.backend.kubelets
        workers = [kubelets.worker(pod) for pod in self.pods(app)]
        return [one for worker in workers if worker is not None for one in worker.running()]

    def dead(self) -> list[float]:
        """Return the share of empty slots of each instance."""
        return [one.dead_share for one in self.services()]

    def said(self, app: str = "payment-service") -> list[str]:
        """Return what the first pod of an application has printed, without its requests."""
        lines = self.containers(app)[0].log.read(self.env.now)
        return [one.text for one in lines if " req=" not in one.text]

    def value(self, namespace: str) -> str:
        """Return the password that a namespace's Secret holds."""
        secret = self.backend.api.get("secrets", namespace, "payments-db")
        assert secret is not None
        return b64decode(secret["data"]["password"]).decode()

    def patch(self, password: str) -> None:
        """Write a password into the Secret that the application reads."""
        body = {"data": {"password": b64encode(password.encode()).decode()}}
        self.send("PATCH", "/api/v1/namespaces/payments/secrets/payments-db", body)

    def restart(self) -> None:
        """Restart the application's pods, one after the other."""
        at = {"kubectl.kubernetes.io/restartedAt": self.clock(self.env.now)}
        body = {"spec": {"template": {"metadata": {"annotations": at}}}}
        self.send("PATCH", "/apis/apps/v1/namespaces/payments/deployments/payment-service", body)

    def psql(self, statement: str, *, user: str = "postgres", **environ: str) -> tuple[str, str]:
        """Run psql in the database's pod and return what it prints and complains of."""
        shell = self.containers("postgres")[0].shell()
        host = "-h postgres " if environ else ""
        given = " ".join(f"{name}={value}" for name, value in environ.items())
        done = ShellExecution(shell, line=f"{given} psql {host}-U {user} -c {quote(statement)}")
        self.env.advance(self.env.now + 1_000)
        told = done.poll()
        out = "".join(text for stream, text in told if stream == "stdout")
        return out, "".join(text for stream, text in told if stream == "stderr")
