"""`kubectl explain`: the fields of a resource, as the server's OpenAPI documents describe them.

It must not make documentation up; how a page looks is in `explaining.py` and `explaining_v2.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.client.discovery import Resource
from sim.kubectl.errors import CommandError
from sim.kubectl.explaining import Explainer, ExplainError
from sim.kubectl.explaining_v2 import NoSuchFieldError, Page, find_kind
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation

_PLAIN = "plaintext"
_SECOND_FORMAT = "plaintext-openapiv2"


@dataclass
class ExplainOptions:
    """What `explain` was asked."""

    args: Sequence[str]
    version: str
    output: str
    recursive: bool
    depth: int

    @classmethod
    def complete(cls, call: Invocation) -> ExplainOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            call.args,
            flags.text("api-version"),
            flags.text("output"),
            flags.on("recursive"),
            int(flags.text("max-depth") or 0),
        )

    def validate(self) -> None:
        """Require one resource."""
        if not self.args:
            raise CommandError(
                'You must specify the type of resource to explain. Use "kubectl api-resources" '
                "for a complete list of supported resources.\n"
            )
        if len(self.args) > 1:
            raise CommandError("We accept only this format: explain RESOURCE\n")
        if self.args[0] in ("", "."):
            raise CommandError("a resource must be present, got: /, Resource=")
        if self.args[0].startswith("."):
            raise CommandError("invalid jsonpath syntax, first node must be field node")
        if self.depth > 0 and not self.recursive:
            raise CommandError("--max-depth requires --recursive")
        if self.depth < 0:
            raise CommandError("--max-depth must be non-negative")

    def run(self, call: Invocation) -> int:
        """Print the page."""
        resource, fields = self._asked(call)
        if self.output == _SECOND_FORMAT:
            return self._second(call, resource, fields)
        if self.version:
            group, _, version = self.version.rpartition("/")
            resource = replace(resource, group=group, version=version)
        root = f"apis/{resource.group}" if resource.group else "api"
        document = call.discovery.openapi(f"{root}/{resource.version}")
        if document is None:
            name = f"{resource.group}/{resource.version}, Resource={resource.plural}"
            raise CommandError(f"couldn't find resource for {quote(name)}")
        if self.output != _PLAIN:
            raise CommandError(f"unrecognized format: {self.output}")
        explainer = Explainer(document, recursive=self.recursive, depth=self.depth)
        try:
            call.out(explainer.page(resource, fields))
        except ExplainError as error:
            call.out(error.printed)
            raise CommandError(str(error)) from None
        return 0

    def _second(self, call: Invocation, resource: Resource, fields: list[str]) -> int:
        version = self.version or resource.group_version
        group, _, number = version.rpartition("/")
        document = call.discovery.swagger()
        schema = find_kind(document, group, number, resource.kind)
        if schema is None:
            name = f"{group}/{number}, Kind={resource.kind}"
            raise CommandError(f"couldn't find resource for {quote(name)}")
        page = Page(document, recursive=self.recursive, depth=self.depth)
        try:
            call.out(page.of(schema, resource.kind, version, fields))
        except NoSuchFieldError as error:
            raise CommandError(str(error)) from None
        return 0

    def _asked(self, call: Invocation) -> tuple[Resource, list[str]]:
        """Return the resource and the path of fields: `deployments.apps.spec` names the group."""
        text = self.args[0].removesuffix(".")
        word, *fields = text.split(".")
        resource = call.discovery.find(word)
        if resource is None:
            raise CommandError(f"the server doesn't have a resource type {quote(word)}", bare=True)
        if not self.version and resource.group:
            for one in call.discovery.resources():
                same = one.preferred and one.plural == resource.plural
                if same and text.startswith(one.qualified):
                    rest = text[len(one.qualified) :]
                    return one, rest.split(".")[1:]
        return resource, fields


COMMAND = Command(
    "explain",
    "Get documentation for a resource",
    ExplainOptions,
    flags(
        "api-version",
        "max-depth int=0",
        f"output,o string={_PLAIN}",
        "recursive,R bool",
    ),
    usage="TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] "
    "[-o|--output=plaintext|plaintext-openapiv2]",
)
