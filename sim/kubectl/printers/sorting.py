"""`--sort-by`: orders objects or table rows by a field, as kubectl compares JSON values.

Strings that are both quantities compare by amount; it must not know the fields' meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from sim.apimachinery.quantity import parse_quantity
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.gosort import go_sort
from sim.kubectl.printers.goprintf import type_name
from sim.kubectl.printers.jsonpath import JsonPath, JsonPathError

T = TypeVar("T")
_ABSENT = object()


def sort_by(items: Sequence[T], path: str, object_of: Callable[[T], Any]) -> list[T]:
    """Return *items* in the order of the field at *path* (a complete `{...}` expression).

    Raises:
        CommandError: if no object has the field, or the path is malformed.
    """
    try:
        template = JsonPath(path)
        values = [_first(template.find(object_of(item))) for item in items]
    except JsonPathError as error:
        raise CommandError(str(error)) from None
    if items and all(value is _ABSENT for value in values):
        raise CommandError(
            f"couldn't find any field with path {quote(path)} in the list of objects"
        )
    order = list(range(len(items)))
    go_sort(order, lambda left, right: _less(values[left], values[right]))
    return [items[index] for index in order]


class UnsortableError(CommandError):
    """The field's values have no order; kubectl says so by way of its log."""


def _first(results: list[list[Any]]) -> Any:
    return results[0][0] if results and results[0] else _ABSENT


def _less(left: Any, right: Any) -> bool:
    """Return whether *left* sorts before *right*; absent before null before any value."""
    if left is _ABSENT or right is _ABSENT:
        return left is _ABSENT
    if left is None or right is None:
        return left is None and right is not None
    if isinstance(left, str) and isinstance(right, str):
        amounts = (_amount(left), _amount(right))
        if amounts[0] is not None and amounts[1] is not None:
            return amounts[0] < amounts[1]
        return left < right
    number = isinstance(left, int | float) and not isinstance(left, bool)
    if number and type(left) is type(right):
        return bool(left < right)
    raise UnsortableError(
        "unsortable interface: interface"
        if number or isinstance(left, str)
        else f"unsortable type: {type_name(left)}"
    )


def _amount(text: str) -> Fraction | None:
    try:
        return parse_quantity(text)
    except ValueError:
        return None
