"""A machine with fake `docker` and `kind` on its PATH, and a cluster that answers over plain HTTP."""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from sim.backends.kind.undoing import LABEL, OURS

Obj = dict[str, Any]
NODES = ("uncordon-control-plane", "uncordon-worker", "uncordon-worker2", "uncordon-worker3")
FOREIGN = ("plane", "one", "two", "three")
_GROUPS = {"": ["namespaces", "nodes", "configmaps"], "apps/v1": ["deployments"]}


class Api:
    """The objects of an API server, by path; it can be told to refuse."""

    def __init__(self) -> None:
        self.objects: dict[str, Obj] = {}
        self.asked: list[tuple[str, str]] = []
        self.refusals: dict[tuple[str, str], int] = {}
        """(method, path) -> code."""
        self.put("/api/v1/namespaces/kube-system")["metadata"]["uid"] = uuid4().hex
        self._versions = 100
        api = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                code, answer = api.answer(self.command, self.path.partition("?")[0], body)
                data = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, path: str, *, ours: bool = False, **fields: Any) -> Obj:
        """Put an object there as if it had always been."""
        labels = {LABEL: OURS} if ours else {}
        place = path.split("/")
        meta: Obj = {
            "name": place[-1],
            "uid": f"uid-of-{path}",
            "resourceVersion": "1",
            "labels": labels,
        }
        if "namespaces" in place[:-2]:
            meta["namespace"] = place[place.index("namespaces") + 1]
        self.objects[path] = {"metadata": meta, **fields}
        return self.objects[path]

    def node(self, name: str, address: str, *, plane: bool = False, ready: bool = True) -> None:
        node = self.put(
            f"/api/v1/nodes/{name}",
            status={
                "addresses": [{"type": "InternalIP", "address": address}],
                "conditions": [{"type": "Ready", "status": str(ready)}],
            },
        )
        if plane:
            node["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Obj]:
        self.asked.append((method, path))
        if code := self.refusals.get((method, path)):
            return code, {"kind": "Status", "code": code, "message": f"no {method} here"}
        if path in ("/version", "/readyz"):
            return 200, {"gitVersion": "v1.35.0"}
        if path == "/apis":
            return 200, {"groups": [{"preferredVersion": {"groupVersion": "apps/v1"}}]}
        for group, plurals in _GROUPS.items():
            root = f"/apis/{group}" if group else "/api/v1"
            verbs = ["list", "delete"]
            if path == root:
                return 200, {"resources": [{"name": one, "verbs": verbs} for one in plurals]}
            for plural in plurals:
                if path == f"{root}/{plural}":
                    found = [o for p, o in self.objects.items() if p.split("/")[-2] == plural]
                    # The label selector is the only one that is ever asked with.
                    if plural != "nodes":
                        found = [o for o in found if o["metadata"]["labels"].get(LABEL) == OURS]
                    return 200, {"kind": "List", "items": found}
        return self._object(method, path, body)

    def _object(self, method: str, path: str, body: Any) -> tuple[int, Obj]:
        found = self.objects.get(path)
        self._versions += 1
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
        elif found is None:
            return 404, {"kind": "Status", "code": 404, "message": f"{path} not found"}
        if method == "DELETE":
            for one in [one for one in self.objects if one == path or one.startswith(f"{path}/")]:
                del self.objects[one]
        elif method == "PATCH":
            found = {**(found or {}), "patched": body}
            self.objects[path] = found
        elif method in ("PUT", "POST"):
            version = {"resourceVersion": str(self._versions), "uid": f"uid-of-{path}"}
            self.objects[path] = {**body, "metadata": {**body["metadata"], **version}}
        return 200, self.objects.get(path, found or {})


def _proc(folder: Path) -> Path:
    """Write the kernel's figures of a machine that will do, whatever the real one's are."""
    limits = folder / "sys" / "fs" / "inotify"
    limits.mkdir(parents=True)
    (folder / "meminfo").write_text("MemAvailable:   8000000 kB\n")
    (limits / "max_user_instances").write_text("1024\n")
    (limits / "max_user_watches").write_text("524288\n")
    return folder


class FakeMachine:
    """The folder of one machine."""

    def __init__(self, folder: Path, api: Api) -> None:
        self.folder = folder
        self.api = api
        (folder / "bin").mkdir()
        text = Path(__file__).with_name("fake_tool.py").read_text()
        for name in ("docker", "kind"):
            tool = folder / "bin" / name
            tool.write_text(f"#!{sys.executable} -SI\n{text}")
            tool.chmod(0o755)
        self.state = {
            "daemon": "",
            "info": {"ServerVersion": "29.1.3", "MemTotal": 16 << 30, "CgroupVersion": "2"},
            "kind": "v0.32.0",
            "step_s": 0.0,
            "create_fails": False,
            "server": api.address,
            "containers": {},
            "images": {},
            "answers": {},
        }
        self.kubeconfig = folder / "config"
        self.environ = {
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "FAKES": str(folder),
            "KUBECONFIG": str(self.kubeconfig),
            "PYTHONPATH": os.getcwd(),
            "UNCORDON_PROC": str(_proc(folder / "kernel")),
        }

    @property
    def state(self) -> Obj:
        """What the fakes think the machine is."""
        found: Obj = json.loads((self.folder / "machine.json").read_text())
        return found

    @state.setter
    def state(self, wanted: Obj) -> None:
        (self.folder / "machine.json").write_text(json.dumps(wanted))

    def set(self, **fields: Any) -> None:
        self.state = {**self.state, **fields}

    def contain(self, name: str, address: str, cluster: str = "", **fields: Any) -> None:
        """Let docker have a container."""
        made = {"id": f"id-of-{name}", "cluster": cluster, "state": "running", "address": address}
        containers = self.state["containers"]
        self.set(
            containers={**containers, name: {**made, "mounts": ["/var"], "images": {}, **fields}}
        )

    def without(self, tool: str) -> None:
        (self.folder / "bin" / tool).unlink()

    def foreign(self) -> None:
        """Let there be a cluster of somebody else's, as the context `theirs`."""
        for number, name in enumerate(FOREIGN):
            self.api.node(name, f"10.0.0.{number}", plane=number == 0)
            self.contain(name, f"10.0.0.{number}")
        text = {
            "contexts": [{"name": "theirs", "context": {"cluster": "c"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.api.address}}],
        }
        self.kubeconfig.write_text(json.dumps(text))

    def serve_own(self) -> None:
        """Let the API server answer for the cluster that `kind create cluster` will make."""
        for number, name in enumerate(NODES):
            self.api.node(name, f"172.18.0.{number + 2}", plane=number == 0)

    def ran(self, tool: str, *words: str) -> list[list[str]]:
        """Return the command lines of *tool* that begin with *words*, without the tool itself."""
        path = self.folder / "log.jsonl"
        lines = (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )
        return [line[1:] for line in lines if line[: len(words) + 1] == [tool, *words]]

    @property
    def left(self) -> list[str]:
        """What is still there of ours: containers, objects, files."""
        state = self.folder / "state"
        return [
            *self.state["containers"],
            *(p for p, o in self.api.objects.items() if o["metadata"]["labels"].get(LABEL) == OURS),
            *(str(path) for path in state.rglob("*") if path.is_file()),
        ]
