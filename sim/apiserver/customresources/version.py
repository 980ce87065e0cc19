"""One version of a custom resource: what its definition says of it.

Made by `customresources.py` when a definition is established. This file must not know the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer


@dataclass(frozen=True, eq=False)
class CustomVersion:
    """A version of a custom resource that is served or stored."""

    info: ResourceInfo
    schema: Obj
    """Its openAPIV3Schema; empty where it has none."""
    printer: Printer
    """How its objects are shown in a Table, by its additionalPrinterColumns."""
    scale: Obj = field(default_factory=dict)
    """`{"specReplicasPath": ".spec.replicas", ...}`; empty without the scale subresource."""
    selectable: tuple[str, ...] = ()
    """Fields beside name and namespace that field selectors may ask for: `("spec.color",)`."""
    warning: str = ""
    """What every request to a deprecated version is told."""
