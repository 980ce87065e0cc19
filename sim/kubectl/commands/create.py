"""`kubectl create`: from files, or one of the small generators.

It must not know what becomes of the objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path
from sim.kernel import Stream
from sim.kubectl.builder import Info, info_of
from sim.kubectl.commands.applying import remembered
from sim.kubectl.commands.create_access import ACCESS_COMMANDS
from sim.kubectl.commands.create_network import NETWORK_COMMANDS
from sim.kubectl.commands.create_policy import POLICY_COMMANDS
from sim.kubectl.commands.create_secret import SECRET_COMMAND, SOURCES, key_values, with_hash
from sim.kubectl.commands.create_work import WORK_COMMANDS
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.rawrequest import check_raw, send_raw
from sim.kubectl.results import (
    CLIENT,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.validation import tell_unchecked, validation_of


@dataclass
class CreateOptions:
    """What `create -f` was asked."""

    files: Sequence[str]
    save: bool
    dry_run: str
    validation: str
    raw: str
    edited: bool

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and arguments."""
        files = sources(call)
        if call.args:
            raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
        check_output(call)
        return cls(
            files,
            call.flags.on("save-config"),
            dry_run_of(call),
            validation_of(call),
            call.flags.text("raw"),
            call.flags.on("edit"),
        )

    def validate(self) -> None:
        """Require files."""
        if not self.files:
            raise CommandError("must specify one of -f and -k")
        if self.edited and self.raw:
            raise CommandError("--raw and --edit are mutually exclusive")
        if self.edited:
            raise CommandError('"kubectl create --edit" is not supported in this simulator')

    def run(self, call: Invocation) -> Running:
        """Create every object of the files."""
        if self.raw:
            check_raw(call, self.files, least=1)
            return (yield from send_raw(call, "POST", self.files))
        manifests = yield from load_manifests(call, self.files)
        tell_unchecked(call, manifests, self.validation)
        errors: list[Exception] = []
        results = Results(call, self.dry_run)
        for manifest in manifests:
            try:
                info = info_of(call, manifest)
                results.say("created", self._create(call, info))
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        if not manifests:
            raise CommandError("no objects passed to create")
        return 0

    def _create(self, call: Invocation, info: Info) -> Obj:
        obj = remembered(info.object)[0] if self.save else info.object
        if self.dry_run == CLIENT:
            return obj
        query = [
            ("fieldManager", "kubectl-create"),
            ("fieldValidation", self.validation),
            *dry_run_query(self.dry_run),
        ]
        try:
            return call.client.create(collection_path(info.resource, info.namespace), obj, query)
        except ApiStatusError as error:
            message = f"error when creating {quote(info.source)}: {error.message}"
            raise ApiStatusError({**error.status, "message": message}) from None


class NamespaceOptions(GenerateOptions):
    """`create namespace`."""

    plural, kind, namespaced = "namespaces", "Namespace", False

    def make(self, call: Invocation) -> Obj:
        """Return a Namespace."""
        return {"spec": {}, "status": {}}

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the server's own error."""
        return error


class ConfigMapOptions(GenerateOptions):
    """`create configmap` from literals and files."""

    plural, kind = "configmaps", "ConfigMap"

    def make(self, call: Invocation) -> Obj:
        """Return a ConfigMap."""
        data = key_values(call, self.kind, self.name)
        return with_hash(call, {"data": data} if data else {}, self.kind, self.name)


class DeploymentOptions(GenerateOptions):
    """`create deployment`."""

    asks_name = False
    plural, kind, api_version = "deployments", "Deployment", "apps/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a Deployment with one container an image."""
        images = call.flags.many("image")
        if len(images) > 1 and self.words:
            raise CommandError("cannot specify multiple --image options and command")
        containers = []
        for image in images:
            container: Obj = {"image": image, "name": self._container(image), "resources": {}}
            if self.words:
                container["command"] = list(self.words)
            containers.append(container)
        port = call.flags.number("port")
        if port >= 0:
            containers[0]["ports"] = [{"containerPort": port}]
        labels = {"app": self.name}
        return {
            "metadata": {"labels": labels},
            "spec": {
                "replicas": call.flags.number("replicas"),
                "selector": {"matchLabels": labels},
                "strategy": {},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            },
            "status": {},
        }

    def _container(self, image: str) -> str:
        name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
        if "_" in name or "." in name:
            suffix = Stream("kubectl", "create", self.name, image).text(
                "bcdfghjklmnpqrstvwxz2456789", 5
            )
            name = f"{name.replace('_', '-').replace('.', '-')}-{suffix}"
        return name


class ServiceAccountOptions(GenerateOptions):
    """`create serviceaccount`."""

    plural, kind = "serviceaccounts", "ServiceAccount"

    def make(self, call: Invocation) -> Obj:
        """Return a ServiceAccount."""
        return {}


COMMAND = Command(
    "create",
    "Create a resource from a file or from stdin",
    CreateOptions,
    create_flags(
        "edit bool",
        "filename,f list",
        "kustomize,k",
        "raw",
        "record bool",
        "recursive,R bool",
        "selector,l",
        "windows-line-endings bool",
    ),
    usage="-f FILENAME",
    subcommands=(
        Command(
            "configmap",
            "Create a config map from a local file, directory or literal value",
            ConfigMapOptions,
            create_flags(*SOURCES),
            usage="NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
            aliases=("cm",),
        ),
        Command(
            "deployment",
            "Create a deployment with the specified name",
            DeploymentOptions,
            create_flags("image list", "port int=-1", "replicas,r int32=1"),
            usage="NAME --image=image -- [COMMAND] [args...]",
            aliases=("deploy",),
            required=("image",),
        ),
        Command(
            "namespace",
            "Create a namespace with the specified name",
            NamespaceOptions,
            create_flags(),
            usage="NAME",
            aliases=("ns",),
        ),
        SECRET_COMMAND,
        Command(
            "serviceaccount",
            "Create a service account with the specified name",
            ServiceAccountOptions,
            create_flags(),
            usage="NAME",
            aliases=("sa",),
        ),
        *ACCESS_COMMANDS,
        *POLICY_COMMANDS,
        *WORK_COMMANDS,
        *NETWORK_COMMANDS,
    ),
)
