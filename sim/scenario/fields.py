"""Scalar types of scenario files: durations, ranges, sizes, patterns, names.

Every value that a file writes with a unit becomes a plain number here; nothing here knows what a
scenario is about.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)

from sim.kernel import parse_duration_ms
from sim.scenario.patterns import check_pattern

_SIZE = re.compile(r"(\d+)(Ki|Mi|Gi)?")
_SIZE_FACTOR = {None: 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9.:\-_]*)\}")
_EARLY_DURATION = re.compile(r"-(.+)")


class Spec(BaseModel):
    """Base of every model: unknown keys are mistakes, values are not coerced, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _duration(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        msg = "write a duration with its unit, e.g. 90s, 5m, 1h30m"
        raise ValueError(msg)  # noqa: TRY004 - pydantic collects ValueError only
    if isinstance(value, int):
        if value == 0:
            return 0
        msg = f"a bare {value} has no unit; write e.g. {value}s"
        raise ValueError(msg)
    early = _EARLY_DURATION.fullmatch(value)
    return -parse_duration_ms(early[1]) if early else parse_duration_ms(value)


def _size(value: object) -> object:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        msg = "write a size such as 128Mi or 4Gi"
        raise ValueError(msg)
    return int(match[1]) * _SIZE_FACTOR[match[2]]


def _ordered(value: tuple[Any, Any]) -> tuple[Any, Any]:
    if value[0] > value[1]:
        msg = f"the range runs backwards: {value[0]} > {value[1]}"
        raise ValueError(msg)
    return value


def _pattern(value: str) -> str:
    check_pattern(_PLACEHOLDER.sub("x", value))
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", value):
        msg = "use lower-case letters, digits, dots and dashes"
        raise ValueError(msg)
    return value


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "examples": ["90s", "5m", "1h30m", "-20s"]}),
]
"""Milliseconds, written `90s`, `5m`, `1h30m`, `-20s`."""

Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(Ki|Mi|Gi)?$"}),
]
"""Bytes, written `128Mi`."""

DurationRange = Annotated[tuple[Duration, Duration], AfterValidator(_ordered)]
"""Lowest and highest value that a seed may draw, written `[320s, 460s]`."""

IntRange = Annotated[tuple[int, int], AfterValidator(_ordered)]
"""Lowest and highest whole number that a seed may draw, both included."""

Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression (RE2) in which `{role}` stands for a name of this run (escaped; lists alternate)."""

Name = Annotated[str, AfterValidator(_slug)]
"""A Kubernetes-like name or an id."""


RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]*$")]
"""Name of a role: `node.bad`, `db.service_ip`."""


def placeholders(text: str) -> list[str]:
    """Return the roles named in *text*, in order.

    >>> placeholders("ssh {node.bad} 'uptime' a{2}")
    ['node.bad']
    """
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: dict[str, Any]) -> str:
    """Return *text* with each `{role}` replaced by its name; a list is joined with spaces.

    Unknown braces (`{2}`, jsonpath's `{.spec}`) stay as they are.
    """

    def name_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        value = values[match[1]]
        return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

    return _PLACEHOLDER.sub(name_of, text)


def fill_pattern(pattern: str, values: dict[str, Any]) -> str:
    """Return *pattern* with each `{role}` replaced by its escaped name or alternatives."""

    def expression(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        value = values[match[1]]
        names = value if isinstance(value, list | tuple) else [value]
        return "(?:" + "|".join(re.escape(str(name)) for name in names) + ")"

    return _PLACEHOLDER.sub(expression, pattern)
