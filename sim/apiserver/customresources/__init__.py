"""From a CustomResourceDefinition to what is served: names accepted, versions defined, objects ended.

What the apiextensions server's naming, establishing and finalizing controllers do, inside the write
itself, so that discovery follows at once. This file must not know requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import Cause, method_not_allowed_with
from sim.apimachinery.meta import read
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.customresources.columns import printer_for
from sim.apiserver.customresources.schema import PRESERVE, fill
from sim.apiserver.customresources.validation import check_value
from sim.apiserver.customresources.version import CustomVersion
from sim.apiserver.resources import version_order

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

DEFINITIONS = "customresourcedefinitions"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
"""The finalizer that a definition carries while its objects are being deleted."""


class CustomResources:
    """Keeps what is served in step with the stored definitions."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._ending: dict[str, None] = {}

    # -- definitions -----------------------------------------------------------------------------

    def complete(self, definition: Obj, old: Obj | None) -> Obj:
        """Return *definition* with defaults and with the status that its names deserve."""
        spec = definition.get("spec")
        if not isinstance(spec, dict):
            return definition
        names = dict(spec.get("names") or {})
        kind = names.get("kind") or ""
        if kind:
            names["singular"] = names.get("singular") or kind.lower()
            names["listKind"] = names.get("listKind") or f"{kind}List"
        conversion = spec.get("conversion") or {"strategy": "None"}
        spec = {**spec, "names": names, "conversion": conversion}
        return {**definition, "spec": spec, "status": self._status(definition, spec, old)}

    def _status(self, definition: Obj, spec: Obj, old: Obj | None) -> Obj:
        held: Obj = (definition.get("status") or {}) if old is not None else {}
        stored = [one["name"] for one in spec.get("versions") or () if one.get("storage")]
        known = list(held.get("storedVersions") or ())
        problem = self._taken(definition, spec)
        accepted: Obj = held.get("acceptedNames") or {"kind": "", "plural": ""}
        if problem is None:
            accepted = spec["names"]
            names = ("NamesAccepted", "True", "NoConflicts", "no conflicts found")
            reason = ("InitialNamesAccepted", "the initial names have been accepted")
            established = ("Established", "True", *reason)
        else:
            names = ("NamesAccepted", "False", *problem)
            reason = ("NotAccepted", "not all names are accepted")
            established = ("Established", "False", *reason)
        before = {one["type"]: one for one in held.get("conditions") or ()}
        if problem and before.get("Established", {}).get("status") == "True":
            established = ("Established", "True", *_reason(before["Established"]))
        now = self._registry.timestamp()
        conditions = [_condition(before.get(one[0]), *one, now=now) for one in (names, established)]
        others = [one for type_, one in before.items() if type_ not in (names[0], established[0])]
        return {
            **held,
            "conditions": [*conditions, *others],
            "acceptedNames": accepted,
            "storedVersions": [*known, *(one for one in stored if one not in known)],
        }

    def _taken(self, definition: Obj, spec: Obj) -> tuple[str, str] | None:
        """Return (reason, message) if another definition of the group has one of the names."""
        mine = definition["metadata"]["name"]
        plurals: dict[str, None] = {}
        kinds: dict[str, None] = {}
        for other in self._registry.store.list(DEFINITIONS):
            if other["metadata"]["name"] == mine or other["spec"]["group"] != spec.get("group"):
                continue
            held = read(other, "status", "acceptedNames", default={}) or {}
            listed = (held.get("plural"), held.get("singular"), *(held.get("shortNames") or ()))
            plurals |= dict.fromkeys(str(one) for one in listed if one)
            kinds |= dict.fromkeys(str(held.get(field)) for field in ("kind", "listKind"))
        names = spec["names"]
        for field, reason, taken in (
            ("plural", "PluralConflict", plurals),
            ("singular", "SingularConflict", plurals),
            ("shortNames", "ShortNamesConflict", plurals),
            ("kind", "KindConflict", kinds),
            ("listKind", "ListKindConflict", kinds),
        ):
            value = names.get(field)
            for one in value if isinstance(value, list) else [value]:
                if one and one in taken:
                    return reason, f'"{one}" is already in use'
        return None

    def stored(self, definition: Obj) -> None:
        """Serve what *definition*, as it now stands in the store, adds."""
        name = definition["metadata"]["name"]
        established = any(
            one["type"] == "Established" and one["status"] == "True"
            for one in read(definition, "status", "conditions", default=()) or ()
        )
        if not established:
            self._registry.resources.forget(name)
            return
        versions = [_version(definition, one) for one in definition["spec"]["versions"]]
        stored = next(
            made
            for made, one in zip(versions, definition["spec"]["versions"], strict=True)
            if one.get("storage")
        )
        served = [
            made
            for made, one in zip(versions, definition["spec"]["versions"], strict=True)
            if one.get("served")
        ]
        served.sort(key=lambda one: version_order(one.info.version))
        self._registry.resources.define(name, stored, served)

    def end(self, definition: Obj) -> Obj:
        """Begin the end of a definition: Terminating, its objects deleted, then gone."""
        registry = self._registry
        name = definition["metadata"]["name"]
        if name in self._ending:
            return definition
        self._ending[name] = None
        held = definition["metadata"]
        now = registry.timestamp()
        metadata = {
            **held,
            "deletionTimestamp": held.get("deletionTimestamp", now),
            "deletionGracePeriodSeconds": 0,
            "finalizers": list(dict.fromkeys([*(held.get("finalizers") or ()), CLEANUP])),
        }
        status = definition.get("status") or {}
        text = ("InstanceDeletionInProgress", "CustomResource deletion is in progress")
        terminating = _condition(None, "Terminating", "True", *text, now=now)
        conditions = [*(status.get("conditions") or ()), terminating]
        ending = {
            **definition,
            "metadata": metadata,
            "status": {**status, "conditions": conditions},
        }
        begun = registry.modify(DEFINITIONS, "", name, lambda _old: ending) or definition
        for obj in registry.store.list(name):
            where = obj["metadata"]
            registry.delete(name, where.get("namespace", ""), where["name"])
        self._finish(name)
        return begun

    def removed(self, resource: str, obj: Obj) -> None:
        """Take note of an object that has left the store."""
        if resource == DEFINITIONS:
            name = obj["metadata"]["name"]
            self._registry.resources.forget(name)
            self._registry.end_watches(name)
        elif resource in self._ending:
            self._finish(resource)

    def _finish(self, name: str) -> None:
        registry = self._registry
        if name not in self._ending or registry.store.count(name):
            return
        del self._ending[name]

        def cleaned(definition: Obj) -> Obj:
            metadata = dict(definition["metadata"])
            rest = [one for one in metadata.get("finalizers") or () if one != CLEANUP]
            metadata.pop("finalizers", None)
            if rest:
                metadata["finalizers"] = rest
            return {**definition, "metadata": metadata}

        registry.modify(DEFINITIONS, "", name, cleaned)

    # -- their objects ---------------------------------------------------------------------------

    def admit(self, info: ResourceInfo) -> None:
        """Refuse a new object of a definition that is ending; raises ApiError."""
        if info.key in self._ending:
            raise method_not_allowed_with(
                "create not allowed while custom resource definition is terminating"
            )

    def filled(self, info: ResourceInfo, obj: Obj) -> Obj:
        """Return a custom object with the defaults of its schema."""
        version = self._registry.resources.version_of(info)
        if version is None or not version.schema:
            return obj
        made: Obj = fill(obj, version.schema)
        return made

    def check(self, info: ResourceInfo, obj: Obj) -> list[Cause]:
        """Return why a custom object does not fit its schema."""
        version = self._registry.resources.version_of(info)
        if version is None or not version.schema:
            return []
        properties = version.schema.get("properties") or {}
        # metadata is ObjectMeta's own; what a schema says of it restricts the name at most.
        rest = {key: one for key, one in properties.items() if key not in ("apiVersion", "kind")}
        rest.pop("metadata", None)
        return check_value(obj, {**version.schema, "properties": rest})


