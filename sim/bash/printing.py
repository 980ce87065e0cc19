"""The tree of a command as bash prints it: in `jobs`, `type`, `declare -f`."""

from __future__ import annotations

from sim.bash.syntax import (
    AndOr,
    ArithmeticCommand,
    ArithmeticFor,
    Assignment,
    Background,
    Binary,
    Both,
    Bracketed,
    Case,
    Command,
    Compound,
    Condition,
    For,
    Function,
    Group,
    If,
    Not,
    Pipeline,
    Redirect,
    Script,
    Select,
    Simple,
    Subshell,
    Test,
    Unary,
    While,
    Word,
)

INDENT = 4


def printed(command: Command, depth: int = 0) -> str:
    """Return *command* as bash prints it, *depth* columns in; its first line is not indented."""
    pad = " " * depth
    match command:
        case Simple():
            return _simple(command)
        case Compound():
            return printed(command.body, depth) + "".join(
                " " + _redirect(r) for r in command.redirects
            )
        case Pipeline():
            joins = [" 2>&1 | " if joined else " | " for joined in command.joined_stderr]
            stages = [printed(stage, depth) for stage in command.stages]
            text = "".join(s + j for s, j in zip(stages, [*joins[:-1], ""], strict=False))
            head = f"{command.timed} " if command.timed else ""
            return head + ("! " if command.negated else "") + text
        case AndOr():
            return (
                f"{printed(command.left, depth)} {command.operator} {printed(command.right, depth)}"
            )
        case Background():
            return f"{printed(command.body, depth)} &"
        case Subshell():
            return f"( {_inline(command.script, depth)} )"
        case Group():
            inner = _block(command.script, depth + INDENT)
            return f"{{ \n{inner}\n{pad}}}"
        case For() | Select():
            words = ['"$@"'] if command.words is None else [word.raw for word in command.words]
            key = "for" if isinstance(command, For) else "select"
            body = _body(command.body, depth + INDENT)
            return f"{key} {command.name} in {' '.join(words)};\n{pad}do\n{body}\n{pad}done"
        case ArithmeticFor():
            body = _body(command.body, depth + INDENT)
            parts = "; ".join(w.raw.strip() for w in (command.first, command.test, command.step))
            return f"for (({parts}))\n{pad}do\n{body}\n{pad}done"
        case While():
            key = "until" if command.until else "while"
            condition = _inline(command.condition, depth)
            return f"{key} {condition}; do\n{_body(command.body, depth + INDENT)}\n{pad}done"
        case If():
            return _if(command, depth)
        case Case():
            return _case(command, depth)
        case ArithmeticCommand():
            return f"(({command.expression.raw}))"
        case Test():
            return f"[[ {_condition(command.condition)} ]]"
        case Function():
            return function(command, depth)
        case _:
            return "coproc"


def function(command: Function, depth: int = 0) -> str:
    """Return a function as `declare -f` shows it."""
    pad = " " * depth
    body = command.body
    tail = "".join(" " + _redirect(r) for r in command.redirects)
    if isinstance(body, Group):
        inner = _block(body.script, depth + INDENT)
    else:
        inner = " " * (depth + INDENT) + printed(body, depth + INDENT)
    return f"{command.name} () \n{pad}{{ \n{inner}\n{pad}}}{tail}"


def _block(script: Script, depth: int) -> str:
    lines = []
    last = len(script.commands) - 1
    for number, command in enumerate(script.commands):
        text = printed(command, depth)
        end = "" if number == last or text.endswith("&") else ";"
        if _has_body(command):
            end = ""
        lines.append(" " * depth + text + end)
    return "\n".join(lines)


def _body(script: Script, depth: int) -> str:
    """Return the body of a loop or branch: its last command is ended too."""
    text = _block(script, depth)
    return text if text.endswith(("&", "\n", ";")) else text + ";"


def _has_body(command: Command) -> bool:
    """Return whether a here-document ends *command*."""
    return isinstance(command, Simple) and any(
        r.operator in {"<<", "<<-"} for r in command.redirects
    )


def _inline(script: Script, depth: int) -> str:
    out = ""
    for number, command in enumerate(script.commands):
        if number:
            out += " " if out.endswith("&") else "; "
        out += printed(command, depth)
    return out


def _if(command: If, depth: int) -> str:
    pad = " " * depth
    condition, body = command.branches[0]
    text = f"if {_inline(condition, depth)}; then\n{_body(body, depth + INDENT)}\n{pad}"
    if len(command.branches) > 1:
        nested = If(command.branches[1:], command.otherwise)
        inner = printed(nested, depth + INDENT)
        return f"{text}else\n{pad}{' ' * INDENT}{inner};\n{pad}fi"
    if command.otherwise is not None:
        text += f"else\n{_body(command.otherwise, depth + INDENT)}\n{pad}"
    return text + "fi"


def _case(command: Case, depth: int) -> str:
    pad = " " * (depth + INDENT)
    lines = [f"case {command.word.raw} in "]
    for clause in command.clauses:
        lines.append(pad + " | ".join(word.raw for word in clause.patterns) + ")")
        if clause.body.commands:
            lines.append(_block(clause.body, depth + 2 * INDENT))
        lines.append(pad + clause.end)
    return "\n".join([*lines, " " * depth + "esac"])


def _simple(command: Simple) -> str:
    words = [assignment.raw for assignment in command.assignments]
    words += [word.raw for word in command.words if isinstance(word, Word | Assignment)]
    words += [_redirect(redirect) for redirect in command.redirects]
    return " ".join(words)


def _redirect(redirect: Redirect) -> str:
    number = redirect.descriptor
    sign = redirect.operator
    default = 0 if sign[0] == "<" else 1
    head = "" if number == default or sign[0] == "&" else str(number)
    head = f"{{{number}}}" if isinstance(number, str) else head
    if sign in {"<<", "<<-"}:
        end = redirect.delimiter.strip("'\"\\")
        return f"{head}{sign}{redirect.delimiter}\n{redirect.target.raw}{end}\n"
    if sign in {">&", "<&"}:
        return f"{number}{sign}{redirect.target.raw}"
    return f"{head}{sign} {redirect.target.raw}"


def _condition(condition: Condition) -> str:
    match condition:
        case Unary():
            return f"{condition.operator} {condition.operand.raw}"
        case Binary():
            return f"{condition.left.raw} {condition.operator} {condition.right.raw}"
        case Not():
            return f"! {_condition(condition.inner)}"
        case Both():
            return (
                f"{_condition(condition.left)} {condition.operator} {_condition(condition.right)}"
            )
        case Bracketed():
            return f"( {_condition(condition.inner)} )"
