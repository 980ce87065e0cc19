"""`kubectl describe`: pages, what they leave out, and names that are only beginnings."""

from __future__ import annotations

import pytest

from tests.control.world import service
from tests.kubectl.cluster import Cluster, Terminal

DEPLOYMENT = """\
Name:                   web
Namespace:              shop
CreationTimestamp:      Fri, 20 Nov 2026 01:40:00 +0000
Labels:                 app=web
Annotations:            deployment.kubernetes.io/revision: 1
Selector:               app=web
Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  25% max unavailable, 25% max surge
Pod Template:
  Labels:  app=web
  Containers:
   app:
    Image:      web:1
    Port:       8080/TCP (http)
    Host Port:  0/TCP (http)
    Requests:
      cpu:         100m
      memory:      128Mi
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      True    MinimumReplicasAvailable
  Progressing    True    NewReplicaSetAvailable
OldReplicaSets:  <none>
NewReplicaSet:   web-79dbb48ffd (2/2 replicas created)
Events:
  Type    Reason             Age   From                   Message
  ----    ------             ----  ----                   -------
  Normal  ScalingReplicaSet  5s    deployment-controller  \
Scaled up replica set web-79dbb48ffd from 0 to 2
"""


def test_a_deployment(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()

    assert kubectl("describe deploy web").out == DEPLOYMENT


def test_a_pod_shows_its_containers_conditions_and_events(
    cluster: Cluster, kubectl: Terminal
) -> None:
    cluster.pod("box", restartPolicy="Always")

    lines = kubectl("describe pod box").lines

    assert lines[:4] == [
        "Name:             box",
        "Namespace:        shop",
        "Priority:         0",
        "Service Account:  default",
    ]
    assert "  main:" in lines
    assert "    Image:          busybox" in lines
    assert "    State:          Running" in lines
    assert ["Ready", "True"] in [line.split() for line in lines]
    assert lines[-1] == "Events:                      <none>"


def test_a_service_shows_its_endpoints(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()
    cluster.api.create("services", service("web"))
    cluster.run(2_000)
    addresses = [pod["status"]["podIP"] for pod in cluster.pods(app="web")]

    lines = kubectl("describe svc web").lines

    assert "Selector:                 app=web" in lines
    (endpoints,) = [line for line in lines if line.startswith("Endpoints:")]
    assert set(endpoints.split()[1].split(",")) == {f"{ip}:8080" for ip in addresses}


def test_a_node_sums_what_its_pods_ask_for(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web(3)
    name = cluster.nodes_of(app="web")[0]
    count = cluster.nodes_of(app="web").count(name)

    lines = kubectl(f"describe node {name}").lines

    assert lines[0] == f"Name:               {name}"
    assert f"Non-terminated Pods:          ({count} in total)" in lines
    share = {1: "100m (2%)", 2: "200m (5%)", 3: "300m (7%)"}[count]
    assert any(line.split()[:3] == ["cpu", *share.split()] for line in lines)


def test_a_beginning_of_names_describes_all_that_match(cluster: Cluster, kubectl: Terminal) -> None:
    pods = cluster.web()

    done = kubectl("describe pod web")

    assert [line.split()[1] for line in done.lines if line.startswith("Name: ")] == pods


def test_several_pages_are_apart_and_have_no_events(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()

    done = kubectl("describe pods")

    assert "\n\n\nName: " in done.out
    assert "Events:" not in done.out
    assert "Events:" in kubectl("describe pods --show-events").out


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("describe pod nope", 'Error from server (NotFound): pods "nope" not found\n', 1),
        ("describe pods", "No resources found in shop namespace.\n", 0),
        (
            "describe pod/nope deploy/nope",
            'Error from server (NotFound): pods "nope" not found\n'
            'Error from server (NotFound): deployments.apps "nope" not found\n',
            1,
        ),
        ("describe unicorn x", 'error: the server doesn\'t have a resource type "unicorn"\n', 1),
    ],
)
def test_texts(kubectl: Terminal, line: str, err: str, code: int) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, code)


@pytest.mark.parametrize(
    "what", ["rs", "ns shop", "nodes", "ep", "endpointslices", "cm", "sa", "lease", "pdb", "all"]
)
def test_every_kind_has_a_page(cluster: Cluster, kubectl: Terminal, what: str) -> None:
    cluster.web()
    cluster.api.create("services", service("web"))
    cluster.run(2_000)

    done = kubectl(f"describe {what}")

    said = done.err.removeprefix(
        "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n"
    )
    assert (done.code, said) in ((0, ""), (0, "No resources found in shop namespace.\n"))


VOLUME = {
    "metadata": {"name": "pv-1", "finalizers": ["kubernetes.io/pv-protection"]},
    "spec": {
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "200Gi"},
        "claimRef": {"name": "data", "namespace": "shop"},
        "csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "server#share"},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "network",
        "volumeMode": "Filesystem",
    },
    "status": {"phase": "Bound"},
}
STORAGE = {
    "metadata": {
        "name": "network",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "nfs.csi.k8s.io",
    "parameters": {"server": "nfs", "share": "/export"},
    "mountOptions": ["hard"],
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "Immediate",
    "allowVolumeExpansion": True,
}


def test_storage_is_described_as_kubectl_describes_it(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.api.create("persistentvolumes", VOLUME)
    cluster.api.create("storageclasses", STORAGE)
    assert kubectl("describe pv pv-1").out == (
        "Name:            pv-1\n"
        "Labels:          <none>\n"
        "Annotations:     <none>\n"
        "Finalizers:      [kubernetes.io/pv-protection]\n"
        "StorageClass:    network\n"
        "Status:          Bound\n"
        "Claim:           shop/data\n"
        "Reclaim Policy:  Delete\n"
        "Access Modes:    RWX\n"
        "VolumeMode:      Filesystem\n"
        "Capacity:        200Gi\n"
        "Node Affinity:   <none>\n"
        "Message:         \n"
        "Source:\n"
        "    Type:              CSI (a Container Storage Interface (CSI) volume source)\n"
        "    Driver:            nfs.csi.k8s.io\n"
        "    FSType:            \n"
        "    VolumeHandle:      server#share\n"
        "    ReadOnly:          false\n"
        "    VolumeAttributes:  <none>\n"
        "Events:                <none>\n"
    )
    assert kubectl("describe sc network").out == (
        "Name:                  network\n"
        "IsDefaultClass:        Yes\n"
        "Annotations:           storageclass.kubernetes.io/is-default-class=true\n"
        "Provisioner:           nfs.csi.k8s.io\n"
        "Parameters:            server=nfs,share=/export\n"
        "AllowVolumeExpansion:  True\n"
        "MountOptions:\n"
        "  hard\n"
        "ReclaimPolicy:      Delete\n"
        "VolumeBindingMode:  Immediate\n"
        "Events:             <none>\n"
    )


def test_a_priority_class_has_its_own_page(cluster: Cluster, kubectl: Terminal) -> None:
    made = {"metadata": {"name": "night"}, "value": 7, "description": "For the night."}
    cluster.api.create("priorityclasses", made)
    assert kubectl("describe priorityclass night").out == (
        "Name:              night\n"
        "Value:             7\n"
        "GlobalDefault:     false\n"
        "PreemptionPolicy:  PreemptLowerPriority\n"
        "Description:       For the night.\n"
        "Annotations:       <none>\n"
        "Events:            <none>\n"
    )


def test_namespaces_once_shown_are_shown_to_the_end(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.api.create("storageclasses", STORAGE)
    cluster.web()
    lines = kubectl("get deploy,sc -A").lines
    assert lines[0].startswith("NAMESPACE")
    assert lines[-2].startswith("NAMESPACE   NAME")
    assert lines[-1].startswith("            storageclass.storage.k8s.io/network (default)")
    assert kubectl("get sc,deploy -A").lines[0].startswith("NAME ")


def test_patch_does_not_say_that_it_only_tried(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()
    text = '{"metadata":{"labels":{"a":"b"}}}'
    for how in ("client", "server"):
        ran = kubectl(f"patch deploy web --dry-run={how} -p '{text}'")
        assert ran.out == "deployment.apps/web patched\n"
