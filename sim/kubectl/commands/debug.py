"""`kubectl debug`: a pod in a node's own namespaces, or an extra container in a pod.

It must not know what is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.waiting import until

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Generated names have no vowels and no 0, 1 and 3 (k8s.io/apimachinery util/rand)."""
_PROFILES = ("legacy", "general", "baseline", "restricted", "netadmin", "sysadmin")
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
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.profile not in _PROFILES:
            raise CommandError(f"unknown profile: {self.profile}")
        if self.copy_to:
            raise CommandError('"kubectl debug --copy-to" is not supported in this simulator')
        if not self.image:
            raise CommandError("you must specify --image when not using --copy-to.")
        if not self.targets:
            raise CommandError("NAME or filename is required for debug")
        if self.tty and not self.stdin:
            raise CommandError("-i/--stdin is required for containers with -t/--tty=true")

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
        args = [name if "/" in name else f"pods/{name}" for name in self.targets]
        for info in select(call, args, Lookup()).require():
            if info.resource.kind == "Node":
                pod, container = self._debug_node(call, info.object)
            elif info.resource.kind == "Pod":
                pod, container = self._debug_pod(call, info.object)
            else:
                kind = f"{info.resource.group_version}, Kind={info.resource.kind}"
                raise CommandError(f'"{kind}" not supported by debug')
            if self.attach:
                yield from self._attached(call, pod, container)
        return 0

    def _suffix(self, call: Invocation, about: str) -> str:
        # the same command at the same instant draws the same name again
        return Stream("kubectl", "debug", about, call.clock()).text(_ALPHABET, 5)

    def _container(self, name: str) -> Obj:
        container: Obj = {"name": name, "image": self.image, "resources": {}}
        if self.words:
            container["command"] = list(self.words)
        if self.env:
            container["env"] = list(self.env)
        if self.stdin:
            container["stdin"] = True
        if self.tty:
            container["tty"] = True
        container["terminationMessagePolicy"] = "File"
        return container

    def _debug_node(self, call: Invocation, node: Obj) -> tuple[Obj, str]:
        node_name = node["metadata"]["name"]
        container = self._container(self.container or "debugger")
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
        if self.profile in ("legacy", "general", "netadmin", "sysadmin"):
            spec.update({"hostIPC": True, "hostNetwork": True, "hostPID": True})
        if self.profile in ("legacy", "general", "sysadmin"):
            spec["volumes"] = [{"name": "host-root", "hostPath": {"path": "/"}}]
            container["volumeMounts"] = [{"mountPath": "/host", "name": "host-root"}]
        if self.profile == "sysadmin":
            container["securityContext"] = {"privileged": True}
        if self.profile == "netadmin":
            container["securityContext"] = {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": pod_name,
                "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"},
            },
            "spec": spec,
        }
        path = collection_path(call.known("pods"), call.namespace)
        return call.client.create(path, pod), container["name"]

    def _debug_pod(self, call: Invocation, pod: Obj) -> tuple[Obj, str]:
        metadata = pod["metadata"]
        name = self.container
        if not name:
            name = f"debugger-{self._suffix(call, metadata['name'])}"
            if not self.quiet:
                call.out(f"Defaulting debug container name to {name}.\n")
        container = self._container(name)
        if self.target_container:
            container["targetContainerName"] = self.target_container
        patch = {"spec": {"ephemeralContainers": [container]}}
        path = object_path(
            call.known("pods"), metadata["namespace"], metadata["name"], "ephemeralcontainers"
        )
        return call.client.patch(path, patch, STRATEGIC_MERGE), name

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
