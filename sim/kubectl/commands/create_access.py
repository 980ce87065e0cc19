"""`kubectl create role`, `clusterrole`, their bindings, and `token`.

It must not know who may do what.
"""

from __future__ import annotations

from typing import Self

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.names import check_name
from sim.kubectl.printers.output import output_printer
from sim.kubectl.results import OUTPUT_FLAGS, output_options

_GROUP = "rbac.authorization.k8s.io"
_VERBS = frozenset(
    {
        *("get", "delete", "list", "create", "update", "patch", "watch", "proxy", "redirect"),
        *("deletecollection", "use", "bind", "escalate", "impersonate", "approve", "sign", "*"),
    }
)
_BOUND = ("Node", "Pod", "Secret")


class RoleOptions(GenerateOptions):
    """`create role`."""

    plural, kind, api_version = "roles", "Role", f"{_GROUP}/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a Role with a rule for each API group."""
        return {"rules": _rules(call, _verbs(call))}

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the server's own error."""
        return error


class ClusterRoleOptions(RoleOptions):
    """`create clusterrole`."""

    plural, kind, namespaced = "clusterroles", "ClusterRole", False

    def make(self, call: Invocation) -> Obj:
        """Return a ClusterRole: rules for resources and paths, or an aggregation."""
        selected = call.flags.many("aggregation-rule")
        if selected:
            pairs = (one.partition("=") for one in selected)
            labels = {key: value for key, _, value in pairs}
            rule = {"clusterRoleSelectors": [{"matchLabels": labels}]}
            return {"aggregationRule": rule, "rules": None}
        verbs = _verbs(call)
        paths = call.flags.many("non-resource-url")
        rules = _rules(call, verbs) if call.flags.many("resource") or not paths else []
        if paths:
            rules.append({"verbs": verbs, "nonResourceURLs": paths})
        return {"rules": rules}


class RoleBindingOptions(GenerateOptions):
    """`create rolebinding`."""

    plural, kind, api_version = "rolebindings", "RoleBinding", f"{_GROUP}/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a binding of the users, groups and accounts named."""
        role, cluster_role = call.flags.text("role"), call.flags.text("clusterrole")
        if bool(role) == bool(cluster_role):
            raise CommandError("exactly one of clusterrole or role must be specified")
        return _binding(call, "Role" if role else "ClusterRole", role or cluster_role)


class ClusterRoleBindingOptions(GenerateOptions):
    """`create clusterrolebinding`."""

    asks_name = False
    plural, kind, api_version = "clusterrolebindings", "ClusterRoleBinding", f"{_GROUP}/v1"
    namespaced = False

    def make(self, call: Invocation) -> Obj:
        """Return a binding of the users, groups and accounts named."""
        return _binding(call, "ClusterRole", call.flags.text("clusterrole"))


class TokenOptions(GenerateOptions):
    """`create token`."""

    asks_name = False
    plural = "serviceaccounts"

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read the account's name."""
        if len(call.args) != 1:
            raise call.usage_error(f"exactly one NAME is required, got {len(call.args)}")
        kind = call.flags.text("bound-object-kind")
        if kind and kind not in _BOUND:
            raise CommandError(f"supported --bound-object-kind values are {', '.join(_BOUND)}")
        if not call.args[0]:
            raise CommandError("service account name is required")
        return cls(call.args[0], (), "", "")

    def run(self, call: Invocation) -> int:
        """Ask for a token and print it."""
        read = call.flags
        spec: Obj = {"audiences": read.many("audience") or None}
        duration = read.duration_ms("duration")
        if duration:
            spec["expirationSeconds"] = duration // 1000
        if read.text("bound-object-kind"):
            spec["boundObjectRef"] = {
                "apiVersion": "v1",
                "kind": read.text("bound-object-kind"),
                "name": read.text("bound-object-name"),
                "uid": read.text("bound-object-uid"),
            }
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = object_path(call.known(self.plural), call.namespace, self.name, "token")
        try:
            check_name(self.name)
            made = call.client.create(path, body)
        except (ApiStatusError, CommandError) as error:
            raise CommandError(f"failed to create token: {plain(error)}") from None
        if call.flags.text("output"):
            call.out(output_printer(output_options(call), call.read_file).render(made))
        else:
            call.out(made["status"]["token"])
        return 0


