"""The form of a Kubernetes component's log line; this file must not know who writes it.

Source: https://github.com/kubernetes/klog
"""

from __future__ import annotations

from zlib import crc32

from sim.kernel import Epoch


def klog(
    epoch: Epoch, at: int, severity: str, place: str, text: str, *, pid: int = 1, nth: int = 0
) -> str:
    """Return one klog line: `I1120 02:42:56.302910       1 server.go:218] text`.

    *nth* counts the lines written before it within the same millisecond.
    """
    moment = epoch.datetime(at)
    below = min(999, 90 * nth + crc32(f"{at} {place} {text}".encode()) % 80)
    micro = moment.microsecond // 1000 * 1000 + below
    stamp = f"{moment:%m%d %H:%M:%S}.{micro:06d}"
    return f"{severity}{stamp} {pid:7d} {place}] {text}"
