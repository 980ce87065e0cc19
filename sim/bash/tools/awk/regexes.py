"""awk's regular expressions, fixed in the program or made while it runs."""

from __future__ import annotations

from functools import lru_cache

from sim.bash.regex import Dialect, Regex, RegexProblem, compile_regex, translate
from sim.bash.tools.awk.values import AwkProblem

_DIALECT = Dialect(extended=True, controls="afnrtv", awk=True)
_SPECIAL = frozenset("\\.+*?()|[]{}^$")


@lru_cache(maxsize=256)
def regex_of(source: str, ignore_case: bool = False) -> Regex:
    """Return *source* compiled.

    Raises:
        AwkProblem: if it is no regular expression.
    """
    try:
        return compile_regex(translate(source, _DIALECT), ignore_case=ignore_case)
    except RegexProblem as problem:
        raise AwkProblem(f"invalid regexp: {problem}: /{source}/") from None


@lru_cache(maxsize=64)
def literal(text: str) -> Regex:
    """Return what fits *text* itself."""
    return compile_regex("".join("\\" + char if char in _SPECIAL else char for char in text))
