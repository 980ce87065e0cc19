"""`kubectl run`: makes one pod, and with `-i` waits for it, attaches, and reports its exit.

It must not know what the pod does.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.apimachinery.patch import json_patch, merge_patch
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path, object_path
from sim.kubectl.commands.attach import AttachOptions
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import flags
from sim.kubectl.gojson import json_problem
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.pods import default_container, is_ready
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    NONE,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.waiting import until

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
        return cls(
            name=args[0],
            words=args[1:],
            image=flags.text("image"),
            labels=_pairs(flags.text("labels")),
            annotations=dict(text.partition("=")[::2] for text in flags.many("annotations")),
            env=[_variable(text) for text in flags.many("env")],
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
        if self.port and not self.port.isdigit():
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
            return self._staying(call, pod, made)
        results = Results(call, self.dry_run)
        for obj in made:
            results.say("created", obj)
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

    def _staying(self, call: Invocation, pod: Obj, made: Sequence[Obj]) -> Running:
        try:
            code = yield from self._attached(call, pod)
        finally:
            if self.remove:
                for obj in made:
                    self._delete(call, obj)
        return code

    def _attached(self, call: Invocation, pod: Obj) -> Running:
        state, ran = yield from self._until_running(call, pod)
        if not ran:
            self._print_logs(call, state)
        else:
            self._print_logs(call, state)
            options = AttachOptions(
                [self.name], "", self.stdin, self.tty, self.quiet, self.timeout_ms
            )
            try:
                yield from options.attach_to(call, state)
            except (CommandError, ApiStatusError) as error:
                call.err(
                    f"warning: couldn't attach to pod/{self.name}, falling back to streaming "
                    f"logs: {plain(error)}\n"
                )
                self._print_logs(call, state)
        restart = (pod.get("spec") or {}).get("restartPolicy", self.restart)
        if self.leave_open or self.restart == "Always" or restart == "Always":
            return 0
        return (yield from self._exit_code(call, pod))

    def _until_running(
        self, call: Invocation, pod: Obj
    ) -> Generator[simpy.Event, Any, tuple[Obj, bool]]:
        """Wait until the pod runs and is ready (True) or has run to its end (False)."""
        last: list[Obj] = [pod]
        ran = [False]

        def decide(kind: str, obj: Obj) -> bool:
            if kind == "DELETED":
                raise CommandError('Error from server (NotFound): pods "" not found', bare=True)
            last[0] = obj
            phase = (obj.get("status") or {}).get("phase")
            ran[0] = phase == "Running" and is_ready(obj)
            return ran[0] or phase in ("Succeeded", "Failed")

        metadata = pod["metadata"]
        done = yield from until(
            call,
            call.known("pods"),
            metadata["namespace"],
            metadata["name"],
            decide,
            timeout_ms=self.timeout_ms,
        )
        if not done:
            raise CommandError("timed out waiting for the condition")
        return last[0], ran[0]

    def _exit_code(self, call: Invocation, pod: Obj) -> Running:
        last: list[Obj] = [pod]
        ends = ("Succeeded",) if self.restart == "OnFailure" else ("Succeeded", "Failed")

        def decide(kind: str, obj: Obj) -> bool:
            if kind == "DELETED":
                raise CommandError('Error from server (NotFound): pods "" not found', bare=True)
            last[0] = obj
            return (obj.get("status") or {}).get("phase") in ends

        metadata = pod["metadata"]
        done = yield from until(
            call,
            call.known("pods"),
            metadata["namespace"],
            metadata["name"],
            decide,
            timeout_ms=self.timeout_ms,
        )
        if not done:
            raise CommandError("timed out waiting for the condition")
        status = last[0].get("status") or {}
        if status.get("phase") == "Succeeded":
            return 0
        name = f"{metadata['namespace']}/{metadata['name']}"
        statuses = status.get("containerStatuses") or [{}]
        ended = (statuses[0].get("state") or {}).get("terminated") or {}
        code = int(ended.get("exitCode") or 0)
        if code == 0:
            raise CommandError(f"pod {name} failed with unknown exit code")
        message = f"pod {name} terminated ({ended.get('reason', '')})\n{ended.get('message', '')}"
        raise CommandError(message, code, bare=True)

    def _print_logs(self, call: Invocation, pod: Obj) -> None:
        container = default_container(call, pod, quiet=True)
        try:
            call.out(read_log(call, pod, container["name"]))
        except ApiStatusError as error:
            call.err(f"warning: couldn't fetch pre-attach logs: {plain(error)}\n")

    def _delete(self, call: Invocation, obj: Obj) -> None:
        resource = call.known("pods" if obj["kind"] == "Pod" else "services")
        metadata = obj["metadata"]
        path = object_path(resource, metadata["namespace"], metadata["name"])
        try:
            call.client.delete(path, {"propagationPolicy": "Background"})
        except ApiStatusError as error:
            if error.code == 404:
                return
            raise
        if not self.quiet:
            call.out(
                f'{resource.label} "{metadata["name"]}" deleted from '
                f"{metadata['namespace']} namespace\n"
            )


def read_log(call: Invocation, pod: Obj, container: str) -> str:
    """Return what *container* has logged up to now."""
    metadata = pod["metadata"]
    path = object_path(call.known("pods"), metadata["namespace"], metadata["name"], "log")
    text = call.client.get(path, [("container", container)], accept="*/*")
    return text if isinstance(text, str) else ""


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
