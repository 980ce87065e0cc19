"""How an answer is shown: as the object, as its metadata only, or as a Table.

The client's Accept header decides, as content negotiation in kube-apiserver does. This file must not
know where objects come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.apimachinery.errors import ApiError
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.table import partial_metadata, row, table
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.printers import printer_of

TABLE = "Table"
METADATA = "PartialObjectMetadata"
PLAIN = ""
_READABLE = ("json", "yaml", "protobuf", "*/*", "application/*")


def negotiate(headers: Mapping[str, str]) -> str:
    """Return TABLE, METADATA or PLAIN for an Accept header.

    Raises:
        ApiError: NotAcceptable, if the client reads nothing that this server writes.
    """
    accept = headers.get("accept", "")
    if not accept:
        return PLAIN
    for clause in accept.split(","):
        if "as=Table" in clause:
            return TABLE
        if "as=PartialObjectMetadata" in clause:
            return METADATA
        if any(form in clause for form in _READABLE):
            return PLAIN
    raise ApiError(406, "NotAcceptable", "406: Not Acceptable", {})


@dataclass(frozen=True, slots=True)
class Form:
    """How the objects of one request are shown."""

    info: ResourceInfo
    kind: str
    """TABLE, METADATA or PLAIN."""
    include: str
    """`Metadata`, `Object` or `None`: what a Table's rows carry."""
    view: Callable[[Obj], Obj] | None = None
    """From the stored object to the one of this API version, where they differ."""

    @classmethod
    def of(
        cls, info: ResourceInfo, request: ApiRequest, view: Callable[[Obj], Obj] | None = None
    ) -> Form:
        """Return the form that *request* asks for."""
        include = request.param("includeObject", "Metadata")
        return cls(info, negotiate(request.headers), include, view)

    def _viewed(self, obj: Obj) -> Obj:
        return obj if self.view is None else self.view(obj)

    def rows(self, objects: list[Obj], now: int) -> list[Obj]:
        """Return Table rows at *now* (Unix ms)."""
        printer = printer_of(self.info.plural)
        cells, conditions = printer.cells, printer.conditions
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
        """Return a single object as asked for."""
        if self.kind == TABLE:
            metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            columns = printer_of(self.info.plural).definitions()
            return table(metadata, columns, self.rows([obj], now))
        return partial_metadata(obj) if self.kind == METADATA else self._viewed(obj)

    def many(self, objects: list[Obj], metadata: Obj, now: int) -> Obj:
        """Return a list as asked for."""
        if self.kind == TABLE:
            columns = printer_of(self.info.plural).definitions()
            return table(metadata, columns, self.rows(objects, now))
        if self.kind == METADATA:
            listed = [partial_metadata(one) for one in objects]
            kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        else:
            listed = objects if self.view is None else [self.view(one) for one in objects]
            kind, version = f"{self.info.kind}List", self.info.group_version
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "items": listed}

    def watched(self, obj: Obj, now: int, *, first: bool) -> Obj:
        """Return an object as a watch streams it; only the first Table names its columns."""
        if self.kind != TABLE:
            return self.one(obj, now)
        metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        columns = printer_of(self.info.plural).definitions() if first else None
        made = table(metadata, [], self.rows([obj], now))
        made["columnDefinitions"] = columns
        return made

    def bookmark(self, revision: int) -> Obj:
        """Return the object of a BOOKMARK."""
        metadata: Obj = {"resourceVersion": str(revision), "creationTimestamp": None}
        if self.kind == TABLE:
            made = table(metadata, [], [])
            made["columnDefinitions"] = None
            return made
        if self.kind == METADATA:
            return {
                "kind": METADATA,
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
            }
        return {
            "kind": self.info.kind,
            "apiVersion": self.info.group_version,
            "metadata": metadata,
        }


def _nothing(_obj: Obj) -> None:
    return None
