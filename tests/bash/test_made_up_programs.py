"""Whatever is typed as a program of grep, sed, awk, find or jq ends: with output or a line, and soon."""

from __future__ import annotations

import shlex
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bash.coreutils import Tree

SECONDS = 20.0
"""Tells a hang from a slow machine; how fast it is, the benchmarks say."""
WORDS = {
    "sed": ["s", "/", "a", "b", "\\", "(", ")", "*", "[", "]", "^", "$", "g", "p", "d", "D", "N", "n", "h", "H",
            "x", "G", "{", "}", ";", "\n", ":a", "ba", "ta", "1", ",", "!", "~", "+", "y", "&", "\\1", "q", "=",
            "l", "c", "i", " ", "w", "0", "I", "."],
    "awk": ["BEGIN", "END", "{", "}", "(", ")", "print", "printf", "$", "1", "2", "x", "y", "[", "]", "=", "==", "+",
            "-", "*", "/", "%", "^", "++", "for", "while", "if", "else", "in", ";", "\n", ",", '"a"', "/a/", "~", "!",
            "getline", "<", ">", "|", "split", "sub", "gsub", "length", "NF", "NR", "FS", "delete", "return", "next",
            "function f(a)", "f(1)", "?", ":", "&&", "||", " ", "do", "break", "exit", "substr", "match", "sprintf",
            '"%*d%c%s"'],
    "grep -E": ["a", "b", "(", ")", "[", "]", "^", "$", "*", "+", "?", "{", "}", "1", ",", "2", "|", "\\", ".", "-",
                "[:alpha:]", "\\w", "\\b", "\\<", "é", "\n"],
    "grep": ["a", "\\(", "\\)", "[", "]", "^", "$", "*", "\\{", "\\}", "1", ",", "\\|", "\\", ".", "\\1", "[:x:]"],
    "find .": [" -name ", " -type ", " -o ", " -a ", " ! ", " ( ", " ) ", " f ", " * ", " -exec ", " echo ", " {} ",
               " ; ", " + ", " -print ", " -prune ", " -size ", " +1 ", " -mtime ", " -maxdepth ", " 1 ", " -perm "],
    "jq": [".", "a", "[", "]", "(", ")", "|", ",", "{", "}", ":", "1", '"x"', "map", "select", "input", "reduce", "as",
           "$x", "..", "?", "//", "==", "+", "-", "*", "if", "then", "else", "end", "def f:", ";", "range", "error",
           "\\(", "try", "label", "break", "limit", "now", "env"],
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("made-up"))


@pytest.mark.parametrize("tool", list(WORDS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_made_up_program_ends(tree: Tree, tool: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[tool]), max_size=14))
    program = "".join(words)
    line = f"{tool} {shlex.quote(program)} dups"
    if tool == "find .":
        line = "find dir " + " ".join(shlex.quote(word) for word in program.split())
    elif tool == "awk":
        program = data.draw(st.sampled_from(["", "{", "BEGIN{", "{print "])) + program
        line = f"awk {shlex.quote(program + data.draw(st.sampled_from(['', '}'])))} dups"
    began = time.process_time()
    done = tree.ours(line)
    assert time.process_time() - began < SECONDS
    assert done.code is not None
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "line",
    [
        "grep -cE '(a*)*(a*)*b' huge",
        "grep -cE '(x+x+)+y' huge",
        "grep -oE 'a' huge | wc -l",
        "grep -cE '((a{1,30}){1,30})b' huge",
        "grep -ow a huge | wc -l",
        "sed -n 's/a/b/gp' huge | wc -c",
        "sed -E 's/(a|aa)+$/x/' huge | wc -c",
        "awk '{gsub(/a/,\"b\"); print length}' huge",
        "awk '{n=split($0,x,\"\"); print n}' huge",
        "awk '/(a+)+b/{print 1} END{print NR}' huge",
        "diff huge huge2",
        "jq -R length huge",
    ],
)
def test_a_long_line_and_a_bad_pattern_end(tree: Tree, line: str) -> None:
    tree.files.write("/home/oncall/huge", "a" * 500_000 + "\n")
    tree.files.write("/home/oncall/huge2", "a" * 500_000 + "b\n")
    began = time.process_time()
    done = tree.ours(line)
    assert time.process_time() - began < SECONDS
    assert done.out or done.err
