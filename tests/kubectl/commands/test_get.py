"""`kubectl get`: tables, output forms, selections and watching."""

from __future__ import annotations

import json

import pytest

from tests.kubectl.cluster import Cluster, Terminal


@pytest.fixture
def pods(cluster: Cluster) -> list[str]:
    return cluster.web()


def test_a_table_is_aligned_as_kubectl_aligns_it(
    cluster: Cluster, kubectl: Terminal, pods: list[str]
) -> None:
    assert kubectl("get pods").out == (
        "NAME                   READY   STATUS    RESTARTS   AGE\n"
        f"{pods[0]}   1/1     Running   0          5s\n"
        f"{pods[1]}   1/1     Running   0          5s\n"
    )


def test_several_types_are_tables_with_kinds_in_their_names(
    kubectl: Terminal, pods: list[str]
) -> None:
    assert kubectl("get deploy,rs").out == (
        "NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\n"
        "deployment.apps/web   2/2     2            2           5s\n"
        "\n"
        "NAME                             DESIRED   CURRENT   READY   AGE\n"
        "replicaset.apps/web-79dbb48ffd   2         2         2       5s\n"
    )


@pytest.mark.parametrize("word", ["pods", "pod", "po", "pods.v1.", "PODS"])
def test_a_resource_has_several_names(kubectl: Terminal, pods: list[str], word: str) -> None:
    assert kubectl(f"get {word} -o name").lines == [f"pod/{name}" for name in pods]


def test_wide_shows_where_pods_run(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    assert kubectl("get pods -o wide").out == (
        "NAME   READY   STATUS    RESTARTS   AGE   IP           NODE     NOMINATED NODE   "
        "READINESS GATES\n"
        "box    1/1     Running   0          2s    10.244.0.2   node-1   <none>           <none>\n"
    )


@pytest.mark.parametrize(
    ("flags", "out"),
    [
        ("--no-headers", "box   1/1   Running   0     2s\n"),
        (
            "--show-labels",
            "NAME   READY   STATUS    RESTARTS   AGE   LABELS\n"
            "box    1/1     Running   0          2s    run=box\n",
        ),
        (
            "-L run,app",
            "NAME   READY   STATUS    RESTARTS   AGE   RUN   APP\n"
            "box    1/1     Running   0          2s    box   \n",
        ),
        (
            "--show-kind",
            "NAME      READY   STATUS    RESTARTS   AGE\npod/box   1/1     Running   0          2s\n",
        ),
        (
            "-A",
            "NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\n"
            "shop        box    1/1     Running   0          2s\n",
        ),
        ("-o name", "pod/box\n"),
        ("-o jsonpath={.items[*].metadata.name}", "box"),
        ("-o jsonpath='{range .items[*]}{.spec.nodeName}{\"\\n\"}{end}'", "node-1\n"),
        (
            "-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,NO:.spec.none",
            "NAME   NODE     NO\nbox    node-1   <none>\n",
        ),
        ("-o go-template='{{range .items}}{{.metadata.name}}{{end}}'", "box"),
    ],
)
def test_output_forms(cluster: Cluster, kubectl: Terminal, flags: str, out: str) -> None:
    cluster.pod("box")

    assert kubectl(f"get pods {flags}").out == out


def test_yaml_and_json_of_one_object_say_the_same(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    yaml, text = kubectl("get pod box -o yaml").out, kubectl("get pod box -o json").out

    assert yaml.startswith(
        'apiVersion: v1\nkind: Pod\nmetadata:\n  creationTimestamp: "2026-11-20T01:40:00Z"\n'
    )
    assert text.startswith('{\n    "apiVersion": "v1",\n    "kind": "Pod",\n')
    assert json.loads(text)["metadata"]["name"] == "box"


def test_a_list_as_json_has_the_kind_list(kubectl: Terminal, pods: list[str]) -> None:
    listed = json.loads(kubectl("get pods -o json").out)

    assert (listed["kind"], len(listed["items"])) == ("List", 2)


def test_selectors_are_the_servers(cluster: Cluster, kubectl: Terminal, pods: list[str]) -> None:
    cluster.pod("box")

    assert kubectl("get pods -l run=box -o name").out == "pod/box\n"
    assert kubectl("get pods --field-selector spec.nodeName=node-9").out == ""
    assert kubectl("get pods -l 'app in (web)' -o name").lines == [f"pod/{name}" for name in pods]


def test_sort_by_orders_rows_without_losing_the_table(
    cluster: Cluster, kubectl: Terminal, pods: list[str]
) -> None:
    cluster.pod("aaa")

    by_age = kubectl("get pods --sort-by=.metadata.creationTimestamp --no-headers").lines
    by_name = kubectl("get pods --sort-by=.metadata.name --no-headers").lines

    assert by_age[-1].startswith("aaa ")
    assert by_name[0].startswith("aaa ")


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("get pods", "No resources found in shop namespace.\n", 0),
        ("get pods -A", "No resources found\n", 0),
        ("get pod nope", 'Error from server (NotFound): pods "nope" not found\n', 1),
        ("get pod nope --ignore-not-found", "", 0),
        ("get deploy/nope", 'Error from server (NotFound): deployments.apps "nope" not found\n', 1),
        ("get unicorns", 'error: the server doesn\'t have a resource type "unicorns"\n', 1),
        (
            "get pods -o table",
            'error: unable to match a printer suitable for the output format "table", allowed '
            "formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,"
            "jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml\n",
            1,
        ),
        (
            "get pods -l 'a=(b'",
            'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match '
            'label selector "a=(b", field selector "": unable to parse requirement: found \'(\', '
            "expected: identifier\n",
            1,
        ),
        (
            "get pods/a/b",
            "error: arguments in resource/name form may not have more than one slash\n",
            1,
        ),
        ("get pods a -l b=c", "error: name cannot be provided when a selector is specified\n", 1),
        (
            "get pods a -A",
            "error: a resource cannot be retrieved by name across all namespaces\n",
            1,
        ),
    ],
)
def test_what_cannot_be_shown_is_explained(
    kubectl: Terminal, line: str, err: str, code: int
) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, code)


