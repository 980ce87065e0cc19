"""`create`, `apply`, `replace`, `delete` and `get` with files of the workstation."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import HOME, Cluster, Terminal

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: main, image: "api:1"}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  selector: {app: api}
  ports: [{port: 80}]
"""


@pytest.fixture
def home(kubectl: Terminal) -> Terminal:
    kubectl.files.write(f"{HOME}/api.yaml", WEB)
    kubectl.files.write(f"{HOME}/api2.yaml", WEB.replace("replicas: 1", "replicas: 3"))
    return kubectl


def test_create_makes_every_object_once(home: Terminal) -> None:
    first, again = home("create -f api.yaml"), home("create -f api.yaml")

    assert first.out == "deployment.apps/api created\nservice/api created\n"
    assert again.err == (
        'Error from server (AlreadyExists): error when creating "api.yaml": deployments.apps "api" '
        'already exists\nError from server (AlreadyExists): error when creating "api.yaml": '
        'services "api" already exists\n'
    )


def test_apply_creates_then_changes_only_what_differs(cluster: Cluster, home: Terminal) -> None:
    said = [home(f"apply -f {name}").out for name in ("api.yaml", "api.yaml", "api2.yaml")]

    assert said == [
        "deployment.apps/api created\nservice/api created\n",
        "deployment.apps/api unchanged\nservice/api unchanged\n",
        "deployment.apps/api configured\nservice/api unchanged\n",
    ]
    assert cluster.get("deployments", "api")["spec"]["replicas"] == 3


def test_apply_takes_away_what_left_the_file(cluster: Cluster, home: Terminal) -> None:
    home("apply -f api.yaml")
    home.files.write(f"{HOME}/api.yaml", WEB.replace(", labels: {app: api}}\nspec", "}\nspec"))

    home("apply -f api.yaml")

    assert "labels" not in cluster.get("deployments", "api")["metadata"]


def test_apply_keeps_what_others_have_set(cluster: Cluster, home: Terminal) -> None:
    home("apply -f api.yaml")
    home("label deploy api other=yes")

    home("apply -f api2.yaml")

    assert cluster.get("deployments", "api")["metadata"]["labels"] == {"app": "api", "other": "yes"}


def test_apply_over_a_created_object_warns(home: Terminal) -> None:
    home("create -f api.yaml")

    done = home("apply -f api2.yaml")

    assert done.err.startswith(
        "Warning: resource deployments/api is missing the "
        "kubectl.kubernetes.io/last-applied-configuration annotation"
    )
    assert done.lines == ["deployment.apps/api configured", "service/api configured"]


def test_standard_input_is_a_file_called_dash(cluster: Cluster, home: Terminal) -> None:
    assert home("apply -f -", stdin=WEB).lines[0] == "deployment.apps/api created"
    assert home("delete -f -", stdin=WEB).lines == [
        'deployment.apps "api" deleted from shop namespace',
        'service "api" deleted from shop namespace',
    ]


def test_replace_puts_the_object_as_it_is_in_the_file(cluster: Cluster, home: Terminal) -> None:
    home("create -f api.yaml")

    assert home("replace -f api2.yaml").lines[0] == "deployment.apps/api replaced"
    assert cluster.get("deployments", "api")["spec"]["replicas"] == 3


def test_dry_run_makes_nothing(cluster: Cluster, home: Terminal) -> None:
    assert home("apply -f api.yaml --dry-run=client").lines[0] == (
        "deployment.apps/api created (dry run)"
    )
    assert home("apply -f api.yaml --dry-run=server").lines[0] == (
        "deployment.apps/api created (server dry run)"
    )
    assert cluster.api.get("deployments", "shop", "api") is None


def test_a_broken_document_does_not_spoil_those_before_it(cluster: Cluster, home: Terminal) -> None:
    home.files.write(f"{HOME}/half.yaml", f"{WEB}---\na: [b\n")

    done = home("apply -f half.yaml")

    assert done.lines == ["deployment.apps/api created", "service/api created"]
    assert done.err == (
        "error: error parsing half.yaml: error converting YAML to JSON: yaml: line 1: did not "
        "find expected ',' or ']'\n"
    )


@pytest.mark.parametrize(
    ("text", "err"),
    [
        (
            "kind: Pod\nmetadata: {name: x}\n",
            'error: error validating "bad.yaml": error validating data: apiVersion not set; if '
            "you choose to ignore these errors, turn validation off with --validate=false\n",
        ),
        (
            "apiVersion: v1\nkind: Podd\nmetadata: {name: x}\n",
            'error: resource mapping not found for name: "x" namespace: "" from "bad.yaml": no '
            'matches for kind "Podd" in version "v1"\nensure CRDs are installed first\n',
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n"
            "  - {name: a, image: b, imagee: c}\n",
            'Error from server (BadRequest): error when creating "bad.yaml": Pod in version "v1" '
            "cannot be handled as a Pod: strict decoding error: unknown field "
            '"spec.containers[0].imagee"\n',
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n   labels: {}\n",
            "error: error parsing bad.yaml: error converting YAML to JSON: yaml: line 5: mapping "
            "values are not allowed in this context\n",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: other}\n",
            'error: the namespace from the provided object "other" does not match the namespace '
            "\"shop\". You must pass '--namespace=other' to perform this operation.\n",
        ),
    ],
)
def test_mistakes_in_files_are_kubectls(home: Terminal, text: str, err: str) -> None:
    home.files.write(f"{HOME}/bad.yaml", text)

    done = home("create -n shop -f bad.yaml")

    assert (done.err, done.code) == (err, 1)


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("apply -f nope.yaml", 'error: the path "nope.yaml" does not exist\n'),
        ("apply", "error: must specify one of -f and -k\n"),
        (
            "apply -f https://example.org/x.yaml",
            "Unable to connect to the server: dial tcp: lookup example.org on 127.0.0.53:53: no "
            "such host\n",
        ),
        (
            "get pods -f api.yaml",
            "error: when paths, URLs, or stdin is provided as input, you may not specify resource "
            "arguments as well\n",
        ),
    ],
)
def test_texts(home: Terminal, line: str, err: str) -> None:
    assert home(line).err == err


def test_a_directory_means_its_manifests(home: Terminal) -> None:
    home.files.mkdir(f"{HOME}/dir")
    home.files.write(f"{HOME}/dir/a.yaml", WEB)
    home.files.write(f"{HOME}/dir/notes.txt", "not read")

    assert home("create -f dir").code == 0


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("create namespace team", "namespace/team created\n"),
        ("create deployment a --image=x:1 --replicas=2", "deployment.apps/a created\n"),
        ("create configmap c --from-literal=a=b", "configmap/c created\n"),
        ("create secret generic s --from-literal=a=b", "secret/s created\n"),
        ("create sa robot", "serviceaccount/robot created\n"),
        (
            "create configmap c --from-literal=a=b --dry-run=client -o yaml",
            "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: c\n",
        ),
        (
            "create deployment a --image=x:1 --dry-run=client -o name",
            "deployment.apps/a\n",
        ),
    ],
)
def test_generators(home: Terminal, line: str, out: str) -> None:
    done = home(line)

    assert (done.out, done.err, done.code) == (out, "", 0)


def test_expose_takes_ports_and_selector_from_the_deployment(
    cluster: Cluster, home: Terminal
) -> None:
    cluster.web()

    assert home("expose deploy web --name=front --port=80").out == "service/front exposed\n"
    spec = cluster.get("services", "front")["spec"]
    assert (spec["selector"], spec["ports"][0]["port"]) == ({"app": "web"}, 80)
