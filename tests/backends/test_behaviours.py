"""Every kind of behaviour that a scenario can name has code behind it, and says what it does."""

from __future__ import annotations

import typing

from sim.apps import Gateway, Idle, Neighbour, Postgres, WebService
from sim.node.kubeproxy.behaviour import ProxyBehaviour
from sim.scenario.application import Behaviour
from tests.scenarios.night import Night

CODE = {
    "web-service": WebService,
    "database": Postgres,
    "gateway": Gateway,
    "neighbour": Neighbour,
    "idle": Idle,
}


def test_every_kind_of_behaviour_has_code() -> None:
    (union, _) = typing.get_args(Behaviour)
    kinds = {
        typing.get_args(spec.model_fields["kind"].annotation)[0] for spec in typing.get_args(union)
    }

    assert kinds == set(CODE)


def test_containers_behave_as_their_image_says() -> None:
    night = Night("payments-0247", 0)
    expected = {one.image: CODE[one.behaviour.kind] for one in night.scenario.applications} | {
        "registry.k8s.io/kube-proxy": ProxyBehaviour
    }

    for pod in night.backend.api.list("pods"):
        worker = night.backend.kubelets.worker(pod)
        assert worker is not None
        for container in worker.running():
            image = container.image.rpartition(":")[0]
            assert isinstance(container.behaviour, expected.get(image, Idle))


def test_public_images_run_a_command_by_either_name() -> None:
    registry = Night("payments-0247", 0).backend.behaviours.registry

    for image in ("busybox", "busybox:1.36", "docker.io/library/busybox", "nicolaka/netshoot"):
        assert registry.prefix(image)


def test_cpu_follows_the_requests() -> None:
    night = Night("payments-0247", 0)
    metrics = night.backend.api.metrics
    assert metrics is not None
    before = [metrics.pod_usage(pod)[0][1] for pod in night.pods()]
    night.until("02:48:00")
    after = [usage[0][1] for pod in night.pods() if (usage := metrics.pod_usage(pod))]

    assert all(200 < used < 280 for used in before)
    assert all(400 < used < 450 for used in after)
