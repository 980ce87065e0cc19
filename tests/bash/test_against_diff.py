"""diff prints what GNU's prints: the same lines, and pairs of files made up, through both."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bash.coreutils import Tree
from tests.real import real

LINES = r"""
diff left right
diff left left
diff -u left right
diff -u left left
diff -U1 left right
diff -U0 left right
diff -1 -u left right
diff -c left right
diff -C1 left right
diff -C0 left right
diff -y left right
diff -y -W 60 left right
diff -y -W 20 left right
diff -y --suppress-common-lines left right
diff -y --left-column left right
diff -y tabs fields.tsv
diff -y long lines
diff -y left left
diff -q left right
diff -q left left
diff -s left left
diff -qs left right
diff -u dups numbers
diff dups numbers
diff -c dups numbers
diff -d dups numbers
diff empty left
diff left empty
diff -u empty left
diff -u left empty
diff -c empty left
diff -N nofile left
diff -uN left nofile
diff nofile left
diff left nofile
diff left
diff
diff left right pods
diff -Q left right
diff -u noend with\ space
diff noend with\ space
diff -y noend with\ space
printf 'first\nlast without newline\n' | diff noend -
printf 'first\nlast without newline\n' | diff -u --label a --label b noend -
printf 'first\nlast without newline\n' | diff -c --label a --label b noend -
printf '1 a\n2 b\n3 c\n5 f\n' | diff left -
printf '1 a\n\n2 b\n3 c\n\n5 e\n' | diff -B left -
printf '1 a\n\n2 b\n3 c\n\n5 f\n' | diff -B left -
printf '1 a\n\n2 b\n3 c\n\n5 f\n' | diff -uB --label a --label b left -
printf '1 A\n2 b\n3 C\n5 e\n' | diff -i left -
printf '1  a\n2 b \n3 c\n5 e\n' | diff -b left -
printf '1a\n2 b \n3 c\n5 e\n' | diff -b left -
printf '1a\n2 b \n3 c\n5 e\n' | diff -w left -
printf '1 a\n2 b \n3 c\n5 e\n' | diff -Z left -
printf 'a       3\tx\n' | diff -E fields.tsv -
diff -u --label one --label two left right
diff -u -L one -L two left right
diff left dir
diff dir left
diff -r dir dir
mkdir b; cp left b/x; cp right b/y; mkdir c; cp right c/x; cp pods c/z; diff b c
mkdir b; cp left b/x; cp right b/y; mkdir c; cp right c/x; cp pods c/z; diff -r b c
mkdir b; cp left b/x; mkdir c; cp right c/x; diff -ru -L a -L b b c
mkdir b; cp left b/x; cp right b/y; mkdir c; cp right c/x; cp pods c/z; diff -rq b c
mkdir b; cp left b/x; cp right b/y; mkdir c; cp right c/x; cp pods c/z; diff -qr b/ c/
mkdir b; cp left b/x; mkdir c; cp right c/x; cp pods c/z; diff -rN b c
mkdir -p b/s c/s; cp left b/s/x; cp right c/s/x; diff b c
mkdir -p b/s c/s; cp left b/s/x; cp right c/s/x; diff -rs b c
mkdir -p b/s c; cp left c/s; diff b c
mkdir -p b/s c; cp left b/s/x; diff -rx x b c
diff --color=always left right
diff --color=always -u left right
diff --color=always -c left right
diff --brief left right
diff --unified=1 left right
diff --context=1 left right
diff --side-by-side --width=40 left right
diff -ub left right
diff -u lines numbers
diff -u lines long
sed 's/line 7$/changed/;15d;25a new' lines | diff lines -
sed 's/line 7$/changed/;15d;25a new' lines | diff -u --label a --label b lines -
sed 's/line 7$/changed/;9d;25a new' lines | diff -c --label a --label b lines -
sed 's/line 7$/changed/;15d;25a new' lines | diff -y lines -
""".strip().split("\n")


@pytest.mark.parametrize("line", LINES)
def test_diff_prints_what_gnu_s_prints(both: Tree, line: str) -> None:
    real("diff")
    assert both.ours(line) == both.real(line)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("pairs"))


LETTERS = st.lists(st.sampled_from("abcdefgh"), max_size=40).map("\n".join)
EDITS = st.lists(st.tuples(st.integers(0, 60), st.sampled_from("+-=~ab")), max_size=12)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(left=LETTERS, right=LETTERS, flags=st.sampled_from(["", "-U1", "-c", "-y", "-d", "-B"]))
def test_hunks_of_made_up_files_are_gnu_s(shared: Tree, left: str, right: str, flags: str) -> None:
    _compare(shared, left, right, flags)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=EDITS, flags=st.sampled_from(["", "-u", "-C2"]))
def test_hunks_of_an_edited_file_are_gnu_s(
    shared: Tree, edits: list[tuple[int, str]], flags: str
) -> None:
    lines = [f"{'' if number % 3 else 'same'}{number % 7}" for number in range(60)]
    changed = list(lines)
    for place, what in edits:
        at = place % max(len(changed), 1)
        if what == "-":
            del changed[at : at + 2]
        elif what == "+":
            changed[at:at] = ["same0", "new"]
        else:
            changed[at : at + 1] = [what]
    _compare(shared, "\n".join(lines) + "\n", "\n".join(changed) + "\n", flags)


def _compare(tree: Tree, left: str, right: str, flags: str) -> None:
    for name, text in (("l", left), ("r", right)):
        Path(tree.root, name).write_text(text)
        tree.files.write(f"/home/oncall/{name}", text)
    words = [*flags.split(), "--label", "l", "--label", "r", "l", "r"]
    done = subprocess.run(
        [real("diff"), *words], cwd=tree.root, capture_output=True, text=True, check=False
    )
    ours = tree.ours("diff " + " ".join(words))
    assert (ours.out, ours.code) == (done.stdout, done.returncode)


def test_files_that_have_nothing_in_common_end_in_time(both: Tree) -> None:
    both.files.write("/home/oncall/l", "".join(f"{n * 7919 % 1009}\n" for n in range(4000)))
    both.files.write("/home/oncall/r", "".join(f"{n * 6151 % 1009}\n" for n in range(4000)))
    assert both.ours("diff l r").code == 1
