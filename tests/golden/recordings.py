"""Recordings of a real cluster (v1.20.2, three workers) made with a real kubectl 1.37, one command line a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("kubectl")


@dataclass(frozen=True)
class Recording:
    """One command line and what it did."""

    name: str
    command: str
    out: str
    err: str
    code: int


def read(name: str) -> Recording:
    """Return the recording *name*."""
    text = (FOLDER / f"{name}.txt").read_text()
    head, _, rest = text.partition("# --- stdout ---\n")
    out, _, err = rest.partition("# --- stderr ---\n")
    command = re.search(r"^# command: (.*)$", head, re.MULTILINE)
    code = re.search(r"^# exit code: (\d+)$", head, re.MULTILINE)
    assert command is not None
    assert code is not None
    return Recording(name, command[1], out, err, int(code[1]))


def names() -> list[str]:
    """Return the names of all recordings, in the order in which they were made."""
    return [line.split("\t")[0] for line in (FOLDER / "INDEX.tsv").read_text().splitlines()]


# -- what differs from run to run --------------------------------------------------------------------

_AGE = r"(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?"
_PLAIN = [
    (r"(node|sandbox)-worker-\d", "worker-N"),
    (r"(node|sandbox)-control-plane", "control-plane"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "TIME"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UID"),
    (r"\b[0-9a-f]{64}\b", "SHA"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "IP"),
    (r"-[0-9a-f]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-HASH-RAND"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5}(?=[\s\"',:]|$)", "-RAND"),
    (r"payment-service:does-not-exist", "payment-service:v9"),
    (r"(CrashLoopBackOff|Running) [1-9]\d* ", r"\1 N "),
    (r"(Running) [1-9]\d* (CrashLoopBackOff)", r"\1 N \2"),
    (r"\b(back-off|Back-off) \d+\w+ restarting", r"\1 N restarting"),
]
"""(pattern, what stands for it): times, addresses, identifiers, generated names, the nodes' prefix."""


def normal(text: str) -> str:
    """Return *text* without what differs from run to run; runs of blanks are one."""
    text = re.sub(r"[ \t]+", " ", text)
    for pattern, replacement in _PLAIN:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    text = re.sub(rf"(?<=[\s(]){_AGE}(?=[\s)]|$)(?<=[smhdy])", "AGE", text, flags=re.MULTILINE)
    text = re.sub(r" \(x?AGE ago\)| \(AGE ago\)", "", text)
    return re.sub(r" +$", "", text, flags=re.MULTILINE)
