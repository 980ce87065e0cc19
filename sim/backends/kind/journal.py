"""The changes made to one real cluster and not yet undone: written and synced before each is made.

So that after `kill -9` at any point the next process knows everything that may have been done. It
must not know how a change is made, nor how it is undone.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sim.backends.kind.places import state_folder
from sim.backends.kind.undo import Undo, decode, encode

NAME = "journal.jsonl"


class JournalError(Exception):
    """The journal cannot be used; the message says why and what to do."""


class NotUndoneError(Exception):
    """One step could not be undone now; the message says why. It stays in the journal."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change that may have been made."""

    number: int
    what: str
    """For people: `kube-proxy of uncordon-worker3 limited to 24Mi`."""
    undo: Undo
    lasting: bool = False
    """Whether it stays until the cluster is given up: an image on the nodes."""


class Undoing(Protocol):
    """Who undoes steps."""

    def undo(self, step: Undo) -> bool:
        """Undo one *step*; False: it is on its way, and `settle` waits for it.

        Raises NotUndoneError if it cannot be done now.
        """

    def settle(self) -> None:
        """Wait until what is on its way out is gone; raises NotUndoneError if it does not go."""


class Journal:
    """The journal of the cluster behind *context*.

    A line is an entry, the mark that one is undone, or, first of all, whose journal it is. A last
    line without its end was never synced, so what it told of was never begun.
    """

    def __init__(
        self, context: str, *, cluster: str = "", environ: Mapping[str, str] = os.environ
    ) -> None:
        """Keep the journal of *context*; *cluster* is the cluster's own id, which no other has."""
        self.context = context
        self.cluster = cluster
        self.path: Path = state_folder(context, environ) / NAME
        self._writing = threading.Lock()

    @property
    def owner(self) -> str:
        """The id of the cluster whose changes it holds; empty if it holds none."""
        return self._read()[0]

    @property
    def stale(self) -> bool:
        """Whether it is of another cluster, which had the same name."""
        owner = self.owner
        return bool(owner and self.cluster and owner != self.cluster)

    def entries(self) -> list[Entry]:
        """Return what is not undone, oldest first."""
        return self._read()[1]

    def did(self, what: str, undo: Undo, *, lasting: bool = False) -> int:
        """Note that *what* is about to be done; call it *before* doing it. Returns its number.

        Raises:
            JournalError: if it cannot be kept; then it must not be done.
        """
        return self.did_all([(what, undo)], lasting=lasting)[0]

    def did_all(self, steps: Iterable[tuple[str, Undo]], *, lasting: bool = False) -> list[int]:
        """Note several steps in one go, in the order in which they will be done."""
        with self._writing:
            owner, _, following = self._read()
            if owner and self.cluster and owner != self.cluster:
                msg = (
                    f"{self.path} holds changes to another cluster that was called {self.context}; "
                    "`uncordon kind restore --forget` drops them"
                )
                raise JournalError(msg)
            made = [
                Entry(number, what, undo, lasting)
                for number, (what, undo) in enumerate(steps, following)
            ]
            head = [] if owner else [{"cluster": self.cluster or self.context}]
            self._append([*head, *map(_line, made)])
            return [one.number for one in made]

    def undone(self, *numbers: int) -> None:
        """Note that these entries have been undone; call it *after* that."""
        if not numbers:
            return
        with self._writing:
            self._append([{"undone": number} for number in numbers])

    def undo(self, number: int, undoing: Undoing) -> None:
        """Undo one entry now, before the others: a fault that clears itself.

        Raises:
            NotUndoneError: if it cannot be done; it stays in the journal.
        """
        for entry in self.entries():
            if entry.number == number:
                undoing.undo(entry.undo)
                self.undone(number)

    def undo_all(
        self,
        undoing: Undoing,
        progress: Callable[[str], None] = lambda _: None,
        *,
        lasting: bool = False,
    ) -> list[str]:
        """Undo everything, newest first; return a sentence for each entry that could not be undone.

        One that fails does not keep the others; it stays in the journal, and so does what is
        *lasting* unless that is asked for.
        """
        failed: list[str] = []
        going: list[int] = []
        for entry in reversed(self.entries()):
            if entry.lasting and not lasting:
                continue
            progress(f"undo: {entry.what}")
            try:
                if undoing.undo(entry.undo):
                    self.undone(entry.number)
                else:
                    going.append(entry.number)
            except NotUndoneError as error:
                failed.append(f"{entry.what}: {error}")
        try:
            undoing.settle()
        except NotUndoneError as error:
            failed.append(str(error))
        else:
            self.undone(*going)
        self._compact()
        return failed

    def forget(self) -> None:
        """Drop the journal: the cluster that it was of is gone, or as it was."""
        with self._writing:
            self.path.unlink(missing_ok=True)
            if self.path.parent.is_dir():
                _sync_folder(self.path.parent)

    def _compact(self) -> None:
        """Write only what is still open; the file is the old one or the new one, never half of it."""
        with self._writing:
            owner, left, _ = self._read()
            if not owner:
                return
            if left:
                part = self.path.with_suffix(".part")
                part.unlink(missing_ok=True)
                self._write(part, [{"cluster": owner}, *map(_line, left)])
                part.replace(self.path)
            else:
                self.path.unlink(missing_ok=True)
            _sync_folder(self.path.parent)

    # -- the file ------------------------------------------------------------------------------

    def _read(self) -> tuple[str, list[Entry], int]:
        """Return whose it is, what is open, and the next number."""
        owner, found, following = "", dict[int, Entry](), 1
        for at, record in enumerate(self._records(), 1):
            try:
                if "cluster" in record:
                    owner = owner or str(record["cluster"])
                elif "undone" in record:
                    found.pop(record["undone"], None)
                else:
                    number = int(record["did"])
                    undo, lasting = decode(record["undo"]), bool(record.get("lasting"))
                    found[number] = Entry(number, str(record["what"]), undo, lasting)
                    following = max(following, number + 1)
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(at) from error
        return owner, list(found.values()), following

    def _records(self) -> list[dict[str, Any]]:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            msg = f"cannot read {self.path}: {error.strerror}"
            raise JournalError(msg) from error
        found = []
        for at, line in enumerate(text.split(b"\n")[:-1], 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise self._damaged(at) from error
            if not isinstance(record, dict):
                raise self._damaged(at)
            found.append(record)
        return found

    def _damaged(self, at: int) -> JournalError:
        return JournalError(
            f"{self.path}:{at}: not a line of ours; undo by hand what it tells of, remove the line "
            "and try again"
        )

    def _append(self, records: list[dict[str, Any]]) -> None:
        new = not self.path.exists()
        self._write(self.path, records)
        if new:
            _sync_folder(self.path.parent)

    @staticmethod
    def _write(path: Path, records: list[dict[str, Any]]) -> None:
        """Append *records* to the file at *path* and wait until the disk has them."""
        data = b"".join(
            json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            for one in records
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _drop_torn_end(file)
                written = os.write(file, data)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            msg = f"cannot write {path}: {error.strerror}"
            raise JournalError(msg) from error
        if written != len(data):
            msg = f"cannot write {path}: the disk is full"
            raise JournalError(msg)


def _line(entry: Entry) -> dict[str, Any]:
    line = {"did": entry.number, "what": entry.what, "undo": encode(entry.undo)}
    return {**line, "lasting": True} if entry.lasting else line


def _drop_torn_end(file: int) -> None:
    """Cut what follows the last newline: a line that a crash has left half written."""
    size = os.fstat(file).st_size
    text = os.pread(file, size, 0)
    whole = text.rfind(b"\n") + 1
    if whole != size:
        os.ftruncate(file, whole)


def _sync_folder(folder: Path) -> None:
    """Make a file's being there, or not, survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
