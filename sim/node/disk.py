"""A node's disk: what fills it, how much is left, and files that count against it.

There is one file system for everything, so nodefs and imagefs are the same. This file must not know
what becomes of a node whose disk is full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.bash.files import FileProblem, FileSystem

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

NO_SPACE = "No space left on device"
NOT_KEPT = "its contents are not kept in this simulator"
RESERVED_SHARE = 20
"""One twentieth of an ext4 is kept for root, mke2fs(8) -m."""
KEPT_CHARACTERS = 1 << 20
"""Of a longer file only the size is kept."""
STORED_PER_MILLE = 3_300
"""An image takes its compressed layers and the unpacked ones (ours)."""
BYTES_PER_INODE = 16_384
"""mke2fs.conf(5) inode_ratio."""
LOG_FILE_BYTES = 10 << 20
"""containerLogMaxSize, of which a busy container fills a few; KubeletConfiguration v1beta1."""

_SYSTEM = (
    ("/boot", 92, 118),
    ("/etc", 4, 6),
    ("/opt", 78, 82),
    ("/usr", 2_100, 2_900),
    ("/var/cache", 180, 420),
    ("/var/lib/apt", 190, 240),
    ("/var/lib/dpkg", 28, 40),
    ("/var/log/journal", 900, 2_100),
    ("/var/log/apt", 1, 2),
)
"""Directories of the system, with the MB that each takes, from and to (ours)."""

PLACES = frozenset(path for path, _, _ in _SYSTEM)
"""Directories of the system of which only the size is known."""


class Disk:
    """The only disk of a machine."""

    def __init__(self, machine: Machine) -> None:
        """Format it; what is on it is counted when somebody asks."""
        self._machine = machine
        self.listener: Callable[[], None] | None = None
        """Called after something was written or removed; set by the kubelet."""
        self._footprints: dict[str, tuple[int, int]] = {}
        self._system: dict[str, int] = {}
        self.vacuumed = 0
        """Bytes that the journal was made smaller by hand."""

    @property
    def total(self) -> int:
        """Its size in bytes."""
        return self._machine.facts.disk_bytes

    @property
    def used(self) -> int:
        """Bytes taken."""
        return min(self.total, sum(self.places().values()) + self.written())

    @property
    def free(self) -> int:
        """Bytes that root may still write."""
        return max(0, self.total - self.used)

    @property
    def available(self) -> int:
        """Bytes that everybody may still write, as df and the kubelet count."""
        return max(0, self.free - self.total // RESERVED_SHARE)

    @property
    def inodes(self) -> tuple[int, int]:
        """How many inodes there are, and are used."""
        every = self.total // BYTES_PER_INODE
        kubelet = self._machine.kubelet
        return every, 92_000 + 3_400 * len(kubelet.images_present()) + 130 * len(kubelet.pods)

    def places(self) -> dict[str, int]:
        """Return the bytes below directories whose files are not modelled one by one."""
        kubelet = self._machine.kubelet
        if not self._system:
            for path, least, most in _SYSTEM:
                drawn = self._machine.stream.at("disk", path).integer(least * 1000, most * 1000)
                self._system[path] = drawn * 1000
        layers = logs = 0
        for pod in kubelet.pods.values():
            layer, log = self.footprint(pod["metadata"]["uid"])
            layers, logs = layers + layer, logs + log
        for worker in kubelet.workers.values():
            logs += sum(one.log.stored_bytes for one in worker.instances())
        journal = self._system["/var/log/journal"]
        return {
            **self._system,
            "/var/log/journal": max(8 << 20, journal - self.vacuumed),
            "/var/lib/containerd": kubelet.image_bytes() * STORED_PER_MILLE // 1000 + layers,
            "/var/lib/kubelet": 96_000 + 12_288 * len(kubelet.pods),
            "/var/log/pods": logs,
        }

    def footprint(self, pod_uid: str) -> tuple[int, int]:
        """Return what a pod's layers and its rotated logs take."""
        known = self._footprints.get(pod_uid)
        if known is None:
            draw = self._machine.stream.at("footprint", pod_uid)
            logs = draw.integer(40_000, 3 * LOG_FILE_BYTES, 1)
            known = self._footprints[pod_uid] = (draw.integer(10, 60) * 4096, logs)
        return known

    def logs_emptied(self, pod_uid: str) -> None:
        """Note that somebody emptied a log of a pod: nothing older is kept."""
        self._footprints[pod_uid] = (self.footprint(pod_uid)[0], 0)
        self.changed()

    def emptied(self, path: str) -> None:
        """Note that a directory of the system was emptied."""
        if path in self.places():
            self._system[path] = 1 << 20
            self.changed()

    def vacuum(self, keep: int) -> int:
        """Shrink the journal to about *keep* bytes; return what that freed."""
        held = self.places()["/var/log/journal"]
        freed = max(0, held - max(keep, 8 << 20))
        self.vacuumed += freed
        if freed:
            self.changed()
        return freed

    def written(self) -> int:
        """Return the bytes of files written during the run, on the node and in its pods."""
        kubelet = self._machine.kubelet
        found = [self._machine.files, *kubelet.scratches()]
        for worker in kubelet.workers.values():
            found.extend(one.files for one in worker.instances())
        return sum(one.taken for one in found if isinstance(one, DiskFiles))

    def of_pod(self, pod_uid: str, containers: list[Container]) -> int:
        """Return what a pod takes in all: layers, logs, what it wrote and its scratch volumes."""
        scratches = self._machine.kubelet.scratches(pod_uid)
        return (
            sum(self.footprint(pod_uid))
            + sum(one.log.stored_bytes + layer_bytes(one) for one in containers)
            + sum(one.taken for one in scratches if isinstance(one, DiskFiles))
        )

    def changed(self) -> None:
        """Tell who listens that something was written or removed."""
        if self.listener is not None:
            self.listener()


