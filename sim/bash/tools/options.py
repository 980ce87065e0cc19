"""Short and long options as GNU programs read them (getopt_long(3)), `--help` and `--version`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.bash.process import Proc, Program, Running

COREUTILS = "GNU coreutils) 9.1"
UTIL_LINUX = "util-linux 2.38.1"
FILES = "[OPTION]... [FILE]..."


class UsageProblem(Exception):  # noqa: N818 - the text that the program prints
    """Wrong words; `str()` is the line to print after the program's name."""


class Misuse(UsageProblem):
    """Wrong words after which a GNU program names its `--help`."""

    def __init__(self, text: str, code: int | None = None) -> None:
        """Say *text*, and end with *code* if it is not the program's usual one."""
        super().__init__(text)
        self.code = code


class _Asked(Exception):  # noqa: N818 - `--help` or `--version` was found
    def __init__(self, what: str, options: list[str]) -> None:
        super().__init__(what)
        self.options = options


def tool(
    code: int = 1, *, usage: str = FILES, package: str = COREUTILS
) -> Callable[[Program], Program]:
    """Give a program its way of refusing: a UsageProblem becomes its line and *code*.

    *usage* is what its `--help` shows after the name, *package* what its `--version` names.
    """

    def wrap(body: Program) -> Program:
        def run(proc: Proc) -> Running:
            try:
                return (yield from body(proc))
            except Misuse as problem:
                proc.fail(in_locale(proc, str(problem)))
                name = proc.argv[0]
                proc.stderr.write(f"Try '{name} --help' for more information.\n")
                return code if problem.code is None else problem.code
            except UsageProblem as problem:
                return proc.fail(in_locale(proc, str(problem)), code)
            except RecursionError:
                return proc.fail("arguments are nested too deep", code)
            except _Asked as asked:
                _answer(proc, str(asked), asked.options, usage, package, body.__doc__ or "")
                return 0

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        return run

    return wrap


def _answer(
    proc: Proc, what: str, options: list[str], usage: str, package: str, about: str
) -> None:
    name = proc.argv[0]
    if what == "version":
        full = f"{name} from {package}" if package == UTIL_LINUX else f"{name} ({package}"
        proc.print(full, "What this simulator has of it; the real one may do more.")
        return
    for index, line in enumerate(usage.split("\n")):
        proc.print(f"{'Usage:' if not index else '  or: '} {name} {line}".rstrip())
    proc.print(about.partition("\n")[0].replace("`", "'"), "")
    proc.print(*(f"  {option}" for option in options))
    proc.print("      --help", "      --version")


def is_utf8(proc: Proc) -> bool:
    """Return whether the place's locale is one of UTF-8, by its variables; locale(7)."""
    environ = proc.environ
    name = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    return name.lower().endswith(("utf-8", "utf8"))


def in_locale(proc: Proc, message: str) -> str:
    """Return *message*, whose quotes are ‘ and ’, as the place's locale writes it."""
    return message if is_utf8(proc) else message.replace("‘", "'").replace("’", "'")


@dataclass
class Options:
    """What a command line said."""

    flags: dict[str, str] = field(default_factory=dict)
    """Option letter (or long name) -> value, empty for a switch."""
    operands: list[str] = field(default_factory=list)
    many: dict[str, list[str]] = field(default_factory=dict)
    """Every value of an option that was given several times."""
    order: list[tuple[str, str]] = field(default_factory=list)
    """Every option and its value as they came; where the last one wins, or their order counts."""

    def __contains__(self, name: str) -> bool:
        return name in self.flags

    def last_of(self, names: str) -> str:
        """Return which of the letters *names* came last, or nothing."""
        return next((name for name, _ in reversed(self.order) if name in names), "")

    def number(self, name: str, default: int) -> int:
        """Return the value of *name* as a whole number.

        Raises:
            UsageProblem: if it is none.
        """
        if name not in self.flags:
            return default
        text = self.flags[name]
        if not text.lstrip("-+").isdecimal() or not text.isascii() or len(text) > 12:
            raise UsageProblem(f"invalid number: ‘{text}’")
        return int(text)


