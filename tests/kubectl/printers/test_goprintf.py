from __future__ import annotations

from typing import Any

import pytest

from sim.kubectl.printers.goprintf import Int, sprint, sprintf


@pytest.mark.parametrize(
    ("form", "values", "text"),
    [
        ("%d|%5d|%-5d|%05d", (1, 2, 3, 4), "1|    2|3    |00004"),
        ("%s %q %v", ("a", "b", "c"), 'a "b" c'),
        ("%t %v", (True, False), "true false"),
        ("%x %o %b %c", (255, 8, 5, 65), "ff 10 101 A"),
        ("%.2f %e", (1.5, 1.5), "1.50 1.500000e+00"),
        ("%d", ("x",), "%!d(string=x)"),
        ("%s", (Int(1),), "%!s(int=1)"),
        ("%s", (), "%!s(MISSING)"),
        ("x", (1,), "x%!(EXTRA int64=1)"),
        ("%v %T", ({"a": [1]}, [1]), "map[a:[1]] []interface {}"),
        ("100%%", (), "100%"),
        ("%", (), "%!(NOVERB)"),
    ],
)
def test_printf_prints_as_go_does(form: str, values: tuple[Any, ...], text: str) -> None:
    assert sprintf(form, *values) == text


def test_print_puts_blanks_between_what_is_no_text() -> None:
    assert sprint(1, 2, "a", "b", 3) == "1 2ab3"
