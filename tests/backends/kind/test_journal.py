"""The journal of changes: nothing that may have been done is missing from it, whenever its writer dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sim.backends.kind.journal import Journal, JournalError, NotUndoneError
from sim.backends.kind.places import state_folder
from sim.backends.kind.undo import Delete, Docker, OnNode, Patch, Put, Undo, decode, encode


class Doer:
    """Undoes by noting what; refuses what it is told to."""

    def __init__(self, *refused: Undo, staying: str = "") -> None:
        self.undone: list[Undo] = []
        self.refused = refused
        self.settled = 0
        self.staying = staying

    def undo(self, step: Undo) -> bool:
        if step in self.refused:
            raise NotUndoneError("not now")
        self.undone.append(step)
        return not isinstance(step, Delete)

    def settle(self) -> None:
        self.settled += 1
        if self.staying:
            raise NotUndoneError(self.staying)


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def journal(environ: Mapping[str, str]) -> Journal:
    return Journal("kind-uncordon", cluster="uid-1", environ=environ)


STEPS = [
    Delete("/api/v1/namespaces/payments"),
    Put("/api/v1/namespaces/kube-system/configmaps/coredns", {"metadata": {"name": "coredns"}}),
    Patch("/api/v1/nodes/one", {"metadata": {"labels": {"pool": None}}}),
    Patch(
        "/api/v1/nodes/one",
        [{"op": "remove", "path": "/spec/taints"}],
        "application/json-patch+json",
    ),
    OnNode("one", ("sh", "-c", "rm -f /x"), "text ü\n", "8f3a"),
    Docker(("unpause", "one"), ("is not paused",)),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_step_outlives_its_process(journal: Journal, environ: Mapping[str, str], step: Undo):
    journal.did("something", step)
    (entry,) = Journal("kind-uncordon", environ=environ).entries()
    assert entry.undo == step == decode(encode(step))


def test_undoing_goes_backwards_and_empties_it(journal: Journal):
    journal.did_all([("first", STEPS[0]), ("second", STEPS[1])])
    journal.did("third", STEPS[2])
    doer, told = Doer(), list[str]()
    assert journal.undo_all(doer, told.append) == []
    assert doer.undone == [STEPS[2], STEPS[1], STEPS[0]]
    assert told == ["undo: third", "undo: second", "undo: first"]
    assert doer.settled == 1
    assert not journal.path.exists()


def test_one_that_fails_stays_and_keeps_no_other(journal: Journal):
    journal.did_all([("first", STEPS[0]), ("second", STEPS[1]), ("third", STEPS[2])])
    assert journal.undo_all(Doer(STEPS[1])) == ["second: not now"]
    assert [one.what for one in journal.entries()] == ["second"]
    doer = Doer()
    journal.undo_all(doer)
    assert doer.undone == [STEPS[1]]


def test_what_does_not_go_stays_in_it(journal: Journal):
    journal.did_all([("first", STEPS[0]), ("second", STEPS[1])])
    assert journal.undo_all(Doer(staying="it is there")) == ["it is there"]
    assert [one.what for one in journal.entries()] == ["first"]
    assert journal.undo_all(Doer()) == []
    assert not journal.path.exists()


def test_what_lasts_is_undone_only_when_asked(journal: Journal):
    journal.did("an image", STEPS[4], lasting=True)
    journal.did("a fault", STEPS[5])
    doer = Doer()
    journal.undo_all(doer)
    assert doer.undone == [STEPS[5]]
    assert [one.what for one in journal.entries()] == ["an image"]
    journal.undo_all(doer, lasting=True)
    assert doer.undone == [STEPS[5], STEPS[4]]


def test_a_fault_that_clears_itself_is_undone_once(journal: Journal):
    first, second = journal.did_all([("first", STEPS[0]), ("second", STEPS[1])])
    doer = Doer()
    journal.undo(first, doer)
    assert doer.undone == [STEPS[0]]
    assert [one.number for one in journal.entries()] == [second]


def test_numbers_are_not_used_twice(journal: Journal):
    first = journal.did("first", STEPS[0])
    journal.undone(first)
    assert journal.did("second", STEPS[1]) != first


def test_a_line_without_its_end_was_never_begun(journal: Journal):
    journal.did("first", STEPS[0])
    with journal.path.open("ab") as file:
        file.write(b'{"did":2,"what":"sec')
    assert [one.what for one in journal.entries()] == ["first"]
    journal.did("third", STEPS[2])
    assert [one.what for one in journal.entries()] == ["first", "third"]


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"did":2}', '{"did":2,"what":"","undo":{"kind":"X"}}']
)
def test_a_damaged_line_is_named_not_passed_over(journal: Journal, line: str):
    journal.did("first", STEPS[0])
    with journal.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(JournalError, match=r"journal.jsonl:3: not a line of ours; undo by hand"):
        journal.entries()


def test_another_cluster_of_the_same_name_is_not_written_for(
    journal: Journal, environ: Mapping[str, str]
):
    journal.did("first", STEPS[0])
    other = Journal("kind-uncordon", cluster="uid-2", environ=environ)
    assert other.stale
    with pytest.raises(JournalError, match="another cluster"):
        other.did("second", STEPS[1])
    other.forget()
    other.did("second", STEPS[1])
    assert [one.what for one in other.entries()] == ["second"]


def test_what_cannot_be_written_down_must_not_be_done(tmp_path: Path):
    (tmp_path / "uncordon").write_text("in the way")
    with pytest.raises(JournalError, match=r"cannot read .*: Not a directory"):
        Journal("c", environ={"XDG_STATE_HOME": str(tmp_path)}).did("first", STEPS[0])


@pytest.mark.parametrize("name", ["..", ".", "arn:aws:eks:eu-west-1:1:cluster/a", "a/../../b"])
def test_no_name_of_a_context_leaves_the_folder(tmp_path: Path, name: str):
    folder = state_folder(name, {"XDG_STATE_HOME": str(tmp_path)})
    assert folder.resolve().parent == tmp_path / "uncordon" / "kind"


def test_without_a_variable_the_state_is_in_the_home():
    folder = state_folder("c", {"HOME": "/home/me", "XDG_STATE_HOME": "relative/is/ignored"})
    assert folder == Path("/home/me/.local/state/uncordon/kind/c")


WRITER = """
import sys
from sim.backends.kind.journal import Journal
from sim.backends.kind.undo import Delete
journal = Journal("c", cluster="uid")
while True:
    print(journal.did("x" * 3000, Delete("/x")), flush=True)
    if len(journal.entries()) % 7 == 0:
        journal.undo_all(type("D", (), {"undo": lambda *_: None, "settle": lambda *_: None})())
        print("undone", flush=True)
"""


@pytest.mark.parametrize("lines", [1, 3, 8, 20])
def test_a_killed_writer_has_written_what_it_was_told_is_written(tmp_path: Path, lines: int):
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        env={**environ, "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    heard = [process.stdout.readline() for _ in range(lines)]
    os.kill(process.pid, signal.SIGKILL)
    heard = [line.strip() for line in [*heard, *process.communicate()[0].splitlines()]]
    journal = Journal("c", environ=environ)
    since = len(heard) - heard[::-1].index("undone") if "undone" in heard else 0
    told = {int(line) for line in heard[since:]}
    held = {one.number for one in journal.entries()}
    # At the moment of the kill it may have written one more, or be in the middle of undoing seven.
    assert told <= held or len(told) == 7
    assert len(held - told) <= 1
    journal.did("after", Delete("/y"))
    assert journal.entries()[-1].what == "after"
