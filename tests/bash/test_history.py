"""Lines come back from the history as bash brings them."""

from __future__ import annotations

import pytest

from sim.bash.history import RecallProblem, expand

HISTORY = ["kubectl get pods", "cd /tmp", "kubectl delete pod web-1 -n payments"]


@pytest.mark.parametrize(
    ("line", "expanded"),
    [
        ("!!", HISTORY[2]),
        ("!! | wc -l", f"{HISTORY[2]} | wc -l"),
        ("sudo !!", f"sudo {HISTORY[2]}"),
        ("!1", HISTORY[0]),
        ("!-2", HISTORY[1]),
        ("!cd", HISTORY[1]),
        ("!?get", HISTORY[0]),
        ("!?get? -A", f"{HISTORY[0]} -A"),
        ("echo !$", "echo payments"),
        ("echo !*", "echo delete pod web-1 -n payments"),
        ("echo !^", "echo delete"),
        ("echo !!:2", "echo pod"),
        ("echo !!:3-4", "echo web-1 -n"),
        ("echo !!:4-$", "echo -n payments"),
        ("echo !1:$", "echo pods"),
        ("echo a # !nope", "echo a # !nope"),
        ("echo a#!cd", f"echo a#{HISTORY[1]}"),
        (
            "cat <<'E' > f\n#!/bin/sh\n!nope\nE\necho !$",
            "cat <<'E' > f\n#!/bin/sh\n!nope\nE\necho payments",
        ),
        ("cat <<A <<-B\n!a\nA\n!b\n\tB", "cat <<A <<-B\n!a\nA\n!b\n\tB"),
        ("cat <<< !!", f"cat <<< {HISTORY[2]}"),
        ("^web-1^web-2", "kubectl delete pod web-2 -n payments"),
        ("^delete^describe^ | head", "kubectl describe pod web-1 -n payments | head"),
        ("echo '!!'", "echo '!!'"),
        ('echo "!1"', f'echo "{HISTORY[0]}"'),
        (r"echo \!1", r"echo \!1"),
        ("echo hi!", "echo hi!"),
        ("[ ! -e x ]", "[ ! -e x ]"),
        ("[[ $a != b ]]", "[[ $a != b ]]"),
        ("echo ${!a[@]} $! x[!a]", "echo ${!a[@]} $! x[!a]"),
    ],
)
def test_references_are_replaced(line: str, expanded: str) -> None:
    assert expand(line, HISTORY) == expanded


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("!99", "!99: event not found"),
        ("!nosuch", "!nosuch: event not found"),
        ("^nosuch^x", ":s^nosuch^x: substitution failed"),
        ("echo !!:9", "!!:9: bad word specifier"),
    ],
)
def test_what_leads_nowhere_is_told(line: str, wrong: str) -> None:
    with pytest.raises(RecallProblem) as problem:
        expand(line, HISTORY)
    assert str(problem.value) == wrong
