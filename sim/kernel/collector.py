"""Building without the garbage collector, which would walk the growing world again and again.

A build makes objects that stay; a third of its time would go into finding that out. This file must
not know what is built.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def uncollected(build: Callable[P, T]) -> Callable[P, T]:
    """Return *build*, during which cyclic garbage is not looked for."""

    @wraps(build)
    def building(*args: P.args, **kwargs: P.kwargs) -> T:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return build(*args, **kwargs)
        finally:
            if was_enabled:
                gc.enable()

    return building
