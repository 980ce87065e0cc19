from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from sim.bash import BrokenPipe, CallSink, FileProblem, FileSystem, OutputLimit, Pipe
from sim.bash.pipes import PIPE_BYTES
from sim.kernel import Environment


def _all(env: Environment, generator: Generator[Any, Any, Any]) -> list[Any]:
    got: list[Any] = []

    def running() -> Generator[Any, Any, None]:
        got.append((yield from generator))

    env.spawn(running())
    env.settle()
    return got


def test_lines_come_whole_however_they_were_written() -> None:
    env = Environment()
    pipe = Pipe(env)
    for piece in ("fir", "st\nsec", "ond\n\nlast"):
        pipe.write(piece)
    pipe.close()
    lines = [_all(env, pipe.readline())[0] for _ in range(5)]
    assert lines == ["first", "second", "", "last", None]


def test_a_reader_waits_for_text() -> None:
    env = Environment()
    pipe = Pipe(env)
    got = _all(env, pipe.read())
    assert (got, pipe.waiting) == ([], True)
    pipe.write("late")
    env.settle()
    assert got == ["late"]


def test_reading_on_after_a_line_gives_the_rest() -> None:
    env = Environment()
    pipe = Pipe(env, "a\nb\nc\n")
    assert _all(env, pipe.readline()) == ["a"]
    assert _all(env, pipe.read_all()) == ["b\nc\n"]
    assert _all(env, pipe.read()) == [None]


def test_a_writer_waits_for_its_reader_when_the_pipe_is_full() -> None:
    env = Environment()
    pipe = Pipe(env)
    pipe.write("x" * (PIPE_BYTES + 1))
    drained = _all(env, pipe.drain())
    assert drained == []
    assert len(pipe.poll()) == PIPE_BYTES + 1
    env.settle()
    assert drained == [None]


def test_a_writer_without_reader_gets_a_broken_pipe() -> None:
    pipe = Pipe(Environment())
    pipe.abandon()
    with pytest.raises(BrokenPipe):
        pipe.write("x")


def test_a_sink_takes_as_much_as_it_may() -> None:
    out: list[str] = []
    sink = CallSink(out.append, limit=5)
    sink.write("abc")
    with pytest.raises(OutputLimit):
        sink.write("defg")
    assert "".join(out) == "abcde"


def test_paths_stay_inside_the_tree() -> None:
    files = FileSystem({"/home/me/f": "x"}, home="/home/me")
    assert files.resolve("../../../../etc/passwd", "/home/me") == "/etc/passwd"
    assert not files.exists("/etc/passwd")
    with pytest.raises(FileProblem, match="No such file or directory"):
        files.read("/etc/passwd")


def test_generated_files_are_made_when_read_and_cannot_be_written() -> None:
    numbers = iter("12")
    files = FileSystem(generated={"/proc/n": lambda: next(numbers)})
    assert [files.read("/proc/n"), files.read("/proc/n")] == ["1", "2"]
    assert files.listdir("/proc") == ["n"]
    with pytest.raises(FileProblem, match="Permission denied"):
        files.write("/proc/n", "x")


def test_space_is_limited() -> None:
    files = FileSystem()
    files.write("/root/a", "x" * (3 << 20))
    with pytest.raises(FileProblem, match="No space left on device"):
        files.write("/root/b", "x" * (2 << 20))