def layer_bytes(container: Container) -> int:
    """Return what a container has written into its own layer."""
    return container.files.taken if isinstance(container.files, DiskFiles) else 0


class DiskFiles(FileSystem):
    """Files that take room on a disk; of big ones only the size is kept."""

    def __init__(self, disk: Disk | None, **options: Any) -> None:
        """Count against *disk*, if there is one; *options* are FileSystem's."""
        self._disk: Disk | None = None
        self._sizes: dict[str, int] = {}
        super().__init__(**options)
        self._disk = disk

    @property
    def taken(self) -> int:
        """Bytes of everything that was written here."""
        return self._used + sum(self._sizes.values())

    def allocate(self, path: str, size: int) -> int:
        """Make *path* a file of *size* bytes, or of as many as there is room for; return how many.

        Raises:
            FileProblem: if it cannot be written.
        """
        path = self.real(path)
        self.write(path, "")
        fits = size if self._disk is None else min(size, self._disk.free)
        if fits:
            self._sizes[path] = fits
            self._note()
        return fits

    def room(self, path: str) -> int:
        """Return how many bytes may still be written at *path*."""
        del path
        return 1 << 62 if self._disk is None else self._disk.free

    def sealed(self, path: str) -> int | None:
        """Return the bytes below a directory that is not modelled file by file; None for others."""
        del path
        return None

    def read(self, path: str) -> str:
        """Return the text of *path*; raises FileProblem."""
        if self._sizes and self.real(path) in self._sizes:
            raise FileProblem(NOT_KEPT)
        return super().read(path)

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        known = self._sizes.get(self.real(path)) if self._sizes else None
        return super().size(path) if known is None else known

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*; raises FileProblem."""
        if self._disk is None or path.startswith("/dev/"):
            super().write(path, text, append=append)
            return
        if text and len(text) > self._disk.free:
            raise FileProblem(NO_SPACE)
        real = self.real(path)
        before = self.taken
        known = self._sizes.get(real)
        if known is not None and append:
            self._sizes[real] = known + len(text)
        else:
            self._sizes.pop(real, None)
            kept = self._entries.get(real)
            length = len(text) + (kept.length if append and kept is not None else 0)
            if length > KEPT_CHARACTERS:
                super().write(path, "")
                self._sizes[real] = length
            else:
                super().write(path, text, append=append)
        if self.taken != before:
            self._note()

    def remove(self, path: str) -> None:
        """Remove a file or a link; raises FileProblem."""
        real = self.real(path, last=False)
        super().remove(path)
        self._sizes.pop(real, None)
        self._note()

    def rename(self, old: str, new: str) -> None:
        """Move a file, link or directory; raises FileProblem."""
        begins = f"{self.real(old, last=False)}"
        goal = self.real(new, last=False)
        super().rename(old, new)
        for path in [p for p in self._sizes if p == begins or p.startswith(f"{begins}/")]:
            self._sizes[goal + path[len(begins) :]] = self._sizes.pop(path)

    def _note(self) -> None:
        if self._disk is not None:
            self._disk.changed()
