"""`kubectl debug`: a pod in a node's own namespaces, or an extra container in a pod.

It must not know what is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import (
    STRATEGIC_MERGE,
    ApiStatusError,
    collection_path,
    object_path,
)
from sim.kernel import Stream
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.attach import AttachOptions
from sim.kubectl.commands.run_attended import read_log
from sim.kubectl.debugprofiles import (
    COPY,
    EPHEMERAL,
    NODE,
    PROFILES,
    profiled_container,
    profiled_copy,
    profiled_node_pod,
)
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.waiting import until

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Generated names have no vowels and no 0, 1 and 3 (k8s.io/apimachinery util/rand)."""
_KEPT = ("annotations", "init-containers", "labels", "liveness", "readiness", "startup")
_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


@dataclass
class DebugOptions:
    """What `debug` was asked."""

    targets: Sequence[str]
    words: Sequence[str]
    image: str
    container: str
    target_container: str
    profile: str
    stdin: bool
    tty: bool
    attach: bool
    quiet: bool
    copy_to: str
    env: Sequence[Obj]
    set_images: Mapping[str, str]
    share: bool | None
    """Share the processes of the copy's containers; None: as the profile says."""
    same_node: bool
    replace: bool
    args_only: bool
    pull_policy: str
    custom: bool
    kept: frozenset[str]

    @classmethod
    def complete(cls, call: Invocation) -> DebugOptions:
        """Read flags and arguments; the program stands behind `--`."""
        flags, dash = call.flags, call.flags.before_dash
        targets = call.args if dash == -1 else call.args[:dash]
        stdin = flags.on("stdin")
        return cls(
            targets,
            [] if dash == -1 else call.args[dash:],
            flags.text("image"),
            flags.text("container"),
            flags.text("target"),
            flags.text("profile"),
            stdin,
            flags.on("tty"),
            flags.on("attach") if flags.is_set("attach") else stdin,
            flags.on("quiet"),
            flags.text("copy-to"),
            [
                dict(zip(("name", "value"), text.partition("=")[::2], strict=True))
                for text in flags.many("env")
            ],
            dict(text.partition("=")[::2] for text in flags.many("set-image")),
            flags.on("share-processes") if flags.is_set("share-processes") else None,
            flags.on("same-node"),
            flags.on("replace"),
            flags.on("arguments-only"),
            flags.text("image-pull-policy"),
            flags.is_set("custom"),
            frozenset(name for name in _KEPT if flags.on(f"keep-{name}")),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.profile not in PROFILES:
            raise CommandError(f"unknown profile: {self.profile}")
        if self.custom:
            raise CommandError('"kubectl debug --custom" is not supported in this simulator')
        if self.copy_to:
            self._check_copy()
        else:
            self._check_no_copy()
        if not self.targets:
            raise CommandError("NAME or filename is required for debug")
        if self.pull_policy not in ("", "Always", "IfNotPresent", "Never"):
            raise CommandError(f"invalid image pull policy: {self.pull_policy}")
        if self.target_container and self.copy_to:
            raise CommandError(
                "--target is incompatible with --copy-to. Use --share-processes instead."
            )
        if self.tty and not self.stdin:
            raise CommandError("-i/--stdin is required for containers with -t/--tty=true")

    def _check_copy(self) -> None:
        if not self.image and not self.set_images and not self.words:
            raise CommandError("you must specify --image, --set-image or command arguments.")
        if self.words and not self.container and not self.image:
            raise CommandError(
                "you must specify an existing container or a new image when specifying args."
            )

    def _check_no_copy(self) -> None:
        for flag, given in (
            ("replace", self.replace),
            ("same-node", self.same_node),
            ("set-image", bool(self.set_images)),
        ):
            if given:
                raise CommandError(f"--{flag} may only be used with --copy-to.")
        if not self.image:
            raise CommandError("you must specify --image when not using --copy-to.")

    def run(self, call: Invocation) -> Running:
        """Make the container and attach to it."""
        if self.profile == "legacy":
            call.err(
                "--profile=legacy is deprecated and planned to be removed in v1.39. It is "
                'recommended to specify other profile, for example "--profile=general".\n'
            )
        if self.target_container and not self.quiet:
            call.out(
                f'Targeting container "{self.target_container}". If you don\'t see processes from '
                "this container it may be because the container runtime doesn't support this "
                "feature.\n"
            )
        for info in select(call, self.targets, Lookup(default="pods")).require():
            if info.resource.kind == "Node":
                pod, container = self._debug_node(call, info.object)
            elif info.resource.kind == "Pod" and self.copy_to:
                pod, container = self._debug_copy(call, info.object)
            elif info.resource.kind == "Pod":
                pod, container = self._debug_pod(call, info.object)
            else:
                resource = info.resource
                kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
                raise CommandError(f'"{kind}" not supported by debug')
            if self.attach and container:
                yield from self._attached(call, pod, container)
        return 0

    def _suffix(self, call: Invocation, about: str) -> str:
        # the same command at the same instant draws the same name again
        return Stream("kubectl", "debug", about, call.clock()).text(_ALPHABET, 5)

    def _container(self, name: str) -> Obj:
        container: Obj = {"name": name, "image": self.image, "resources": {}}
        container["terminationMessagePolicy"] = "File"
        return self._as_asked(container)

    def _as_asked(self, container: Obj) -> Obj:
        """Return *container* with the program, image and streams of the command line."""
        made = dict(container)
        if self.words:
            made["args" if self.args_only else "command"] = list(self.words)
            if not self.args_only:
                made.pop("args", None)
        if self.env:
            made["env"] = list(self.env)
        if self.image:
            made["image"] = self.image
        if self.pull_policy:
            made["imagePullPolicy"] = self.pull_policy
        for key, wanted in (("stdin", self.stdin), ("tty", self.tty)):
            made.pop(key, None)
            if wanted:
                made[key] = True
        return made

    def _debug_node(self, call: Invocation, node: Obj) -> tuple[Obj, str]:
        node_name = node["metadata"]["name"]
        container = profiled_container(
            self._container(self.container or "debugger"), self.profile, NODE
        )
        pod_name = f"node-debugger-{node_name}-{self._suffix(call, node_name)}"
        if not self.quiet:
            call.out(
                f"Creating debugging pod {pod_name} with container {container['name']} on node "
                f"{node_name}.\n"
            )
        spec: Obj = {
            "containers": [container],
            "nodeName": node_name,
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": pod_name,
                "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"},
            },
            "spec": profiled_node_pod(spec, self.profile),
        }
        path = collection_path(call.known("pods"), call.namespace)
        return call.client.create(path, pod), container["name"]

    def _debug_pod(self, call: Invocation, pod: Obj) -> tuple[Obj, str]:
        metadata = pod["metadata"]
        name = self._container_name(call, pod)
        container = profiled_container(self._container(name), self.profile, EPHEMERAL)
        if self.target_container:
            container["targetContainerName"] = self.target_container
        held = pod["spec"].get("ephemeralContainers") or []
        order = [{"name": one["name"]} for one in [*held, container]]
        patch = {
            "spec": {
                "$setElementOrder/ephemeralContainers": order,
                "ephemeralContainers": [container],
            }
        }
        path = object_path(
            call.known("pods"), metadata["namespace"], metadata["name"], "ephemeralcontainers"
        )
        return call.client.patch(path, patch, STRATEGIC_MERGE), name

    def _container_name(self, call: Invocation, pod: Obj) -> str:
        if self.container:
            return self.container
        name = f"debugger-{self._suffix(call, pod['metadata']['name'])}"
        if not self.quiet:
            call.out(f"Defaulting debug container name to {name}.\n")
        return name

    def _debug_copy(self, call: Invocation, pod: Obj) -> tuple[Obj, str]:
        """Create a copy of *pod*, changed as asked; return it and the container to attach to."""
        metadata = pod["metadata"]
        spec = {key: value for key, value in pod["spec"].items() if key != "ephemeralContainers"}
        if self.share is not None:
            spec["shareProcessNamespace"] = self.share
        if not self.same_node:
            spec.pop("nodeName", None)
        spec["containers"] = [self._with_image(one) for one in spec["containers"]]
        named = {one["name"] for one in spec["containers"]}
        name = self.container
        if name not in named and not self.image:
            if not self.set_images:
                raise CommandError("you must specify image when creating new container")
            name = ""
        elif name in named:
            spec["containers"] = [
                profiled_container(self._as_asked(one), self.profile, COPY)
                if one["name"] == name
                else one
                for one in spec["containers"]
            ]
        else:
            name = self._container_name(call, pod)
            added = profiled_container(self._container(name), self.profile, COPY)
            spec["containers"] = [*spec["containers"], added]
        copy: Obj = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": self.copy_to,
                "namespace": metadata["namespace"],
                **{key: metadata[key] for key in ("annotations", "labels") if metadata.get(key)},
            },
            "spec": spec,
        }
        if name:
            copy = profiled_copy(copy, self.profile, self.kept)
        pods = call.known("pods")
        made = call.client.create(collection_path(pods, metadata["namespace"]), copy)
        if self.replace:
            options = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
            path = object_path(pods, metadata["namespace"], metadata["name"])
            call.client.delete(path, options)
        return made, name

    def _with_image(self, container: Obj) -> Obj:
        image = self.set_images.get(container["name"]) or self.set_images.get("*")
        return {**container, "image": image} if image else container

    def _attached(self, call: Invocation, pod: Obj, container: str) -> Running:
        metadata = pod["metadata"]
        last = [pod]

        def decide(kind: str, obj: Obj) -> bool:
            if kind == "DELETED":
                raise CommandError('Error from server (NotFound): pods "" not found', bare=True)
            last[0] = obj
            state = _state_of(obj, container)
            message = (state.get("waiting") or {}).get("message")
            if message and not self.quiet:
                call.client.warn(f"container {container}: {message}")
            return "running" in state or "terminated" in state

        pods = call.known("pods")
        yield from until(call, pods, metadata["namespace"], metadata["name"], decide)
        if "terminated" in _state_of(last[0], container):
            call.out(read_log(call, last[0], container))
            return 0
        options = AttachOptions([metadata["name"]], container, self.stdin, self.tty, self.quiet)
        try:
            yield from options.attach_to(call, last[0])
        except (CommandError, ApiStatusError) as error:
            call.err(
                f"warning: couldn't attach to pod/{metadata['name']}, falling back to streaming "
                f"logs: {plain(error)}\n"
            )
            call.out(read_log(call, last[0], container))
        return 0


def _state_of(pod: Obj, container: str) -> Obj:
    status = pod.get("status") or {}
    for key in _STATUSES:
        for one in status.get(key) or []:
            if one["name"] == container:
                state: Obj = one.get("state") or {}
                return state
    return {}


COMMAND = Command(
    "debug",
    "Create debugging sessions for troubleshooting workloads and nodes",
    DebugOptions,
    flags(
        "arguments-only bool",
        "attach bool",
        "container,c",
        "copy-to",
        "custom",
        "env array",
        "filename,f list",
        "image",
        "image-pull-policy",
        "keep-annotations bool",
        "keep-init-containers bool=true",
        "keep-labels bool",
        "keep-liveness bool",
        "keep-readiness bool",
        "keep-startup bool",
        "profile string=general",
        "quiet,q bool",
        "replace bool",
        "same-node bool",
        "set-image list",
        "share-processes bool=true",
        "stdin,i bool",
        "target",
        "tty,t bool",
    ),
    usage="(POD | TYPE/NAME) --image=image -- [COMMAND [args...]]",
)
