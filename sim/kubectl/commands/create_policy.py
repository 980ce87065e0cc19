"""`kubectl create quota`, `poddisruptionbudget` and `priorityclass`.

It must not know how they are kept.
"""

from __future__ import annotations

from sim.apimachinery.labels import parse_label_selector
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.invocation import Command, Invocation


class QuotaOptions(GenerateOptions):
    """`create quota`."""

    plural, kind = "resourcequotas", "ResourceQuota"

    def make(self, call: Invocation) -> Obj:
        """Return a ResourceQuota."""
        hard: dict[str, str] = {}
        for one in call.flags.many("hard"):
            key, equals, value = one.partition("=")
            if not equals:
                raise CommandError(f"Invalid argument syntax {one}, expected <resource>=<value>")
            hard[key] = value
        scopes = call.flags.many("scopes")
        spec: Obj = {"hard": hard} if hard else {}
        if scopes:
            spec["scopes"] = scopes
        return {"spec": spec, "status": {}}

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the error that the user sees."""
        return CommandError(f"failed to create quota: {plain(error)}")


class BudgetOptions(GenerateOptions):
    """`create poddisruptionbudget`."""

    plural, kind, api_version = "poddisruptionbudgets", "PodDisruptionBudget", "policy/v1"

    def make(self, call: Invocation) -> Obj:
        """Return a PodDisruptionBudget."""
        read = call.flags
        selector = read.text("selector")
        least, most = read.text("min-available"), read.text("max-unavailable")
        if not selector:
            raise CommandError("a selector must be specified")
        if not least and not most:
            raise CommandError("one of min-available or max-unavailable must be specified")
        if least and most:
            raise CommandError("min-available and max-unavailable cannot be both specified")
        field, value = ("minAvailable", least) if least else ("maxUnavailable", most)
        counts = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
        return {
            "spec": {
                field: int(value) if value.isdecimal() else value,
                "selector": {"matchLabels": _labels(selector)},
            },
            "status": dict.fromkeys(counts, 0),
        }

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the error that the user sees."""
        return CommandError(f"failed to create poddisruptionbudgets: {plain(error)}")


class PriorityClassOptions(GenerateOptions):
    """`create priorityclass`."""

    asks_name = False
    plural, kind, api_version = "priorityclasses", "PriorityClass", "scheduling.k8s.io/v1"
    namespaced = False

    def make(self, call: Invocation) -> Obj:
        """Return a PriorityClass."""
        read = call.flags
        made: Obj = {"value": read.number("value")}
        if read.text("description"):
            made["description"] = read.text("description")
        if read.on("global-default"):
            made["globalDefault"] = True
        return {**made, "preemptionPolicy": read.text("preemption-policy")}


def _labels(selector: str) -> dict[str, str]:
    parse_label_selector(selector)
    pairs = (one.strip().replace("==", "=").partition("=") for one in selector.split(","))
    return {key: value for key, _, value in pairs}


POLICY_COMMANDS = (
    Command(
        "poddisruptionbudget",
        "Create a pod disruption budget with the specified name",
        BudgetOptions,
        create_flags("max-unavailable", "min-available", "selector"),
        usage="NAME --selector=SELECTOR --min-available=N",
        aliases=("pdb",),
    ),
    Command(
        "priorityclass",
        "Create a priority class with the specified name",
        PriorityClassOptions,
        create_flags(
            "description",
            "global-default bool",
            "preemption-policy string=PreemptLowerPriority",
            "value int=0",
        ),
        usage="NAME --value=VALUE --global-default=BOOL",
        aliases=("pc",),
    ),
    Command(
        "quota",
        "Create a quota with the specified name",
        QuotaOptions,
        create_flags("hard list", "scopes list"),
        usage="NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2]",
        aliases=("resourcequota",),
    ),
)
