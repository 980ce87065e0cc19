"""What changed between two specs, laid out as the server's comparison prints it (google/go-cmp).

Changed fields stand with `-` and `+`, two unchanged ones around them. Structured values are shortened;
a real server takes them apart. This file must not know what may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sim.apimachinery.errors import go_value
from sim.apimachinery.wire import Obj

_CONTEXT = 2
_NAMES = {
    "dnsPolicy": "DNSPolicy",
    "dnsConfig": "DNSConfig",
    "os": "OS",
    "nfs": "NFS",
    "csi": "CSI",
}
_TEXTS = frozenset(
    {
        "dnsPolicy",
        "hostname",
        "nodeName",
        "priorityClassName",
        "restartPolicy",
        "schedulerName",
        "serviceAccountName",
        "subdomain",
        "volumeName",
    }
)
"""Fields that are empty texts where they are missing; the others are nil."""


class _Row(NamedTuple):
    name: str
    before: str
    after: str


def go_diff(type_: str, fields: Sequence[str], before: Obj, after: Obj) -> str:
    """Return how *after* differs from *before*; *fields* are all of the type, in its order."""
    named = [*fields, *(one for one in (*before, *after) if one not in fields)]
    rows = [
        _Row(
            _NAMES.get(one) or one[:1].upper() + one[1:],
            _shown(one, before.get(one)),
            _shown(one, after.get(one)) if after.get(one) != before.get(one) else "",
        )
        for one in dict.fromkeys(named)
    ]
    lines = [f"  {type_}{{"]
    for shown in _grouped(rows):
        if isinstance(shown, int):
            lines.append(f"  \t... // {shown} identical field{'' if shown == 1 else 's'}")
            continue
        width = max(len(row.name) for row in shown) + 2
        for row in shown:
            name = f"{row.name}:".ljust(width)
            if row.after:
                lines += [f"- \t{name}{row.before},", f"+ \t{name}{row.after},"]
            else:
                lines.append(f"  \t{name}{row.before},")
    return "\n".join([*lines, "  }", ""])


def _grouped(rows: list[_Row]) -> list[int | list[_Row]]:
    """Return runs of rows to be shown, and how many identical ones are left out between them."""
    near = [
        any(rows[at].after for at in range(max(0, i - _CONTEXT), min(len(rows), i + _CONTEXT + 1)))
        for i in range(len(rows))
    ]
    groups: list[int | list[_Row]] = []
    for row, is_near in zip(rows, near, strict=True):
        last = groups[-1] if groups else None
        if is_near and isinstance(last, list):
            last.append(row)
        elif is_near:
            groups.append([row])
        elif isinstance(last, int):
            groups[-1] = last + 1
        else:
            groups.append(1)
    return groups


def _shown(field: str, value: Any) -> str:
    match value:
        case None:
            return '""' if field in _TEXTS else "nil"
        case bool():
            return f"&{str(value).lower()}"
        case int():
            return f"&{value}"
        case str():
            return go_value(value)
        case dict():
            return "&{...}" if value else "&{}"
        case list() if all(isinstance(one, str) for one in value):
            return "{" + ", ".join(map(go_value, value)) + "}"
    return "{...}"