def _reason(condition: Obj) -> tuple[str, str]:
    return condition.get("reason", ""), condition.get("message", "")


def _condition(
    before: Obj | None, type_: str, status: str, reason: str, message: str, *, now: str
) -> Obj:
    same = before is not None and before["status"] == status
    return {
        "type": type_,
        "status": status,
        "lastTransitionTime": before["lastTransitionTime"] if same and before else now,
        "reason": reason,
        "message": message,
    }


def _version(definition: Obj, version: Obj) -> CustomVersion:
    spec = definition["spec"]
    names = read(definition, "status", "acceptedNames") or spec["names"]
    subresources: Obj = version.get("subresources") or {}
    schema: Any = read(version, "schema", "openAPIV3Schema") or {}
    group = spec["group"]
    info = ResourceInfo(
        group=group,
        version=version["name"],
        plural=names["plural"],
        kind=names["kind"],
        singular=names.get("singular", ""),
        short_names=tuple(names.get("shortNames") or ()),
        namespaced=spec["scope"] == "Namespaced",
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(sorted(one for one in ("scale", "status") if one in subresources)),
        custom=True,
    )
    warning = ""
    if version.get("deprecated"):
        warning = version.get("deprecationWarning") or (
            f"{info.group_version} {info.kind} is deprecated"
        )
    return CustomVersion(
        info,
        schema if not spec.get("preserveUnknownFields") else {**schema, PRESERVE: True},
        printer=printer_for(tuple(version.get("additionalPrinterColumns") or ())),
        scale=subresources.get("scale") or {},
        selectable=tuple(
            one["jsonPath"].lstrip(".") for one in version.get("selectableFields") or ()
        ),
        warning=warning,
    )
