"""What admission is told of a write. This file must not know any plugin."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.apimachinery.errors import ApiError, forbidden
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

SYSTEM = "system"
"""Who writes as one of the cluster's own components."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """One write, as each plugin sees it."""

    verb: str
    """`create`, `update` or `delete`."""
    info: ResourceInfo
    subresource: str
    """`status`, `scale` ...; empty for the object itself."""
    namespace: str
    name: str
    new: Obj | None
    """None for `delete`."""
    old: Obj | None
    """None for `create`."""
    user: str
    """Who writes; `system` for the cluster's own components."""
    dry_run: bool

    def with_new(self, new: Obj, name: str | None = None) -> Attributes:
        """Return the same write with another object, and another name if one is given."""
        return replace(self, new=new, name=self.name if name is None else name)

    @property
    def by_system(self) -> bool:
        """True when one of the cluster's own components writes."""
        return self.user == SYSTEM

    def refused(self, why: str) -> ApiError:
        """Return the 403 that says so."""
        return forbidden(self.info.plural, self.name, why, self.info.group)
