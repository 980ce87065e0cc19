"""From an awk program's text to closures over a `State`; each runs in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.bash.tools.awk.tokens import Token, read_tokens
from sim.bash.tools.awk.values import (
    FUNCTIONS,
    Expression,
    NextRecord,
    State,
    Statement,
    Target,
    Value,
    compile_regex,
    count_step,
    is_true,
    looks_numeric,
    number,
    split_call,
    text,
)
from sim.bash.tools.echo import formatted, unescape
from sim.bash.tools.options import UsageProblem

_REFUSED = {"break", "continue", "do", "function", "getline"}


class Reader:
    """Reads a program into (when, pattern, action) rules."""

    def __init__(self, program: str) -> None:
        """Read *program*; raises UsageProblem where it cannot."""
        self.tokens = read_tokens(program)
        self.at = 0

    @property
    def here(self) -> Token:
        """The token at hand."""
        return self.tokens[self.at]

    def take(self, *texts: str) -> str:
        """Step over the token if it is one of the signs or names *texts*; else return empty."""
        if self.here.kind in {"sign", "name"} and self.here.text in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return ""

    def need(self, sign: str) -> None:
        """Step over *sign*, which must stand here."""
        if not self.take(sign):
            near = self.here.text.strip() or "end of program"
            raise UsageProblem(f"syntax error near `{near}': expected `{sign}'")

    def skip_ends(self) -> None:
        """Step over newlines and semicolons."""
        while self.here.kind == "end":
            self.at += 1

    def rules(self) -> list[tuple[str, Expression | None, Statement | None]]:
        """Return each rule as (`BEGIN`, `END` or empty; pattern; action)."""
        rules: list[tuple[str, Expression | None, Statement | None]] = []
        self.skip_ends()
        while self.here.kind != "eof":
            when = self.take("BEGIN", "END")
            pattern = None if when or self.here.text == "{" else self._pattern()
            action = self.block() if self.here.text == "{" else None
            if pattern is None and action is None:
                raise UsageProblem("syntax error: a rule needs a pattern or { action }")
            rules.append((when, pattern, action))
            self.skip_ends()
        return rules

    def _pattern(self) -> Expression:
        first = self.expression()
        if not self.take(","):
            return first
        last = self.expression()
        inside = [False]

        def within(state: State) -> Value:
            if not inside[0] and not is_true(first(state)):
                return 0.0
            inside[0] = not is_true(last(state))
            return 1.0

        return within

    def block(self) -> Statement:
        """Read `{ statements }`."""
        self.need("{")
        statements: list[Statement] = []
        self.skip_ends()
        while not self.take("}"):
            if self.here.kind == "eof":
                raise UsageProblem("syntax error: missing }")
            statements.append(self.statement())
            if self.here.kind == "end":
                self.skip_ends()
        return lambda state: _run_all(statements, state)

    def statement(self) -> Statement:
        """Read one statement."""
        if self.here.text == "{":
            return self.block()
        if self.take("if"):
            return self._if()
        if word := self.take("print", "printf"):
            return self._print(word)
        if self.take("next"):
            return _next
        if self.take("exit"):
            code = None if self.here.kind in {"end", "eof"} or self.here.text == "}" else (
                self.expression()
            )  # fmt: skip
            return lambda state: _exit(state, code)
        if self.take("for"):
            return self._for()
        if self.take("while"):
            self.need("(")
            condition = self.expression()
            self.need(")")
            return self._loop(None, condition, None)
        if self.here.kind == "name" and self.here.text in _REFUSED:
            raise UsageProblem(f"`{self.here.text}' is not supported by this awk")
        expression = self.expression()

        def run(state: State) -> None:
            expression(state)

        return run

    def _for(self) -> Statement:
        """Read `for (key in array) statement` or `for (begin; condition; step) statement`."""
        self.need("(")
        names = [token.text for token in self.tokens[self.at : self.at + 4]]
        if names[1:2] == ["in"] and names[3:] == [")"]:
            self.at += 4
            return self._each(names[0], names[2])
        parts: list[Expression | None] = []
        for close in (";", ";", ")"):
            at_end = self.here.text.strip() == close
            parts.append(None if at_end else self.expression())
            if self.here.text.strip() != close:
                raise UsageProblem(f"syntax error in for: expected `{close}'")
            self.at += 1
        begin, condition, step = parts
        return self._loop(begin, condition, step)

    def _each(self, key: str, array: str) -> Statement:
        self.skip_ends()
        body = self.statement()

        def run(state: State) -> None:
            for one in list(state.arrays.get(array, {})):
                state.variables[key] = one
                body(state)

        return run

    def _loop(
        self, begin: Expression | None, condition: Expression | None, step: Expression | None
    ) -> Statement:
        self.skip_ends()
        body = self.statement()

        def run(state: State) -> None:
            if begin is not None:
                begin(state)
            while not state.left and (condition is None or is_true(condition(state))):
                count_step(state)
                body(state)
                if step is not None:
                    step(state)

        return run

    def _if(self) -> Statement:
        self.need("(")
        condition = self.expression()
        self.need(")")
        self.skip_ends()
        then = self.statement()
        mark = self.at
        self.skip_ends()
        otherwise: Statement | None = None
        if self.take("else"):
            self.skip_ends()
            otherwise = self.statement()
        else:
            self.at = mark

        def run(state: State) -> None:
            if is_true(condition(state)):
                then(state)
            elif otherwise is not None:
                otherwise(state)

        return run

    def _print(self, word: str) -> Statement:
        items: list[Expression] = []
        if self.here.kind not in {"end", "eof"} and self.here.text not in {"}", ">", ">>", "|"}:
            mark = self.at
            if self.take("("):
                items = self._items()
                if not self.take(")") or (
                    self.here.kind not in {"end", "eof"} and self.here.text != "}"
                ):
                    self.at = mark
                    items = self._items()
            else:
                items = self._items()
        if self.here.text in {">", "|", ">>"}:
            raise UsageProblem("output into files or programs is not supported by this awk")
        if word == "printf":
            if not items:
                raise UsageProblem("printf: no format")
            return lambda state: state.write(
                formatted(text(items[0](state)), [text(item(state)) for item in items[1:]])[0]
            )

        def run(state: State) -> None:
            joint = text(state.variables["OFS"])
            line = joint.join(text(item(state)) for item in items) if items else state.fields[0]
            state.write(line + text(state.variables["ORS"]))

        return run

    def _items(self) -> list[Expression]:
        items = [self.expression(comparing=False)]
        while self.take(","):
            items.append(self.expression(comparing=False))
        return items

    # -- expressions, from loosest to tightest -------------------------------------------------

    def expression(self, *, comparing: bool = True) -> Expression:
        """Read an expression; without *comparing* a bare `>` ends it (as in `print`)."""
        if self.at > 20_000:
            raise UsageProblem("program is too long")
        left = self._or(comparing)
        if self.take("?"):
            then = self.expression()
            self.need(":")
            otherwise = self.expression()
            return lambda s: then(s) if is_true(left(s)) else otherwise(s)
        return left

    def _or(self, comparing: bool) -> Expression:
        left = self._and(comparing)
        while self.take("||"):
            left = _logic(left, self._and(comparing), any)
        return left

    def _and(self, comparing: bool) -> Expression:
        left = self._match(comparing)
        while self.take("&&"):
            left = _logic(left, self._match(comparing), all)
        return left

    def _match(self, comparing: bool) -> Expression:
        left = self._compare(comparing)
        while sign := self.take("~", "!~"):
            regex = self._regex_operand(comparing)
            left = _matching(left, regex, negated=sign == "!~")
        return left

    def _regex_operand(self, comparing: bool) -> Callable[[State], Any]:
        if self.here.kind == "regex":
            self.at += 1
            fixed = compile_regex(self.tokens[self.at - 1].text)
            return lambda _: fixed
        operand = self._compare(comparing)
        return lambda s: compile_regex(text(operand(s)))

    def _compare(self, comparing: bool) -> Expression:
        left = self._concatenation()
        signs = ("==", "!=", "<=", ">=", "<", ">") if comparing else ("==", "!=", "<=", ">=", "<")
        if sign := self.take(*signs):
            return _comparing(left, sign, self._concatenation())
        return left

    def _concatenation(self) -> Expression:
        parts = [self._sum()]
        while (
            self.here.kind in {"number", "string"}
            or (self.here.kind == "name" and self.here.text != "in")
            or self.here.text in {"$", "("}
            or (self.here.text == "-" and self.here.spaced and not self._spaced_after())
        ):
            parts.append(self._sum())
        if len(parts) == 1:
            return parts[0]
        return lambda s: "".join(text(part(s)) for part in parts)

    def _spaced_after(self) -> bool:
        return self.tokens[self.at + 1].spaced

    def _sum(self) -> Expression:
        left = self._product()
        while sign := self.take("+", "-"):
            left = _calculating(left, sign, self._product())
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while sign := self.take("*", "/", "%"):
            left = _calculating(left, sign, self._unary())
        return left

    def _unary(self) -> Expression:
        if self.take("!"):
            operand = self._unary()
            return lambda s: float(not is_true(operand(s)))
        if sign := self.take("-", "+"):
            operand = self._unary()
            return lambda s: -number(operand(s)) if sign == "-" else number(operand(s))
        if sign := self.take("++", "--"):
            target = self._target()
            step = 1.0 if sign == "++" else -1.0
            return lambda s: target.put(s, number(target.get(s)) + step)
        return self._postfix()

    def _postfix(self) -> Expression:
        if not (self.here.kind == "name" or self.here.text == "$"):
            return self._primary()
        following = self.tokens[self.at + 1]
        if self.here.kind == "name" and self.here.text in FUNCTIONS:
            if following.text == "(":
                return self._call()
            if self.here.text == "length":
                self.at += 1
                return lambda s: float(len(s.fields[0]))
        target = self._target()
        if sign := self.take("++", "--"):
            step = 1.0 if sign == "++" else -1.0

            def after(state: State) -> Value:
                old = number(target.get(state))
                target.put(state, old + step)
                return old

            return after
        if self.take("="):
            value = self.expression()
            return lambda s: target.put(s, value(s))
        if sign := self.take("+=", "-=", "*=", "/=", "%="):
            value = _calculating(target.get, sign[0], self.expression())
            return lambda s: target.put(s, value(s))
        return target.get

    def _call(self) -> Expression:
        name = self.here.text
        self.at += 2
        arguments: list[Expression] = []
        array = ""
        while not self.take(")"):
            if (self.here.kind == "regex" and not arguments and name in {"gsub", "sub"}) or (
                self.here.kind == "regex" and name in {"match", "split"}
            ):
                arguments.append(_constant(self.here.text))
                self.at += 1
            elif self.here.kind == "eof":
                raise UsageProblem("syntax error: missing )")
            elif name == "split" and len(arguments) == 1 and not array:
                array = self.here.text
                self.at += 1
            else:
                arguments.append(self.expression())
            self.take(",")
        if name == "split":
            return split_call(array, arguments)
        function = FUNCTIONS[name]
        return lambda s: function(s, [argument(s) for argument in arguments])

    def _target(self) -> Target:
        if self.take("$"):
            if self.here.kind == "number" or self.here.text == "(" or self.here.kind == "name":
                return Target("$", self._index())
            raise UsageProblem("syntax error after $")
        if self.here.kind != "name":
            raise UsageProblem(f"syntax error near `{self.here.text}'")
        name = self.here.text
        self.at += 1
        if self.take("["):
            key = self.expression()
            self.need("]")
            return Target(name, key)
        return Target(name, None)

    def _index(self) -> Expression:
        if self.here.kind == "name":
            name = self.here.text
            self.at += 1
            return Target(name, None).get
        return self._primary()

    def _primary(self) -> Expression:
        token = self.here
        self.at += 1
        if token.kind == "number":
            return _constant(float(token.text))
        if token.kind == "string":
            return _constant(unescape(token.text[1:-1]))
        if token.kind == "regex":
            regex = compile_regex(token.text)
            return lambda s: float(regex.search(s.fields[0]) is not None)
        if token.text == "(":
            inner = self.expression()
            self.need(")")
            return inner
        raise UsageProblem(f"syntax error near `{token.text.strip() or 'end of program'}'")


def _run_all(statements: list[Statement], state: State) -> None:
    for statement in statements:
        if state.left:
            return
        statement(state)


def _next(_state: State) -> None:
    raise NextRecord


def _exit(state: State, code: Expression | None) -> None:
    state.code = 0 if code is None else int(number(code(state))) % 256
    state.left = True


def _constant(value: Value) -> Expression:
    return lambda _: value


def _logic(left: Expression, right: Expression, how: Callable[[Any], bool]) -> Expression:
    return lambda s: float(how(is_true(side(s)) for side in (left, right)))


def _matching(left: Expression, regex: Callable[[State], Any], *, negated: bool) -> Expression:
    return lambda s: float((regex(s).search(text(left(s))) is not None) != negated)


def _comparing(left: Expression, sign: str, right: Expression) -> Expression:
    def run(state: State) -> Value:
        a, b = left(state), right(state)
        order: int
        if looks_numeric(a) and looks_numeric(b):
            x, y = number(a), number(b)
            order = (x > y) - (x < y)
        else:
            p, q = text(a), text(b)
            order = (p > q) - (p < q)
        return float(
            {"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0,
             ">": order > 0, ">=": order >= 0}[sign]
        )  # fmt: skip

    return run


def _calculating(left: Expression, sign: str, right: Expression) -> Expression:
    def run(state: State) -> Value:
        a, b = number(left(state)), number(right(state))
        if sign == "+":
            return a + b
        if sign == "-":
            return a - b
        if sign == "*":
            return a * b
        if b == 0:
            raise UsageProblem("division by zero")
        return a / b if sign == "/" else a - b * int(a / b)

    return run
