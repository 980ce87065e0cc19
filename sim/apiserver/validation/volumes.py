"""A pod's volumes: names, one source each, and the sources that people write.

Storage drivers of old clouds are accepted as they are. It must not know claims that exist.
"""

from __future__ import annotations

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
)
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.containers import check_descending
from sim.apiserver.validation.environment import check_resource_field, check_volume_field
from sim.apiserver.validation.names import check_label_name
from sim.apiserver.validation.storage import check_claim_spec

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_HOST_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)


def check_volumes(field: str, volumes: list[Obj]) -> list[Cause]:
    """Return the causes why a pod's volumes are refused."""
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, volume in enumerate(volumes):
        here = f"{field}[{index}]"
        name = volume.get("name", "")
        found = _check_source(here, volume)
        if not name:
            found.append(required(f"{here}.name"))
        else:
            found += check_label_name(f"{here}.name", name)
        if name in seen:
            found.append(duplicate_value(f"{here}.name", name))
        if not found:
            seen[name] = None
        causes += found
    return causes


def _check_source(field: str, volume: Obj) -> list[Cause]:
    named = [key for key, held in volume.items() if key != "name" and isinstance(held, dict)]
    if not named:
        return [required(field, "must specify a volume type")]
    first, *rest = named
    held, here = volume[first], f"{field}.{first}"
    causes: list[Cause] = []
    match first:
        case "emptyDir":
            limit = held.get("sizeLimit")
            if limit is not None and parse_quantity(limit) < 0:
                detail = "SizeLimit field must be a valid resource quantity"
                causes.append(forbidden_value(f"{here}.sizeLimit", detail))
        case "hostPath":
            causes += check_host_path(here, held)
        case "secret":
            if not held.get("secretName"):
                causes.append(required(f"{here}.secretName"))
            causes += _check_files(here, held)
        case "configMap":
            if not held.get("name"):
                causes.append(required(f"{here}.name"))
            causes += _check_files(here, held)
        case "persistentVolumeClaim":
            if not held.get("claimName"):
                causes.append(required(f"{here}.claimName"))
        case "downwardAPI":
            causes += _check_mode(f"{here}.defaultMode", held.get("defaultMode"))
            causes += _check_downward(here, held)
        case "projected":
            causes += _check_projected(here, held)
        case "nfs":
            causes += check_nfs(here, held)
        case "csi" if not held.get("driver"):
            causes.append(required(f"{here}.driver"))
        case "ephemeral":
            causes += _check_ephemeral(here, held)
    detail = "may not specify more than 1 volume type"
    return causes + [forbidden_value(f"{field}.{name}", detail) for name in rest]


def check_host_path(field: str, held: Obj) -> list[Cause]:
    """Return the causes why a path of the node is refused."""
    path = held.get("path", "")
    if not path:
        return [required(f"{field}.path")]
    causes: list[Cause] = []
    if ".." in path.split("/"):
        causes.append(invalid_value(f"{field}.path", path, "must not contain '..'"))
    if held.get("type", "") not in _HOST_TYPES:
        known = ", ".join(f'"{one}"' for one in _HOST_TYPES)
        message = f'Unsupported value: "{held["type"]}": supported values: {known}'
        causes.append(Cause("FieldValueNotSupported", message, f"{field}.type"))
    return causes


def check_nfs(field: str, held: Obj) -> list[Cause]:
    """Return the causes why a network file system is refused."""
    causes = [required(f"{field}.{name}") for name in ("server", "path") if not held.get(name)]
    if held.get("path") and not held["path"].startswith("/"):
        causes.append(invalid_value(f"{field}.path", held["path"], "must be an absolute path"))
    return causes


def _check_mode(field: str, mode: int | None) -> list[Cause]:
    if mode is None or 0 <= mode <= 0o777:
        return []
    return [invalid_value(field, mode, _MODE)]


def _check_files(field: str, held: Obj) -> list[Cause]:
    causes = _check_mode(f"{field}.defaultMode", held.get("defaultMode"))
    for index, item in enumerate(held.get("items") or ()):
        here = f"{field}.items[{index}]"
        causes += [required(f"{here}.{name}") for name in ("key", "path") if not item.get(name)]
        if item.get("path"):
            causes += check_descending(f"{here}.path", item["path"])
        causes += _check_mode(f"{here}.mode", item.get("mode"))
    return causes


def _check_downward(field: str, held: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for item in held.get("items") or ():
        path = item.get("path", "")
        if not path:
            causes.append(required(f"{field}.path"))
        causes += check_descending(f"{field}.path", path)
        if item.get("fieldRef") is not None:
            causes += check_volume_field(f"{field}.fieldRef", item["fieldRef"])
        elif item.get("resourceFieldRef") is not None:
            ref = item["resourceFieldRef"]
            if not ref.get("containerName"):
                causes.append(required(f"{field}.resourceFieldRef.containerName"))
            else:
                causes += check_resource_field(f"{field}.resourceFieldRef", ref)
        else:
            causes.append(required(field, "one of fieldRef and resourceFieldRef is required"))
    return causes


def _check_projected(field: str, held: Obj) -> list[Cause]:
    causes = _check_mode(f"{field}.defaultMode", held.get("defaultMode"))
    for index, source in enumerate(held.get("sources") or ()):
        here = f"{field}.sources[{index}]"
        named = [key for key, one in source.items() if isinstance(one, dict)]
        if len(named) > 1:
            detail = "may not specify more than 1 volume type per source"
            causes.append(forbidden_value(here, detail))
        for name in ("secret", "configMap"):
            if name in named:
                if not source[name].get("name"):
                    causes.append(required(f"{here}.{name}.name"))
                causes += _check_files(f"{here}.{name}", source[name])
        if "downwardAPI" in named:
            causes += _check_downward(f"{here}.downwardAPI", source["downwardAPI"])
        if "serviceAccountToken" in named:
            causes += _check_token(f"{here}.serviceAccountToken", source["serviceAccountToken"])
    return causes


def _check_token(field: str, held: Obj) -> list[Cause]:
    causes: list[Cause] = []
    seconds = held.get("expirationSeconds", 3600)
    if seconds < 600:
        rule = "may not specify a duration less than 10 minutes"
        causes.append(invalid_value(f"{field}.expirationSeconds", seconds, rule))
    if not held.get("path"):
        causes.append(required(f"{field}.path"))
    else:
        causes += check_descending(f"{field}.path", held["path"])
    return causes


def _check_ephemeral(field: str, held: Obj) -> list[Cause]:
    template = held.get("volumeClaimTemplate")
    if template is None:
        return [required(f"{field}.volumeClaimTemplate")]
    here = f"{field}.volumeClaimTemplate.spec"
    return check_claim_spec(here, template.get("spec") or {})
