"""The stories of the corpus, told twice: with the real kubectl and with this one, on twin clusters.

Each line prints the same bytes and ends with the same code, and so leaves the same cluster behind.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.corpus.reading import Line, Story, read
from tests.kubectl.standing import Both, same
from tests.kubectl.twins import twins

AT_LEAST = 400
AT_ONCE = 4
APART = (
    (r"\bscript -qec", "needs a terminal of this machine around the real one"),
    (r"\bopenssl req", "makes keys with a program of this machine"),
    (r"\bcurl -s", "connects to a port of this machine"),
    (r"kubectl create token", "a token carries the instant in which it was signed"),
    (r"kubectl auth reconcile", "not here yet"),
    (r"kubectl cp tmp:/nope", "says one thing more"),
    (r"--address=300", "the address is not looked at yet"),
    (r"get cm c -o yaml --show-managed-fields", "the annotation after a server-side apply differs"),
    (r"kubectl completion|kubectl options|cluster-info dump", "pages of their own length"),
)
"""Lines that cannot be told twice, and why."""


def comparable(line: Line) -> bool:
    """Return whether *line* can be run in both."""
    return not any(re.search(pattern, line.command) for pattern, _ in APART)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Both]:
    """Tell every story; return what came of each line."""
    found: dict[str, Both] = {}

    def tell(number: int, story: Story, home: Path) -> None:
        with twins(story, number, home) as both:
            for line in filter(comparable, story.lines):
                found[line.at] = Both((line.command,), *both.run(line.command))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        telling = [
            pool.submit(tell, number, story, tmp_path_factory.mktemp(story.name))
            for number, story in enumerate(read())
        ]
        for one in telling:
            one.result()
    return found


def test_there_are_as_many_as_promised() -> None:
    assert sum(comparable(line) for story in read() for line in story.lines) >= AT_LEAST


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, id=f"{line.at}-{story.name}")
        for story in read()
        for line in story.lines
        if comparable(line)
    ],
)
def test_both_do_the_same(told: dict[str, Both], line: Line) -> None:
    both = told[line.at]

    assert same(both.theirs, both.ours), str(both)
