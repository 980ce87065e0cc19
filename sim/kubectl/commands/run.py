"""`kubectl run`: makes one pod, and with `-i` waits for it, attaches, and reports its exit.

It must not know what the pod does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apimachinery.patch import json_patch, merge_patch
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path
from sim.kubectl.commands.attach import AttachOptions
from sim.kubectl.commands.run_attended import AttendedPod
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.gojson import json_problem
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    NONE,
    OUTPUT_FLAGS,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed
from sim.kubectl.templates import recorded

_POLICIES = ("Always", "OnFailure", "Never")
_PULL_POLICIES = ("", "Always", "IfNotPresent", "Never")


@dataclass
class RunOptions:
    """What `run` was asked."""

    name: str
    words: Sequence[str]
    image: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    env: Sequence[Obj]
    port: str
    restart: str
    pull_policy: str
    overrides: str
    override_type: str
    dry_run: str
    timeout_ms: int
    as_command: bool = False
    stdin: bool = False
    tty: bool = False
    attach: bool = False
    remove: bool = False
    quiet: bool = False
    leave_open: bool = False
    expose: bool = False
    privileged: bool = False

    @classmethod
    def complete(cls, call: Invocation) -> RunOptions:
        """Read flags and arguments."""
        flags, args = call.flags, call.args
        stdin = flags.on("stdin")
        if not args or flags.before_dash == 0:
            raise CommandError("NAME is required for run")
        labels = _pairs(flags.text("labels"))
        env = [_variable(text) for text in flags.many("env")]
        if (flags.text("restart") or "Always") in _POLICIES:
            check_output(call)  # a policy that does not exist is told before
        return cls(
            name=args[0],
            words=args[1:],
            image=flags.text("image"),
            labels=labels,
            annotations=dict(text.partition("=")[::2] for text in flags.many("annotations")),
            env=env,
            port=flags.text("port"),
            restart=flags.text("restart") or ("OnFailure" if stdin else "Always"),
            pull_policy=flags.text("image-pull-policy"),
            overrides=flags.text("overrides"),
            override_type=flags.text("override-type"),
            dry_run=dry_run_of(call),
            timeout_ms=flags.duration_ms("pod-running-timeout"),
            as_command=flags.on("command"),
            stdin=stdin,
            tty=flags.on("tty"),
            attach=flags.on("attach") if flags.is_set("attach") else stdin,
            remove=flags.on("rm"),
            quiet=flags.on("quiet"),
            leave_open=flags.on("leave-stdin-open"),
            expose=flags.on("expose"),
            privileged=flags.on("privileged"),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.restart not in _POLICIES:
            raise CommandError(
                f"invalid restart policy: {self.restart}, valid values are: Always, OnFailure, "
                "Never"
            )
        if self.pull_policy not in _PULL_POLICIES:
            raise CommandError(
                f"invalid image pull policy: {self.pull_policy}, valid values are: Always, "
                "IfNotPresent, Never"
            )
        if not self.image:
            raise CommandError("--image is required")
        if " " in self.image or self.image != self.image.strip("/:"):
            raise CommandError(f'invalid image name "{self.image}": invalid reference format')
        if self.tty and not self.stdin:
            raise CommandError("-i/--stdin is required for containers with -t/--tty=true")
        if self.expose and not self.port:
            raise CommandError("--port must be set when exposing a service")
        if self.port and not self.port.isdecimal():
            raise CommandError("--port must be a number")
        if self.remove and not self.attach:
            raise CommandError("--rm should only be used for attached containers")
        if self.attach and self.dry_run != NONE:
            raise CommandError(
                "--dry-run=[server|client] can't be used with attached containers options "
                "(--attach, --stdin, or --tty)"
            )

    def run(self, call: Invocation) -> Running | int:
        """Make the pod, and stay with it if that was asked."""
        pod = self._create(
            call, "pods", _overridden(self.pod(), self.overrides, self.override_type)
        )
        made = [pod]
        if self.expose:
            made.append(self._create(call, "services", self.service()))
        if self.attach:
            attach = AttachOptions(
                [self.name], "", self.stdin, self.tty, self.quiet, self.timeout_ms
            )
            remove = made if self.remove else ()
            attended = AttendedPod(
                pod, remove, self.restart, self.timeout_ms, attach, self.leave_open
            )
            return attended.stay(call)
        results = Results(call, self.dry_run)
        for obj in made:
            results.say("created", typed(recorded(call, obj)))
        return 0

    def pod(self) -> Obj:
        """Return the pod as kubectl generates it."""
        container: Obj = {"name": self.name, "image": self.image, "resources": {}}
        if self.env:
            container["env"] = list(self.env)
        if self.pull_policy:
            container["imagePullPolicy"] = self.pull_policy
        if self.stdin:
            container["stdin"] = True
            if not self.leave_open:
                container["stdinOnce"] = True
        if self.tty:
            container["tty"] = True
        if self.privileged:
            container["securityContext"] = {"privileged": True}
        if self.words:
            container["command" if self.as_command else "args"] = list(self.words)
        if self.port:
            container["ports"] = [{"containerPort": int(self.port)}]
        metadata: Obj = {"name": self.name, "labels": dict(self.labels) or {"run": self.name}}
        if not self.name:
            del metadata["name"]  # left to the server to refuse
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {
                "containers": [container],
                "dnsPolicy": "ClusterFirst",
                "restartPolicy": self.restart,
            },
            "status": {},
        }

    def service(self) -> Obj:
        """Return the Service of `--expose`."""
        port = int(self.port)
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name},
            "spec": {
                "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
                "selector": dict(self.labels) or {"run": self.name},
            },
            "status": {"loadBalancer": {}},
        }

    def _create(self, call: Invocation, plural: str, obj: Obj) -> Obj:
        if self.dry_run == CLIENT:
            if not call.namespace_given:
                return obj
            return {**obj, "metadata": {**obj["metadata"], "namespace": call.namespace}}
        query = [("fieldManager", "kubectl-run"), *dry_run_query(self.dry_run)]
        namespace = obj["metadata"].get("namespace") or call.namespace
        path = collection_path(call.known(plural), namespace)
        return call.client.create(path, obj, query)


def _pairs(text: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for part in text.split(",") if text else []:
        key, equals, value = part.partition("=")
        if not equals or "=" in value:
            raise CommandError(f"unexpected label spec: {part}")
        if not key:
            raise CommandError("unexpected empty label key")
        labels[key] = value
    return labels


def _variable(text: str) -> Obj:
    name, equals, value = text.partition("=")
    if not equals or not name.replace("_", "a").replace("-", "a").replace(".", "a").isalnum():
        raise CommandError(f"invalid env: {text}")
    return {"name": name, "value": value}


def _overridden(pod: Obj, overrides: str, kind: str) -> Obj:
    """Return *pod* with `--overrides` laid over it: merged, strategic or as a JSON patch."""
    if not overrides:
        return pod
    if kind not in ("json", "merge", "strategic"):
        raise CommandError(f"invalid override type: {kind}")
    if problem := json_problem(overrides):
        texts = {"json": problem, "strategic": "invalid JSON document"}
        raise CommandError(texts.get(kind, "Invalid JSON Patch"))
    patch = json.loads(overrides)
    result: Obj
    if kind == "json":
        result = json_patch(pod, patch)
    elif kind == "strategic":
        result = strategic_merge_patch(pod, patch, "Pod")
    elif not isinstance(patch, dict):
        raise CommandError("Invalid JSON Patch")
    else:
        result = merge_patch(pod, patch)
    return result


COMMAND = Command(
    "run",
    "Run a particular image on the cluster",
    RunOptions,
    flags(
        "annotations array",
        "attach bool",
        "cascade string=background?background",
        "command bool",
        "detach-keys",
        "env array",
        "expose bool",
        "field-manager string=kubectl-run",
        "filename,f list",
        "force bool",
        "grace-period int=-1",
        "image",
        "image-pull-policy",
        "kustomize,k",
        "labels,l",
        "leave-stdin-open bool",
        "override-type string=merge",
        "overrides",
        "pod-running-timeout duration=60s",
        "port",
        "privileged bool",
        "quiet,q bool",
        "recursive,R bool",
        "restart string=Always",
        "record bool",
        "rm bool",
        "save-config bool",
        "stdin,i bool",
        "timeout duration=0s",
        "tty,t bool",
        "wait bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage='NAME --image=image [--env="key=value"] [--overrides=inline-json] -- [COMMAND] [args...]',
    required=("image",),
)
