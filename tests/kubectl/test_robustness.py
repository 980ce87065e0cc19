"""Whatever is typed, a command ends with an exit code and never with a Python exception."""

from __future__ import annotations

import random
import shlex

import pytest

from tests.control.world import service
from tests.kubectl.cluster import HOME, Cluster, Terminal
from tests.kubectl.test_against_kubectl import LINES

WORDS = (
    "", "-", ",", "..", "a/b/c", "pods", "web", "deploy/web", "pod/box", "node-1", "unicorns", "é",
    "a=b", "a-", "x=y:NoSchedule", "*=img:2", "-A", "-w", "--all", "-l", "-o", "-oyaml", "-it",
    "-f=odd.yaml", "-f=list.json", "-f", "--dry-run=client", "--dry-run=server", "--", "--help",
)  # fmt: skip
VALUES = (
    "", "0", "-1", "99999999999999999999", "x", "3s", "-3s", "json", "yaml", "wide", "name",
    "jsonpath={", "jsonpath={.items[*].x}", "custom-columns=A", "go-template={{.x}}", "a in (b",
    "{}", "[]", "null", '{"metadata":null}', '"x"', "condition=Ready", "delete", "odd.yaml", "client",
)  # fmt: skip
ODD = "kind: [1]\napiVersion: {a: b}\nmetadata: 3\n"
LIST = '{"kind": "List", "items": [1, null, {"kind": "Pod"}]}'


def _spoilt(line: str, drawn: random.Random) -> list[str]:
    words = shlex.split(line)
    for _ in range(drawn.randint(1, 3)):
        at = drawn.randrange(len(words)) if words else 0
        act = drawn.randrange(4)
        if act == 0 and words:
            del words[at]
        elif act == 1:
            words.insert(at, drawn.choice(WORDS))
        elif act == 2 and words:
            words[at] = drawn.choice(WORDS)
        elif words:
            words[at] = f"{words[at].partition('=')[0]}={drawn.choice(VALUES)}"
    return words


@pytest.mark.parametrize("seed", range(6))
def test_spoilt_command_lines_end_with_a_code(seed: int) -> None:
    drawn = random.Random(seed)
    cluster = Cluster()
    cluster.web()
    cluster.pod("box")
    cluster.api.create("services", service("web"))
    kubectl = cluster.terminal()
    kubectl.files.write(f"{HOME}/odd.yaml", ODD)
    kubectl.files.write(f"{HOME}/list.json", LIST)

    for _ in range(80):
        line = shlex.join(_spoilt(drawn.choice(LINES), drawn))
        running = kubectl.start(line, stdin="y\n")
        cluster.run(2_000)
        if running.done.code is None:
            running.interrupt()
            cluster.run(100)

        done = running.done
        assert isinstance(done.code, int), line
        assert done.code == 0 or done.out or done.err or done.code == 130, line


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("delete pod ''", "error: resource name may not be empty\n"),
        ("get pod ''", "error: resource name may not be empty\n"),
        ("label pods '' a=b", "error: resource name may not be empty\n"),
        ("cordon ''", "error: resource name may not be empty\n"),
        ("get pod ..", "error: invalid resource name \"..\": [may not be '..']\n"),
        ("get pod a%b", "error: invalid resource name \"a%b\": [may not contain '%']\n"),
        (
            "delete pod x -n shop/pods/box?",
            "error: invalid namespace \"shop/pods/box?\": [may not contain '/']\n",
        ),
    ],
)
def test_a_name_that_would_lead_elsewhere_is_refused(
    cluster: Cluster, kubectl: Terminal, line: str, err: str
) -> None:
    cluster.pod("box")

    done = kubectl(line)

    assert (done.out, done.err, done.code) == ("", err, 1)
    assert len(cluster.pods()) == 1
