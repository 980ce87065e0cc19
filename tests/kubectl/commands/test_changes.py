"""Commands that change objects in place: label, annotate, taint, patch, scale, set."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal

STEPS: list[list[tuple[str, str, str, int]]] = [
    [
        ("label deploy web tier=back", "deployment.apps/web labeled\n", "", 0),
        (
            "label deploy web tier=front",
            "",
            "error: 'tier' already has a value (back), and --overwrite is false\n",
            1,
        ),
        ("label deploy web tier=front --overwrite", "deployment.apps/web labeled\n", "", 0),
        ("label deploy web tier-", "deployment.apps/web unlabeled\n", "", 0),
        (
            "label deploy web tier-",
            'label "tier" not found.\ndeployment.apps/web not labeled\n',
            "",
            0,
        ),
    ],
    [
        ("annotate deploy web note=x", "deployment.apps/web annotated\n", "", 0),
        (
            "annotate deploy web note=y",
            "",
            "error: --overwrite is false but found the following declared annotation(s): "
            "'note' already has a value (x)\n",
            1,
        ),
        (
            "annotate deploy web kubernetes.io/change-cause=a",
            "deployment.apps/web annotated\n",
            "",
            0,
        ),
        (
            "annotate deploy web kubernetes.io/change-cause=b",
            "deployment.apps/web annotated\n",
            "",
            0,
        ),
    ],
    [
        ("taint node node-1 a=b:NoSchedule", "node/node-1 tainted\n", "", 0),
        (
            "taint node node-1 a=c:NoSchedule",
            "",
            "error: node node-1 already has a taint(s) with same effect(s) and --overwrite is "
            "false\n",
            1,
        ),
        ("taint node node-1 a=c:NoSchedule --overwrite", "node/node-1 modified\n", "", 0),
        ("taint node node-1 a:NoSchedule-", "node/node-1 untainted\n", "", 0),
        ("taint node node-1 a-", "", 'error: taint "a" not found\n', 1),
        (
            "taint node node-1 a=b:Sometimes",
            "",
            "error: invalid taint effect: Sometimes, unsupported taint effect\n"
            "See 'kubectl taint -h' for help and examples\n",
            1,
        ),
    ],
    [
        (
            """patch deploy web -p '{"spec":{"replicas":3}}'""",
            "deployment.apps/web patched\n",
            "",
            0,
        ),
        (
            """patch deploy web -p '{"spec":{"replicas":3}}'""",
            "deployment.apps/web patched (no change)\n",
            "",
            0,
        ),
        (
            """patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":2}]'""",
            "deployment.apps/web patched\n",
            "",
            0,
        ),
        ("patch deploy web --patch 'spec: {replicas: 4}'", "deployment.apps/web patched\n", "", 0),
        (
            "patch deploy web -p '{spec:{replicas:3}}'",
            "",
            "Error from server (BadRequest): invalid character 's' looking for beginning of "
            "object key string\n",
            1,
        ),
        (
            "patch deploy web --type=merge -p '{spec:{replicas:3}}'",
            "",
            "Error from server (BadRequest): error decoding patch: invalid character 's' looking "
            "for beginning of object key string\n",
            1,
        ),
        (
            "patch deploy nope -p '{}'",
            "",
            'Error from server (NotFound): deployments.apps "nope" not found\n',
            1,
        ),
        (
            "patch deploy web",
            "",
            "error: must specify --patch or --patch-file containing the contents of the patch\n",
            1,
        ),
    ],
    [
        ("scale deploy web --replicas=3", "deployment.apps/web scaled\n", "", 0),
        (
            "scale deploy web --replicas=4 --current-replicas=9",
            "",
            "error: Expected replicas to be 9, was 3\n",
            1,
        ),
        ("scale deploy web", "", 'error: required flag(s) "replicas" not set\n', 1),
        (
            "scale --replicas=1 deploy/web deploy/nope",
            "deployment.apps/web scaled\n",
            'Error from server (NotFound): deployments.apps "nope" not found\n',
            1,
        ),
    ],
    [
        ("set image deploy/web app=web:2", "deployment.apps/web image updated\n", "", 0),
        ("set image deploy/web '*=web:3'", "deployment.apps/web image updated\n", "", 0),
        (
            "set image deploy/web nope=web:2",
            "",
            'error: unable to find container named "nope"\n',
            1,
        ),
        ("set env deploy/web A=1 B=2", "deployment.apps/web env updated\n", "", 0),
        ("set env deploy/web A-", "deployment.apps/web env updated\n", "", 0),
        ("set env deploy/web --list", "# Deployment web, container app\nB=2\n", "", 0),
        (
            "set resources deploy/web --limits=memory=256Mi",
            "deployment.apps/web resource requirements updated\n",
            "",
            0,
        ),
        (
            "get deploy web -o jsonpath={.spec.template.spec.containers[0].resources.limits}",
            '{"memory":"256Mi"}',
            "",
            0,
        ),
    ],
]


@pytest.mark.parametrize("steps", STEPS, ids=[steps[0][0].split()[0] for steps in STEPS])
def test_each_step_says_what_kubectl_says(
    cluster: Cluster, kubectl: Terminal, steps: list[tuple[str, str, str, int]]
) -> None:
    cluster.web()

    for line, out, err, code in steps:
        done = kubectl(line)
        assert (done.out, done.err, done.code) == (out, err, code), line


@pytest.mark.parametrize(
    ("line", "path", "value"),
    [
        ("label deploy web a=b", ("metadata", "labels", "a"), "b"),
        ("annotate deploy web a=b", ("metadata", "annotations", "a"), "b"),
        ("scale deploy web --replicas=5", ("spec", "replicas"), 5),
        (
            'patch deploy web --type=merge -p \'{"spec":{"paused":true}}\'',
            ("spec", "paused"),
            True,
        ),
    ],
)
def test_the_object_is_changed(
    cluster: Cluster, kubectl: Terminal, line: str, path: tuple[str, ...], value: object
) -> None:
    cluster.web()

    kubectl(line)

    found = cluster.get("deployments", "web")
    for key in path:
        found = found[key]
    assert found == value


def test_dry_run_leaves_the_object_alone(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()
    before = cluster.get("deployments", "web")

    done = kubectl("scale deploy web --replicas=9 --dry-run=client")

    assert done.out == "deployment.apps/web scaled (dry run)\n"
    assert cluster.get("deployments", "web") is before


def test_all_objects_of_a_selection_are_changed(cluster: Cluster, kubectl: Terminal) -> None:
    pods = cluster.web()

    done = kubectl("label pods -l app=web seen=yes")

    assert done.lines == [f"pod/{name} labeled" for name in pods]
    assert kubectl("taint nodes --all a=b:NoSchedule").lines == [
        f"node/node-{number} tainted" for number in (1, 2, 3)
    ]
