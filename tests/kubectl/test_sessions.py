"""Sessions of shell lines: the real kubectl and this one see the same files and print the same.

A session is a file of lines parted by `%%`; a part that begins with `@file NAME` writes a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubectl.pair import paired

SESSIONS = sorted(Path(__file__).with_name("sessions").glob("*.txt"))


@pytest.mark.parametrize("session", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_the_same(session: Path, tmp_path: Path) -> None:
    with paired(tmp_path / "home") as pair:
        for part in session.read_text().split("\n%%\n"):
            head, _, text = part.strip("\n").partition("\n")
            if head.startswith("@file "):
                pair.write({head.removeprefix("@file "): text + "\n"})
            else:
                pair.same(part.strip("\n"))
