"""Builtins that make variables: `declare`, `local`, `export`, `readonly`, `unset`, `let`, `shift`, `getopts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.bash import quoting
from sim.bash.arithmetic import ArithmeticProblem, evaluate
from sim.bash.assigning import Declared
from sim.bash.builtins.options import elements
from sim.bash.builtins.table import NAME, Usage, complains, options, usage
from sim.bash.printing import function
from sim.bash.process import Proc, Running
from sim.bash.syntax import Array, ShellSyntaxError
from sim.bash.variables import Indexed, Keyed
from sim.bash.words import Reader

if TYPE_CHECKING:
    from sim.bash.shell import Shell

MAX_VARIABLES = 20_000
_DECLARE = (
    "declare: usage: declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] "
    "[name ...]"
)
_READONLY = "[-aAf] [name[=value] ...] or readonly -p"
_LOCAL = "local: usage: local [option] name[=value] ..."


def shown(shell: Shell, name: str) -> str:
    """Return a variable as `declare -p` shows it."""
    flags = shell.variables.flags.get(name, "")
    letters = "".join(letter for letter in "aAilnrux" if letter in flags) or "-"
    value = shell.variables.values_.get(name)
    if value is None:
        return f"declare -{letters} {name}"
    text = quoting.double(value) if isinstance(value, str) else elements(value)
    return f"declare -{letters} {name}={text}"


def declare(shell: Shell, proc: Proc) -> Running:
    """Make variables with attributes, or show them."""
    return (
        yield from _declare(shell, proc, local=bool(shell.calls) and bool(shell.variables.scopes))
    )


def local(shell: Shell, proc: Proc) -> Running:
    """Make variables that end with the function."""
    if not shell.variables.scopes:
        return complains(shell, proc, "can only be used in a function")
    if len(proc.argv) == 1:
        for name in shell.variables.scopes[-1]:
            value = shell.variables.scalar(name)
            if value is not None:
                proc.print(f"{name}={quoting.if_needed(value)}")
        return 0
    return (yield from _declare(shell, proc, local=True))


def export(shell: Shell, proc: Proc) -> Running:
    """Hand variables to programs."""
    return (yield from _marked(shell, proc, "x"))


def readonly(shell: Shell, proc: Proc) -> Running:
    """Let variables not be changed any more."""
    return (yield from _marked(shell, proc, "r"))


def _marked(shell: Shell, proc: Proc, letter: str) -> Running:
    try:
        found, words = options(
            proc.argv, "afnpA",
            usage=f"{proc.argv[0]}: usage: {proc.argv[0]} "
            + ("[-fn] [name[=value] ...] or export -p" if letter == "x" else _READONLY),
        )  # fmt: skip
    except Usage as problem:
        return usage(shell, proc, problem)
    if "f" in found:
        missing = [word for word in words if word not in shell.functions]
        for word in missing:
            complains(shell, proc, f"{word}: not a function")
        return int(bool(missing))
    if not words:
        for name in sorted(shell.variables.flags):
            if letter in shell.variables.flags[name]:
                proc.print(shown(shell, name))
        return 0
    code = 0
    kinds = {"a": "", "A": ""}
    for word in words:
        code = (
            yield from _one(
                shell, proc, word, {k: "" for k in kinds if k in found},
                on="" if "n" in found else letter, off="x" if "n" in found else "",
            )
        ) or code  # fmt: skip
    return code


def _declare(shell: Shell, proc: Proc, *, local: bool) -> Running:
    words = proc.argv[1:]
    on = off = ""
    found: dict[str, str] = {}
    while (
        words
        and words[0][:1] in {"-", "+"}
        and len(words[0]) > 1
        and not isinstance(words[0], Declared)
    ):
        word = words.pop(0)
        if word == "--":
            break
        for letter in word[1:]:
            if letter not in "aAfFgiIlnprtux":
                complains(shell, proc, f"{word[0]}{letter}: invalid option")
                proc.stderr.write((_LOCAL if proc.argv[0] == "local" else _DECLARE) + "\n")
                return 2
            if letter in "aAfFgpI":
                found[letter] = ""
            elif word[0] == "-":
                on += letter
            else:
                off += letter
    if "f" in found or "F" in found:
        return _functions(shell, proc, words, names="F" in found)
    if "p" in found and words:
        code = 0
        for word in words:
            if word in shell.variables.values_ or word in shell.variables.flags:
                proc.print(shown(shell, word))
            else:
                code = complains(shell, proc, f"{word}: not found")
        return code
    if not words:
        _list(shell, proc, on, found)
        return 0
    code = 0
    for word in words:
        code = (
            yield from _one(
                shell, proc, word, found, on=on, off=off, local=local and "g" not in found
            )
        ) or code
    return code


def _list(shell: Shell, proc: Proc, on: str, found: dict[str, str]) -> None:
    wanted = set(on) | {letter for letter in "aA" if letter in found}
    for name in sorted({*shell.variables.values_, *shell.variables.flags}):
        flags = shell.variables.flags.get(name, "")
        if wanted <= set(flags):
            if "p" in found or wanted:
                proc.print(shown(shell, name))
            elif (value := shell.variables.scalar(name)) is not None:
                proc.print(f"{name}={quoting.if_needed(value)}")


def _functions(shell: Shell, proc: Proc, words: list[str], *, names: bool) -> int:
    code = 0
    for word in words or sorted(shell.functions):
        if word not in shell.functions:
            code = 1
        elif names:
            proc.print(word if words else f"declare -f {word}")
        else:
            proc.print(function(shell.functions[word]))
    return code


def _one(
    shell: Shell,
    proc: Proc,
    word: str,
    found: dict[str, str],
    *,
    on: str = "",
    off: str = "",
    local: bool = False,
) -> Running:
    """Make one variable."""
    variables = shell.variables
    name, sign, value = word.partition("=")
    append = sign == "=" and name.endswith("+")
    name = name.removesuffix("+") if append else name
    base, bracket, rest = name.partition("[")
    if not NAME.fullmatch(base) or (bracket and not rest.endswith("]")):
        return complains(shell, proc, f"`{word}': not a valid identifier")
    if len(variables.values_) > MAX_VARIABLES:
        return complains(shell, proc, f"{base}: no room for so many variables")
    array = word.assignment.value if isinstance(word, Declared) and word.array is not None else None
    keyed = "A" in found
    items = None
    if isinstance(array, Array):
        keyed = keyed or isinstance(variables.values_.get(base), Keyed)
        items = yield from shell.items(array, keyed=keyed)
        append = word.assignment.append  # type: ignore[attr-defined]
    try:
        if local:
            if "r" in variables.flags.get(base, "") and base not in variables.scopes[-1]:
                return complains(shell, proc, f"{base}: readonly variable")
            variables.localize(base)
        old = variables.values_.get(base)
        if keyed and isinstance(old, Indexed):
            return complains(shell, proc, f"{base}: cannot convert indexed to associative array")
        if "a" in found and isinstance(old, Keyed):
            return complains(shell, proc, f"{base}: cannot convert associative to indexed array")
        if "r" in off and "r" in variables.flags.get(base, ""):
            return complains(shell, proc, f"{base}: readonly variable")
        if "u" in on:
            off += "l"
        if "l" in on:
            off += "u"
        variables.flag(base, on.replace("r", "").replace("n", ""), off)
        if items is not None:
            shell.put_items(base, items, append=append, keyed=keyed)
        elif keyed or "a" in found:
            if old is None and not sign:
                variables.flag(base, "A" if keyed else "a")
            else:
                variables.make_array(base, keyed=keyed)
        if items is None and sign:
            if bracket:
                subscript = Reader(rest[:-1], _none).whole()
                subscript.raw = rest[:-1]
                yield from shell.assign_element(base, subscript, value, append=append)
            elif "n" in on:
                variables.values_[base] = value
            else:
                shell.assign(base, shell.appended(base, value) if append else value)
        variables.flag(base, "".join(letter for letter in on if letter in "rn"))
    except ArithmeticProblem:
        raise
    except ShellSyntaxError as problem:
        told = str(problem)
        if told.endswith("readonly variable"):
            named = proc.argv[0] in {"declare", "typeset", "local"}
            return complains(shell, proc, told) if named else _plain(shell, proc, told)
        return complains(shell, proc, told)
    return 0


def _plain(shell: Shell, proc: Proc, message: str) -> int:
    shell.complain(message, proc.stderr)
    return 1


def _none(reader: Reader, close: str) -> Any:
    raise AssertionError


def unset(shell: Shell, proc: Proc) -> Running:
    """Forget variables or functions."""
    try:
        found, words = options(
            proc.argv, "fvn", usage="unset: usage: unset [-f] [-v] [-n] [name ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    code = 0
    for name in words:
        base, bracket, rest = name.partition("[")
        if "f" in found:
            shell.functions.pop(name, None)
            continue
        if bracket and rest.endswith("]"):
            code = _unset_element(shell, proc, base, rest[:-1]) or code
            continue
        if not NAME.fullmatch(name):
            if name in shell.functions:
                del shell.functions[name]
                continue
            continue
        target = name if "n" in found else shell.variables.resolve(name)
        if target in shell.variables.values_ or target in shell.variables.flags or "v" in found:
            if "r" in shell.variables.flags.get(target, ""):
                code = complains(shell, proc, f"{target}: cannot unset: readonly variable")
            else:
                shell.variables.unset(target)
        else:
            shell.functions.pop(name, None)
        if target == "OPTIND":
            shell.option_at = 0
    return code
    yield


def _unset_element(shell: Shell, proc: Proc, name: str, key: str) -> int:
    array = shell.variables.values_.get(shell.variables.resolve(name))
    if key in {"@", "*"}:
        shell.variables.unset(name)
        return 0
    if isinstance(array, Keyed):
        array.pop(key.strip("'\""), None)
    elif isinstance(array, Indexed):
        at = evaluate(key, shell)
        at = at + max(array, default=-1) + 1 if at < 0 else at
        if at < 0:
            return complains(shell, proc, f"[{key}]: bad array subscript")
        array.pop(at, None)
    elif array is not None:
        if evaluate(key, shell) != 0:
            return complains(shell, proc, f"{name}: not an array variable")
        shell.variables.unset(name)
    return 0


def let(shell: Shell, proc: Proc) -> Running:
    """Evaluate expressions."""
    if len(proc.argv) < 2:
        return complains(shell, proc, "expression expected")
    value = 0
    for word in proc.argv[1:]:
        try:
            value = evaluate(word, shell)
        except ArithmeticProblem as problem:
            return complains(shell, proc, str(problem))
    return int(value == 0)
    yield


def shift(shell: Shell, proc: Proc) -> Running:
    """Drop the first positional parameters."""
    words = proc.argv[1:]
    if words and not words[0].lstrip("-+").isdecimal():
        return complains(shell, proc, f"{words[0]}: numeric argument required")
    count = int(words[0]) if words else 1
    if count < 0:
        return complains(shell, proc, f"{count}: shift count out of range")
    if count > len(shell.positional):
        return 1
    shell.budget.charge(len(shell.positional) // 4)
    shell.positional = shell.positional[count:]
    return 0
    yield


def getopts(shell: Shell, proc: Proc) -> Running:
    """Take the next option out of the positional parameters."""
    if len(proc.argv) < 3:
        proc.stderr.write("getopts: usage: getopts optstring name [arg ...]\n")
        return 2
    wanted, name = proc.argv[1], proc.argv[2]
    words = proc.argv[3:] or shell.positional
    silent = wanted.startswith(":")
    text = shell.variables.scalar("OPTIND") or "1"
    index = int(text) if text.isdecimal() else 1
    at = shell.option_at if shell.option_index == index else 0
    word = words[index - 1] if index <= len(words) else None
    if at == 0:
        if word is None or not word.startswith("-") or word in {"-", "--"}:
            shell.option_index, shell.option_at = 0, 0
            shell.assign("OPTIND", str(index + 1 if word == "--" else index))
            shell.assign(name, "?")
            shell.variables.unset("OPTARG")
            return 1
        at = 1
    assert word is not None
    letter, at = word[at], at + 1
    place = wanted.find(letter, 1 if silent else 0)
    known = place >= 0 and letter != ":"
    last = at >= len(word)
    shell.variables.unset("OPTARG")
    result = letter
    if known and wanted[place + 1 : place + 2] == ":":
        if not last:
            shell.assign("OPTARG", word[at:])
            index += 1
        elif index < len(words):
            shell.assign("OPTARG", words[index])
            index += 2
        else:
            index += 1
            result = ":" if silent else "?"
            if silent:
                shell.assign("OPTARG", letter)
            elif shell.variables.scalar("OPTERR") != "0":
                proc.stderr.write(f"{shell.arg0}: option requires an argument -- {letter}\n")
        at = 0
    else:
        if last:
            index, at = index + 1, 0
        if not known:
            result = "?"
            if silent:
                shell.assign("OPTARG", letter)
            elif shell.variables.scalar("OPTERR") != "0":
                proc.stderr.write(f"{shell.arg0}: illegal option -- {letter}\n")
    shell.option_index, shell.option_at = index, at
    shell.assign("OPTIND", str(index))
    shell.assign(name, result)
    return 0
    yield
