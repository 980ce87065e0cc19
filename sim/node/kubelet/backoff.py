"""How long a container that ended waits before it is started again.

Facts: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy and
KEP-4603. This file must not know why it ended.
"""

from __future__ import annotations

INITIAL_MS = 10_000
CAP_MS = 300_000
RESET_MS = 2 * CAP_MS
"""A container that ran this long starts again at no delay."""


class BackOff:
    """The back-off of one container: 0, 10 s, 20 s, 40 s ... 300 s."""

    def __init__(self) -> None:
        """Begin fresh: the first delay is 0."""
        self._next = 0

    def after(self, ran_ms: int) -> int:
        """Return the delay (ms, from the end) after an instance that ran *ran_ms*."""
        if ran_ms >= RESET_MS:
            self._next = 0
        delay = self._next
        self._next = min(max(INITIAL_MS, delay * 2), CAP_MS)
        return delay

    def steps(self, count: int) -> None:
        """Go on as if *count* short-lived instances had ended before."""
        for _ in range(min(count, 8)):
            self.after(0)


def go_seconds(ms: int) -> str:
    """Return a delay as Go prints it in CrashLoopBackOff messages.

    >>> go_seconds(40_000), go_seconds(160_000), go_seconds(300_000)
    ('40s', '2m40s', '5m0s')
    """
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
