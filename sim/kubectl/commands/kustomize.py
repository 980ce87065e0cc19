"""`kubectl kustomize`: prints what a kustomization makes.

It must not know what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.kustomize import build
from sim.kubectl.printers.yaml import to_yaml


@dataclass
class KustomizeOptions:
    """What `kustomize` was asked."""

    directory: str
    output: str
    refused: str
    """A flag that was given and is not modelled."""

    @classmethod
    def complete(cls, call: Invocation) -> KustomizeOptions:
        """Read flags and arguments."""
        if len(call.args) > 1:
            raise CommandError("specify one path to kustomization.yaml")
        unmodelled = ("enable-helm", "enable-alpha-plugins", "load-restrictor", "mount", "network")
        refused = next((name for name in unmodelled if call.flags.is_set(name)), "")
        return cls(call.args[0] if call.args else ".", call.flags.text("output"), refused)

    def validate(self) -> None:
        """Refuse what is not modelled."""
        if self.refused:
            raise CommandError(
                f'"kubectl kustomize --{self.refused}" is not supported in this simulator'
            )

    def run(self, call: Invocation) -> int:
        """Print the objects."""
        text = "---\n".join(map(to_yaml, build(call, self.directory)))
        if self.output:
            call.proc.files.write(call.proc.path(self.output), text)
        else:
            call.out(text)
        return 0


COMMAND = Command(
    "kustomize",
    "Build a kustomization target from a directory or URL",
    KustomizeOptions,
    flags(
        "as-current-user bool",
        "enable-alpha-plugins bool",
        "enable-helm bool",
        "env,e array",
        "helm-api-versions array",
        "helm-command string=helm",
        "helm-debug bool",
        "helm-kube-version",
        "load-restrictor string=LoadRestrictionsRootOnly",
        "mount array",
        "network bool",
        "network-name string=bridge",
        "output,o",
    ),
    usage="DIR",
)
