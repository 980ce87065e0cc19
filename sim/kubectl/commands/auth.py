"""`kubectl auth`: may I do this, and who am I.

The server answers; it must not know any rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.commands import reconcile
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.policyrules import HEADERS, listed, rule_rows
from sim.kubectl.printers.output import output_printer
from sim.kubectl.printers.tabwriter import TabWriter
from sim.kubectl.results import OUTPUT_FLAGS, output_options
from sim.kubectl.structorder import typed

_VERBS = (
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use",
    "bind", "impersonate", "escalate", "approve", "sign", "attest", "*",
)  # fmt: skip
_URL_VERBS = ("get", "put", "post", "head", "options", "delete", "patch", "*")
_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_AUTHENTICATION = "/apis/authentication.k8s.io/v1"


@dataclass
class CanIOptions:
    """What `auth can-i` was asked."""

    args: Sequence[str]
    everywhere: bool
    quiet: bool
    listing: bool
    headers: bool
    subresource: str

    @classmethod
    def complete(cls, call: Invocation) -> CanIOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            call.args,
            flags.on("all-namespaces"),
            flags.on("quiet"),
            flags.on("list"),
            not flags.on("no-headers"),
            flags.text("subresource"),
        )

    def validate(self) -> None:
        """Require a verb and a resource, or `--list`."""
        if self.listing:
            if self.args:
                raise CommandError("list option must be specified with no arguments")
            if self.quiet or self.everywhere or self.subresource:
                raise CommandError(
                    "list option can't be specified with neither quiet, all-namespaces nor "
                    "subresource options"
                )
            return
        if len(self.args) != 2:
            raise CommandError(
                "you must specify two arguments: verb resource or verb resource/resourceName.\n"
                "See 'kubectl auth can-i -h' for help and examples."
            )

    def run(self, call: Invocation) -> int:
        """Ask the server and print its answer."""
        if self.listing:
            return self._list(call)
        spec = self._spec(call)  # warns of what nobody can do
        if not self.headers:
            raise CommandError("--no-headers cannot be set without --list specified")
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": spec,
        }
        path = f"{_AUTHORIZATION}/selfsubjectaccessreviews"
        status = call.client.create(path, review).get("status") or {}
        if status.get("allowed"):
            answer = "yes"
        else:
            reasons = [status.get(key) for key in ("reason", "evaluationError")]
            answer = " - ".join(["no", *(str(reason) for reason in reasons if reason)])
        if not self.quiet:
            call.out(f"{answer}\n")
        return 0 if status.get("allowed") else 1

    def _spec(self, call: Invocation) -> Obj:
        verb, what = self.args
        if what.startswith("/"):
            if self.subresource:
                raise CommandError("--subresource can not be used with NonResourceURL")
            if verb not in _URL_VERBS:
                call.client.warn(f"verb '{verb}' is not a known verb\n")
            return {"nonResourceAttributes": {"path": what, "verb": verb}}
        word, _, name = what.partition("/")
        plural, _, group = word.partition(".")
        plural = plural.lower()
        attributes: Obj = {"resource": plural, "verb": verb}
        if group:
            attributes["group"] = group
        resource = None if word == "*" else call.discovery.find(word)
        if resource is not None:
            call.resource(word)  # warns of another resource with that short name
            attributes["resource"] = resource.plural
            attributes["group"] = resource.group
            if not resource.namespaced and not self.everywhere:
                where = f" in group '{resource.group}'" if resource.group else ""
                call.client.warn(f"resource '{resource.plural}' is not namespace scoped{where}\n")
        elif word not in ("*", "users", "groups"):
            where = f" in group '{group.lower()}'" if group else ""
            call.client.warn(f"the server doesn't have a resource type '{plural}'{where}\n")
        if verb not in _VERBS and not self.everywhere:
            call.client.warn(f"verb '{verb}' is not a known verb\n")
        if not self.everywhere:
            attributes["namespace"] = call.namespace
        if name:
            attributes["name"] = name
        if self.subresource:
            attributes["subresource"] = self.subresource
        return {"resourceAttributes": attributes}

    def _list(self, call: Invocation) -> int:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": call.namespace},
        }
        path = f"{_AUTHORIZATION}/selfsubjectrulesreviews"
        status = call.client.create(path, review).get("status") or {}
        rules = [*(status.get("resourceRules") or []), *(status.get("nonResourceRules") or [])]
        rows = [*([HEADERS] if self.headers else []), *rule_rows(rules)]
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        return 0


@dataclass
class WhoAmIOptions:
    """What `auth whoami` was asked."""

    @classmethod
    def complete(cls, call: Invocation) -> WhoAmIOptions:
        """Read nothing."""
        return cls()

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Ask the server and print its answer."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = call.client.create(f"{_AUTHENTICATION}/selfsubjectreviews", review)
        except ApiStatusError as error:
            text = "the selfsubjectreviews API is not enabled in the cluster"
            if error.code == 403:
                text += " or you do not have permission to call it"
            elif error.code != 404:
                raise
            raise CommandError(text) from None
        if call.flags.text("output"):
            shown = typed({**answer, "metadata": {}})
            call.out(output_printer(output_options(call), call.read_file).render(shown))
            return 0
        user = (answer.get("status") or {}).get("userInfo") or {}
        rows = [["ATTRIBUTE", "VALUE"]]
        if user.get("username"):
            rows.append(["Username", user["username"]])
        if user.get("uid"):
            rows.append(["UID", user["uid"]])
        if user.get("groups"):
            rows.append(["Groups", listed(user["groups"])])
        extra = user.get("extra") or {}
        rows += [[f"Extra: {key}", listed(extra[key])] for key in sorted(extra)]
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        return 0


COMMAND = Command(
    "auth",
    "Inspect authorization",
    subcommands=(
        Command(
            "can-i",
            "Check whether an action is allowed",
            CanIOptions,
            flags(
                "all-namespaces,A bool",
                "list bool",
                "no-headers bool",
                "quiet,q bool",
                "subresource",
            ),
            usage="VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
        ),
        Command(
            "whoami",
            "Experimental: Check self subject attributes",
            WhoAmIOptions,
            OUTPUT_FLAGS,
        ),
        reconcile.COMMAND,
    ),
)
