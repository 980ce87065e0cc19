"""Built-in API versions that are on their way out, and what whoever uses them is told.

The texts of `APILifecycleDeprecated` in k8s.io/api (zz_generated.prerelease-lifecycle.go) as
kube-apiserver words them. This file must not know requests.
"""

from __future__ import annotations

from functools import lru_cache

from sim.apimachinery.resources import ResourceInfo

_SINCE: dict[str, tuple[int, str]] = {
    "componentstatuses": (19, "v1 ComponentStatus is deprecated in v1.19+"),
    "endpoints": (
        33,
        "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ),
}
"""Resource -> (the minor version that began to warn, the text)."""


@lru_cache(maxsize=256)
def deprecated(info: ResourceInfo, version: str) -> tuple[str, ...]:
    """Return the warning for *info* on a server of *version* (`v1.37.0`), if there is one."""
    since, text = _SINCE.get(info.key, (0, ""))
    minor = version.lstrip("v").split(".")[1]
    return (text,) if text and minor.isdecimal() and int(minor) >= since else ()
