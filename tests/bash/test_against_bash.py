"""The same snippets in the machine's bash and in ours: output, complaints and code are equal."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.bash import TEXT_TOOLS, CallSink, FileSystem, Pipe, Proc
from sim.bash.parser import is_incomplete, parse
from sim.bash.syntax import ShellSyntaxError
from sim.kernel import Environment
from tests.real import real

HERE = Path(__file__).parent / "snippets"
HOME = "/home/oncall"
PATH = "/usr/bin:/bin"
MAX_STEPS = 500_000

Result = tuple[str, str, int | None]


def one_liners() -> Iterator[str]:
    """Return the snippets of lines.txt: a line each, unless it ends in the middle of something."""
    held = ""
    for line in (HERE / "lines.txt").read_text().split("\n"):
        if not held and (not line or line.startswith("# ")):
            continue
        held = f"{held}\n{line}" if held else line
        if held.endswith(("\\", "$((1 +", "# comment )", '="a', "extglob")) and "\n" not in held:
            continue
        yield held.replace("¶", "\n")
        held = ""


def scripts() -> list[str]:
    """Return the snippets of scripts.txt, which `%%` parts."""
    return (HERE / "scripts.txt").read_text().rstrip("\n").split("\n%%\n")


def ours(snippet: str) -> Result:
    env = Environment()
    files = FileSystem({}, home=HOME)
    out: list[str] = []
    err: list[str] = []
    codes: list[int] = []

    def running() -> Any:
        proc = Proc(
            env=env,
            argv=["bash", "-c", snippet],
            environ={"HOME": HOME, "PATH": PATH, "LC_ALL": "C.UTF-8"},
            stdin=Pipe(env, ""),
            stdout=CallSink(out.append),
            stderr=CallSink(err.append),
            cwd=HOME,
            files=files,
            programs=TEXT_TOOLS,
        )
        codes.append((yield from TEXT_TOOLS["bash"](proc)))

    env.spawn(running())
    for _ in range(MAX_STEPS):
        if env.peek() == float("inf"):
            break
        env.step()
    return "".join(out), "".join(err), codes[0] if codes else None


def theirs(snippet: str, home: Path) -> Result:
    done = subprocess.run(
        # Whoever runs the tests in the background has them ignore SIGINT, which `trap` would show.
        [real("env"), "--default-signal", "bash", "-c", snippet],
        cwd=home,
        env={"HOME": str(home), "PATH": PATH, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    out, err = (text.replace(str(home), HOME) for text in (done.stdout, done.stderr))
    return out, err, done.returncode


@pytest.mark.parametrize("snippet", [*one_liners(), *scripts()])
def test_a_snippet_does_what_it_does_in_bash(snippet: str, tmp_path: Path) -> None:
    assert ours(snippet) == theirs(snippet, tmp_path)


def test_there_are_enough_snippets() -> None:
    assert len([*one_liners(), *scripts()]) >= 450


# -- generated scripts -----------------------------------------------------------------------------

NAMES = st.sampled_from(["x", "y", "z"])
TEXTS = st.text("ab *?[]{}'\\1,", max_size=6)
QUOTED = TEXTS.map(lambda text: "'" + text.replace("'", "") + "'")
SIGNS = st.sampled_from(["+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "&&", "||", "<", "=="])


@st.composite
def arithmetic(draw: Any, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(st.integers(-9, 99).map(str), NAMES))
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    form = draw(st.sampled_from(["{} {} {}", "({} {} {})", "-({} {} {})", "{} {} {} ? 1 : 2"]))
    return form.format(left, draw(SIGNS), right)


@st.composite
def parameter(draw: Any) -> str:
    name = draw(NAMES)
    pattern = draw(st.sampled_from(["a", "*a", "a*", "?", "[ab]", "'*'", ""]))
    operator = draw(
        st.sampled_from(
            ["", ":-d e", "-q", ":+r s", "#{}", "##{}", "%{}", "%%{}", "/{}/X", "//{}/Y", "^^", ",",
             ":1", ":0:2", ": -1", "@Q", "/#{}/H", "/%{}/T"]
        )
    )  # fmt: skip
    inner = f"${{{name}{operator.format(pattern)}}}"
    return draw(st.sampled_from([inner, f'"{inner}"', f"${{#{name}}}"]))


@st.composite
def word(draw: Any) -> str:
    piece = st.one_of(
        st.sampled_from(["a", "b1", "c d", "~", "{1,2}", "{a..c}", "\\ ", '""', "''"]),
        QUOTED,
        parameter(),
        arithmetic().map(lambda text: f"$(({text}))"),
        st.sampled_from(["$(echo q)", '"$(echo  r  s)"', "$?", "$#", '"$@"', "$*", "${y[@]}"]),
    )
    return "".join(draw(st.lists(piece, min_size=1, max_size=3)))


@st.composite
def command(draw: Any, depth: int = 2) -> str:
    simple = st.one_of(
        st.lists(word(), max_size=3).map(lambda words: "printf '[%s]' " + " ".join(words)),
        st.tuples(NAMES, word()).map(lambda pair: f"{pair[0]}={pair[1]}"),
        st.tuples(NAMES, st.lists(word(), max_size=2)).map(
            lambda pair: f"{pair[0]}=({' '.join(pair[1])})"
        ),
        arithmetic().map(lambda text: f"((z = {text}))"),
        st.sampled_from(["true", "false", "set -- a 'b c'", "unset x", "f q", "echo $-x | cat"]),
        st.tuples(word(), word()).map(lambda pair: f"[[ {pair[0]} == {pair[1]} ]]"),
    )
    if depth == 0:
        return draw(simple)
    inner = command(depth - 1)
    return draw(
        st.one_of(
            simple,
            st.tuples(inner, st.sampled_from(["&&", "||", ";", "|"]), inner).map(" ".join),
            st.tuples(inner, inner, inner).map("if {0[0]}; then {0[1]}; else {0[2]}; fi".format),
            st.tuples(NAMES, st.lists(word(), max_size=3), inner).map(
                lambda parts: f"for {parts[0]} in {' '.join(parts[1])}; do {parts[2]}; done"
            ),
            st.tuples(word(), word(), inner).map(
                "case {0[0]} in {0[1]}) {0[2]};; *) :;; esac".format
            ),
            inner.map("( {} )".format),
            inner.map("{{ {}; }}".format),
            inner.map("! {}".format),
        )
    )


SCRIPTS = st.lists(command(), min_size=1, max_size=4).map(
    lambda lines: (
        "x='a b'; y=(1 'c d'); f() { echo f $1; }\n" + "\n".join(lines) + "\necho; echo $? $x"
    )
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shrink takes minutes, and the scripts are short
)
@given(SCRIPTS)
def test_a_generated_script_does_what_it_does_in_bash(
    tmp_path_factory: pytest.TempPathFactory, script: str
) -> None:
    assert ours(script) == theirs(script, tmp_path_factory.mktemp("home"))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["$(", "${", "((", "))", "[[", "]]", "`", "'", '"', "<<E", "\n", "if ", "do ", "fi",
                 "case x in ", ";;", "esac", "{", "}", "|", "&", ";", ">", "a=(", "${x:", "f()", "\\"]
            ),
            st.text(max_size=4),
        ),
        max_size=12,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_a_tree_or_a_syntax_error(text: str) -> None:
    is_incomplete(text)
    with suppress(ShellSyntaxError):
        assert parse(text, extglob=True).text == text
