"""A cluster over plain HTTP and nodes behind a fake `docker`, for faults that really change things."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sim.backends.kind.aliases import Aliases
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.undoing import Undoer
from sim.client.endpoint import Endpoint
from sim.kernel import Environment, Epoch
from tests.backends.kind.machine import Api

Obj = dict[str, Any]
KUBE = "/api/v1/namespaces/kube-system"
DAEMONSET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
COREFILE = ".:53 {\n    errors\n    kubernetes cluster.local\n    reload\n}\n"
KUBELET = (
    "evictionHard:\n  imagefs.available: 0%\n  nodefs.available: 0%\nkind: KubeletConfiguration\n"
)
DOCKER = """
import json, os, sys
words = [word for word in sys.argv[1:] if word != "-i"]
node, script, args = words[1], words[4], words[6:]
path = os.path.join(os.environ["FAKES"], node + ".json")
state = json.load(open(path))
if "mangle -C" in script:
    state["guard"] = args[0]
elif "mangle -D" in script:
    state["guard"] = ""
elif "iptables-restore" in script:
    state["rules"] = state["spare"]
elif "grep -c" in script:
    print(state["rules"])
elif "seq 50" in script:
    pass
elif script.startswith("cat /var/lib/kubelet"):
    sys.stdout.write(state["kubelet"])
elif script.startswith("df"):
    print(state["free"] >> 10)
elif "cmp -s" in script:
    state["kubelet"] = sys.stdin.read()
elif script.startswith("fallocate"):
    state["file"] = args[1]
elif script.startswith("rm -f"):
    state["file"] = ""
elif not script.startswith("kill -9"):
    sys.exit("no such program: " + script)
