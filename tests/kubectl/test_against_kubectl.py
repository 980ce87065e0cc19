"""The same commands, the same server: the real kubectl and this one print the same bytes.

Both tell ages by the machine's clock; the objects were made days ago, so that a second is nothing.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sim.client.discovery import Discovery
from tests.control.world import service
from tests.kubectl.cluster import Cluster, Done
from tests.kubectl.gateway import real_kubectl, serving, without_logs

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: kubernetes, cluster: {{server: "{url}"}}}}]
users: [{{name: kubernetes-admin, user: {{token: none}}}}]
contexts:
- name: kubernetes-admin@kubernetes
  context: {{cluster: kubernetes, user: kubernetes-admin, namespace: shop}}
current-context: kubernetes-admin@kubernetes
"""
LINES = [
    "get pods",
    "get pods -o wide",
    "get pods -A",
    "get deploy,rs,svc,ep",
    "get all",
    "get nodes --show-labels",
    "get pods -L app,pod-template-hash --no-headers",
    "get deploy web -o yaml",
    "get deploy web -o json",
    "get pods -o name",
    "get pods -o yaml",
    'get pods -o jsonpath=\'{range .items[*]}{.metadata.name}{"\\t"}{.spec.nodeName}{"\\n"}{end}\'',
    "get pods -o jsonpath='{.items[*].status.conditions[?(@.type==\"Ready\")].status}'",
    "get pods -o jsonpath-as-json={.items[0].metadata.labels}",
    "get nodes -o custom-columns=NAME:.metadata.name,CPU:.status.capacity.cpu,NO:.none",
    "get pods -o go-template='{{range .items}}{{.metadata.name}} {{end}}'",
    "get events --sort-by=.lastTimestamp -o name",
    "get pods --sort-by=.spec.nodeName -o name",
    "get pods -l app=web --field-selector status.phase=Running -o name",
    "get pod nope",
    "get pod nope -o name",
    "get deploy web nope -o name",
    "get unicorns",
    "get pods.v1.apps",
    "get deployments.v1.apps -o name",
    "get pods -o bad",
    "get pods -o jsonpath={.items[*",
    "get pods/a/b",
    "get pods web -l a=b",
    "get",
    "describe svc web",
    "describe pod full",
    "describe pod on-nine",
    "describe sts full",
    "describe ds shipper",
    "describe job import",
    "describe cronjob nightly",
    "describe pdb full",
    "describe pvc data",
    "describe cm settings",
    "describe secret keys",
    "describe sa robot",
    "describe quota limits",
    "describe svc balanced",
    "describe svc",
    "describe node node-9",
    "describe endpointslices",
    "describe controllerrevision shipper-1",
    "describe rs",
    "describe deploy web",
    "get sts,ds,job,cronjob,pdb,pvc,cm,secret,sa,quota,svc",
    "get node node-9 -o wide",
    "get pod full -o yaml",
    'get pod full -o jsonpath={.spec.containers[*].env[?(@.name=="PLAIN")].value}',
    "rollout history ds/shipper",
    "rollout history ds/shipper --revision=1",
    "rollout status ds/shipper --watch=false",
    "rollout status sts/full --watch=false",
    "rollout undo ds/shipper --dry-run=client",
    "set env pod/full --list",
    "drain node-9 --dry-run=client",
    "drain node-9 --dry-run=client --force",
    "top nodes",
    "expose deploy web --port=80 --name=w --dry-run=client -o yaml",
    "describe ns shop",
    "describe ep web",
    "describe pod nope",
    "describe unicorns",
    "api-resources",
    "api-resources --verbs=list --namespaced=false -o name",
    "api-versions",
    "version",
    "version -o yaml",
    "top pods",
    "auth can-i",
    "auth can-i get",
    "config get-contexts",
    "config current-context",
    "config use-context nope",
    "config view -o jsonpath={..namespace}",
    "rollout history deploy/web",
    "rollout status deploy/web",
    "rollout undo deploy/web --dry-run=client",
    "set env deploy/web --list",
    "set image deploy/web nope=x",
    "taint node node-1 a=b:Never",
    "label pods",
    "scale deploy web",
    "patch deploy web",
    "logs",
    "logs nope",
    "exec nope -- ls",
    "exec",
    "run tmp",
    "run tmp --image=busybox --restart=Never --dry-run=client -o yaml -- sleep 5",
    "create deployment api --image=api:1 --dry-run=client -o yaml",
    "create configmap c --from-literal=a=b --dry-run=client -o yaml",
    "delete",
    "delete pod nope",
    "delete pods",
    "wait pod/nope --for=condition=Ready",
    "wait --for=soon pod/nope",
    "drain",
    "cordon nope",
    "debug",
    "apply",
    "events --types=Loud",
    "explain pods",
    "explain po.spec.containers",
    "explain deploy.spec.strategy.rollingUpdate",
    "explain deployments.apps.spec.template.spec.volumes.configMap",
    "explain pod.spec.containers.livenessProbe.httpGet.port",
    "explain pdb --recursive",
    "explain deploy --recursive --max-depth=3",
    "explain crd.spec.versions.schema.openAPIV3Schema --recursive",
    "explain cm.data",
    "explain svc.spec.ports",
    "explain hpa.spec --api-version=autoscaling/v1",
    "explain hpa.spec.metrics --recursive",
    "explain netpol.spec.egress",
    "explain pods.spec.nope",
    "explain pods.spec.containers.nope.nope",
    "explain deploy --api-version=apps/v9",
    "explain pods -o json",
    "explain pods -o plaintext-openapiv2",
    "explain po.spec.containers -o plaintext-openapiv2",
    "explain pod.spec -o plaintext-openapiv2",
    "explain svc.spec.ports.targetPort -o plaintext-openapiv2",
    "explain cm.data -o plaintext-openapiv2",
    "explain deploy --recursive -o plaintext-openapiv2",
    "explain deploy --recursive --max-depth=3 -o plaintext-openapiv2",
    "explain hpa.spec --api-version=autoscaling/v1 -o plaintext-openapiv2",
    "explain crd.spec.versions.schema.openAPIV3Schema -o plaintext-openapiv2",
    "explain pods.spec.nope -o plaintext-openapiv2",
    "explain deploy --api-version=apps/v9 -o plaintext-openapiv2",
    "explain foo",
    "explain",
    "explain pods nodes",
    "explain pods --max-depth=2",
    "foo",
    "lgs",
    "get pods --foo",
    "get -Z pods",
    "get pods -n",
    "rollout foo",
    "create foo",
]


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    made.web()
    made.api.create("services", service("web"))
    made.api.create(
        "configmaps",
        {
            "metadata": {"name": "odd", "namespace": "shop"},
            "data": {"a": "x: y", "b": "two\nlines\n", "c": "yes", "d": "a" * 200, "e": "é\t✓"},
        },
    )
    made.run(2_000)
    # from here on no time passes, so that no controller touches what is loaded
    yaml = YAML(typ="safe")
    for obj in yaml.load_all(Path(__file__).with_name("objects.yaml").read_text()):
        resource = Discovery(made.transport).of_kind(obj["apiVersion"], obj["kind"])
        assert resource is not None
        made.api.load(resource.plural, obj)
    return made


@pytest.fixture(scope="module")
def real(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Done]]:
    binary = real_kubectl()
    home = tmp_path_factory.mktemp("home")
    with serving(cluster.transport) as url:
        (home / "config").write_text(KUBECONFIG.format(url=url))

        def ask(line: str) -> Done:
            ran = subprocess.run(
                [binary, *shlex.split(line)],
                capture_output=True,
                text=True,
                env={"HOME": str(home), "KUBECONFIG": str(home / "config"), "TZ": "UTC"},
                timeout=60,
                check=False,
            )
            return Done(ran.stdout, without_logs(ran.stderr), ran.returncode, 0)

        yield ask


@pytest.mark.parametrize("line", LINES)
def test_both_print_the_same(cluster: Cluster, real: Callable[[str], Done], line: str) -> None:
    kubectl = cluster.terminal(clock=lambda: round(time.time() * 1000))

    theirs, ours = real(line), kubectl(line)

    assert (ours.out, ours.err, ours.code) == (theirs.out, theirs.err, theirs.code)


def test_both_write_the_same_yaml(cluster: Cluster, real: Callable[[str], Done]) -> None:
    kubectl = cluster.terminal()

    assert kubectl("get cm odd -o yaml").out == real("get cm odd -o yaml").out
