"""The real kubectl against rights, tokens, quotas and budgets of the simulated server."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.backends.simulated.policy import load_policy
from tests.kubectl.cluster import Cluster
from tests.kubectl.gateway import real_kubectl, serving
from tests.kubectl.test_against_kubectl import KUBECONFIG

STEP_MS = 300
Kubectl = Callable[..., tuple[str, int]]


class Passing:
    """A Transport that lets some time pass with each request."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def send(self, request: ApiRequest) -> ApiResponse:
        self.cluster.run(STEP_MS)
        return self.cluster.api.handle(request)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    cluster = Cluster()
    load_policy(cluster.api)
    some = {"apiGroups": [""], "resources": ["pods", "pods/log"], "resourceNames": ["a"]}
    rules = [
        {"verbs": ["get", "list"], **some},
        {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"]},
    ]
    metadata = {"namespace": "shop"}
    cluster.api.create("roles", {"metadata": {"name": "reader", **metadata}, "rules": rules})
    cluster.api.create(
        "rolebindings",
        {
            "metadata": {"name": "reader-jane", **metadata},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "User", "name": "jane"}],
        },
    )
    cluster.web(3)
    return cluster


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    binary = real_kubectl()
    home: Path = tmp_path_factory.mktemp("home")
    with serving(Passing(cluster)) as url:
        config = home / "config"
        config.write_text(KUBECONFIG.format(url=url))

        def run(line: str) -> tuple[str, int]:
            command = [binary, "--kubeconfig", str(config), "--cache-dir", str(home / "cache")]
            done = subprocess.run(
                [*command, *shlex.split(line)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={"HOME": str(home)},
            )
            return (done.stdout + done.stderr).strip(), done.returncode

        yield run


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [
        ("auth can-i '*' '*'", "yes", 0),
        ("auth can-i get pods --as jane", "no", 1),
        (
            "get pods --as jane",
            'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource '
            '"pods" in API group "" in the namespace "shop"',
            1,
        ),
        (
            "auth whoami --as jane --as-group devs -o jsonpath={.status.userInfo.groups}",
            '["devs","system:authenticated"]',
            0,
        ),
        (
            "create token nobody",
            'error: failed to create token: serviceaccounts "nobody" not found',
            1,
        ),
        (
            "create rolebinding b --clusterrole=view --user=bob --as jane",
            "error: failed to create rolebinding: rolebindings.rbac.authorization.k8s.io is "
            'forbidden: User "jane" cannot create resource "rolebindings" in API group '
            '"rbac.authorization.k8s.io" in the namespace "shop"',
            1,
        ),
    ],
)
def test_rights_are_told_in_kubectls_words(
    kubectl: Kubectl, line: str, said: str, code: int
) -> None:
    assert kubectl(line) == (said, code)


@pytest.mark.parametrize(
    "line",
    [
        "auth can-i --list --as jane",
        "auth can-i --list --no-headers",
        "auth can-i get pods --subresource=log --as jane",
        "auth whoami --as jane --as-group devs --as-uid 5 --as-user-extra a=b",
        "describe clusterrole system:node",
        "describe role reader",
        "describe rolebinding reader-jane",
        "describe clusterrolebinding kubeadm:cluster-admins",
        "delete pod nope --as jane",
        "get pods --as-group devs",
        "create role r --verb=get,list --resource=pods,rs.apps,pods/log --resource-name=a {dry}",
        "create role r --verb=get --resource=*.apps,*/scale {dry}",
        "create role r --verb=get --resource=unicorns",
        "create role r --verb=foo --resource=pods {dry}",
        "create role reader --verb=get --resource=pods",
        "create clusterrole r --verb=get --resource=no --non-resource-url=/metrics {dry}",
        "create clusterrole r --aggregation-rule=a=b,c=d {dry}",
        "create rolebinding r --role=x --user=a --group=g --serviceaccount=ns:sa {dry}",
        "create rolebinding r --role=x --serviceaccount=bad",
        "create rolebinding reader-jane --role=reader --user=a",
        "create clusterrolebinding r --clusterrole=x --user=a {dry}",
        "create quota q --hard=pods=1,cpu=2 --scopes=BestEffort {dry}",
        "create pdb p --selector=app=web --max-unavailable=50% {dry}",
        "create pdb p --selector=app=web",
        "create priorityclass pc --value=7 --description=x --global-default {dry}",
        "create token nobody --duration=10m",
        "create token nobody --bound-object-kind=Foo --bound-object-name=x",
    ],
)
def test_both_print_the_same(kubectl: Kubectl, cluster: Cluster, line: str) -> None:
    line = line.format(dry="--dry-run=client -o yaml")
    done = cluster.terminal()(line)
    assert ((done.out + done.err).strip(), done.code) == kubectl(line)


def test_token_is_made_and_known(kubectl: Kubectl, cluster: Cluster) -> None:
    kubectl("create serviceaccount robot")
    token, code = kubectl("create token robot")
    assert code == 0
    assert cluster.terminal()("create token robot --duration=20m").out.count(".") == 2
    user = cluster.api.authenticate(token)
    assert user is not None
    assert user.name == "system:serviceaccount:shop:robot"


def test_quota_refuses_and_is_shown(kubectl: Kubectl) -> None:
    kubectl("create namespace small")
    kubectl("create quota q --hard=pods=0 -n small")
    assert kubectl("run p --image=app -n small") == (
        'Error from server (Forbidden): pods "p" is forbidden: exceeded quota: q, requested: '
        "pods=1, used: pods=0, limited: pods=0",
        1,
    )
    assert "pods: 0/0" in kubectl("get quota -n small")[0]


def test_drain_waits_for_the_budget(kubectl: Kubectl, cluster: Cluster) -> None:
    kubectl("create pdb web --selector=app=web --min-available=3")
    node = cluster.pods(app="web")[0]["spec"]["nodeName"]
    said, code = kubectl(f"drain {node} --ignore-daemonsets --timeout=1s")
    assert code == 1
    assert "Cannot evict pod as it would violate the pod's disruption budget." in said
    kubectl("delete pdb web")
    assert kubectl(f"drain {node} --ignore-daemonsets --timeout=20s")[0].endswith("drained")
