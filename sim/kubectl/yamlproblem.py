"""What is wrong with a YAML text, in the words of go-yaml (which are libyaml's).

It must not know what the text is for.
"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import ScannerError

_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"mapping values are not allowed", "mapping values are not allowed in this context"),
        (r"found character .* cannot start", "found character that cannot start any token"),
        (r"expected (',' or '[\]}]')", r"did not find expected \1"),
        (r"expected <block end>, but found", "did not find expected key"),
        (r"expected the node content", "did not find expected node content"),
        (r"expected '<document start>'", "did not find expected <document start>"),
        (r"found unknown escape character", "found unknown escape character"),
        (r"expected chomping or indentation", "did not find expected comment or line break"),
        (r"expected a comment or a line break", "did not find expected comment or line break"),
        (r"found unexpected end of stream", "found unexpected end of stream"),
        (r"could not find expected ':'", "could not find expected ':'"),
        (r"found undefined alias '?([^']*)'?", r"unknown anchor '\1' referenced"),
        (
            r"sequence entries are not allowed",
            "block sequence entries are not allowed in this context",
        ),
    )
)


def yaml_problem(error: YAMLError, text: str) -> str:
    """Return the complaint about *text* as kubectl prints it: `yaml: line 4: did not find ...`."""
    if not isinstance(error, MarkedYAMLError):
        return f"yaml: {str(error).splitlines()[0]}"
    problem = str(error.problem or error).splitlines()[0]
    for pattern, words in _WORDS:
        found = pattern.search(problem)
        if found:
            problem = found.expand(words)
            break
    if "block collection" in str(error.context) and problem == "did not find expected key":
        problem = "did not find expected '-' indicator"
    if "'\\t' that cannot start" in str(error.problem) and error.problem_mark:
        problem = _tab(text.splitlines()[: error.problem_mark.line]) or problem
    return f"yaml: {_place(error)}{problem}"


def _tab(before: list[str]) -> str:
    """Return what a tab at the start of a line is called after the lines *before* it, if known."""
    lines = [line.rstrip() for line in before if line.strip()]
    last = lines[-1] if lines else ":"
    if last.endswith(("|", ">", "|-", ">-", "|+", ">+")):
        return "found a tab character where an indentation space is expected"
    if last.endswith((":", "-", "'", '"', "]", "}")):
        return ""
    return "found a tab character that violates indentation"


def _place(error: MarkedYAMLError) -> str:
    """Return the line as go-yaml counts it: scanner's errors from 1, parser's from 0, 0 untold."""
    line = error.problem_mark.line if error.problem_mark else 0
    if not line or str(error.problem).startswith("found undefined alias"):
        return ""
    return f"line {line + 1 if isinstance(error, ScannerError) else line}: "
