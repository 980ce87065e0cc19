"""JSON values as Go's `%#v` prints them: what kubectl shows with a failed JSONPath.

It must not know what the value is about.
"""

from __future__ import annotations

from typing import Any

from sim.kubectl.goformat import format_float, quote


def go_dump(value: Any) -> str:
    """Return *value* in Go syntax, e.g. `map[string]interface {}{"a":[]interface {}{1}}`."""
    if isinstance(value, dict):
        inside = ", ".join(f"{quote(key)}:{go_dump(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(go_dump, value))}}}"
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return format_float(value) if isinstance(value, float) else str(value)
