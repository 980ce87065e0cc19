"""The part of Go's text/template that people use with kubectl."""

from __future__ import annotations

from typing import Any

import pytest

from sim.kubectl.printers.gotemplate import GoTemplate, GoTemplateError

DATA: dict[str, Any] = {
    "kind": "List",
    "items": [{"name": "a", "n": 1, "ok": True}, {"name": "b", "n": 2, "labels": {"x": "y"}}],
    "data": {"secret": "aGk="},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.kind}}", "List"),
        ("{{range .items}}{{.name}} {{end}}", "a b "),
        ("{{range $i, $one := .items}}{{$i}}={{$one.name}};{{end}}", "0=a;1=b;"),
        ("{{range .none}}x{{else}}empty{{end}}", "empty"),
        ("{{if .kind}}yes{{else}}no{{end}}", "yes"),
        ('{{if eq .kind "Pod"}}pod{{else if eq .kind "List"}}list{{end}}', "list"),
        ("{{with .data}}{{.secret}}{{end}}", "aGk="),
        ("{{.data.secret | base64decode}}", "hi"),
        ("{{len .items}}", "2"),
        ('{{index .items 1 "name"}}', "b"),
        ("{{(index .items 0).name}}", "a"),
        ('{{printf "%s-%d" .kind 3}}', "List-3"),
        ("{{.missing}}", "<no value>"),
        ("a {{- .kind -}} b", "aListb"),
        ("{{/* a comment */}}x", "x"),
        ("{{range .items}}{{if gt .n 1}}{{.name}}{{end}}{{end}}", "b"),
        ("{{and .kind (not .missing)}}", "true"),
        ('{{"\\n"}}', "\n"),
    ],
)
def test_a_template_renders(template: str, text: str) -> None:
    assert GoTemplate(template).render(DATA) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            '{{index .none "a"}}',
            'template: output:1:2: executing "output" at <index .none "a">: error calling index: '
            "index of untyped nil",
        ),
        (
            "{{range .kind}}{{end}}",
            'template: output:1:8: executing "output" at <.kind>: range can\'t iterate over List',
        ),
        (
            "{{.kind.x}}",
            'template: output:1:7: executing "output" at <.kind.x>: can\'t evaluate field x in type '
            "interface {}",
        ),
    ],
)
def test_what_does_not_fit_says_where(template: str, problem: str) -> None:
    with pytest.raises(GoTemplateError) as raised:
        GoTemplate(template).render(DATA)

    assert str(raised.value) == problem


def test_a_template_that_never_ends_is_stopped() -> None:
    with pytest.raises(GoTemplateError):
        GoTemplate("{{range 1000}}{{range 1000}}{{range 1000}}x{{end}}{{end}}{{end}}").render(DATA)


@pytest.mark.parametrize("template", ["{{", "{{range .items}}", "{{end}}", '{{template "x"}}'])
def test_what_does_not_parse_is_refused(template: str) -> None:
    with pytest.raises(GoTemplateError):
        GoTemplate(template).render(DATA)
