"""A real kubectl does its day's work on a sandbox, line by line, as on a real cluster."""

from __future__ import annotations

from tests.corpus.reading import Line, read

AT_LEAST = 250


def test_the_corpus_is_as_large_as_promised() -> None:
    assert sum(len(story.lines) for story in read()) >= AT_LEAST


def test_a_line(line: Line, told: list[str]) -> None:
    assert not told, "\n".join([f"{line.at}$ {line.command}", *told])
