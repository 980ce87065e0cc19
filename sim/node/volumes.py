"""What a pod's volumes hold: scratch space, claims, and files made of API objects when they are read.

One volume of a pod is the same for all its containers and outlives each of them. Where a volume is
mounted is not known here.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.apimachinery.wire import Obj
from sim.bash.files import FileProblem, FileSystem
from sim.node.disk import Disk, DiskFiles

if TYPE_CHECKING:
    from sim.node.container import Container

MAX_BYTES = 16 << 20
MAX_FILES = 4096
READ_ONLY = "Read-only file system"

Texts = Mapping[str, Callable[[], str]]
"""File name -> what makes its text."""


class Scratch(DiskFiles):
    """A volume that can be written to; empty at first."""

    def __init__(self, clock: Callable[[], int] = lambda: 0, disk: Disk | None = None) -> None:
        """Start with nothing but the root; *clock* is Unix time in ms, *disk* the node's."""
        super().__init__(
            disk, home="/", directories=(), max_bytes=MAX_BYTES, max_files=MAX_FILES, clock=clock
        )


class Projection(FileSystem):
    """A volume of files that API objects hold; it changes as they do and cannot be written to."""

    def __init__(self, texts: Callable[[], Texts], born_ms: int = 0) -> None:
        """Show what *texts* gives at the time of reading; *born_ms* is when it was mounted."""
        super().__init__(home="/", directories=(), born_ms=born_ms)
        self._texts = texts

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory."""
        return self.is_dir(path) or path[1:] in self._texts()

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory."""
        return path == "/" or any(name.startswith(f"{path[1:]}/") for name in self._texts())

    def read(self, path: str) -> str:
        """Return the text of *path*; raises FileProblem."""
        if self.is_dir(path):
            raise FileProblem("Is a directory")
        make = self._texts().get(path[1:])
        if make is None:
            raise FileProblem("No such file or directory")
        return make()

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory; raises FileProblem."""
        if not self.is_dir(path):
            raise FileProblem("No such file or directory")
        inside = path.strip("/")
        inside = f"{inside}/" if inside else ""
        names = (name[len(inside) :] for name in self._texts() if name.startswith(inside))
        return sorted({name.partition("/")[0] for name in names})

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)

    def remove(self, path: str) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)

    def mkdir(self, path: str) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)

    def rmdir(self, path: str) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)

    def rename(self, old: str, new: str) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)

    def symlink(self, target: str, path: str) -> None:
        """Refuse."""
        raise FileProblem(READ_ONLY)


def make_volume(container: Container, volume: Obj) -> FileSystem:
    """Return the files of one of the volumes of *container*'s pod."""
    epoch, env = container.machine.epoch, container.machine.env
    born_ms = epoch.at(container.created_at)
    if "configMap" in volume or "secret" in volume or "downwardAPI" in volume:
        return Projection(lambda: _source(container, volume), born_ms)
    if "projected" in volume:
        sources = volume["projected"].get("sources") or ()
        return Projection(
            lambda: {k: v for one in sources for k, v in _source(container, one).items()}, born_ms
        )
    if "hostPath" in volume and container.machine.files is not None:
        return container.machine.files
    local = "emptyDir" in volume and volume["emptyDir"].get("medium") != "Memory"
    disk = container.machine.disk if local else None
    return Scratch(lambda: epoch.at(env.now), disk)


def _source(container: Container, source: Obj) -> Texts:
    """Return the files of one source; what is missing today has none."""
    if "configMap" in source:
        spec = source["configMap"]
        found = _object(container, "configmaps", spec.get("name", ""))
        binary = {key: _bytes(value) for key, value in (found.get("binaryData") or {}).items()}
        return _chosen({**(found.get("data") or {}), **binary}, spec)
    if "secret" in source:
        spec = source["secret"]
        found = _object(container, "secrets", spec.get("secretName") or spec.get("name", ""))
        data = {key: _bytes(value) for key, value in (found.get("data") or {}).items()}
        return _chosen(data, spec)
    if "downwardAPI" in source:
        items = source["downwardAPI"].get("items") or ()
        return {
            item["path"]: _field(container, item["fieldRef"]["fieldPath"])
            for item in items
            if "fieldRef" in item
        }
    if "serviceAccountToken" in source:
        spec = source["serviceAccountToken"]
        return {spec.get("path", "token"): _token(container, spec)}
    return {}


def _object(container: Container, resource: str, name: str) -> Obj:
    return container.api.get(resource, container.namespace, name) or {}


def _bytes(value: str) -> str:
    return b64decode(value).decode("utf-8", "surrogateescape")


def _chosen(data: Mapping[str, str], spec: Mapping[str, Any]) -> Texts:
    items = spec.get("items")
    named = {one["path"]: one["key"] for one in items} if items else {key: key for key in data}
    return {path: _constant(data[key]) for path, key in named.items() if key in data}


def _constant(text: str) -> Callable[[], str]:
    return lambda: text


def _field(container: Container, path: str) -> Callable[[], str]:
    def read() -> str:
        pod = _object(container, "pods", container.pod_name) or {"metadata": {}}
        metadata = pod["metadata"]
        field = path.removeprefix("metadata.")
        if field in ("labels", "annotations"):
            held = metadata.get(field) or {}
            return "".join(f'{key}="{held[key]}"\n' for key in sorted(held))
        name, _, key = field.partition("['")
        value = metadata.get(name)
        if key and isinstance(value, dict):
            value = value.get(key.removesuffix("']"))
        return str(value or "")

    return read


def _token(container: Container, spec: Mapping[str, Any]) -> Callable[[], str]:
    def read() -> str:
        pod = _object(container, "pods", container.pod_name)
        name = (pod.get("spec") or {}).get("serviceAccountName") or "default"
        account = _object(container, "serviceaccounts", name)
        if not account:
            raise FileProblem("No such file or directory")
        asked = {"expirationSeconds": spec.get("expirationSeconds", 3607)}
        bound = {"kind": "Pod", "apiVersion": "v1", "name": container.pod_name}
        body = {"spec": {**asked, "boundObjectRef": {**bound, "uid": container.pod_uid}}}
        return str(container.api.tokens.request(account, body)["status"]["token"])

    return read