json.dump(state, open(path + ".part", "w"))
os.replace(path + ".part", path)
"""


class Reality(Api):
    """An API server that knows kube-proxy and CoreDNS; a pod that is deleted comes again."""

    def __init__(self) -> None:
        super().__init__()
        template = {
            "metadata": {"labels": {"k8s-app": "kube-proxy"}},
            "spec": {"containers": [{"name": "kube-proxy", "image": "kube-proxy:v1"}]},
        }
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
        self.put(DAEMONSET, spec={"template": template, "updateStrategy": strategy})
        self.put(f"{KUBE}/configmaps/kube-proxy", data={"config.conf": 'mode: ""\n'})
        self.put(f"{KUBE}/configmaps/coredns", data={"Corefile": COREFILE})
        server = {"command": ["kube-apiserver", "--service-cluster-ip-range=10.96.0.0/12"]}
        self._pod("kube-apiserver", {"component": "kube-apiserver"}, {"containers": [server]})
        for number in (1, 2, 3):
            self._proxy(f"kube-proxy-{number}", f"real-worker{number}")
        self._pod("coredns-1", {"k8s-app": "kube-dns"}, {})
        self.nodes = ("real-plane", "real-worker1", "real-worker2", "real-worker3")
        for number, name in enumerate(self.nodes):
            self.node(name, f"10.0.0.{number}", plane=number == 0)

    def _pod(self, name: str, labels: dict[str, str], spec: Obj) -> Obj:
        pod = self.put(f"{KUBE}/pods/{name}", spec=spec)
        pod["metadata"] |= {"labels": labels, "creationTimestamp": f"2026-{len(self.asked):05}"}
        return pod

    def _proxy(self, name: str, node: str) -> None:
        spec = {**self.objects[DAEMONSET]["spec"]["template"]["spec"], "nodeName": node}
        pod = self._pod(name, {"k8s-app": "kube-proxy"}, spec)
        pod["status"] = {"containerStatuses": [{"state": {"running": {}}, "restartCount": 0}]}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Obj]:
        found = self._listed(path) if method == "GET" else None
        if found is not None:
            return 200, {"kind": "List", "items": found}
        gone = self.objects.get(path) if method == "DELETE" else None
        if method == "POST" and path.endswith("/events"):
            body["metadata"]["name"] = "an-event"
        old = self.objects.get(path)
        code, answer = super().answer(method, path, body)
        if method == "PATCH" and old is not None:
            labels = {**old["metadata"]["labels"], **body["metadata"].get("labels", {})}
            self.objects[path] = {**old, "metadata": {**old["metadata"], "labels": labels}}
        if gone is not None and "/pods/kube-proxy" in path:
            self._proxy(f"{gone['metadata']['name']}-again", gone["spec"]["nodeName"])
            if self._limited:
                self.put(f"{KUBE.replace('/api/v1', '/apis/apps/v1')}/controllerrevisions/ours")[
                    "data"
                ] = {"spec": self.objects[DAEMONSET]["spec"]}
        return code, answer

    @property
    def _limited(self) -> bool:
        containers = self.objects[DAEMONSET]["spec"]["template"]["spec"]["containers"]
        return bool(containers[0].get("resources"))

    def _listed(self, path: str) -> list[Obj] | None:
        plural = path.rpartition("/")[2]
        if plural not in ("pods", "controllerrevisions", "daemonsets", "replicasets"):
            return None
        wanted = path.removeprefix("/apis/apps/v1").removeprefix("/api/v1")
        folder = path if "/namespaces/" in wanted else ""
        return [
            one
            for place, one in self.objects.items()
            if place.split("/")[-2] == plural and place.startswith(folder or "/")
        ]

    @property
    def kept(self) -> dict[str, Obj]:
        """What ought to be as it was: everything but pods, without what the server counts."""
        own = ("resourceVersion", "uid")
        return {
            path: {
                **one,
                "metadata": {k: v for k, v in one["metadata"].items() if k not in own},
            }
            for path, one in self.objects.items()
            if "/pods/" not in path and "/events/" not in path
        }


class Lab:
    """A folder with everything that a fault needs; several processes may open the same one."""

    def __init__(self, folder: Path, address: str, nodes: tuple[str, ...]) -> None:
        self.folder = folder
        bin_ = folder / "bin"
        if not bin_.exists():
            bin_.mkdir(parents=True)
            (bin_ / "docker").write_text(f"#!{sys.executable} -SI\n{DOCKER}")
            (bin_ / "docker").chmod(0o755)
            for name in nodes:
                self.set(name, guard="", rules=800, spare=0, kubelet=KUBELET, free=9 << 30, file="")
        self.environ = {
            "PATH": f"{bin_}:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "FAKES": str(folder),
        }
        self.cluster = KindCluster(
            "lab",
            Endpoint(address),
            False,
            Aliases.of(nodes[:1], nodes[1:]),
            "uid-of-lab",
            "v1.20.2",
            dict.fromkeys(nodes, ""),
            self.environ,
        )
        self.env = Environment()
        self.world = self.cluster.transport(self.env)

    def set(self, node: str, **fields: Any) -> None:
        path = self.folder / f"{node}.json"
        held = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**held, **fields}))

    def state(self, node: str) -> Obj:
        found: Obj = json.loads((self.folder / f"{node}.json").read_text())
        return found

    def backend(self, **more: Any) -> Any:
        """Return what a family asks of a backend."""
        plan = SimpleNamespace(drawn=lambda name, bounds: bounds[0], fault_at=lambda id_: 0)
        made = {
            "name": "kind",
            "env": self.env,
            "epoch": Epoch.parse("2026-11-20T01:40:00Z"),
            "cluster": self.cluster,
            "world": self.world,
            "plan": plan,
            "roles": {"node.bad": "node-worker-3"},
            "drawn": False,
        }
        return SimpleNamespace(**{**made, **more})

    def restore(self) -> list[str]:
        """Undo what the journal holds, as another process does."""
        undoer = Undoer(self.world, self.cluster.tools, patience_s=0, sleep=lambda _: None)
        return self.cluster.journal.undo_all(undoer)
