"""Each line of `lines/*.txt` prints and returns with our tools what it does with the machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.bash.coreutils import Tree
from tests.real import real

LINES = {
    path.stem: [line for line in path.read_text().splitlines() if line]
    for path in sorted(Path(__file__).with_name("lines").glob("*.txt"))
}


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    for name in ("bash", "sort", "column", "xxd", "bc"):
        real(name)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("topic", LINES)
def test_lines_do_what_the_real_tools_do(tmp_path: Path, topic: str) -> None:
    place = Tree(tmp_path)
    differing = {}
    for line in LINES[topic]:
        theirs, ours = place.real(line), place.ours(line)
        if theirs != ours:
            differing[line] = (theirs, ours)
    assert not differing


def test_there_are_many_lines() -> None:
    assert sum(map(len, LINES.values())) >= 500


WORDS = st.text(alphabet="ab1 2,.-\tB0", max_size=8)
TEXTS = st.tuples(st.lists(WORDS, max_size=8), st.booleans()).map(
    lambda made: "\n".join(made[0]) + ("\n" if made[1] and made[0] else "")
)
QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def joined(*words: str) -> str:
    return " ".join(word for word in words if word)


@QUICK
@given(
    text=TEXTS,
    how=st.lists(
        st.sampled_from(["-n", "-r", "-f", "-b", "-u", "-s", "-V", "-h", "-g", "-d"]), max_size=3
    ),
    key=st.sampled_from(
        ["", "-k2", "-k1,1", "-k2n", "-k1.2,2.1", "-k2,2r -k1,1", "-t, -k2", "-t, -k1,1n"]
    ),
)
@example(text="b\na", how=["-r"], key="")
def test_sorting(tree: Tree, text: str, how: list[str], key: str) -> None:
    line = joined("sort", *how, key)
    assert tree.ours(line, text) == tree.real(line, text)


@QUICK
@given(
    text=TEXTS,
    how=st.sampled_from(
        ["", "-c", "-d", "-u", "-i", "-D", "-f1", "-s1", "-w1", "-c -f1 -i", "--group", "-s1 -w2 -c",
         "--all-repeated=prepend", "--group=both"]
    ),
)  # fmt: skip
def test_neighbours(tree: Tree, text: str, how: str) -> None:
    line = joined("uniq", how)
    assert tree.ours(line, text) == tree.real(line, text)


@QUICK
@given(
    text=TEXTS,
    what=st.sampled_from(["-f", "-c", "-b", "-d, -f", "-d' ' -s -f", "--complement -f"]),
    ranges=st.lists(
        st.sampled_from(["1", "2", "1-2", "2-", "-2", "3", "2-3"]), min_size=1, max_size=3
    ),
)
def test_cutting(tree: Tree, text: str, what: str, ranges: list[str]) -> None:
    line = f"cut {what} {','.join(ranges)}"
    assert tree.ours(line, text) == tree.real(line, text)


@QUICK
@given(
    text=TEXTS,
    how=st.sampled_from(["", "-d", "-s", "-c", "-cd", "-cs", "-t", "-ds"]),
    first=st.sampled_from(["a", "ab", "a-b", "'[:alpha:]'", "' '", "0-9", "'\\n'", "'[:space:]'"]),
    second=st.sampled_from(["", "x", "xy", "'[x*]'", "A-Z", "'\\t'"]),
)
def test_translating(tree: Tree, text: str, how: str, first: str, second: str) -> None:
    line = joined("tr", how, first, second)
    assert tree.ours(line, text) == tree.real(line, text)


@QUICK
@given(
    text=TEXTS,
    tool=st.sampled_from(["head", "tail"]),
    how=st.sampled_from(
        ["-n 0", "-n 2", "-n -2", "-n +2", "-c 3", "-c -3", "-c +3", "-1", "-n 100"]
    ),
)
def test_ends(tree: Tree, text: str, tool: str, how: str) -> None:
    line = joined(tool, how)
    assert tree.ours(line, text) == tree.real(line, text)


@QUICK
@given(
    left=st.lists(st.sampled_from(["1 a", "1 b", "2", "3 c d", "5 e"]), max_size=5),
    right=st.lists(st.sampled_from(["1 x", "2 y", "2 z", "4", "5 w v"]), max_size=5),
    how=st.sampled_from(
        ["", "-a1", "-a2", "-v1", "-v2", "-o 0,1.2,2.2 -e - -a1", "-1 1 -2 1", "-j 1"]
    ),
)
def test_joining(tree: Tree, left: list[str], right: list[str], how: str) -> None:
    one, two = ("\\n".join([*sorted(rows), ""]) for rows in (left, right))
    line = f"printf '{one}' > j1; printf '{two}' > j2; join {how} j1 j2; rm j1 j2"
    assert tree.ours(line) == tree.real(line)
