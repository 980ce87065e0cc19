"""What the real network tools print in an empty network namespace: recorded, and asked again where allowed.

`UNCORDON_RECORD=1 pytest tests/node/programs` records anew; it needs the tools and `unshare -rn`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).parents[2] / "golden" / "nettools"
RECORD = "UNCORDON_RECORD"
END = "-- end of it --"
_DATE = re.compile(r"on \w{3} \w{3} [\d ]\d [\d:]{8} \d{4}")


def said(out: str, err: str, code: int) -> str:
    """Return what one command line printed, with its exit code; dates are taken out."""
    return _DATE.sub("on DATE", f"{out}{err}{code}\n")


@cache
def namespaces() -> bool:
    """Return whether this machine lets a test have a network namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    ran = subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False)
    return ran.returncode == 0


def ask(lines: Sequence[str], before: str = "") -> list[str]:
    """Return what the machine's own tools print, line by line, in one namespace."""
    script = "".join(f"{{ {line}\n}} 2>&1; echo $?; echo '{END}'\n" for line in lines)
    ran = subprocess.run(
        ["unshare", "-rn", "bash"],
        input=before + script,
        capture_output=True,
        text=True,
        check=False,
    )
    return [_DATE.sub("on DATE", one) for one in ran.stdout.split(f"{END}\n")[:-1]]


def expected(name: str, tools: Sequence[str], lines: Sequence[str], before: str = "") -> list[str]:
    """Return what the real tools say to *lines*: the recording, which must be what they say today.

    They are asked where they are installed, in the version of the recording, and namespaces are
    allowed.
    """
    path = HERE / f"{name}.json"
    there = namespaces() and all(shutil.which(tool) for tool in tools)
    versions = {tool: version(tool) for tool in tools} if there else {}
    if os.environ.get(RECORD) and there:
        answers = ask(lines, before)
        pairs = [list(pair) for pair in zip(lines, answers, strict=True)]
        path.parent.mkdir(exist_ok=True)
        kept = {"versions": versions, "said": pairs}
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    recording = json.loads(path.read_text())
    assert [line for line, _ in recording["said"]] == list(lines), f"record anew: {RECORD}=1"
    found = [answer for _, answer in recording["said"]]
    if there and versions == recording["versions"]:
        assert ask(lines, before) == found
    return found


@cache
def version(tool: str) -> str:
    """Return the first line in which a tool says its version; empty if it says none."""
    flag = {"nc": "-h", "dig": "-v", "ping": "-V", "ip": "-V", "ss": "-V"}.get(tool, "--version")
    ran = subprocess.run(
        [tool, flag], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    return (ran.stdout + ran.stderr).partition("\n")[0].strip()
