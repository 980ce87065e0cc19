"""Lines that somebody might type: those of an incident, spoilt, spliced and wrapped in each other."""

from __future__ import annotations

import shlex
from pathlib import Path

from hypothesis import strategies as st

SEEDS = tuple(Path(__file__).with_name("lines.txt").read_text().splitlines())
TOKENS = (
    "|", "||", "&&", "&", ";", ";;", ">", ">>", "<", "<<", "<<<", "2>&1", ">&2", "3>f", "|&", "&>",
    "<(", ">(", "$(", ")", "(", "{", "}", "`", "'", '"', "\\", "$'", "[[", "]]", "((", "))", "$((",
    "[", "]", "!", "~", "*", "?", "$x", "${x", "${x:-", "${#", "${!", "$@", "$?", "$$", "$!", "if",
    "then", "else", "fi", "for", "in", "do", "done", "while", "until", "case", "esac", "function",
    "f()", "time", "select", "coproc", "#", "\n", "\t", "\r", "\x00", "\x1b[A", "\x7f", "é", "日本",
    "\u202e", "\ud800", "\U0010ecec", "-", "--", "-h", "--help", "-n", "-o", "-A", "-f", "-w", "-it",
    "-c", "-e", "-x", "-1", "0", "99999999999999999999", "-9223372036854775808", "1e309", "nan",
    "%", "%s", "%n", "%1$s", "/", ".", "..", "/etc/passwd", "../../..", "/proc/self/mem",
    "/dev/stdin", "/dev/full", "file:///etc/passwd", "~root", "sudo", "xargs", "env", "eval",
    "exec", "source", "bash -c", "sh", "watch", "sleep 9", "timeout 1", "nohup", "cd /", "{1..9}",
    "{a,b}", "a=b", "x=y:NoSchedule", "[*", "{.items[", "{{range", "s/a/b", "(a", "a{99999}",
    "\\1", "[^", "²", "٣", "1e400", "0x1p99999", "9" * 400, "9" * 5000, "010.1", "timeout 2 yes",
    "read -t",
)  # fmt: skip
EXEC = "kubectl exec -n payments deploy/payment-service -- sh -c"
WRAPPERS = (
    "{}",
    "{}",
    "{}",
    "({})",
    "{{ {}; }}",
    'x=$({}); echo "$x"',
    "{} | head -2",
    "{} &",
    "! {}",
    'while read -r a b; do echo "$b"; done < <({})',
    "eval {quoted}",
    "bash -c {quoted}",
    "{} | xargs -n1 echo",
    "ssh node-worker-3 {quoted}",
    "ssh -t node-worker-1 {quoted}",
    EXEC + " {quoted}",
    "if {}; then echo y; else echo n; fi",
    "f() {{ {}; }}; f 1 2",
    "time {}",
    "watch -n1 {quoted}",
    "{} 2>&1 | less",
    "cat <<E\n$({})\nE",
)


@st.composite
def _spoilt(draw: st.DrawFn) -> str:
    """Return a line of an incident with a few things wrong with it."""
    line = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        to = min(len(line), at + draw(st.integers(0, 8)))
        act = draw(st.integers(0, 4))
        if act == 0:
            line = line[:at] + line[to:]
        elif act == 1:
            line = line[:at] + draw(st.sampled_from(TOKENS)) + line[at:]
        elif act == 2:
            line = f"{line[:at]} {draw(st.sampled_from(TOKENS))} {line[to:]}"
        elif act == 3:
            other = draw(st.sampled_from(SEEDS))
            line = line[:at] + other[draw(st.integers(0, len(other))) :]
        else:
            line = line[:at] + line[at:to] * draw(st.integers(2, 40)) + line[to:]
    return line


_WORDS = st.lists(
    st.sampled_from(TOKENS + tuple({word for line in SEEDS for word in line.split()})),
    min_size=1,
    max_size=12,
).map(" ".join)
_TEXT = st.text(max_size=80)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Return something to type, of at most a few hundred characters."""
    line = draw(st.one_of(_spoilt(), _spoilt(), _spoilt(), _WORDS, _TEXT))
    wrapper = draw(st.sampled_from(WRAPPERS))
    return wrapper.format(line, quoted=shlex.quote(line))
