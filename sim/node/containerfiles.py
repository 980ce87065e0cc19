"""The files of one container: its image's, what it has written, and its pod's volumes where mounted.

They live as long as the container; a volume lives as long as its pod. This file must not know any
program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sim.bash.files import FileProblem, FileSystem, Stat
from sim.kernel import Stream
from sim.node.disk import Disk, DiskFiles
from sim.node.volumes import MAX_BYTES, MAX_FILES, READ_ONLY

ROOT = ("/bin", "/etc", "/home", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys",
        "/tmp", "/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var/log", "/var/run",
        "/var/tmp")  # fmt: skip
"""Directories that every image has."""


class Mount(NamedTuple):
    """One volume at its place."""

    path: str
    """Where it is mounted, without a slash at the end."""
    files: FileSystem
    base: str
    """What of the volume is mounted: empty for all of it, else e.g. `/conf`."""
    read_only: bool

    def inner(self, path: str) -> str:
        """Return where *path* of the container lies in the volume."""
        return (self.base + path[len(self.path) :]) or "/"


class ContainerFiles(DiskFiles):
    """Files with volumes mounted over them."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        generated: Mapping[str, Callable[[], str]],
        changed: Callable[[], None],
        read_only: bool = False,
        clock: Callable[[], int] = lambda: 0,
        born_ms: int = 0,
        stream: Stream | None = None,
        disk: Disk | None = None,
    ) -> None:
        """Mount *mounts*, deepest last; *changed* is called after each change.

        *clock* is Unix time in ms, *born_ms* when the container was made; *disk* holds its layer.
        """
        self._mounts: list[Mount] = []
        self._read_only = False
        self._changed = changed
        super().__init__(
            disk,
            home="/root",
            generated=generated,
            max_bytes=MAX_BYTES,
            max_files=MAX_FILES,
            clock=clock,
            born_ms=born_ms,
            stream=stream,
        )
        self._writing_as_of = self._born  # the directories are as old as the container
        for directory in ROOT:
            super().mkdir(directory)
        for mount in mounts:
            if mount.files.is_dir(mount.inner(mount.path)):
                self.mkdir(mount.path)
            else:
                self.mkdir(mount.path.rpartition("/")[0] or "/")
        self._writing_as_of = None
        self._mounts = list(reversed(mounts))
        self._read_only = read_only

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory."""
        mount = self._mount(path)
        return super().exists(path) if mount is None else mount.files.exists(mount.inner(path))

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory."""
        mount = self._mount(path)
        return super().is_dir(path) if mount is None else mount.files.is_dir(mount.inner(path))

    def read(self, path: str) -> str:
        """Return the text of *path*; raises FileProblem."""
        mount = self._mount(path)
        return super().read(path) if mount is None else mount.files.read(mount.inner(path))

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().write(path, text, append=append)
        else:
            mount.files.write(mount.inner(path), text, append=append)
        self._changed()

    def allocate(self, path: str, size: int) -> int:
        """Make *path* a file of *size* bytes, or as many as fit; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            return super().allocate(path, size)
        if isinstance(mount.files, DiskFiles):
            return mount.files.allocate(mount.inner(path), size)
        raise FileProblem(READ_ONLY)

    def room(self, path: str) -> int:
        """Return how many bytes may still be written at *path*."""
        mount = self._mount(path)
        if mount is not None and isinstance(mount.files, DiskFiles):
            return mount.files.room(mount.inner(path))
        return super().room(path)

    def sealed(self, path: str) -> int | None:
        """Return the bytes below a directory that is not modelled file by file."""
        mount = self._mount(path)
        if mount is not None and isinstance(mount.files, DiskFiles):
            return mount.files.sealed(mount.inner(path))
        return None

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        mount = self._mount(path)
        return super().size(path) if mount is None else mount.files.size(mount.inner(path))

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what `ls -l` knows of *path*; raises FileProblem."""
        mount = self._mount(path)
        if mount is None:
            return super().stat(path, follow=follow)
        return mount.files.stat(mount.inner(path), follow=follow)

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits of *path*; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().chmod(path, mode)
        else:
            mount.files.chmod(mount.inner(path), mode)

    def chown(self, path: str, owner: str) -> None:
        """Set the owner of *path*; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().chown(path, owner)
        else:
            mount.files.chown(mount.inner(path), owner)

    def set_mtime(self, path: str, ms: int) -> None:
        """Set when *path* was last changed; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().set_mtime(path, ms)
        else:
            mount.files.set_mtime(mount.inner(path), ms)

    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().symlink(target, path)
        else:
            mount.files.symlink(target, mount.inner(path))
        self._changed()

    def rename(self, old: str, new: str) -> None:
        """Move within one volume or the container's own files; raises FileProblem."""
        here, there = self._writable(old), self._writable(new)
        if here != there:
            raise FileProblem("Invalid cross-device link")
        if here is None:
            super().rename(old, new)
        elif old == here.path:
            raise FileProblem("Device or resource busy")
        else:
            here.files.rename(here.inner(old), here.inner(new))
        self._changed()

    def remove(self, path: str) -> None:
        """Remove a file; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().remove(path)
        else:
            mount.files.remove(mount.inner(path))
        self._changed()

    def mkdir(self, path: str) -> None:
        """Make a directory and those above it; raises FileProblem."""
        if self.is_dir(path):
            return
        mount = self._writable(path)
        if mount is None:
            super().mkdir(path)
        else:
            mount.files.mkdir(mount.inner(path))

    def rmdir(self, path: str) -> None:
        """Remove an empty directory; raises FileProblem."""
        mount = self._writable(path)
        if mount is None:
            super().rmdir(path)
        elif path == mount.path:
            raise FileProblem("Device or resource busy")
        else:
            mount.files.rmdir(mount.inner(path))

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory; raises FileProblem."""
        mount = self._mount(path)
        if mount is not None:
            return mount.files.listdir(mount.inner(path))
        inside = path.rstrip("/") + "/"
        points = (one.path[len(inside) :] for one in self._mounts if one.path.startswith(inside))
        names = {point for point in points if "/" not in point}
        return sorted({*super().listdir(path), *names})

    def _mount(self, path: str) -> Mount | None:
        for mount in self._mounts:
            if path == mount.path or path.startswith(f"{mount.path}/"):
                return mount
        return None

    def _writable(self, path: str) -> Mount | None:
        mount = self._mount(path)
        if mount.read_only if mount is not None else self._read_only and path != "/dev/null":
            raise FileProblem(READ_ONLY)
        return mount
