"""YAML documents as yq reads and writes them: comments, order and quotes stay."""

from __future__ import annotations

import io
import json
import re
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import ScalarString

DEPTH = 100
NODES = 200_000
"""Values that one document may have once its aliases are followed."""
LIMIT = 2 << 20
"""Characters of YAML in one call: a reader written in Python takes its time."""


class YamlProblem(Exception):  # noqa: N818 - the text that yq prints
    """Text is no YAML, or a value cannot be written."""


_OLD_BOOLEANS = frozenset(["y", "yes", "on", "n", "no", "off"])
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_STAMP = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?")
_SCALAR = "tag:yaml.org,2002:"


class _Styleless(RoundTripRepresenter):
    """Writes values that never were YAML as go-yaml does, which yq is made with."""

    def represent_nothing(self, _value: None) -> Any:
        """Return null in full."""
        return self.represent_scalar(f"{_SCALAR}null", "null")

    def represent_text(self, text: str) -> Any:
        """Return a text: quoted if it would be read as something else, lines as lines."""
        return self.represent_scalar(f"{_SCALAR}str", text, style=_style(text))


_Styleless.add_representer(type(None), _Styleless.represent_nothing)
_Styleless.add_representer(str, _Styleless.represent_text)


@lru_cache(4096)
def _style(text: str) -> str | None:
    if "\n" in text:
        return "|"
    other = VersionedResolver().resolve(ScalarNode, text, (True, False)) != f"{_SCALAR}str"
    if other or _BASE_60.fullmatch(text) or _STAMP.fullmatch(text):
        return '"'
    return '"' if text.lower() in _OLD_BOOLEANS else None


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.allow_duplicate_keys = True
    return yaml


def load(text: str) -> list[Any]:
    """Return the documents in *text*.

    Raises:
        YamlProblem: if it is no YAML, or too much.
    """
    if len(text) > LIMIT:
        raise YamlProblem("input is larger than this simulator's yq takes")
    try:
        documents = list(_yaml().load_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        told = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise YamlProblem(f"yaml: {where}{told}") from None
    return documents


def load_json(text: str) -> Any:
    """Return the value of *text* if it is one of JSON, which reads a hundred times faster.

    Raises:
        ValueError: if it is none, or holds a number that would print differently.
    """
    if text.lstrip()[:1] not in {"{", "["}:
        raise ValueError("no JSON")
    try:
        return json.loads(text, parse_float=_exact)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _exact(text: str) -> float:
    number = float(text)
    if str(number) != text:
        raise ValueError("a number with a form of its own")
    return number


def dump(value: Any, indent: int) -> str:
    """Return *value* as YAML; a scalar stands alone."""
    if not isinstance(value, dict | list):
        return f"{scalar(value)}\n"
    if not value:
        return "{}\n" if isinstance(value, dict) else "[]\n"
    yaml = _yaml()
    if not isinstance(value, CommentedMap | CommentedSeq):
        yaml.Representer = _Styleless
    nested = indent or 2
    yaml.indent(mapping=nested, sequence=nested + 2, offset=nested)
    if isinstance(value, list):
        # Only lists below a key are indented.
        yaml.indent(mapping=nested, sequence=nested, offset=0)
    out = io.StringIO()
    try:
        yaml.dump(value, out)
    except (YAMLError, RecursionError, TypeError) as error:
        raise YamlProblem(str(error).split("\n")[0]) from None
    return out.getvalue().removesuffix("...\n")


def scalar(value: Any) -> str:
    """Return a scalar as yq prints it alone."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def plain(value: Any) -> Any:
    """Return *value* as JSON has it.

    Raises:
        YamlProblem: if it is nested too deep or too large, as aliases can make it.
    """
    return _plain(value, 0, [NODES])


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth > DEPTH or left[0] < 0:
        raise YamlProblem("document contains excessive aliasing")
    if isinstance(value, dict):
        return {scalar(key): _plain(one, depth + 1, left) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, depth + 1, left) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def as_json(value: Any, indent: int) -> str:
    """Return *value* as JSON."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=indent or None,
                      separators=(",", ": ") if indent else (",", ":"))  # fmt: skip
    return text + "\n"


def as_properties(value: Any, path: str = "", depth: int = 0) -> str:
    """Return *value* as `a.b = c` lines."""
    if depth > DEPTH:
        raise YamlProblem("nested too deep")
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        head = f"{path}." if path else ""
        return "".join(as_properties(one, f"{head}{scalar(key)}", depth + 1) for key, one in pairs)
    return f"{path} = {scalar(value) if not isinstance(value, dict | list) else ''}\n"


__all__ = [
    "CommentedMap",
    "CommentedSeq",
    "ScalarString",
    "YamlProblem",
    "as_json",
    "as_properties",
    "dump",
    "load",
    "load_json",
    "plain",
    "scalar",
]