def test_some_found_and_some_not_shows_both(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("get pod box nope -o name")

    assert done.out == "pod/box\n"
    assert done.err == 'Error from server (NotFound): pods "nope" not found\n'
    assert done.code == 1


def test_watching_prints_a_row_at_the_instant_of_each_change(
    cluster: Cluster, kubectl: Terminal
) -> None:
    cluster.pod("box")
    watching = kubectl.start("get pods -w")
    before = watching.done.out

    deleting = kubectl.start("delete pod box")
    cluster.run(2_000)

    assert before == (
        "NAME   READY   STATUS    RESTARTS   AGE\nbox    1/1     Running   0          2s\n"
    )
    assert watching.done.out.removeprefix(before).splitlines()[0] == (
        "box    1/1     Terminating   0          2s"
    )
    assert watching.done.code is None
    assert deleting.done.code == 0


def test_watch_only_starts_with_the_next_change(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    watching = kubectl.start("get pods --watch-only --output-watch-events")

    assert watching.done.out == ""
    kubectl("label pod box a=b")

    assert watching.done.lines[1].split() == ["MODIFIED", "box", "1/1", "Running", "0", "2s"]


def test_watching_yaml_separates_documents(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    watching = kubectl.start("get pod box -w -o yaml")
    kubectl("label pod box a=b")

    assert watching.done.out.count("kind: Pod\n") == 2
    assert "\n---\n" in watching.done.out


def test_raw_answers_are_passed_through(kubectl: Terminal) -> None:
    assert kubectl("get --raw /healthz").out == "ok"
    assert json.loads(kubectl("get --raw /api/v1/nodes/node-1").out)["kind"] == "Node"
