"""`-o FORMAT` for everything but tables: json, yaml, name, jsonpath, go-template, custom-columns.

It turns a format into a printer of objects; it must not know which command prints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote, to_json, to_text
from sim.kubectl.printers.customcolumns import CustomColumns
from sim.kubectl.printers.godump import go_dump
from sim.kubectl.printers.gotemplate import GoTemplate, GoTemplateError, TemplateFailed
from sim.kubectl.printers.jsonpath import JsonPath, JsonPathError
from sim.kubectl.printers.kyaml import to_kyaml
from sim.kubectl.printers.yaml import to_yaml
from sim.kubectl.structorder import Typed

TEMPLATE_FORMATS = ("go-template", "go-template-file", "template", "templatefile")
JSONPATH_FORMATS = ("jsonpath", "jsonpath-as-json", "jsonpath-file")
COMMON_FORMATS = tuple(
    sorted((*TEMPLATE_FORMATS, *JSONPATH_FORMATS, "json", "kyaml", "name", "yaml"))
)
GET_FORMATS = tuple(sorted((*COMMON_FORMATS, "custom-columns", "custom-columns-file", "wide")))


class ObjectPrinter(Protocol):
    """Turns objects into text, one call an object (or list of objects)."""

    def render(self, obj: Obj) -> str:
        """Return what is printed for *obj*."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What the flags say about output."""

    format: str = ""
    """The value of `-o`."""
    template: str = ""
    """The value of `--template`."""
    managed_fields: bool = False
    allow_missing: bool = True
    headers: bool = True
    allowed: tuple[str, ...] = COMMON_FORMATS
    """What an unknown format is told."""


def output_printer(options: OutputOptions, read: Callable[[str], str]) -> ObjectPrinter:
    """Return the printer of a format; *read* returns the text of a file.

    Raises:
        CommandError: for an unknown format or a malformed template.
    """
    name, equals, argument = options.format.partition("=")
    if name.lower() in ("json", "kyaml", "yaml"):
        name = name.lower()
    if not options.format and options.template:
        name = "go-template"
    if name in TEMPLATE_FORMATS or name in JSONPATH_FORMATS or name.startswith("custom-columns"):
        argument = options.template or argument
        known = name in options.allowed
        if known and not argument and not name.startswith("custom"):
            raise CommandError("template format specified but no template given")
    else:
        known = not equals and name in options.allowed
    if not known:
        raise CommandError(
            f"unable to match a printer suitable for the output format {quote(options.format)}, "
            f"allowed formats are: {','.join(options.allowed)}"
        )
    if name.endswith("file"):
        argument = _read(name, argument, read)
    if name == "json":
        return _Json(options.managed_fields)
    if name == "yaml":
        return _Yaml(options.managed_fields)
    if name == "kyaml":
        return _KYaml(options.managed_fields)
    if name == "name":
        return _Name()
    if name.startswith("custom-columns"):
        parse = CustomColumns.parse_file if name.endswith("file") else CustomColumns.parse
        return _Columns(parse(argument, headers=options.headers))
    if name in JSONPATH_FORMATS:
        return _Path(argument, options.allow_missing, as_json=name == "jsonpath-as-json")
    return _Template(argument, options.allow_missing)


def _read(name: str, path: str, read: Callable[[str], str]) -> str:
    try:
        return read(path)
    except OSError as error:
        what = "template" if name.startswith("custom") else "--template"
        raise CommandError(f"error reading {what} {path}, {error}") from None


def items_of(obj: Obj) -> list[Obj]:
    """Return the items of a list, or the object alone."""
    if isinstance(obj.get("items"), list) and obj.get("kind", "").endswith("List"):
        return list(obj["items"])
    return [obj]


def short_name(obj: Obj) -> str:
    """Return `pod/x` or `deployment.apps/web`."""
    group = obj.get("apiVersion", "").rpartition("/")[0]
    kind = obj.get("kind", "<unknown>").lower()
    name = obj.get("metadata", {}).get("name") or "<unknown>"
    return f"{kind}.{group}/{name}" if group else f"{kind}/{name}"


def without_managed_fields(obj: Obj) -> Obj:
    """Return *obj* (or the list) without `metadata.managedFields`."""
    if isinstance(obj.get("items"), list):
        return {**obj, "items": [without_managed_fields(item) for item in obj["items"]]}
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and "managedFields" in metadata:
        rest = {key: value for key, value in metadata.items() if key != "managedFields"}
        return {**obj, "metadata": rest}
    return obj


class _Json:
    def __init__(self, managed_fields: bool) -> None:
        self._managed_fields = managed_fields

    def render(self, obj: Obj) -> str:
        shown = obj if self._managed_fields else without_managed_fields(obj)
        return to_json(shown, indent=4, sort_keys=not isinstance(obj, Typed)) + "\n"


class _Yaml:
    def __init__(self, managed_fields: bool) -> None:
        self._managed_fields = managed_fields
        self._printed = 0

    def render(self, obj: Obj) -> str:
        shown = obj if self._managed_fields else without_managed_fields(obj)
        self._printed += 1
        return ("---\n" if self._printed > 1 else "") + to_yaml(shown)


class _KYaml:
    def __init__(self, managed_fields: bool) -> None:
        self._managed_fields = managed_fields

    def render(self, obj: Obj) -> str:
        shown = obj if self._managed_fields else without_managed_fields(obj)
        return to_kyaml(shown, sort_keys=not isinstance(obj, Typed))


class _Name:
    def render(self, obj: Obj) -> str:
        return "".join(f"{short_name(item)}\n" for item in items_of(obj))


class _Columns:
    def __init__(self, columns: CustomColumns) -> None:
        self._columns = columns

    def render(self, obj: Obj) -> str:
        return self._columns.render(items_of(obj))


class _Path:
    def __init__(self, template: str, allow_missing: bool, *, as_json: bool) -> None:
        self._template = template
        self._as_json = as_json
        try:
            self._path = JsonPath(template, allow_missing=allow_missing)
        except JsonPathError as error:
            raise CommandError(f"error parsing jsonpath {template}, {error}") from None

    def render(self, obj: Obj) -> str:
        try:
            if not self._as_json:
                return self._path.render(obj)
            return "".join(to_json(part, indent=4) + "\n" for part in self._path.find(obj))
        except JsonPathError as error:
            raise CommandError(_explain(self._template, obj, error)) from None


class _Template:
    def __init__(self, template: str, allow_missing: bool) -> None:
        self._source = template
        try:
            self._template = GoTemplate(template, allow_missing=allow_missing)
        except GoTemplateError as error:
            raise CommandError(f"error parsing template {template}, {error}") from None

    def render(self, obj: Obj) -> str:
        try:
            return self._template.render(obj)
        except TemplateFailed as error:
            raise CommandError(
                f"error executing template {quote(self._source)}: {error}",
                shown=(
                    f"{error.written}Error executing template: {error}. Printing more information "
                    f"for debugging the template:\n\ttemplate was:\n\t\t{self._source}\n"
                    f"\traw data was:\n\t\t{to_json(obj, sort_keys=not isinstance(obj, Typed))}\n"
                    f"\tobject given to template engine was:\n\t\t{to_text(obj)}\n\n"
                ),
            ) from None


def _explain(template: str, obj: Any, error: JsonPathError) -> str:
    return (
        f"error executing jsonpath {quote(template)}: Error executing template: {error}. "
        "Printing more information for debugging the template:\n"
        f"\ttemplate was:\n\t\t{template}\n"
        f"\tobject given to jsonpath engine was:\n\t\t{go_dump(obj)}\n\n\n"
    )
