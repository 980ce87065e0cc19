"""`kubectl create job` and `create cronjob`.

It must not know what runs them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError
from sim.kubectl.invocation import Command, Invocation

_MANUAL = {"cronjob.kubernetes.io/instantiate": "manual"}


class JobOptions(GenerateOptions):
    """`create job`, from an image or from a CronJob."""

    asks_name = False
    plural, kind, api_version = "jobs", "Job", "batch/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a Job."""
        image, source = call.flags.text("image"), call.flags.text("from")
        if bool(image) == bool(source):
            raise CommandError("either --image or --from must be specified")
        if self.words and source:
            raise CommandError("cannot specify --from and command")
        if source:
            return self._from_cronjob(call, source)
        spec = _pod(self.name, image, self.words, "Never")
        return {"spec": {"template": {"metadata": {}, "spec": spec}}, "status": {}}

    def _from_cronjob(self, call: Invocation, source: str) -> Obj:
        infos = select(call, [source], Lookup(bulk=False)).require()
        if len(infos) != 1:
            raise CommandError("from must be an existing cronjob")
        cronjob = infos[0].object
        if cronjob.get("kind") != "CronJob":
            raise CommandError(f"unknown object type *v1.{cronjob.get('kind')}")
        template = cronjob["spec"]["jobTemplate"]
        held = template.get("metadata") or {}
        metadata: Obj = {"annotations": {**_MANUAL, **(held.get("annotations") or {})}}
        if held.get("labels"):
            metadata["labels"] = held["labels"]
        metadata["ownerReferences"] = [
            {
                "apiVersion": "batch/v1",
                "controller": True,
                "kind": "CronJob",
                "name": cronjob["metadata"]["name"],
                "uid": cronjob["metadata"]["uid"],
            }
        ]
        return {"metadata": metadata, "spec": template["spec"], "status": {}}


class CronJobOptions(GenerateOptions):
    """`create cronjob`."""

    asks_name = False
    plural, kind, api_version = "cronjobs", "CronJob", "batch/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a CronJob."""
        read = call.flags
        restart = read.text("restart") or "OnFailure"
        spec = _pod(self.name, read.text("image"), self.words, restart)
        template = {
            "metadata": {"name": self.name},
            "spec": {"template": {"metadata": {}, "spec": spec}},
        }
        return {"spec": {"jobTemplate": template, "schedule": read.text("schedule")}, "status": {}}


def _pod(name: str, image: str, words: Sequence[str], restart: str) -> Obj:
    container: Obj = {"name": name, "image": image, "resources": {}}
    if words:
        container["command"] = list(words)
    return {"containers": [container], "restartPolicy": restart}


WORK_COMMANDS = (
    Command(
        "cronjob",
        "Create a cron job with the specified name",
        CronJobOptions,
        create_flags("image", "restart", "schedule"),
        usage="NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
        aliases=("cj",),
        required=("image", "schedule"),
    ),
    Command(
        "job",
        "Create a job with the specified name",
        JobOptions,
        create_flags("from", "image"),
        usage="NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    ),
)
