"""The stories of the corpus, told twice: with the real kubectl and with this one, on twin clusters.

Each line prints the same bytes and ends with the same code, and so leaves the same cluster behind.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus.reading import Line, Story, read
from tests.kubectl.cluster import Done
from tests.kubectl.standing import Both, same
from tests.kubectl.twins import twins

AT_LEAST = 400
AT_ONCE = 4
APART = (
    (r"\bscript -qec", "needs a terminal of this machine around the real one"),
    (r"\bopenssl req", "makes keys with a program that the laptop has not"),
    (r"kubectl cp tmp:/nope", "the real one may be gone before it hears how tar ended"),
    (r"kubectl proxy", "the server behind the first ends /version with a newline more"),
    (r"cluster-info dump", "prints fields by name here, as docs/gaps.md says"),
    (r"kubectl completion", "Tab completes here without the script, which says so"),
)
"""Lines that cannot be told twice, and why."""
CHANCE = (
    (r"(127\.0\.0\.1|\[::1\]|connection for)([: ])\d+", r"\1\2PORT", "a free port is drawn"),
    (
        r"grep: p[fx]\.txt: No such file or directory\n",
        "",
        "a job may not have opened its file yet",
    ),
    (
        r"(?m)^Waiting for .* rollout to finish: .*\n",
        "",
        "how far it had come when the real one began to look is its start's time",
    ),
    (
        r'failed to start exec "[0-9a-f]{64}"',
        'failed to start exec "ID"',
        "the runtime draws it by the moment, and time may pass before the real one asks",
    ),
)
"""What comes of chance in both, what it is taken for, and why."""
LATE = (
    (
        r"(?m)^warning: couldn't attach to pod/three, falling back .*container not found.*\n",
        "what it ran may have ended before the real one attaches",
    ),
)
"""What the real one may say because it is slow, and why; this one never is."""
_CUT = re.compile(r"^timeout .*kubectl .* -w\b")
_AGE = re.compile(r"\b(?:(\d+)m)?(\d+)s\b|\b(\d+)m\b")
"""An age in seconds, or minutes from ten on: the real one asks by the machine's clock, a little after the other."""
SECONDS_APART = 2


def _ages(text: str) -> list[range]:
    """Return the seconds that each age in *text* may stand for."""
    found = []
    for minutes, seconds, whole in _AGE.findall(text):
        least = 60 * int(minutes or whole or 0) + int(seconds or 0)
        found.append(range(least, least + (60 if whole else 1)))
    return found


def _apart(one: range, other: range) -> int:
    """Return how many seconds lie between two ages at least."""
    return max(one.start - other.stop + 1, other.start - one.stop + 1, 0)


def _but_for_ages(done: Done) -> Done:
    return replace(done, out=re.sub(" +", " ", _AGE.sub("AGE", done.out)))


def _near(theirs: Done, ours: Done) -> bool:
    """Return whether both did the same, but for ages that are a second or two apart."""
    mine, other = _ages(ours.out), _ages(theirs.out)
    if len(mine) != len(other):
        return False
    near = all(_apart(one, two) <= SECONDS_APART for one, two in zip(mine, other, strict=True))
    return near and same(_but_for_ages(theirs), _but_for_ages(ours))


def agree(line: str, theirs: Done, ours: Done) -> bool:
    """Return whether both did the same; a watch that is cut off may have seen less than the other."""
    theirs, ours = _settled(_in_time(theirs)), _settled(ours)
    if _CUT.match(line):
        seen = min(len(theirs.out), len(ours.out))
        theirs, ours = (replace(one, out=one.out[:seen]) for one in (theirs, ours))
        return bool(seen) and same(theirs, ours)
    return same(theirs, ours) or _near(theirs, ours)


def _in_time(theirs: Done) -> Done:
    err = theirs.err
    for pattern, _ in LATE:
        err = re.sub(pattern, "", err)
    return replace(theirs, err=err)


def _settled(done: Done) -> Done:
    out, err = done.out, done.err
    for pattern, instead, _ in CHANCE:
        out, err = re.sub(pattern, instead, out), re.sub(pattern, instead, err)
    return replace(done, out=out, err=err)


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

    assert agree(line.command, both.theirs, both.ours), str(both)
