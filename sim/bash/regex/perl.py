r"""`grep -P`: Perl's syntax as far as the engine has it, and the look-arounds people use most.

A look-behind at the beginning, a look-ahead at the end and `\K` become text around a group.
"""

from __future__ import annotations

import re

from sim.bash.regex.brackets import RegexProblem

_BEHIND = re.compile(r"\(\?<=((?:[^()\\\[]|\\.)*)\)")
_AHEAD = re.compile(r"\(\?=((?:[^()\\\[]|\\.|\[(?:[^]\\]|\\.)+\])*)\)$")


def from_perl(pattern: str) -> tuple[str, bool]:
    r"""Return *pattern* for the engine, and whether its first group holds what is matched.

    >>> from_perl(r"pod=\K\w+")
    ('(?:pod=)(\\w+)', True)

    Raises:
        RegexProblem: if it needs a back-reference or another look-around.
    """
    before = after = ""
    keep = _keep(pattern)
    if keep is not None:
        before, pattern = pattern[:keep], pattern[keep + 2 :]
    elif behind := _BEHIND.match(pattern):
        before, pattern = behind[1], pattern[behind.end() :]
    if ahead := _AHEAD.search(pattern):
        after, pattern = ahead[1], pattern[: ahead.start()]
    for part in (before, pattern, after):
        _check(part)
    pattern = _plain(pattern)
    if not before and not after:
        return pattern, False
    around = f"(?:{_plain(before)})" if before else ""
    behind_it = f"(?:{_plain(after)})" if after else ""
    return f"{around}({pattern}){behind_it}", True


def _keep(pattern: str) -> int | None:
    r"""Return where a `\K` outside of groups and brackets stands."""
    depth, at, bracket = 0, 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            if pattern[at + 1 : at + 2] == "K" and depth == 0 and not bracket:
                return at
            at += 1
        elif bracket:
            bracket = char != "]"
        elif char == "[":
            bracket = True
        else:
            depth += (char == "(") - (char == ")")
        at += 1
    return None


def _plain(pattern: str) -> str:
    r"""Return *pattern* with Perl's `\h`, `\R` and possessive signs in the engine's words."""

    def one(match: re.Match[str]) -> str:
        return {r"\h": r"[ \t]", r"\R": r"(?:\r\n|\n|\r)", r"\Z": r"\z"}.get(match[0], match[0])

    return re.sub(r"\\.", one, pattern, flags=re.DOTALL)


def _check(pattern: str) -> None:
    if re.search(r"(?<!\\)(?:\\\\)*\(\?(?:<?[=!])", pattern):
        raise RegexProblem("this look-around is not supported in this simulator")
    if re.search(r"(?<!\\)(?:\\\\)*\\[1-9]", pattern):
        raise RegexProblem("back-references are not supported in this simulator")
