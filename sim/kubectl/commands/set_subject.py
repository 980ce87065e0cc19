"""`kubectl set subject`: adds users, groups and accounts to a binding.

It must not know what the role allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Info
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags, without
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import check_output
from sim.kubectl.setting import SET_FLAGS, Setting

_GROUP = "rbac.authorization.k8s.io"


@dataclass
class SetSubjectOptions:
    """What `set subject` was asked."""

    setting: Setting
    users: Sequence[str]
    groups: Sequence[str]
    accounts: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> SetSubjectOptions:
        """Read flags and arguments."""
        read = call.flags
        check_output(call)
        return cls(
            Setting.of(call, call.args),
            sorted(set(read.many("user"))),
            sorted(set(read.many("group"))),
            sorted(set(read.many("serviceaccount"))),
        )

    def validate(self) -> None:
        """Leave everything until the objects have been found, as kubectl does."""

    def _check(self, infos: Sequence[Info]) -> None:
        self.setting.check_local()
        self.setting.check_choice()
        if not (self.users or self.groups or self.accounts):
            raise CommandError(
                "you must specify at least one value of user, group or serviceaccount"
            )
        everywhere = any(info.resource.kind == "ClusterRoleBinding" for info in infos)
        for account in self.accounts:
            if account.count(":") != 1 or account.endswith(":"):
                raise CommandError("serviceaccount must be <namespace>:<name>")
            if account.startswith(":") and everywhere:
                raise CommandError(
                    "serviceaccount must be <namespace>:<name>, namespace must be specified"
                )

    def run(self, call: Invocation) -> int:
        """Patch the bindings; one that has them all is passed over."""
        infos = self.setting.find(call)
        self._check(infos)
        wanted = self._subjects(call)

        def patch(obj: Obj, _problems: list[Exception]) -> Obj:
            if obj["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
                raise CommandError(
                    "setting subjects is only supported for RoleBinding/ClusterRoleBinding"
                )
            held = obj.get("subjects") or []
            missing = [one for one in wanted if one not in held]
            return {"subjects": [*held, *missing]} if missing else {}

        failed = "failed to patch subjects to rolebinding:"
        self.setting.change(call, infos, patch, "subjects updated", failed)
        return 0

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
    flags("group array", "serviceaccount array", "user array") + without(SET_FLAGS, "record"),
    usage="(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname]",
)
