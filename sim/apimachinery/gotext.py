"""How Go prints JSON values in messages (`%v`); this file must not know what they mean."""

from __future__ import annotations

from typing import Any


def go_print(value: Any) -> str:
    """Return *value* as fmt.Sprintf("%v") prints what encoding/json made of it.

    >>> go_print({"b": [1, "x"], "a": None})
    'map[a:<nil> b:[1 x]]'
    """
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case dict():
            return f"map[{' '.join(f'{key}:{go_print(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(go_print(one) for one in value)}]"
    return str(value)
