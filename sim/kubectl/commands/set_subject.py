"""`kubectl set subject`: adds users, groups and accounts to a binding.

It must not know what the role allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.commands.set_image import SET_FLAGS, set_lookup
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import CLIENT, Results, dry_run_of, dry_run_query

_GROUP = "rbac.authorization.k8s.io"


@dataclass
class SetSubjectOptions:
    """What `set subject` was asked."""

    args: Sequence[str]
    users: Sequence[str]
    groups: Sequence[str]
    accounts: Sequence[str]
    lookup: Lookup
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> SetSubjectOptions:
        """Read flags and arguments."""
        read = call.flags
        return cls(
            call.args,
            sorted(set(read.many("user"))),
            sorted(set(read.many("group"))),
            sorted(set(read.many("serviceaccount"))),
            set_lookup(call),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Leave everything until the objects have been found, as kubectl does."""

    def _check(self) -> None:
        if self.lookup.bulk and self.lookup.labels:
            raise CommandError("cannot set --all and --selector at the same time")
        if not (self.users or self.groups or self.accounts):
            raise CommandError(
                "you must specify at least one value of user, group or serviceaccount"
            )
        for account in self.accounts:
            if account.count(":") != 1 or account.endswith(":"):
                raise CommandError("serviceaccount must be <namespace>:<name>")

    def run(self, call: Invocation) -> int:
        """Patch the bindings; one that has them all is passed over."""
        infos = select(call, self.args, self.lookup, load_now(call)).require()
        self._check()
        errors: list[Exception] = []
        for info in infos:
            try:
                self._add(call, info)
            except ApiStatusError as error:
                errors.append(
                    CommandError(f"failed to patch subjects to rolebinding: {plain(error)}")
                )
            except CommandError as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _add(self, call: Invocation, info: Info) -> None:
        if info.resource.kind not in ("RoleBinding", "ClusterRoleBinding"):
            raise CommandError(
                f"error: {info.resource.plural}/{info.name} setting subjects is only supported for "
                "RoleBinding/ClusterRoleBinding\n"
            )
        held = info.object.get("subjects") or []
        missing = [one for one in self._subjects(call) if one not in held]
        if not missing:
            return
        subjects = [*held, *missing]
        if self.dry_run == CLIENT:
            obj: Obj = {**info.object, "subjects": subjects}
        else:
            query = [("fieldManager", "kubectl-set"), *dry_run_query(self.dry_run)]
            obj = call.client.patch(info.path, {"subjects": subjects}, STRATEGIC_MERGE, query)
        Results(call, self.dry_run).say("subjects updated", obj)

    def _subjects(self, call: Invocation) -> list[Obj]:
        made: list[Obj] = [
            {"apiGroup": _GROUP, "kind": kind, "name": name}
            for kind, names in (("User", self.users), ("Group", self.groups))
            for name in names
        ]
        for account in self.accounts:
            namespace, _, name = account.partition(":")
            where = namespace or call.namespace
            made.append({"kind": "ServiceAccount", "name": name, "namespace": where})
        return made


COMMAND = Command(
    "subject",
    "Update the user, group, or service account in a role binding or cluster role binding",
    SetSubjectOptions,
    flags("group array", "serviceaccount array", "user array") + SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname]",
)
