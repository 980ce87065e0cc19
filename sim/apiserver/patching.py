"""The five forms of a PATCH: what its media type is, what its body says, and its effect.

This file must not know what is stored; server-side apply's own rules are in `fieldmanagers.py`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.apimachinery.errors import (
    ApiError,
    bad_request,
    invalid,
    invalid_value,
    unsupported_media_type,
)
from sim.apimachinery.gotext import go_print
from sim.apimachinery.patch import PatchError, json_patch, merge_patch
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.decoding import json_name, unknown_format
from sim.apiserver.schema import go_form

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
MOST_OPERATIONS = 10_000


def patch_form(request: ApiRequest, info: ResourceInfo) -> str:
    """Return the media type of a patch.

    Raises:
        ApiError: UnsupportedMediaType, if it is none that the kind takes.
    """
    form = request.headers.get("content-type", "").partition(";")[0].strip()
    taken = tuple(one for one in PATCHES if not (info.custom and one == STRATEGIC_PATCH))
    if form not in taken:
        raise unsupported_media_type(unknown_format(taken))
    return form


def patch_body(request: ApiRequest, form: str) -> Any:
    """Return a patch as Python objects; one that is applied may come as YAML text.

    Raises:
        ApiError: BadRequest.
    """
    body = request.body
    if not isinstance(body, str):
        return body
    try:
        return YAML(typ="safe").load(body) if form == APPLY_PATCH else json.loads(body)
    except (YAMLError, ValueError) as error:
        kind = "YAML" if form == APPLY_PATCH else "patch"
        raise bad_request(f"error decoding {kind}: {error}") from None


def apply_patch(form: str, old: Obj, patch: Any, kind: str) -> Any:
    """Return *old* with *patch* applied.

    Raises:
        ApiError: BadRequest or Invalid, if the patch does not parse or does not fit.
    """
    if form == JSON_PATCH:
        return _json_patched(old, patch)
    if not isinstance(patch, dict):
        raise bad_request(
            f"json: cannot unmarshal {json_name(patch)} into Go value of type "
            "map[string]interface {}"
        )
    if form in (MERGE_PATCH, APPLY_PATCH):
        return merge_patch(old, patch)
    try:
        return strategic_merge_patch(old, patch, kind)
    except PatchError as error:
        raise bad_request(str(error)) from None
    except (AttributeError, TypeError):
        raise bad_request("cannot apply strategic merge patch: wrong type in patch") from None


_MISFIT = re.compile(r"json: cannot unmarshal (\S+)(?: \S+)? into Go .* of type (\S+)")
_GO_KINDS = {"array": "slice", "object": "map", "number": "int64"}


def misfit(form: str, patch: Any, patched: Obj, why: str) -> ApiError:
    """Return 422: the object as patched no longer decodes; *why* is the decoder's word.

    A strategic patch shows itself and is read by a decoder of its own with words of its own.
    """
    if form == STRATEGIC_PATCH:
        shown, why = go_print(patch), _converter_text(why)
    else:
        shown = json.dumps(patched, separators=(",", ":"), ensure_ascii=False)
    return invalid("", "", [invalid_value("patch", shown, why)])


def _converter_text(why: str) -> str:
    """Return what runtime.DefaultUnstructuredConverter says where encoding/json says *why*."""
    strict = "strict decoding error: "
    if why.startswith(strict):
        return strict + ", ".join(sorted(why.removeprefix(strict).split(", ")))
    found = _MISFIT.match(why)
    if found is None:
        return why
    given, wanted = _GO_KINDS.get(found[1], found[1]), go_form(found[2])
    if wanted in ("slice", "map"):
        return f"cannot restore {wanted} from {given}"
    if wanted == "struct":
        return f"cannot restore struct from: {given}"
    if given == "int64" and wanted == "string":
        return f"cannot convert int64 to {found[2]}"
    return f"unrecognized type: {wanted}"


def _json_patched(old: Obj, patch: Any) -> Any:
    if not isinstance(patch, list) or not all(isinstance(one, dict) for one in patch):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type "
            "jsonpatch.Patch"
        )
    if len(patch) > MOST_OPERATIONS:
        message = (
            f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(patch)}"
        )
        raise ApiError(413, "RequestEntityTooLarge", message, {})
    try:
        return json_patch(old, patch)
    except PatchError:
        message = "the server rejected our request due to an error in our request"
        raise ApiError(422, "Invalid", message, {}) from None