def read_options(
    argv: list[str],
    switches: str = "",
    valued: str = "",
    long: dict[str, str] | None = None,
    *,
    optional: str = "",
    stop_at_operand: bool = False,
) -> Options:
    """Read *argv* after its name: letters in *switches* stand alone, those in *valued* take a value.

    Those in *optional* take one that is attached. *long* maps a long name to its letter, or to a
    name of its own: `name` for a switch, `name=` for one that takes a value, `name=?` for one that
    may. With *stop_at_operand* everything after the first operand is left alone, as `xargs` and
    `env` need it.

    Raises:
        Misuse: for an option that does not exist or has no value.
    """
    options = Options()
    rest = argv[1:]
    names = {"help": "help", "version": "version", **(long or {})}

    def put(name: str, value: str) -> None:
        options.flags[name] = value
        options.many.setdefault(name, []).append(value)
        options.order.append((name, value))

    while rest:
        word = rest.pop(0)
        if word == "--":
            options.operands.extend(rest)
            break
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            full = _full(name, word, names)
            letter = names[full]
            wants = letter.endswith("=") or (len(letter) == 1 and letter in valued)
            may = wants or letter.endswith("=?") or (len(letter) == 1 and letter in optional)
            if sign and not may:
                raise Misuse(f"option '--{full}' doesn't allow an argument")
            if wants and not sign:
                if not rest:
                    raise Misuse(f"option '--{full}' requires an argument")
                value = rest.pop(0)
            if letter in {"help", "version"}:
                raise _Asked(letter, _listed(switches, valued, optional, long or {}))
            put(letter.rstrip("=?") or letter, value)
        elif word.startswith("-") and word != "-":
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter in valued:
                    if not letters and not rest:
                        raise Misuse(f"option requires an argument -- '{letter}'")
                    put(letter, letters or rest.pop(0))
                    break
                if letter in optional:
                    put(letter, letters)
                    break
                if letter not in switches:
                    raise Misuse(f"invalid option -- '{letter}'")
                put(letter, "")
        else:
            options.operands.append(word)
            if stop_at_operand:
                options.operands.extend(rest)
                break
    return options


def _full(name: str, word: str, names: dict[str, str]) -> str:
    """Return the long option that *name* is, or begins alone."""
    if name in names:
        return name
    found = [one for one in names if one.startswith(name)]
    if not found:
        raise Misuse(f"unrecognized option '{word}'")
    if len({names[one] for one in found}) > 1:
        listed = " ".join(f"'--{one}'" for one in found)
        raise Misuse(f"option '{word}' is ambiguous; possibilities: {listed}")
    return found[0]


def _listed(switches: str, valued: str, optional: str, long: dict[str, str]) -> list[str]:
    """Return a line for each option, for `--help`."""
    lines: list[str] = []
    for letter in sorted({*switches, *valued, *optional}, key=lambda one: (one.lower(), one)):
        names = [f"--{name}" for name, short in long.items() if short == letter]
        value = "=VALUE" if letter in valued else "[=VALUE]" if letter in optional else ""
        shown = f"-{letter}"
        lines.append(", ".join([shown, *names]) + (value if names else value.replace("=", " ")))
    for name, letter in sorted(long.items()):
        if len(letter) > 1:
            value = "[=VALUE]" if letter.endswith("?") else "=VALUE" if letter[-1] == "=" else ""
            lines.append(f"    --{name}{value}")
    return lines


def missing_operand(options: Options, least: int = 1) -> None:
    """Refuse if there are fewer than *least* operands; raises Misuse."""
    if len(options.operands) >= least:
        return
    if not options.operands:
        raise Misuse("missing operand")
    raise Misuse(f"missing operand after ‘{options.operands[-1]}’")


def extra_operand(options: Options, most: int) -> None:
    """Refuse if there are more than *most* operands; raises Misuse."""
    if len(options.operands) > most:
        raise Misuse(f"extra operand ‘{options.operands[most]}’")
