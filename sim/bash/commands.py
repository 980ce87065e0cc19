"""Compound commands: loops, conditions, `case`, `[[ ]]` and groups, in simulated time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash import quoting
from sim.bash.arithmetic import ArithmeticProblem, evaluate
from sim.bash.budget import COMMAND, WorkLimit
from sim.bash.builtins.table import NAME
from sim.bash.conditions import NoNumber, compared, regex_of, tested
from sim.bash.control import ExitShell, LeaveLoop
from sim.bash.patterns import matcher
from sim.bash.pipelines import FORK, Pipelines
from sim.bash.process import Running
from sim.bash.redirection import RedirectProblem, apply_redirects
from sim.bash.state import MAX_NESTED
from sim.bash.syntax import (
    AndOr,
    ArithmeticCommand,
    ArithmeticFor,
    Background,
    Binary,
    Both,
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
    Script,
    Select,
    Simple,
    Subshell,
    Test,
    Unary,
    While,
    Word,
)
from sim.kernel import Interrupted

Turn = Generator[simpy.Event, Any, tuple[bool, int]]


class Commands(Pipelines):
    """A shell that runs commands of every kind."""

    def script(self, script: Script) -> Running:
        """Run the commands of *script* one after the other."""
        for command in script.commands:
            if self.numbered and "noexec" in self.on:
                return 0
            try:
                self.status = yield from self.command(command)
            except Interrupted as signal:
                name = str(signal.cause).removeprefix("SIG")
                if name not in self.traps:
                    raise
                yield from self.run_trap(name, 128 + 2)
        return self.status

    def run_trap(self, name: str, code: int) -> Running:
        """Run what `trap` has set for *name*; its end leaves the status as it was."""
        text = self.traps.get(name, "")
        if name == "EXIT":
            self.traps.pop(name)
        if not text:
            return code
        self.status = code
        try:
            yield from self.text(text)
        except ExitShell as leaving:
            if name != "EXIT":
                raise
            return leaving.code
        self.status = code
        return code

    @abstractmethod
    def text(self, text: str, *, line: int | None = None) -> Running:
        """Run the commands of a text in this shell."""

    def command(self, command: Command) -> Running:
        """Run one command."""
        kind = type(command)
        if kind is Simple:
            before = self.pipes and set(self.pipes)
            code = yield from self.simple(command)  # type: ignore[arg-type]
            self.codes = [code]
            if self.pipes:
                self.end_substitutions(before or set())
            if code and not self.shielded:
                yield from self._failed(code)
            return code
        self.nested += 1
        try:
            if self.nested + len(self.calls) > MAX_NESTED:
                self.budget.spend()
                raise WorkLimit("commands are nested too deep")
            code = yield from self._compound(command)
        finally:
            self.nested -= 1
        negated = isinstance(command, Pipeline) and command.negated
        if code and not self.shielded and kind in _CHECKED and not negated:
            yield from self._failed(code)
        return code

    def _failed(self, code: int) -> Generator[simpy.Event, Any, None]:
        """Do what `set -e` and `trap ... ERR` say about a command that failed."""
        if "ERR" in self.traps and (not self.calls or "errtrace" in self.on):
            self.shielded += 1
            try:
                yield from self.run_trap("ERR", code)
            finally:
                self.shielded -= 1
        if "errexit" in self.on:
            raise ExitShell(code)

    def _compound(self, command: Command) -> Running:
        match command:
            case Pipeline():
                return (yield from self.pipeline(command))
            case AndOr():
                return (yield from self._and_or(command))
            case Group():
                return (yield from self.script(command.script))
            case If():
                return (yield from self._if(command))
            case For():
                return (yield from self._for(command))
            case While():
                return (yield from self._while(command))
            case Compound():
                return (yield from self._redirected(command))
            case Subshell():
                return (yield from self._subshell(command))
            case Case():
                return (yield from self._case(command))
            case Test():
                return (yield from self._test(command))
            case ArithmeticCommand():
                return (yield from self._arithmetic(command))
            case ArithmeticFor():
                return (yield from self._arithmetic_for(command))
            case Function():
                return self._define(command)
            case Background():
                return (yield from self.background(command))
            case Select():
                return (yield from self._select(command))
            case _:
                self.complain("coproc: not supported in this simulator")
                return 1

    def _define(self, command: Function) -> int:
        self.budget.charge(COMMAND)
        if len(self.functions) > 2000:
            self.complain(f"{command.name}: no room for so many functions")
            return 1
        self.functions[command.name] = command
        return 0

    def _redirected(self, command: Compound) -> Running:
        saved = self.streams
        before = set(self.pipes)
        try:
            inner = yield from apply_redirects(command.redirects, self)
        except RedirectProblem as problem:
            self.complain(str(problem))
            return 1
        self.streams = inner
        try:
            return (yield from self.command(command.body))
        finally:
            self.streams = saved
            if self.pipes:
                self.end_substitutions(before)

    def _subshell(self, command: Subshell) -> Running:
        self.budget.charge(FORK)
        inner = self.subshell()
        body = Group(command.script)
        if self.jobbing:
            return (yield from self.as_job(_joined(inner, body), [self.job_text(command)]))
        return (yield from inner.guarded(body))

    def _and_or(self, command: AndOr) -> Running:
        self.shielded += 1
        try:
            self.status = yield from self.command(command.left)
        finally:
            self.shielded -= 1
        if (self.status == 0) == (command.operator == "&&"):
            return (yield from self.command(command.right))
        return self.status

    def _holds(self, script: Script) -> Running:
        """Run a condition, whose failure is no failure."""
        self.shielded += 1
        try:
            return (yield from self.script(script))
        finally:
            self.shielded -= 1

    def _if(self, command: If) -> Running:
        for condition, body in command.branches:
            if (yield from self._holds(condition)) == 0:
                return (yield from self.script(body))
        if command.otherwise is not None:
            return (yield from self.script(command.otherwise))
        return 0

    # -- loops ---------------------------------------------------------------------------------

    def _words(self, words: tuple[Word, ...] | None) -> Generator[simpy.Event, Any, list[str]]:
        if words is None:
            return list(self.positional)
        arguments: list[str] = yield from self.expander.arguments(words)
        return arguments

    def _for(self, command: For) -> Running:
        self.line = command.line or self.line
        words = yield from self._words(command.words)
        code = 0
        if not NAME.fullmatch(command.name):
            self.complain(f"`{command.name}': not a valid identifier")
            return 1
        for word in words:
            if "xtrace" in self.on:
                shown = command.words if command.words is not None else ()
                self.trace([], [])
                told = " ".join(one.raw for one in shown) or '"$@"'
                self.streams.stderr.write(
                    f"{self.parameter('PS4') or ''}for {command.name} in {told}\n"
                )
            self.assign(command.name, word)
            goes_on, code = yield from self._turn(command.body)
            if not goes_on:
                break
        return code

    def _while(self, command: While) -> Running:
        code = 0
        self.loops += 1
        try:
            while True:
                try:
                    holds = yield from self._holds(command.condition)
                except LeaveLoop as leaving:
                    if leaving.levels > 1 and self.loops > 1:
                        raise LeaveLoop(again=leaving.again, levels=leaving.levels - 1) from None
                    if leaving.again:
                        continue
                    break
                if (holds == 0) == command.until:
                    break
                goes_on, code = yield from self._turn(command.body, counted=True)
                if not goes_on:
                    break
        finally:
            self.loops -= 1
        return code

    def _arithmetic_for(self, command: ArithmeticFor) -> Running:
        code = 0
        if command.line:
            self.line = command.line
        try:
            yield from self._evaluated(command.first)
            while not command.test.raw.strip() or (yield from self._evaluated(command.test)):
                goes_on, code = yield from self._turn(command.body)
                if not goes_on:
                    break
                yield from self._evaluated(command.step)
        except NoNumber as problem:
            self.complain(f"((: {problem}")
            return 1
        return code

    def _select(self, command: Select) -> Running:
        words = yield from self._words(command.words)
        stderr = self.streams.stderr
        width = len(str(len(words)))
        code = 0
        shows = True
        while words:
            if shows:
                stderr.write("".join(f"{n:>{width}}) {word}\n" for n, word in enumerate(words, 1)))
            stderr.write(self.prompt_text(self.variables.scalar("PS3") or "#? "))
            line = yield from self.streams.stdin.readline()
            if line is None:
                self.streams.stdout.write("\n")
                return 1
            self.assign("REPLY", line)
            shows = not line.strip()
            if shows:
                continue
            chosen = int(line) - 1 if line.strip().isdecimal() else -1
            self.assign(command.name, words[chosen] if 0 <= chosen < len(words) else "")
            goes_on, code = yield from self._turn(command.body)
            if not goes_on:
                break
        return code

    def _turn(self, body: Script, *, counted: bool = False) -> Turn:
        """Run a loop's body once; return whether the loop goes on, and the body's code."""
        self.budget.charge(COMMAND // 4)
        self.turns += 1
        if self.turns % self.limits.turns_per_ms == 0:
            yield self.env.timeout(1)
        if not counted:
            self.loops += 1
        try:
            return True, (yield from self.script(body))
        except LeaveLoop as leaving:
            if leaving.levels > 1 and self.loops > 1:
                raise LeaveLoop(again=leaving.again, levels=leaving.levels - 1) from None
            code, self.broken = self.broken, 0
            return leaving.again, code
        finally:
            if not counted:
                self.loops -= 1

    # -- conditions ----------------------------------------------------------------------------

    def _evaluated(self, word: Word) -> Running:
        text: str = yield from self.expander.text(word)
        try:
            return evaluate(text.replace('"', ""), self)
        except ArithmeticProblem as problem:
            raise NoNumber(str(problem)) from None

    def _arithmetic(self, command: ArithmeticCommand) -> Running:
        self.budget.charge(COMMAND // 2)
        self.line = command.line
        if "xtrace" in self.on:
            self.streams.stderr.write(
                f"{self.parameter('PS4') or ''}(( {command.expression.raw.strip()} ))\n"
            )
        try:
            return int((yield from self._evaluated(command.expression)) == 0)
        except NoNumber as problem:
            self.complain(f"((: {problem}")
            return 1

    def _test(self, command: Test) -> Running:
        self.budget.charge(COMMAND // 2)
        self.line = command.line
        try:
            return int(not (yield from self._condition(command.condition)))
        except NoNumber as problem:
            self.complain(f"[[: {problem}")
            return 1
        except BadRegex:
            return 2

    def _condition(self, condition: Condition) -> Generator[simpy.Event, Any, bool]:
        match condition:
            case Both():
                left: bool = yield from self._condition(condition.left)
                if left == (condition.operator == "||"):
                    return left
                right: bool = yield from self._condition(condition.right)
                return right
            case Not():
                return not (yield from self._condition(condition.inner))
            case Unary():
                operand: str = yield from self.expander.text(condition.operand)
                self._trace_test(
                    f"{condition.operator} {quoting.if_needed(operand) or chr(39) * 2}"
                )
                return tested(condition.operator, operand, self)
            case Binary():
                return (yield from self._compared(condition))
            case _:
                inner: bool = yield from self._condition(condition.inner)
                return inner

    def _trace_test(self, text: str) -> None:
        if "xtrace" in self.on:
            self.streams.stderr.write(f"{self.parameter('PS4') or ''}[[ {text} ]]\n")

    def _compared(self, condition: Binary) -> Generator[simpy.Event, Any, bool]:
        left: str = yield from self.expander.text(condition.left)
        operator = condition.operator
        if operator in {"=", "==", "!="}:
            pattern: str = yield from self.expander.pattern(condition.right)
            self._trace_test(f"{quoting.if_needed(left) or chr(39) * 2} {operator} {pattern}")
            self.budget.charge(len(left))
            fits = matcher(pattern, extglob=True, nocase="nocasematch" in self.on).full(left)
            return fits == (operator != "!=")
        if operator == "=~":
            fields = yield from self.expander.fields(condition.right, splits=False)
            pieces = [piece for field in fields for piece in field.pieces]
            return self._matched(left, pieces)
        right: str = yield from self.expander.text(condition.right)
        shown = [quoting.if_needed(text) or "''" for text in (left, right)]
        self._trace_test(f"{shown[0]} {operator} {shown[1]}")
        return compared(left, operator, right, self)

    def _matched(self, text: str, pieces: list[tuple[str, bool]]) -> bool:
        self.budget.charge(len(text))
        regex = regex_of(pieces, nocase="nocasematch" in self.on)
        array = self.variables.clear_array("BASH_REMATCH")
        if regex is None:
            raise BadRegex
        try:
            found = regex.search(text)
        except UnicodeEncodeError:
            found = None  # bytes that are no text
        if found is None:
            return False
        for number in range(regex.groups + 1):
            array[number] = found[number] or ""  # type: ignore[index]
        return True

    def _case(self, command: Case) -> Running:
        self.budget.charge(COMMAND // 2)
        self.line = command.line
        word: str = yield from self.expander.text(command.word)
        if "xtrace" in self.on:
            self.streams.stderr.write(f"{self.parameter('PS4') or ''}case {command.word.raw} in\n")
        extglob, nocase = "extglob" in self.on, "nocasematch" in self.on
        code = 0
        falls = False
        for clause in command.clauses:
            fits = falls
            for pattern_word in () if falls else clause.patterns:
                pattern: str = yield from self.expander.pattern(pattern_word)
                if matcher(pattern, extglob=extglob, nocase=nocase).full(word):
                    fits = True
                    break
            if not fits:
                continue
            code = (yield from self.script(clause.body)) if clause.body.commands else 0
            if clause.end == ";;":
                return code
            falls = clause.end == ";&"
        return code


class BadRegex(Exception):  # noqa: N818 - control flow of `=~`
    """The right side of `=~` is no regular expression."""


def _joined(inner: Pipelines, body: Group) -> Running:
    return (yield from inner.guarded(body))


_CHECKED = frozenset({Pipeline, Subshell, Test, ArithmeticCommand})
"""Commands whose failure `set -e` looks at; of the others those inside have been looked at."""
