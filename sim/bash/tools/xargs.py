"""`xargs` and `env`: programs that run programs."""

from __future__ import annotations

from sim.bash.process import Pipe, Proc, Running
from sim.bash.tools.options import UsageProblem, read_options, split_lines, tool

_LONG = {"max-args": "n", "replace": "I", "no-run-if-empty": "r", "verbose": "t", "null": "0",
         "max-procs": "P", "delimiter": "d"}  # fmt: skip
MAX_WORDS = 5000
"""Arguments of one run, as the kernel's limit on an argument list makes it."""


def _words(text: str) -> list[str]:
    """Return the words of *text*, quotes and backslashes honoured."""
    words: list[str] = []
    current: list[str] | None = None
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == quote:
                quote = ""
            elif current is not None:
                current.append(char)
        elif char in "'\"":
            current = current if current is not None else []
            quote = char
        elif char == "\\" and at + 1 < len(text):
            at += 1
            current = [*(current or []), text[at]]
        elif char.isspace():
            if current is not None:
                words.append("".join(current))
            current = None
        else:
            if current is None:
                current = []
            current.append(char)
        at += 1
    if quote:
        what = "single" if quote == "'" else "double"
        raise UsageProblem(f"unmatched {what} quote")
    if current is not None:
        words.append("".join(current))
    return words


@tool()
def xargs(proc: Proc) -> Running:
    """Run a program with words from standard input as arguments."""
    options = read_options(proc.argv, "rt0pi", "nILPd", _LONG, stop_at_operand=True)
    each = options.number("n", MAX_WORDS)
    each = options.number("L", each)
    if each < 1:
        raise UsageProblem("value for -n option should be >= 1")
    text = yield from proc.stdin.read_all()
    placeholder = options.flags.get("I", "{}" if "i" in options else "")
    if "0" in options or "d" in options:
        sign = "\0" if "0" in options else options.flags["d"].replace("\\n", "\n")
        words = [word for word in text.split(sign[:1] or "\n") if word.strip("\n")]
    elif placeholder or "L" in options:
        words = [line.strip() for line in split_lines(text) if line.strip()]
    else:
        words = _words(text)
    argv = options.operands or ["echo"]
    batches: list[list[str]]
    if placeholder:
        batches = [[part.replace(placeholder, word) for part in argv] for word in words]
    else:
        batches = [[*argv, *words[at : at + each]] for at in range(0, len(words), each)]
        if not batches and "r" not in options:
            batches = [argv]
    result = 0
    for batch in batches:
        if "t" in options:
            proc.stderr.write(" ".join(batch) + "\n")
        code = yield from proc.call(batch, stdin=Pipe(proc.env, ""))
        if code in {126, 127}:
            return code
        if code == 255:
            return proc.fail(f"{batch[0]}: exited with status 255; aborting", 124)
        result = 123 if code else result
    return result


@tool(125)
def env(proc: Proc) -> Running:
    """Print the environment, or run a program with a changed one."""
    options = read_options(proc.argv, "i0", "u", stop_at_operand=True)
    environ = {} if "i" in options else dict(proc.environ)
    for name in options.many.get("u", []):
        environ.pop(name, None)
    words = options.operands
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    if words:
        return (yield from proc.call(words, environ=environ))
    proc.print(*(f"{name}={value}" for name, value in environ.items()))
    return 0


def printenv(proc: Proc) -> Running:
    """Print the environment or one variable of it."""
    if len(proc.argv) == 1:
        return (yield from env(proc))
    found = [proc.environ[name] for name in proc.argv[1:] if name in proc.environ]
    proc.print(*found)
    return 0 if len(found) == len(proc.argv) - 1 else 1
