"""A run as one file: header, the scenario's texts, inputs, evidence; each line chained to those before.

The same run gives the same bytes. What the lines mean, and whether they are true, is not known here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any, get_type_hints

FORMAT = "uncordon.run"
VERSION = 1
SUFFIX = ".uncordon.jsonl.gz"
MAX_BYTES = 256 * 1024 * 1024
"""Largest unpacked file; a small one that unpacks to more is not ours."""
LINK = 16
"""Hex digits of a line's link in the chain; the whole digest stands in the last line."""


class NotABundleError(ValueError):
    """Why a file is no export of a run, or not an unchanged one; one line for a person."""


@dataclass(frozen=True, slots=True)
class Head:
    """What identifies a run; neither its address nor its holder leaves the server."""

    scenario: str
    digest: str
    title: str
    seed: int
    engine: str
    epoch: str
    """When its time began (RFC 3339); empty: on the scenario's date."""
    who: str
    sim_ms: int
    """How far it had come."""
    practice: bool = False
    branched_at: int = -1
    """The moment (simulated ms) from which it was played on, of a branched run."""
    mystery: str = ""
    backend: str = "simulated"
    """What its cluster was; the evidence of a real one (`kind`) cannot be made again from the inputs."""


Stored = tuple[int, str, str]
"""An input as stored: at, kind, payload."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that stands in the file."""

    head: Head
    texts: tuple[tuple[str, str], ...]
    """The scenario's files: name and content."""
    inputs: list[Stored]
    evidence: list[str] = field(default_factory=list)
    """Records in the form of `sim.evidence`, a line of JSON each."""


def pack(bundle: Bundle) -> bytes:
    """Return the file's bytes."""
    lines, chain, whole = [], "", hashlib.sha256()
    for name, given in _rows(bundle):
        whole.update(_dump({name: given}).encode() + b"\n")
        value = {**given, "sha256": whole.hexdigest()} if name == "end" else given
        chain = _link(chain, _dump({name: value}))
        lines.append(_dump({"chain": chain, name: value}))
    out = BytesIO()
    with gzip.GzipFile("", "wb", 9, out, mtime=0) as file:
        file.write("\n".join([*lines, ""]).encode())
    return out.getvalue()


def _rows(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    head = asdict(bundle.head)
    if head["backend"] == "simulated":
        # As it was before there were others, so that any version reads it.
        del head["backend"]
    yield "run", {"format": FORMAT, "version": VERSION, **head}
    for text in bundle.texts:
        yield "text", list(text)
    for given in bundle.inputs:
        yield "input", list(given)
    for record in bundle.evidence:
        yield "evidence", json.loads(record)
    counts = (len(bundle.texts), len(bundle.inputs), len(bundle.evidence))
    yield "end", dict(zip(("texts", "inputs", "evidence"), counts, strict=True))


def unpack(data: bytes) -> Bundle:
    """Return what *data* holds.

    Raises:
        NotABundleError: if it is no export, of a version that is not known, cut short or changed.
    """
    lines = _lines(data)
    head = _head(lines)
    rows: dict[str, list[Any]] = {"text": [], "input": [], "evidence": []}
    chain, whole, end = "", hashlib.sha256(), None
    for number, line in enumerate(lines, 1):
        if end is not None:
            msg = f"line {number}: there is something behind the end"
            raise NotABundleError(msg)
        name, value, chain = _row(line, number, chain)
        if name == "end":
            end = value
            value = {key: given for key, given in value.items() if key != "sha256"}
        elif name in rows:
            rows[name].append(value)
        whole.update(_dump({name: value}).encode() + b"\n")
    if end is None:
        msg = f"the file is cut short: {len(lines)} lines and no end"
        raise NotABundleError(msg)
    for name, key in (("text", "texts"), ("input", "inputs"), ("evidence", "evidence")):
        if end.get(key) != len(rows[name]):
            msg = f"{len(rows[name])} lines of {key}, but the end says {end.get(key)}"
            raise NotABundleError(msg)
    if end.get("sha256") != whole.hexdigest():
        msg = "the digest in the last line is not that of the lines before it"
        raise NotABundleError(msg)
    try:
        inputs = [(int(at), str(kind), str(payload)) for at, kind, payload in rows["input"]]
        texts = tuple((str(name), str(text)) for name, text in rows["text"])
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"an input or a text of the scenario has not the form of one: {error}"
        raise NotABundleError(msg) from error
    return Bundle(head, texts, inputs, [_dump(record) for record in rows["evidence"]])


def _lines(data: bytes) -> list[str]:
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            msg = f"not an export of a run: it unpacks to more than {MAX_BYTES >> 20} MiB"
            raise NotABundleError(msg)
        return text.decode().split("\n")[:-1]
    except (OSError, EOFError, zlib.error) as error:
        msg = f"not an export of a run, or damaged on its way: {error}"
        raise NotABundleError(msg) from error
    except UnicodeDecodeError as error:
        msg = "not an export of a run: it is not UTF-8"
        raise NotABundleError(msg) from error


def _head(lines: list[str]) -> Head:
    try:
        given = dict(json.loads(lines[0])["run"]) if lines else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        given = {}
    if given.pop("format", None) != FORMAT:
        msg = "not an export of a run: its first line does not say so"
        raise NotABundleError(msg)
    version = given.pop("version", None)
    if version != VERSION:
        msg = f"an export of version {version!r}; this uncordon reads version {VERSION}"
        raise NotABundleError(msg)
    try:
        head = Head(**given)
    except TypeError as error:
        msg = f"not an export of a run: {error}"
        raise NotABundleError(msg) from error
    for name, kind in get_type_hints(Head).items():
        if type(getattr(head, name)) is not kind:
            msg = f"not an export of a run: its header has no {kind.__name__} as {name}"
            raise NotABundleError(msg)
    return head


def _row(line: str, number: int, chain: str) -> tuple[str, Any, str]:
    try:
        row = json.loads(line)
        found = row.pop("chain")
        ((name, value),) = row.items()
        link = _link(chain, _dump({name: value}))
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        msg = f"line {number} is not one of an export"
        raise NotABundleError(msg) from error
    if found != link:
        msg = f"line {number} ({_shown(name, value)}) was changed, or lines before it were: its digest does not fit"
        raise NotABundleError(msg)
    return name, value, link


def _shown(name: str, value: Any) -> str:
    if name == "evidence" and isinstance(value, dict):
        return f"evidence: {_safe(value.get('kind'))} at {_safe(value.get('at'))} ms"
    if name == "input" and isinstance(value, list):
        return f"input: {_safe(' '.join(map(str, value)))}"
    if name == "text" and isinstance(value, list):
        return f"text of the scenario: {_safe(value[:1])}"
    return _safe(name)


def _safe(value: Any) -> str:
    """Return *value* as a terminal can be given it, cut short."""
    return "".join(char if char.isprintable() else "?" for char in str(value)[:80])


def _link(chain: str, text: str) -> str:
    return hashlib.sha256(f"{chain}\n{text}".encode()).hexdigest()[:LINK]


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
