"""One command line through the machine's own tools and through ours, over the same small tree."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from sim.bash import TEXT_TOOLS, CallSink, FileSystem, Pipe, Shell, date_program
from sim.kernel import Environment

HOME = "/home/oncall"
NIGHT_MS = 1_795_142_820_000
LOCALE = "C.UTF-8"
TEXTS = {
    "pods": "NAME READY STATUS RESTARTS AGE\nweb-1 1/1 Running 0 5m\nweb-2 0/1 Pending 3 10h\n"
    "db-0 1/1 Running 12 3d\n",
    "numbers": "10\n9\n100\n9\n-3\n2.5\n\n1e3\n007\n",
    "sizes": "1K\n512\n3G\n2M\n1.5M\n900K\n0\n4T\n",
    "versions": "v1.10.2\nv1.9.0\nv1.10.0-rc1\nv1.2\nfile-10.txt\nfile-9.txt\n1.0~beta\n1.0\n",
    "months": "Mar x\njan y\nDEC z\nfoo\nMay\n",
    "fields.tsv": "a\t3\tx\nb\t1\ty\nc\t2\tx\nd\t2\tz\n",
    "fields.csv": "id,name,team\n3,web,core\n1,db,data\n2,cache,core\n",
    "left": "1 a\n2 b\n3 c\n5 e\n",
    "right": "1 x\n2 y\n2 z\n4 w\n",
    "dups": "a\na\nb\nB\nb\nc\nc\nc\n\n\nd\n",
    "repeats": "1 k a\n2 k a\n3 k b\n4 l b\n",
    "blanks": "  two\n\none\n\n\n\n\tthree\n   \nend",
    "noend": "first\nlast without newline",
    "empty": "",
    "accents": "caf\u00e9\nna\u00efve \u2713 done\n\u65e5\u672c\u8a9e text\nplain\n",
    "tabs": "a\tb\tc\n1234567890\tx\n\t\tlead\n",
    "long": "The quick brown fox jumps over the lazy dog and runs away from the angry bear.\n"
    "short\n\n" + "x" * 100 + "\nword " * 20 + "\n",
    "with space": "in a name with a blank\n",
    "words": "one two  three\n'quoted word' \"double one\" back\\ slash\nlast\n",
    "dir/inner.yaml": "kind: Pod\nmetadata:\n  name: x\n",
    "dir/deep/leaf": "leaf\n",
    ".hidden": "secret\n",
    "bytes": "".join(map(chr, range(1, 128))) + "\n",
    "lines": "".join(f"line {number}\n" for number in range(1, 31)),
}


class Outcome(NamedTuple):
    """What a line did."""

    out: str
    err: str
    code: int


class Tree:
    """The same files on the disk and in ours; each line works on a fresh copy of neither."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = FileSystem(
            {f"{HOME}/{name}": text for name, text in TEXTS.items()},
            home=HOME,
            clock=lambda: NIGHT_MS,
        )
        for name, text in TEXTS.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        for path in (*root.rglob("*"), root):
            os.utime(path, (NIGHT_MS / 1000, NIGHT_MS / 1000))

    def real(self, line: str, stdin: str = "") -> Outcome:
        """Run *line* in the machine's bash."""
        done = subprocess.run(
            ["env", "--default-signal", "bash", "-c", line],
            cwd=self.root,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": LOCALE, "HOME": str(self.root), "TZ": "UTC"},
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=20,
            check=False,
        )
        err = done.stderr.decode("utf-8", "surrogateescape")
        return Outcome(
            done.stdout.decode("utf-8", "surrogateescape"),
            err.replace("bash: line 1: ", "").replace("bash: ", ""),
            done.returncode,
        )

    def ours(self, line: str, stdin: str = "") -> Outcome:
        """Run *line* in ours."""
        env = Environment()
        shell = Shell(
            env,
            {**TEXT_TOOLS, "date": date_program(lambda: NIGHT_MS)},
            environ={"PATH": "/usr/bin:/bin", "LC_ALL": LOCALE, "USER": "root", "TZ": "UTC"},
            files=self.files,
        )
        out: list[str] = []
        err: list[str] = []
        codes: list[int] = []

        def running():
            codes.append(
                (
                    yield from shell.run(
                        line, Pipe(env, stdin), CallSink(out.append), CallSink(err.append)
                    )
                )
            )

        env.spawn(running())
        while not codes:
            env.step()
        told = "".join(err).replace("bash: line 1: ", "").replace("bash: ", "")
        return Outcome("".join(out), told, codes[0])
