"""An in-memory tree of text files: a home directory, or the files of a node or container.

Paths are absolute POSIX paths; nothing here can name a file of the machine that runs
the simulation.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

MAX_BYTES = 4 << 20
"""All files together; a home directory is for notes and manifests."""
MAX_FILES = 512


class FileProblem(Exception):  # noqa: N818 - carries an errno's text, as programs print it
    """A file operation failed; `str()` is the errno's text, e.g. `No such file or directory`."""


class FileSystem:
    """Text files and directories by absolute path."""

    def __init__(
        self,
        files: Mapping[str, str] | None = None,
        *,
        home: str = "/root",
        generated: Mapping[str, Callable[[], str]] | None = None,
        max_bytes: int = MAX_BYTES,
        max_files: int = MAX_FILES,
    ) -> None:
        """Start with *files* (path -> text) and *generated* files, made when they are read."""
        self.home = home
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._files: dict[str, str] = {}
        self._generated = dict(generated or {})
        self._directories = {"/", "/tmp", "/dev"}
        self.mkdir(home)
        for path in self._generated:
            self.mkdir(posixpath.dirname(path))
        for path, text in (files or {}).items():
            self.mkdir(posixpath.dirname(path))
            self.write(path, text)

    def resolve(self, path: str, cwd: str = "/") -> str:
        """Return the absolute form of *path*, with `.` and `..` resolved."""
        return "/" + posixpath.normpath(posixpath.join(cwd, path)).lstrip("/")

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory."""
        return self.is_dir(path) or path in self._files or path in self._generated

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory."""
        return path in self._directories

    def read(self, path: str) -> str:
        """Return the text of *path*.

        Raises:
            FileProblem: if it is missing or a directory.
        """
        if path == "/dev/null":
            return ""
        if path in self._files:
            return self._files[path]
        if path in self._generated:
            return self._generated[path]()
        raise FileProblem("Is a directory" if self.is_dir(path) else "No such file or directory")

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*, made if it is missing.

        Raises:
            FileProblem: if its directory is missing, it is read-only, or the space is used up.
        """
        if path == "/dev/null":
            return
        if self.is_dir(path):
            raise FileProblem("Is a directory")
        if path in self._generated or path.startswith("/dev/"):
            raise FileProblem("Permission denied")
        if not self.is_dir(posixpath.dirname(path)):
            raise FileProblem("No such file or directory")
        whole = self._files.get(path, "") + text if append else text
        used = sum(map(len, self._files.values())) - len(self._files.get(path, ""))
        if used + len(whole) > self._max_bytes or (
            path not in self._files and len(self._files) >= self._max_files
        ):
            raise FileProblem("No space left on device")
        self._files[path] = whole

    def remove(self, path: str) -> None:
        """Remove a file.

        Raises:
            FileProblem: if it is missing, a directory, or not the user's.
        """
        if path in self._files:
            del self._files[path]
        elif self.is_dir(path):
            raise FileProblem("Is a directory")
        elif path in self._generated:
            raise FileProblem("Permission denied")
        else:
            raise FileProblem("No such file or directory")

    def mkdir(self, path: str) -> None:
        """Make the directory *path* and those above it; one that exists stays.

        Raises:
            FileProblem: if a file is in the way or there are too many.
        """
        missing: list[str] = []
        while path not in self._directories:
            if path in self._files or path in self._generated:
                raise FileProblem("File exists")
            missing.append(path)
            path = posixpath.dirname(path)
        if len(self._directories) + len(missing) > self._max_files:
            raise FileProblem("No space left on device")
        self._directories.update(missing)

    def rmdir(self, path: str) -> None:
        """Remove an empty directory.

        Raises:
            FileProblem: if it is not an empty directory.
        """
        if not self.is_dir(path):
            raise FileProblem(self._why_no_directory(path))
        if self.listdir(path):
            raise FileProblem("Directory not empty")
        if path in {"/", self.home}:
            raise FileProblem("Permission denied")
        self._directories.discard(path)

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory.

        Raises:
            FileProblem: if it is not a directory.
        """
        if not self.is_dir(path):
            raise FileProblem(self._why_no_directory(path))
        inside = path.rstrip("/") + "/"
        names = {
            known[len(inside) :].partition("/")[0]
            for known in (*self._files, *self._generated, *self._directories)
            if known.startswith(inside) and known != inside
        }
        return sorted(names - {""})

    def _why_no_directory(self, path: str) -> str:
        return "Not a directory" if self.exists(path) else "No such file or directory"

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        return (
            4096 if self.is_dir(path) else len(self.read(path).encode("utf-8", "surrogateescape"))
        )
