"""`kubectl set image`: changes images in a pod template.

It must not know what an image contains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Lookup
from sim.kubectl.commands.label import split_pairs
from sim.kubectl.errors import Aggregate, CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import DRY_RUN_FLAG, OUTPUT_FLAGS, check_output, dry_run_of
from sim.kubectl.templates import TemplateChange, pod_spec_of

SET_FLAGS = (
    flags(
        "all bool",
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "local bool",
        "record bool",
        "recursive,R bool",
        "selector,l",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG
)


@dataclass
class SetImageOptions:
    """What `set image` was asked."""

    resources: Sequence[str]
    images: Mapping[str, str]
    lookup: Lookup
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> SetImageOptions:
        """Read flags and arguments."""
        check_output(call)
        resources, pairs = split_pairs(call.args, "image")
        bad = [pair for pair in pairs if "=" not in pair]
        if bad:
            raise CommandError(f"invalid image format: {', '.join(bad)}")
        images = dict(pair.partition("=")[::2] for pair in pairs)
        lookup = set_lookup(call)
        return cls(resources, images, lookup, dry_run_of(call))

    def validate(self) -> None:
        """Leave everything to `check_images`."""

    def check_images(self) -> None:
        """Require images, once the objects have been found."""
        problems = []
        if self.lookup.bulk and self.lookup.labels:
            problems.append("cannot set --all and --selector at the same time")
        if self.resources and not self.images:
            problems.append("at least one image update is required")
        elif len(self.images) > 1 and "*" in self.images:
            problems.append(
                "all containers are already specified by *, but saw more than one "
                "container_name=container_image pairs"
            )
        raise_all([CommandError(problem) for problem in problems])

    def run(self, call: Invocation) -> int:
        """Patch the objects."""
        change = TemplateChange(
            self.resources,
            self.lookup,
            self._change,
            "image updated",
            "failed to patch image update to pod template:",
            self.dry_run,
            check=self._check,
            found=self.check_images,
        )
        return change.run(call)

    def _change(self, container: Obj) -> Obj:
        image = self.images.get(container["name"], self.images.get("*", container.get("image")))
        return {} if image == container.get("image") else {"image": image}

    def _check(self, obj: Obj, matching: int) -> Exception | None:
        spec = pod_spec_of(obj)
        names = {
            container["name"]
            for key in ("containers", "initContainers")
            for container in spec.get(key) or []
        }
        missing: list[Exception] = [
            CommandError(f"error: unable to find container named {quote(name)}")
            for name in self.images
            if name != "*" and name not in names
        ]
        if not missing:
            return None
        return missing[0] if len(missing) == 1 else Aggregate(missing)


def set_lookup(call: Invocation) -> Lookup:
    """Return how the `set` commands find their objects.

    Raises:
        CommandError: for `--local`, which is not modelled here.
    """
    if call.flags.on("local"):
        raise CommandError(f'"{call.path} --local" is not supported in this simulator')
    return Lookup(labels=call.flags.text("selector"), bulk=call.flags.on("all"))


COMMAND = Command(
    "image",
    "Update the image of a pod template",
    SetImageOptions,
    SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
)
