"""`kubectl set image`: changes images in a pod template.

It must not know what an image contains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.commands.label import split_pairs
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import check_output
from sim.kubectl.setting import SET_FLAGS, Setting
from sim.kubectl.templates import containers_patch, pod_spec_of


@dataclass
class SetImageOptions:
    """What `set image` was asked."""

    setting: Setting
    images: Mapping[str, str]

    @classmethod
    def complete(cls, call: Invocation) -> SetImageOptions:
        """Read flags and arguments."""
        check_output(call)
        resources, pairs = split_pairs(call.args, "image")
        bad = [pair for pair in pairs if "=" not in pair]
        if bad:
            raise CommandError(f"invalid image format: {', '.join(bad)}")
        images = dict(pair.partition("=")[::2] for pair in pairs)
        return cls(Setting.of(call, resources), images)

    def validate(self) -> None:
        """Leave everything to `_check`."""

    def _check(self) -> None:
        """Require images, once the objects have been found."""
        problems: list[Exception] = []
        for check in (self.setting.check_choice, self._check_images, self.setting.check_local):
            try:
                check()
            except CommandError as problem:
                problems.append(problem)
        raise_all(problems)

    def _check_images(self) -> None:
        if not self.images:
            raise CommandError("at least one image update is required")
        if len(self.images) > 1 and "*" in self.images:
            raise CommandError(
                "all containers are already specified by *, but saw more than one "
                "container_name=container_image pairs"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects."""
        infos = self.setting.find(call)
        self._check()
        failed = "failed to patch image update to pod template:"
        self.setting.change(call, infos, self._patch, "image updated", failed)
        return 0

    def _patch(self, obj: Obj, problems: list[Exception]) -> Obj:
        spec = pod_spec_of(obj)
        names = {
            container["name"]
            for key in ("containers", "initContainers")
            for container in spec.get(key) or []
        }
        problems += [
            CommandError(f"error: unable to find container named {quote(name)}")
            for name in self.images
            if name != "*" and name not in names
        ]
        return containers_patch(obj, self._change)[0]

    def _change(self, container: Obj) -> Obj:
        image = self.images.get(container["name"], self.images.get("*", container.get("image")))
        return {} if image == container.get("image") else {"image": image}


COMMAND = Command(
    "image",
    "Update the image of a pod template",
    SetImageOptions,
    SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
)
