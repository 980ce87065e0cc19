"""How a node gets an image: present, pulled, or tried again and again under a back-off.

Texts: kubelet images/image_manager.go. This file must not know containers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import simpy

from sim.apimachinery.wire import Obj
from sim.kernel import Environment, Stream
from sim.node.images import PULL_BYTES_PER_S, ImageCatalog, reference_problem
from sim.node.kubelet.backoff import CAP_MS, INITIAL_MS


class Puller(Protocol):
    """What a pull needs of its pod."""

    env: Environment
    images: ImageCatalog

    def draw(self, *purpose: object) -> Stream:
        """Return the random stream for *purpose*."""

    def event(self, type_: str, reason: str, message: str, container: str = "") -> None:
        """Record an EventObject about the pod."""

    def image_present(self, image: str) -> bool:
        """Return True if the node has *image*."""

    def image_pulled(self, image: str) -> None:
        """Note that the node now has *image*."""


def pulling(
    pod: Puller, spec: Obj, wait: Callable[[str, str], None]
) -> Generator[simpy.Event, Any, None]:
    """Have the image of container *spec* on the node when this ends; *wait* hears (reason, message)."""
    name, image = spec["name"], spec["image"]
    policy = spec.get("imagePullPolicy", "IfNotPresent")
    if problem := reference_problem(image):
        yield from _refusing(pod, name, image, problem, wait)
    present = pod.image_present(image)
    if present and policy != "Always":
        message = f'Container image "{image}" already present on machine'
        pod.event("Normal", "Pulled", message, name)
        return
    if policy == "Never":
        message = f'Container image "{image}" is not present with pull policy of Never'
        pod.event("Warning", "ErrImageNeverPull", message, name)
        pod.event("Warning", "Failed", "Error: ErrImageNeverPull", name)
        wait("ErrImageNeverPull", message)
        yield pod.env.event()
    delay = INITIAL_MS
    for attempt in range(1_000_000):
        pod.event("Normal", "Pulling", f'Pulling image "{image}"', name)
        found = pod.images.find(image)
        draw = pod.draw("pull", name, attempt)
        if found is not None:
            size = 0 if present else found.size_bytes
            took = draw.integer(280, 900) + size * 1000 // PULL_BYTES_PER_S
            yield pod.env.timeout(took)
            pod.image_pulled(image)
            seconds = go_duration(took)
            message = (
                f'Successfully pulled image "{image}" in {seconds} ({seconds} including '
                f"waiting). Image size: {found.size_bytes} bytes."
            )
            pod.event("Normal", "Pulled", message, name)
            return
        yield pod.env.timeout(draw.integer(500, 1_600))
        error = pod.images.pull_error(image)
        pod.event("Warning", "Failed", f'Failed to pull image "{image}": {error}', name)
        pod.event("Warning", "Failed", "Error: ErrImagePull", name)
        wait("ErrImagePull", error)
        yield pod.env.timeout(min(delay, draw.integer(9_000, 12_000, 1)))
        pod.event("Normal", "BackOff", f'Back-off pulling image "{image}"', name)
        pod.event("Warning", "Failed", "Error: ImagePullBackOff", name)
        waits = f'Back-off pulling image "{image}": ErrImagePull: {error}'
        wait("ImagePullBackOff", waits)
        yield pod.env.timeout(draw.integer(1_200, 4_000, 2) + max(0, delay - INITIAL_MS))
        delay = min(delay * 2, CAP_MS)


def _refusing(
    pod: Puller, name: str, image: str, problem: str, wait: Callable[[str, str], None]
) -> Generator[simpy.Event, Any, None]:
    """Say for ever that *image* is no name of an image."""
    where = f'couldn\'t parse image reference "{image}"'
    message = f'Failed to apply default image tag "{image}": {where}: {problem}'
    for attempt in range(1_000_000):
        pod.event("Warning", "InspectFailed", message, name)
        pod.event("Warning", "Failed", "Error: InvalidImageName", name)
        wait("InvalidImageName", message)
        yield pod.env.timeout(pod.draw("refuse", name, attempt).integer(11_000, 16_000))


def go_duration(ms: int) -> str:
    """Return a duration as Go prints it.

    >>> go_duration(412), go_duration(4_710), go_duration(65_000)
    ('412ms', '4.71s', '1m5s')
    """
    if ms < 1000:
        return f"{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
