"""Claims on network storage that have been bound long ago, with their volumes and the class.

The driver needs no attaching: a pod that moves finds its volume wherever it starts. This file must
not know who mounts what.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.simulated.workloads import Workloads

CLASS = "network"
DRIVER = "nfs.csi.k8s.io"
BOUND_BY = {
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
    "volume.kubernetes.io/storage-provisioner": DRIVER,
}


def load_storage_class(workloads: Workloads) -> None:
    """Load the cluster's default StorageClass."""
    workloads.api.load(
        "storageclasses",
        {
            "metadata": {
                "name": CLASS,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                "creationTimestamp": workloads.stamp(workloads.plan.scenario.cluster.age),
            },
            "provisioner": DRIVER,
            "parameters": {"server": "nfs.storage.internal", "share": "/export"},
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate",
            "allowVolumeExpansion": True,
            "mountOptions": ["nfsvers=4.1", "hard"],
        },
    )


def load_claim(workloads: Workloads, namespace: str, name: str, size: str, *, ago: int) -> Obj:
    """Load a claim that was bound *ago* ms before the start, and its volume; return the claim."""
    stamp = workloads.stamp(ago)
    uid = workloads.stream.at("claim", namespace, name).uuid()
    volume = f"pvc-{uid}"
    common: Obj = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": CLASS,
        "volumeMode": "Filesystem",
    }
    claim = workloads.api.load(
        "persistentvolumeclaims",
        {
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": uid,
                "annotations": BOUND_BY,
                "finalizers": ["kubernetes.io/pvc-protection"],
                "creationTimestamp": stamp,
            },
            "spec": {**common, "resources": {"requests": {"storage": size}}, "volumeName": volume},
            "status": {
                "accessModes": common["accessModes"],
                "capacity": {"storage": size},
                "phase": "Bound",
            },
        },
    )
    workloads.api.load(
        "persistentvolumes",
        {
            "metadata": {
                "name": volume,
                "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER},
                "finalizers": ["kubernetes.io/pv-protection"],
                "creationTimestamp": stamp,
            },
            "spec": {
                **common,
                "capacity": {"storage": size},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "name": name,
                    "namespace": namespace,
                    "uid": uid,
                },
                "csi": {"driver": DRIVER, "volumeHandle": f"nfs.storage.internal#export#{volume}"},
                "mountOptions": ["nfsvers=4.1", "hard"],
                "persistentVolumeReclaimPolicy": "Delete",
            },
            "status": {"phase": "Bound"},
        },
    )
    return claim
