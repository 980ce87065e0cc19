"""An in-memory tree of text files: a home directory, or the files of a node or container.

Paths are absolute POSIX paths; nothing here can name a file of the machine that runs
the simulation.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from sim.bash.entries import Entry, Stat
from sim.kernel import Stream

MAX_BYTES = 4 << 20
"""All files together; a home directory is for notes and manifests."""
MAX_FILES = 1024
"""Files, directories and links together."""
MAX_STEPS = 400
"""Parts that one path may lead through; past it its links go in a circle."""
KERNELS = {"/proc/": "No such file or directory", "/sys/": "Permission denied"}
"""Where nobody can make anything, and what whoever tries is told."""
MAX_PARTS = 1024
"""Pieces of one file before they are put together."""
MAX_NAME = 255
MAX_PATH = 4096
ZEROES, RANDOM = 1 << 20, 1 << 16
"""What one read of an endless device gives; `dd` and `head -c` ask for what they need."""
BLOCK = 4096
UMASK = 0o022
"""Rights that new files do not get, unless `umask` says otherwise."""
KERNEL = ("/proc/", "/sys/")
DEVICES = ("null", "random", "urandom", "zero")


__all__ = ["FileProblem", "FileSystem", "Stat"]


class FileProblem(Exception):  # noqa: N818 - carries an errno's text, as programs print it
    """A file operation failed; `str()` is the errno's text, e.g. `No such file or directory`."""


def _epoch() -> int:
    return 0


