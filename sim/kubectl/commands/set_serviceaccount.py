"""`kubectl set serviceaccount`: as whom the pods of a workload run.

It must not know what the account may do.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import without
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import check_output
from sim.kubectl.setting import SET_FLAGS, Setting
from sim.kubectl.templates import in_template, pod_spec_of


@dataclass
class SetServiceAccountOptions:
    """What `set serviceaccount` was asked."""

    setting: Setting
    account: str

    @classmethod
    def complete(cls, call: Invocation) -> SetServiceAccountOptions:
        """Read arguments; the last one is the account."""
        setting = Setting.of(call, call.args[:-1])
        setting.check_local()
        check_output(call)
        if not call.args:
            raise CommandError("serviceaccount is required")
        return cls(setting, call.args[-1])

    def validate(self) -> None:
        """Leave nothing: all was said while reading."""

    def run(self, call: Invocation) -> int:
        """Patch the pod templates."""
        infos = self.setting.find(call, ignored=True)
        said, failed = "serviceaccount updated", "failed to patch ServiceAccountName"
        self.setting.change(call, infos, self._patch, said, failed, always=True)
        return 0

    def _patch(self, obj: Obj, _problems: list[Exception]) -> Obj:
        if pod_spec_of(obj).get("serviceAccountName", "") == self.account:
            return {}
        return in_template(obj, {"serviceAccountName": self.account})


COMMAND = Command(
    "serviceaccount",
    "Update the service account of a resource",
    SetServiceAccountOptions,
    without(SET_FLAGS, "selector"),
    usage="(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    aliases=("sa",),
)
