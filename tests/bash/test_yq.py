"""yq answers as version 4 does: comments, order and quotes stay where the document is only read or set."""

from __future__ import annotations

import json

import pytest

from tests.bash.coreutils import Tree
from tests.bash.place import HOME, Place

POD = """\
# a pod
kind: Pod
metadata:
  name: "web-1" # the name
  labels:
    app: web
spec:
  containers:
    - name: app
      image: web:1
    - name: side
      image: side:2
"""


@pytest.mark.parametrize(
    ("line", "output", "code"),
    [
        ("yq .kind pod.yaml", "Pod\n", 0),
        ("yq . pod.yaml", POD, 0),
        ("cat pod.yaml | yq", POD, 0),
        ("yq e .metadata.name pod.yaml", "web-1\n", 0),
        ("yq eval '.metadata.labels' pod.yaml", "app: web\n", 0),
        ("yq '.spec.containers[0].image' pod.yaml", "web:1\n", 0),
        ("yq '.spec.containers[].name' pod.yaml", "app\nside\n", 0),
        ("yq '.metadata.\"name\"' pod.yaml", "web-1\n", 0),
        ("yq '.nosuch.deeper' pod.yaml", "null\n", 0),
        ("yq -e .nosuch pod.yaml", "null\n", 1),
        ("yq '.spec.containers | length' pod.yaml", "2\n", 0),
        ("yq 'keys' pod.yaml", "- kind\n- metadata\n- spec\n", 0),
        ("yq '.spec.containers[] | select(.name == \"side\") | .image' pod.yaml", "side:2\n", 0),
        ("yq -o json .metadata.labels pod.yaml", '{\n  "app": "web"\n}\n', 0),
        ("yq -o=json -I=0 .metadata.labels pod.yaml", '{"app":"web"}\n', 0),
        ("yq -o props .metadata pod.yaml", "name = web-1\nlabels.app = web\n", 0),
        ("yq '.metadata.labels.app = \"db\" | .metadata.labels' pod.yaml", "app: db\n", 0),
        ("yq '.kind = \"Job\"' pod.yaml", POD.replace("Pod", "Job"), 0),
        ("yq '.metadata.labels.tier = 1' pod.yaml", POD.replace("app: web\n", "app: web\n    tier: 1\n"), 0),
        ("yq 'del(.spec.containers[1])' pod.yaml", POD.replace("    - name: side\n      image: side:2\n", ""), 0),
        ("yq -i '.kind = \"Job\"' pod.yaml; cat pod.yaml", POD.replace("Pod", "Job"), 0),
        ("KIND=Job yq '.kind = env(KIND) | .kind' pod.yaml", "Job\n", 0),
        ("KIND=Job yq '.kind = strenv(KIND)' pod.yaml", POD.replace("Pod", "Job"), 0),
        ("yq -n '.a.b = 1'", "a:\n  b: 1\n", 0),
        ("yq -p json . <<< '{\"a\": [1, 2]}'", "a:\n  - 1\n  - 2\n", 0),
        ("printf 'a: 1\\n---\\na: 2\\n' | yq .a", "1\n---\n2\n", 0),
        ("printf 'a: 1\\n---\\na: 2\\n' | yq -N .a", "1\n2\n", 0),
        ("printf 'a: 1\\n---\\na: 2\\n' | yq 'select(di == 1) | .a'", "2\n", 0),
        ("printf 'a: 1\\n---\\na: 2\\n' | yq ea 'map(.a)'", "- 1\n- 2\n", 0),
        ("yq '.metadata.labels | with_entries(.value |= . + \"x\")' pod.yaml", "app: webx\n", 0),
        ("yq --version", "yq (https://github.com/mikefarah/yq/) version v4.44.3\n", 0),
    ],
)  # fmt: skip
def test_yq_answers(both: Tree, line: str, output: str, code: int) -> None:
    both.files.write("/home/oncall/pod.yaml", POD)
    done = both.ours(line)
    assert (done.out, done.code) == (output, code)


@pytest.mark.parametrize("form", ["json", "props"])
def test_aliases_that_multiply_are_refused(both: Tree, form: str) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    both.files.write("/home/oncall/laughs.yaml", "\n".join(lines) + "\n")
    done = both.ours(f"yq -o {form} . laughs.yaml")
    assert done.err == "Error: document contains excessive aliasing\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("yq . nofile", "Error: open nofile: no such file or directory\n"),
        ("yq . <<< 'a: [1'", "Error: yaml: line 2: expected ',' or ']', but got '<stream end>'\n"),
        ("yq -o xml . <<< 1", "Error: output format xml: not supported in this simulator\n"),
        ("yq tag <<< 1", "Error: tag/0 is not defined at <top-level>, line 1, column 1: (expressions here are jq's)\n"),
        ("yq -Q . <<< 1", "Error: invalid option -- 'Q'\n"),
    ],
)  # fmt: skip
def test_yq_refuses_in_a_line(both: Tree, line: str, told: str) -> None:
    assert both.ours(line)[1:] == (told, 1)


JSON = (
    (""" '.a' """, """'{"a": 1.25}'""", "1.25"),
    (""" '.b[].c' """, """'{"b": [{"c": "x"}, {"c": null}]}'""", "x\nnull"),
    (""" '.a|length' """, """'{"a": [1, 2]}'""", "2"),
    (""" '.a' """, """'{"a": {"b": "c"}}'""", '{"b": "c"}'),
    (""" -p json '.a' """, """'{"a": {"b": "true", "c": null, "d": "x: y"}}'""",
     "b: \"true\"\nc: null\nd: 'x: y'"),
    (""" -o json -I0 '.a' """, """'{"a": {"b": "c"}}'""", '{"b":"c"}'),
    (""" '.a = 2' """, """'{"a": 1, "b": [3]}'""", '{"a": 2, "b": [3]}'),
    (""" '.[0].t' """, """'[{"t": "2026-11-20T02:41:11Z"}]'""", "2026-11-20T02:41:11Z"),
)  # fmt: skip


@pytest.mark.parametrize(("how", "text", "shown"), JSON)
def test_json_is_read_as_what_it_is(how: str, text: str, shown: str) -> None:
    done = Place().run(f"echo {text} | yq {how.strip()}")
    assert (done.out, done.code) == (f"{shown}\n", 0)


def test_a_list_of_hundreds_is_no_work_to_speak_of() -> None:
    place = Place()
    pods = json.dumps({"items": [{"metadata": {"name": "x" * 200}}] * 15_000})
    place.files.write(f"{HOME}/pods.json", pods)
    assert place.run("yq '.items|length' pods.json").out == "15000\n"