class FileSystem:
    """Text files, directories and links by absolute path.

    A subclass that shows more than what is stored overrides `exists`, `is_dir`, `read` and
    `listdir`; `stat` follows them.
    """

    def __init__(
        self,
        files: Mapping[str, str] | None = None,
        *,
        home: str = "/root",
        owner: str = "root",
        generated: Mapping[str, Callable[[], str]] | None = None,
        directories: Sequence[str] = ("/tmp", "/dev"),
        max_bytes: int = MAX_BYTES,
        max_files: int = MAX_FILES,
        clock: Callable[[], int] = _epoch,
        born_ms: int | None = None,
        stream: Stream | None = None,
    ) -> None:
        """Start with *files* (path -> text) and *generated* files, made when they are read.

        *clock* is Unix time in ms, *born_ms* when what is there at first was written; *owner* has
        the home. `/dev/urandom` draws from *stream*.
        """
        self.home = home
        self.owner = "root"
        self.clock = clock
        self.umask = UMASK
        """Of whoever takes a step, see `masking`."""
        self._born = clock() if born_ms is None else born_ms
        self._stream = stream or Stream("urandom", home)
        self._drawn = 0
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._used = 0
        self._inodes = 2
        self._entries: dict[str, Entry] = {"/": Entry("d", 0o755, self._born, "root", self._inodes)}
        self._links: dict[str, str] = {}
        """Symbolic links, each with its path and a slash: a path that leads over none is its own."""
        self._writing_as_of: int | None = self._born
        for directory in (*directories, home):
            FileSystem.mkdir(self, directory)  # a subclass may refuse what is written later
        if "/tmp" in self._entries:
            self._entries["/tmp"].mode = 0o1777
        if home in self._entries and owner != "root":
            self._entries[home].owner = owner
        self.owner = owner
        for path, make in (generated or {}).items():
            self.mkdir(posixpath.dirname(path))
            mode = 0o444 if path.startswith(KERNEL) else 0o644
            self._put(path, Entry("-", mode, self._born, "root", self._inode(), make=make))
        for path, text in (files or {}).items():
            self.mkdir(posixpath.dirname(path))
            self.write(path, text)
        self._writing_as_of = None

    # -- paths ---------------------------------------------------------------------------------

    def resolve(self, path: str, cwd: str = "/") -> str:
        """Return the absolute form of *path*, with `.` and `..` resolved."""
        return "/" + posixpath.normpath(posixpath.join(cwd, path)).lstrip("/")

    def real(self, path: str, *, last: bool = True) -> str:
        """Return *path* with symbolic links followed; the last part only if *last*.

        Raises:
            FileProblem: if links lead in a circle.
        """
        if not any(path == link or path.startswith(below) for link, below in self._links.items()):
            return path
        rest = path.strip("/").split("/")[::-1] if path != "/" else []
        done = "/"
        for _ in range(MAX_STEPS):
            if not rest:
                return done
            name = rest.pop()
            here = posixpath.join(done, name)
            entry = self._entries.get(here)
            if entry is None or entry.kind != "l" or (not rest and not last):
                done = here
                continue
            target = self.resolve(entry.target, done)
            rest.extend(target.strip("/").split("/")[::-1] if target != "/" else [])
            done = "/"
        raise FileProblem("Too many levels of symbolic links")

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory, behind links too."""
        return self.is_dir(path) or self._find(path) is not None or _device(path)

    def program(self, name: str) -> str:
        """Return where a program of that name lies: in /usr/bin where no directory shows it."""
        places = (f"{one}/{name}" for one in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"))
        return next((one for one in places if self.exists(one)), f"/usr/bin/{name}")

    def is_dir(self, path: str) -> bool:
        """Return whether *path* is a directory, behind links too."""
        entry = self._find(path)
        return entry is not None and entry.kind == "d"

    def is_link(self, path: str) -> bool:
        """Return whether *path* itself is a symbolic link."""
        found = self.stat_or_none(path, follow=False)
        return found is not None and found.kind == "l"

    def stat_or_none(self, path: str, *, follow: bool = True) -> Stat | None:
        """Return what `stat` does, or None if *path* is missing."""
        try:
            return self.stat(path, follow=follow)
        except FileProblem:
            return None

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what `ls -l` knows of *path*; without *follow* of the link itself.

        Raises:
            FileProblem: if it is missing.
        """
        path = self.real(path, last=follow)
        entry = self._entries.get(path)
        if entry is None and not self.exists(path):
            raise FileProblem(self._why_missing(path))
        if entry is None or entry.kind == "d":
            return self._stat_shown(path, entry)
        if entry.kind == "l":
            size, mtime = len(entry.target.encode("utf-8", "surrogateescape")), entry.mtime_ms
        elif path.startswith(KERNEL):
            # The kernel's files have no size of their own and are as of now, proc(5).
            size, mtime = 0, self.clock()
        else:
            size, mtime = self.size(path), entry.mtime_ms
        return Stat(entry.kind, entry.mode, size, mtime, entry.owner, entry.owner, 1,
                    entry.target, entry.inode)  # fmt: skip

    def _stat_shown(self, path: str, entry: Entry | None) -> Stat:
        """Return the figures of a directory, or of what only a subclass knows."""
        owner, inode = ("root", 1) if entry is None else (entry.owner, entry.inode)
        mtime = self._born if entry is None else entry.mtime_ms
        if _device(path):
            return Stat("c", 0o666, 0, self._born, "root", "root", 1, "", 1)
        if not self.is_dir(path):
            size = self.size(path)
            return Stat("-", 0o644, size, mtime, owner, owner, 1, "", inode)
        mode = 0o755 if entry is None else entry.mode
        below = 0
        for name in () if entry is None else entry.names:
            inner = self._entries.get(posixpath.join(path, name))
            below += inner is not None and inner.kind == "d"
        return Stat("d", mode, BLOCK, mtime, owner, owner, 2 + below, "", inode)

    # -- files ---------------------------------------------------------------------------------

    def read(self, path: str) -> str:
        """Return the text of *path*.

        Raises:
            FileProblem: if it is missing or a directory.
        """
        entry = self._find(path)
        if entry is not None and entry.kind == "-":
            return entry.text()
        if _device(path):
            return self.device(path)
        path = self.real(path)
        raise FileProblem("Is a directory" if self.is_dir(path) else self._why_missing(path))

    def lend(self, path: str, text: str) -> None:
        """Have *text* at *path*, below /dev/fd, until it is taken back; no directory lists it."""
        entry = Entry("-", 0o600, self._now(), self.owner, self._inode())
        entry.parts, entry.length = [text], len(text)
        self._used += len(text)
        self._entries[path] = entry

    def take_back(self, path: str) -> str:
        """Forget what was lent at *path*; return what is there by now."""
        entry = self._entries.pop(path, None)
        if entry is None:
            return ""
        self._used -= entry.length
        return entry.text()

    def device(self, path: str, size: int | None = None) -> str:
        """Return *size* bytes of an endless device, as text."""
        name = posixpath.basename(path)
        if name == "null":
            return ""
        if name == "zero":
            return "\0" * (ZEROES if size is None else size)
        self._drawn += 1
        stream = self._stream.at("urandom", self._drawn)
        count = RANDOM if size is None else size
        words = (stream.bits(index).to_bytes(8, "big") for index in range(-(-count // 8)))
        return b"".join(words)[:count].decode("utf-8", "surrogateescape")

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*, made if it is missing.

        Raises:
            FileProblem: if its directory is missing, it is read-only, or the space is used up.
        """
        if _device(path):
            return
        path = self.real(path)
        if self.is_dir(path):
            raise FileProblem("Is a directory")
        entry = self._entries.get(path)
        lent = entry is not None and path.startswith("/dev/fd/")
        if (entry is not None and entry.make is not None) or (
            path.startswith("/dev/") and not lent
        ):
            raise FileProblem("Permission denied")
        if not lent and not self.is_dir(posixpath.dirname(path)):
            raise FileProblem(self._why_missing(path))
        kept = entry.length if entry is not None and append else 0
        used = self._used + len(text) + kept - (0 if entry is None else entry.length)
        if used > self._max_bytes:
            raise FileProblem("No space left on device")
        if entry is None:
            self._make_room(path)
            entry = Entry("-", 0o666 & ~self.umask, self._now(), self.owner, self._inode())
            self._put(path, entry)
        self._used = used
        if not append:
            entry.parts, entry.length = [], 0
        if text:
            entry.parts.append(text)
            entry.length += len(text)
            if len(entry.parts) > MAX_PARTS:
                entry.text()
        if text or not append:
            entry.mtime_ms = self._now()

    def remove(self, path: str) -> None:
        """Remove a file or a link.

        Raises:
            FileProblem: if it is missing, a directory, or not the user's.
        """
        path = self.real(path, last=False)
        entry = self._entries.get(path)
        if entry is None and not self.exists(path):
            raise FileProblem(self._why_missing(path))
        if self.is_dir(path) and (entry is None or entry.kind == "d"):
            raise FileProblem("Is a directory")
        if entry is None or entry.make is not None:
            raise FileProblem("Permission denied")
        self._used -= entry.length
        self._take(path)

    def rename(self, old: str, new: str) -> None:
        """Move a file, link or directory, over a file (or an empty directory) that is there.

        Raises:
            FileProblem: if it cannot be moved there.
        """
        old, new = self.real(old, last=False), self.real(new, last=False)
        entry = self._entries.get(old)
        if entry is None:
            raise FileProblem("Permission denied" if self.exists(old) else self._why_missing(old))
        if old == new:
            return
        if entry.make is not None or old in {"/", self.home}:
            raise FileProblem("Permission denied")
        if f"{new}/".startswith(f"{old}/"):
            raise FileProblem("Invalid argument")
        if not self.is_dir(posixpath.dirname(new)):
            raise FileProblem(self._why_missing(new))
        if len(new) > MAX_PATH or len(posixpath.basename(new)) > MAX_NAME:
            raise FileProblem("File name too long")
        there = self._entries.get(new)
        if there is not None and there.kind == "d":
            if entry.kind != "d":
                raise FileProblem("Is a directory")
            self.rmdir(new)
        elif there is not None:
            if entry.kind == "d":
                raise FileProblem("Not a directory")
            self.remove(new)
        moved = {p: e for p, e in self._entries.items() if p.startswith(f"{old}/")}
        self._take(old)
        self._put(new, entry)
        for path, inner in moved.items():
            del self._entries[path]
            self._entries[new + path[len(old) :]] = inner
        if any(inner.kind == "l" for inner in moved.values()):
            self._links = {p: f"{p}/" for p, e in self._entries.items() if e.kind == "l"}

    def symlink(self, target: str, path: str) -> None:
        """Make *path* a symbolic link to *target*, which need not exist.

        Raises:
            FileProblem: if something is there or there is no room.
        """
        path = self.real(path, last=False)
        if path in self._entries or self.exists(path):
            raise FileProblem("File exists")
        if not target or not self.is_dir(posixpath.dirname(path)):
            raise FileProblem("No such file or directory")
        self._make_room(path)
        inode = self._inode()
        self._put(path, Entry("l", 0o777, self._now(), self.owner, inode, target=target))

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits of *path*.

        Raises:
            FileProblem: if it is missing, or not the user's.
        """
        self._own(path).mode = mode & 0o7777

    def chown(self, path: str, owner: str) -> None:
        """Set the owner of *path*; raises FileProblem."""
        self._own(path).owner = owner

    def set_mtime(self, path: str, ms: int) -> None:
        """Set when *path* was last changed, Unix time in ms; raises FileProblem."""
        self._own(path).mtime_ms = ms

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        if self.is_dir(path):
            return BLOCK
        if _device(path):
            return 0
        text = self.read(path)
        return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))

    # -- directories ---------------------------------------------------------------------------

    def mkdir(self, path: str) -> None:
        """Make the directory *path* and those above it; one that exists stays.

        Raises:
            FileProblem: if a file is in the way or there are too many.
        """
        path = self.real(path)
        missing: list[str] = []
        while path not in self._entries:
            missing.append(path)
            path = posixpath.dirname(path)
        if self._entries[path].kind != "d":
            raise FileProblem("Not a directory" if missing else "File exists")
        for one in reversed(missing):
            self._make_room(one)
            mode = 0o777 & ~self.umask
            if one != missing[0]:
                mode |= 0o300  # as `mkdir -p` does, so that there is a way in
            self._put(one, Entry("d", mode, self._now(), self.owner, self._inode()))

    def rmdir(self, path: str) -> None:
        """Remove an empty directory.

        Raises:
            FileProblem: if it is not an empty directory.
        """
        path = self.real(path, last=False)
        entry = self._entries.get(path)
        if entry is not None and entry.kind != "d":
            raise FileProblem("Not a directory")
        if self.listdir(path):
            raise FileProblem("Directory not empty")
        if path in {"/", self.home}:
            raise FileProblem("Permission denied")
        if entry is not None:
            self._take(path)

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory.

        Raises:
            FileProblem: if it is not a directory.
        """
        if not self.is_dir(path):
            raise FileProblem(self._why_no_directory(path))
        entry = self._find(path)
        names = {} if entry is None else entry.names
        return sorted([*names, *DEVICES]) if path == "/dev" else sorted(names)

    # -- inside --------------------------------------------------------------------------------

    def _find(self, path: str) -> Entry | None:
        entry = self._entries.get(path)
        if self._links and (entry is None or entry.kind == "l"):
            try:
                return self._entries.get(self.real(path))
            except FileProblem:
                return None
        return entry

    def _own(self, path: str) -> Entry:
        entry = self._find(path)
        if entry is not None and entry.make is None:
            return entry
        if entry is not None or self.exists(path):
            raise FileProblem("Operation not permitted")
        raise FileProblem(self._why_missing(path))

    def _now(self) -> int:
        return self.clock() if self._writing_as_of is None else self._writing_as_of

    def _inode(self) -> int:
        self._inodes += 1
        return self._inodes

    def _make_room(self, path: str) -> None:
        if len(path) > MAX_PATH or len(posixpath.basename(path)) > MAX_NAME:
            raise FileProblem("File name too long")
        if self._writing_as_of is None and len(self._entries) >= self._max_files:
            raise FileProblem("No space left on device")

    def _put(self, path: str, entry: Entry) -> None:
        directory, name = posixpath.split(path)
        above = self._entries.get(directory)
        if self._writing_as_of is None and path.startswith(tuple(KERNELS)):
            raise FileProblem(KERNELS[path[: path.index("/", 1) + 1]])
        if above is None:  # one that is only shown
            raise FileProblem("Permission denied")
        above.names[name] = None
        above.mtime_ms = self._now()
        self._entries[path] = entry
        if entry.kind == "l":
            self._links[path] = f"{path}/"

    def _take(self, path: str) -> None:
        directory, name = posixpath.split(path)
        above = self._entries[directory]
        above.names.pop(name, None)
        above.mtime_ms = self._now()
        self._links.pop(path, None)
        del self._entries[path]

    def _why_missing(self, path: str) -> str:
        """Return the errno's text of a path that is not there: a file may be above it."""
        while path != "/":
            path = posixpath.dirname(path)
            if self.exists(path):
                return "No such file or directory" if self.is_dir(path) else "Not a directory"
        return "No such file or directory"

    def _why_no_directory(self, path: str) -> str:
        return "Not a directory" if self.exists(path) else "No such file or directory"


def _device(path: str) -> bool:
    return path.startswith("/dev/") and path[5:] in DEVICES