def _verbs(call: Invocation) -> list[str]:
    verbs = list(dict.fromkeys(call.flags.many("verb")))
    if "*" in verbs:
        verbs = ["*"]
    if not verbs:
        raise CommandError("at least one verb must be specified")
    for verb in verbs:
        if verb not in _VERBS:
            call.client.warn(f"'{verb}' is not a standard resource verb")
    return verbs


def _rules(call: Invocation, verbs: list[str]) -> list[Obj]:
    words = list(dict.fromkeys(call.flags.many("resource")))
    if "*" in words:
        words = ["*"]
    if not words:
        raise CommandError("at least one resource must be specified")
    names = list(dict.fromkeys(call.flags.many("resource-name")))
    by_group: dict[str, list[str]] = {}
    for word in words:
        main, slash, below = word.partition("/")
        if main == "*" or main.startswith("*."):
            by_group.setdefault(main[2:], []).append(f"*{slash}{below}")
            continue
        resource = call.discovery.find(main)
        if resource is None:
            text = f'the server doesn\'t have a resource type "{main}"'
            raise CommandError(text, bare=True)
        by_group.setdefault(resource.group, []).append(f"{resource.plural}{slash}{below}")
    rules = []
    for group in sorted(by_group):
        rule: Obj = {"verbs": verbs, "apiGroups": [group], "resources": by_group[group]}
        rules.append({**rule, "resourceNames": names} if names else rule)
    return rules


def _binding(call: Invocation, kind: str, role: str) -> Obj:
    subjects: list[Obj] = [
        {"kind": subject, "apiGroup": _GROUP, "name": name}
        for subject, flag in (("User", "user"), ("Group", "group"))
        for name in call.flags.many(flag)
    ]
    for account in call.flags.many("serviceaccount"):
        namespace, colon, name = account.partition(":")
        if not colon or not namespace or not name or ":" in name:
            raise CommandError("serviceaccount must be <namespace>:<name>")
        subjects.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    ref = {"apiGroup": _GROUP, "kind": kind, "name": role}
    return {"roleRef": ref, **({"subjects": subjects} if subjects else {})}


_SUBJECTS = ("group array", "serviceaccount array", "user array")
ACCESS_COMMANDS = (
    Command(
        "clusterrole",
        "Create a cluster role",
        ClusterRoleOptions,
        create_flags(
            "aggregation-rule list",
            "non-resource-url list",
            "resource list",
            "resource-name array",
            "verb list",
        ),
        usage="NAME --verb=verb --resource=resource.group [--resource-name=resourcename]",
    ),
    Command(
        "clusterrolebinding",
        "Create a cluster role binding for a particular cluster role",
        ClusterRoleBindingOptions,
        create_flags("clusterrole", *_SUBJECTS),
        usage="NAME --clusterrole=NAME [--user=username] [--group=groupname]",
        required=("clusterrole",),
    ),
    Command(
        "role",
        "Create a role with single rule",
        RoleOptions,
        create_flags("resource list", "resource-name array", "verb list"),
        usage="NAME --verb=verb --resource=resource.group/subresource",
    ),
    Command(
        "rolebinding",
        "Create a role binding for a particular role or cluster role",
        RoleBindingOptions,
        create_flags("clusterrole", "role", *_SUBJECTS),
        usage="NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname]",
    ),
    Command(
        "token",
        "Request a service account token",
        TokenOptions,
        flags(
            "audience array",
            "bound-object-kind",
            "bound-object-name",
            "bound-object-uid",
            "duration duration=0s",
        )
        + OUTPUT_FLAGS,
        usage="SERVICE_ACCOUNT_NAME",
    ),
)
