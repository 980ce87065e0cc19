"""How an answer is shown: as the object, as its metadata only, or as a Table.

The client's Accept header decides, as content negotiation in kube-apiserver does. This file must not
know where objects come from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sim.apimachinery.errors import ApiError, bad_request
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.table import partial_metadata, row, table
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.printers.base import Printer

TABLE = "Table"
METADATA = "PartialObjectMetadata"
METADATA_LIST = "PartialObjectMetadataList"
PLAIN = ""
_READABLE = frozenset({"application/json", "application/*", "*/*"})
_VERSIONS = frozenset({"v1", "v1beta1"})
_TYPE = ("kind", "apiVersion")
INCLUDES = ("Metadata", "Object", "None")


class Wanted(NamedTuple):
    """What a client wants to read."""

    kind: str
    """TABLE, METADATA, METADATA_LIST or PLAIN."""
    version: str = "v1"
    """Of meta.k8s.io, for what is not PLAIN."""


@lru_cache(maxsize=256)
def negotiate(accept: str) -> Wanted:
    """Return what an Accept header asks for: the first of its clauses that this server can write.

    Raises:
        ApiError: NotAcceptable, if the client reads nothing that this server writes.
    """
    if not accept.strip():
        return Wanted(PLAIN)
    for media, wanted in sorted(map(_clause, accept.split(",")), key=_quality):
        if media not in _READABLE or wanted.get("q") == "0":
            continue
        kind = wanted.get("as", PLAIN)
        if kind == PLAIN:
            return Wanted(PLAIN)
        known = kind in (TABLE, METADATA, METADATA_LIST) and wanted.get("g") == "meta.k8s.io"
        if known and wanted.get("v") in _VERSIONS:
            return Wanted(kind, wanted["v"])
    raise not_acceptable("406: Not Acceptable")


def not_acceptable(message: str) -> ApiError:
    """Return 406."""
    return ApiError(406, "NotAcceptable", message, {})


def _clause(text: str) -> tuple[str, dict[str, str]]:
    media, *parameters = text.split(";")
    pairs = (one.partition("=") for one in parameters)
    return media.strip(), {name.strip(): value.strip() for name, _, value in pairs}


def _quality(clause: tuple[str, dict[str, str]]) -> float:
    """Return the order of a clause: the greatest q first, equal ones as they stand."""
    try:
        return -float(clause[1].get("q", 1))
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Form:
    """How the objects of one request are shown."""

    info: ResourceInfo
    wanted: Wanted
    printer: Printer
    """How a Table shows them."""
    include: str
    """`Metadata`, `Object` or `None`: what a Table's rows carry."""
    view: Callable[[Obj], Obj] | None = None
    """From the stored object to the one of this API version, where they differ."""

    @classmethod
    def of(
        cls,
        info: ResourceInfo,
        request: ApiRequest,
        printer: Printer,
        view: Callable[[Obj], Obj] | None = None,
    ) -> Form:
        """Return the form that *request* asks for.

        Raises:
            ApiError: if it asks for a form, or for contents of a Table's rows, that do not exist.
        """
        wanted = negotiate(request.headers.get("accept", ""))
        include = request.param("includeObject") or INCLUDES[0]
        if wanted.kind == TABLE and include not in INCLUDES:
            raise bad_request(
                f'Unable to convert to Table as requested: includeObject: Invalid value: "{include}": '
                "must be 'Metadata', 'Object', 'None', or empty"
            )
        return cls(info, wanted, printer, include, view)

    def _viewed(self, obj: Obj) -> Obj:
        return obj if self.view is None else self.view(obj)

    def rows(self, objects: list[Obj], now: int) -> list[Obj]:
        """Return Table rows at *now* (Unix ms)."""
        cells, conditions = self.printer.cells, self.printer.conditions
        if self.include == "Object":
            carried: Callable[[Obj], Obj | None] = self._viewed
        elif self.include == "None":
            carried = _nothing
        else:
            carried = partial_metadata
        if conditions is None:
            return [row(cells(one, now), carried(one)) for one in objects]
        return [row(cells(one, now), carried(one), conditions(one)) for one in objects]

    def one(self, obj: Obj, now: int) -> Obj:
        """Return a single object as asked for.

        Raises:
            ApiError: NotAcceptable, if the form is one of lists.
        """
        kind = self.wanted.kind
        if kind == TABLE:
            return self._table({"resourceVersion": _version(obj)}, [obj], now)
        if kind == METADATA_LIST:
            raise not_acceptable(
                f"you requested {METADATA_LIST}, but the requested object is not a list "
                f"(*{self.info.version}.{self.info.kind})"
            )
        return self._partial(obj) if kind == METADATA else self._viewed(obj)

    def many(self, objects: list[Obj], metadata: Obj, now: int) -> Obj:
        """Return a list as asked for.

        Raises:
            ApiError: NotAcceptable, if the form is one of single objects.
        """
        kind, version = f"{self.info.kind}List", self.info.group_version
        if self.wanted.kind == TABLE:
            return self._table(metadata, objects, now)
        if self.wanted.kind == METADATA:
            raise not_acceptable(
                f"you requested {METADATA}, but the requested object is a list "
                f"(*{self.info.version}.{kind})"
            )
        if self.wanted.kind == METADATA_LIST:
            kind, version = METADATA_LIST, self._group_version
            listed = [self._partial(one) for one in objects]
        else:
            listed = items_of(self.info, objects, self.view)
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "items": listed}

    def watched(self, obj: Obj, now: int, *, first: bool) -> Obj:
        """Return an object as a watch streams it; only the first Table names its columns."""
        if self.wanted.kind == TABLE:
            return self._table({"resourceVersion": _version(obj)}, [obj], now, named=first)
        return self._viewed(obj) if self.wanted.kind == PLAIN else self._partial(obj)

    def bookmark(self, revision: int) -> Obj:
        """Return the object of a BOOKMARK."""
        metadata: Obj = {"resourceVersion": str(revision), "creationTimestamp": None}
        if self.wanted.kind == TABLE:
            return self._table({"resourceVersion": str(revision)}, [], 0, named=False)
        if self.wanted.kind == PLAIN:
            kind, version = self.info.kind, self.info.group_version
        else:
            kind, version = METADATA, self._group_version
        return {"kind": kind, "apiVersion": version, "metadata": metadata}

    @property
    def _group_version(self) -> str:
        return f"meta.k8s.io/{self.wanted.version}"

    def _partial(self, obj: Obj) -> Obj:
        return {**partial_metadata(obj), "apiVersion": self._group_version}

    def _table(self, metadata: Obj, objects: list[Obj], now: int, *, named: bool = True) -> Obj:
        made = table(metadata, self.printer.definitions(), self.rows(objects, now))
        made["apiVersion"] = self._group_version
        if not named:
            made["columnDefinitions"] = None
        return made


def items_of(
    info: ResourceInfo, objects: list[Obj], view: Callable[[Obj], Obj] | None
) -> list[Obj]:
    """Return what a list of *objects* holds; of built-in kinds only the list itself says the kind."""
    if view is not None:
        objects = [view(one) for one in objects]
    if info.custom:
        return objects
    listed = [dict(one) for one in objects]
    for one in listed:
        for key in _TYPE:
            one.pop(key, None)
    return listed


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))


def _nothing(_obj: Obj) -> None:
    return None
