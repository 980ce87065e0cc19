"""YAML and JSON texts become objects, or problems in go-yaml's words."""

from __future__ import annotations

import pytest

from sim.kubectl.manifests import parse_manifests


def test_documents_and_lists_are_taken_apart() -> None:
    text = (
        "kind: A\n---\n# nothing\n---\nkind: XList\nitems:\n- {kind: B}\n- {kind: C}\n--- \n"
        "kind: D\n"
    )

    found = parse_manifests(text, "f")

    assert [manifest.object["kind"] for manifest in found] == ["A", "B", "C", "D"]


def test_values_are_read_as_yaml_1_1_reads_them() -> None:
    (found,) = parse_manifests("a: yes\nb: 010\nc: 2026-11-20\nd: '1'\n1: x\n", "f")

    assert found.object == {"a": True, "b": 8, "c": "2026-11-20", "d": "1", "1": "x"}


def test_json_is_read_as_json() -> None:
    (found,) = parse_manifests('{"kind": "Pod",\t"n": 1}', "f")

    assert found.object == {"kind": "Pod", "n": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [b\n", "line 1: did not find expected ',' or ']'"),
        ("a: {b\n", "line 1: did not find expected ',' or '}'"),
        ("a: b\n  c: d\n", "line 2: mapping values are not allowed in this context"),
        ("a: b: c\n", "mapping values are not allowed in this context"),
        ("a:\n\tb: c\n", "line 2: found character that cannot start any token"),
        ("a: b\n\tc: d\n", "line 2: found a tab character that violates indentation"),
        ("a: b\nc\n", "line 3: could not find expected ':'"),
        ('a: "x\n', "line 2: found unexpected end of stream"),
        ("a: *x\n", "unknown anchor 'x' referenced"),
        ("a:\n  b: c\n d: e\n", "line 2: did not find expected key"),
        ("a:\n- b\n  c: d\n", "line 3: mapping values are not allowed in this context"),
        ('a: "\\q"\n', "found unknown escape character"),
        ("a: @b\n", "found character that cannot start any token"),
        ("]\n", "did not find expected node content"),
    ],
)
def test_what_is_wrong_is_said_in_go_yamls_words(text: str, problem: str) -> None:
    (found,) = parse_manifests(text, "f.yaml")

    assert found.problem is not None
    assert found.problem.message == (
        f"error parsing f.yaml: error converting YAML to JSON: yaml: {problem}"
    )


def test_a_problem_is_the_last_manifest() -> None:
    first, second = parse_manifests("kind: A\n---\na: [\n---\nkind: B\n", "f")

    assert first.object == {"kind": "A"}
    assert second.problem is not None
