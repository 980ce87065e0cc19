"""The append-only log of a run and its JSON-lines form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TypeVar, get_args

from sim.evidence.records import READABLE, SCHEMA_VERSION, Record

R = TypeVar("R", bound=Record)

_BY_KIND = {cls.kind: cls for cls in get_args(Record)}


class EvidenceLog:
    """Records in the order in which they became true; listeners hear each one once."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        """Start with *records*, e.g. those of a stored run."""
        self._records: list[Record] = list(records)
        self._listeners: list[Callable[[Record], None]] = []

    def append(self, record: Record) -> None:
        """Add *record* and tell the listeners."""
        self._records.append(record)
        for listener in self._listeners:
            listener(record)

    def listen(self, listener: Callable[[Record], None]) -> None:
        """Call *listener* for every record from now on."""
        self._listeners.append(listener)

    def of(self, kind: type[R]) -> Iterator[R]:
        """Yield the records of one class, in order."""
        return (record for record in self._records if isinstance(record, kind))

    def __iter__(self) -> Iterator[Record]:
        """Yield every record in order."""
        return iter(self._records)

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._records)

    def __getitem__(self, index: int) -> Record:
        """Return record number *index*."""
        return self._records[index]

    def dumps(self) -> str:
        """Return JSON lines, the first naming the schema; the same log gives the same bytes."""
        head = json.dumps({"schema": "uncordon.evidence", "version": SCHEMA_VERSION})
        return "\n".join([head, *(encode(record) for record in self._records)]) + "\n"

    @classmethod
    def loads(cls, text: str) -> EvidenceLog:
        """Read what `dumps` wrote.

        Raises:
            ValueError: if the head is missing or of a version that nobody here can read.
        """
        head, *lines = text.splitlines()
        heads = [{"schema": "uncordon.evidence", "version": version} for version in READABLE]
        if json.loads(head) not in heads:
            msg = f"not an evidence log of version {SCHEMA_VERSION}: {head[:80]}"
            raise ValueError(msg)
        return cls(decode(line) for line in lines)


def encode(record: Record) -> str:
    """Return *record* as one line of JSON."""
    return json.dumps(
        {"kind": record.kind, **asdict(record)}, separators=(",", ":"), sort_keys=True
    )


def decode(line: str) -> Record:
    """Read one line; raises ValueError for a kind that does not exist."""
    fields = json.loads(line)
    kind = fields.pop("kind", None)
    if kind not in _BY_KIND:
        msg = f"unknown kind of record: {kind!r}"
        raise ValueError(msg)
    record: Record = _BY_KIND[kind](**fields)
    return record
