"""`-o go-template`: Go's text/template applied to JSON values (text/template/exec.go).

Values know whether Go would hold them in an `interface {}`, which decides what its errors say. It
must not know what the objects are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.kubectl.goformat import quote, to_text
from sim.kubectl.printers.goprintf import Int, type_name
from sim.kubectl.printers.gotemplatefuncs import FUNCTIONS, NO_VALUE, CallError, Function, truth
from sim.kubectl.printers.gotemplateparser import GoTemplateError, Node, Parser

__all__ = ["GoTemplate", "GoTemplateError", "TemplateFailed"]

MAX_STEPS = 500_000
MAX_DEPTH = 50


class TemplateFailed(GoTemplateError):  # noqa: N818 - what it did before is part of the result
    """A template stopped on the way; `written` is what it had printed."""

    def __init__(self, text: str, written: str) -> None:
        super().__init__(text)
        self.written = written


class Held(NamedTuple):
    """A value, and whether it is held as `interface {}`."""

    value: Any
    loose: bool = False


_NOTHING = Held(NO_VALUE)
_MISSING = Held(NO_VALUE, loose=True)
"""No final argument: told apart from `_NOTHING` by identity."""


class _Leave(Exception):  # noqa: N818 - control flow of the template
    """`break` or `continue`."""

    def __init__(self, again: bool) -> None:
        super().__init__()
        self.again = again


class GoTemplate:
    """One parsed template."""

    def __init__(self, source: str, *, allow_missing: bool = True) -> None:
        """Parse *source*; unless *allow_missing*, an absent key is an error.

        Raises:
            GoTemplateError: if it is malformed.
        """
        self._source = source
        self._allow_missing = allow_missing
        try:
            parsed = Parser(source, FUNCTIONS)
        except RecursionError:
            raise GoTemplateError("template: output:1: too deep") from None
        self._root, self._templates = parsed.root, parsed.templates

    def render(self, data: Any) -> str:
        """Return the text that the template makes of *data*.

        Raises:
            TemplateFailed: if it does not fit.
        """
        run = _Run(self._source, self._templates, self._allow_missing)
        root = Held(data)
        run.variables.append(("$", root))
        try:
            run.walk(root, self._root)
        except GoTemplateError as error:
            raise TemplateFailed(str(error), "".join(run.out)) from None
        except RecursionError:
            raise TemplateFailed("template: output:1: too deep", "".join(run.out)) from None
        return "".join(run.out)


class _Run:
    """One rendering."""

    def __init__(self, source: str, templates: dict[str, Node], allow_missing: bool) -> None:
        self.out: list[str] = []
        self.variables: list[tuple[str, Held]] = []
        self._source = source
        self._templates = templates
        self._allow_missing = allow_missing
        self._at: Node | None = None
        self._name = "output"
        self._steps = 0
        self._depth = 0

    def _error(self, text: str) -> GoTemplateError:
        node = self._at
        assert node is not None
        before = self._source[: node.at]
        column = len(before[before.rfind("\n") + 1 :].encode("utf-8", "surrogateescape"))
        line = 1 + before.count("\n")
        return GoTemplateError(
            f"template: output:{line}:{column}: executing {quote(self._name)} at <{node}>: {text}"
        )

    # -- nodes -----------------------------------------------------------------------------------

    def walk(self, dot: Held, node: Node) -> None:
        self._at = node
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise GoTemplateError(
                f"more than {MAX_STEPS} steps are not supported in this simulator"
            )
        match node.kind:
            case "list":
                for one in node.nodes:
                    self.walk(dot, one)
            case "text":
                self.out.append(node.text)
            case "action":
                assert node.pipe is not None
                value = self._pipeline(dot, node.pipe)
                if not node.pipe.names:
                    absent = value.value is NO_VALUE or value.value is None
                    self.out.append("<no value>" if absent else to_text(value.value))
            case "if" | "with":
                self._choose(dot, node)
            case "range":
                self._range(dot, node)
            case "template":
                self._template(dot, node)
            case "break" | "continue":
                raise _Leave(node.kind == "continue")

    def _choose(self, dot: Held, node: Node) -> None:
        known = len(self.variables)
        assert node.pipe is not None
        assert node.body is not None
        value = self._pipeline(dot, node.pipe)
        if truth(value.value):
            self.walk(value if node.kind == "with" else dot, node.body)
        elif node.other is not None:
            self.walk(dot, node.other)
        del self.variables[known:]

    def _template(self, dot: Held, node: Node) -> None:
        body = self._templates.get(node.text)
        if body is None:
            raise self._error(f"template {quote(node.text)} not defined")
        if self._depth == MAX_DEPTH:
            raise self._error("exceeded maximum template depth (100000)")
        inner = self._pipeline(dot, node.pipe) if node.pipe else _NOTHING
        outer, self.variables = self.variables, [("$", inner)]
        name, self._name = self._name, node.text
        self._depth += 1
        self.walk(inner, body)
        self._depth -= 1
        self.variables, self._name = outer, name

    def _range(self, dot: Held, node: Node) -> None:
        known = len(self.variables)
        assert node.pipe is not None
        assert node.body is not None
        names = node.pipe.names
        value = self._pipeline(dot, node.pipe).value
        pairs: list[tuple[Any, Held]]
        if isinstance(value, list):
            pairs = [(Int(index), Held(one, loose=True)) for index, one in enumerate(value)]
        elif isinstance(value, dict):
            pairs = [(key, Held(value[key], loose=True)) for key in sorted(value)]
        elif isinstance(value, int) and not isinstance(value, bool):
            if len(names) > 1:
                raise self._error(f"can't use {value} to iterate over more than one variable")
            pairs = [
                (Int(index), Held(type(value)(index))) for index in range(min(value, MAX_STEPS))
            ]
        elif value is NO_VALUE or value is None:
            pairs = []
        else:
            raise self._error(f"range can't iterate over {to_text(value)}")
        mark = len(self.variables)
        for key, item in pairs:
            if names:
                self._place(node.pipe, mark, Held(key), item)
            try:
                self.walk(item, node.body)
            except _Leave as leave:
                if not leave.again:
                    break
            finally:
                del self.variables[mark:]
        if not pairs and node.other is not None:
            self.walk(dot, node.other)
        del self.variables[known:]

    def _place(self, pipe: Node, mark: int, key: Held, item: Held) -> None:
        """Set the variables of a range."""
        values = (item,) if len(pipe.names) == 1 else (key, item)
        for offset, (name, value) in enumerate(zip(pipe.names, values, strict=True)):
            if pipe.assigns:
                self._set(name, value)
            else:
                self.variables[mark - len(pipe.names) + offset] = (name, value)

    def _set(self, name: str, value: Held) -> None:
        for place in range(len(self.variables) - 1, -1, -1):
            if self.variables[place][0] == name:
                self.variables[place] = (name, value)
                return
        raise self._error(f"undefined variable: {name}")

    # -- pipelines -------------------------------------------------------------------------------

    def _pipeline(self, dot: Held, pipe: Node) -> Held:
        self._at = pipe
        value = _MISSING
        for command in pipe.nodes:
            value = self._command(dot, command, value)
            if value.loose:
                value = _NOTHING if value.value is None else Held(value.value)
        for name in pipe.names:
            if pipe.assigns:
                self._set(name, value)
            else:
                self.variables.append((name, value))
        return value

    def _command(self, dot: Held, command: Node, final: Held) -> Held:
        first = command.nodes[0]
        args = command.nodes
        if first.kind == "identifier":
            return self._function(dot, first, command, args[1:], final)
        if first.kind == "pipe":
            self._no_arguments(args, final)
            return self._pipeline(dot, first)
        if first.kind in ("field", "chain", "variable"):
            return self._access(dot, first, args, final)
        self._at = first
        self._no_arguments(args, final)
        if first.kind == "dot":
            return dot
        if first.kind == "nil":
            raise self._error("nil is not a command")
        return Held(first.value)

    def _no_arguments(self, args: list[Node], final: Held) -> None:
        if len(args) > 1 or final is not _MISSING:
            raise self._error(f"can't give argument to non-function {args[0]}")

    def _access(self, dot: Held, node: Node, args: list[Node], final: Held) -> Held:
        self._at = node
        names = node.names
        value: Held
        if node.kind == "field":
            value = dot
        elif node.kind == "chain":
            if node.nodes[0].kind == "nil":
                raise self._error(f"indirection through explicit nil in {node}")
            value = self._argument(dot, node.nodes[0], "")
        else:
            value = self._variable(names[0])
            names = names[1:]
            if not names:
                self._no_arguments(args or [node], final)
                return value
        for number, name in enumerate(names, 1):
            last = number == len(names)
            value = self._field(value, name, last and (len(args) > 1 or final is not _MISSING))
        return value

    def _variable(self, name: str) -> Held:
        for known, held in reversed(self.variables):
            if known == name:
                found: Held = held
                return found
        raise self._error(f"undefined variable: {name}")

    def _field(self, receiver: Held, name: str, has_arguments: bool) -> Held:
        value = receiver.value
        if value is NO_VALUE:
            if not self._allow_missing:
                raise self._error(f"nil data; no entry for key {quote(name)}")
            return _NOTHING
        kind = "interface {}" if receiver.loose else type_name(value)
        if value is None:
            raise self._error(f"nil pointer evaluating {kind}.{name}")
        if not isinstance(value, dict):
            raise self._error(f"can't evaluate field {name} in type {kind}")
        if has_arguments:
            raise self._error(f"{name} is not a method but has arguments")
        if name in value:
            return Held(value[name], loose=True)
        if not self._allow_missing:
            raise self._error(f"map has no entry for key {quote(name)}")
        return _NOTHING

    # -- functions -------------------------------------------------------------------------------

    def _function(self, dot: Held, name: Node, node: Node, args: list[Node], final: Held) -> Held:
        self._at = name
        function = FUNCTIONS[name.text]
        count = len(args) + (final is not _MISSING)
        fixed = len(function.takes) - function.variadic
        if function.variadic and count < fixed:
            raise self._error(
                f"wrong number of args for {name.text}: want at least {fixed} got {len(args)}"
            )
        if not function.variadic and count != fixed:
            raise self._error(f"wrong number of args for {name.text}: want {fixed} got {count}")
        if name.text in ("and", "or"):
            return self._short_circuit(dot, name.text, args, final)
        if name.text == "call":
            raise self._not_callable(dot, node, args, final)
        kinds = [function.takes[min(place, len(function.takes) - 1)] for place in range(count)]
        values = [self._argument(dot, arg, kind) for arg, kind in zip(args, kinds, strict=False)]
        if final is not _MISSING:
            values.append(self._fitting(final, kinds[-1]))
        return self._called(
            function, name.text, node, [_plain(*pair) for pair in zip(values, kinds, strict=True)]
        )

    def _not_callable(
        self, dot: Held, node: Node, args: list[Node], final: Held
    ) -> GoTemplateError:
        """Return the error of `call`: nothing in a JSON value can be called."""
        value = self._argument(dot, args[0], "value").value if args else final.value
        self._at = node
        if value is None or value is NO_VALUE:
            return self._error("error calling call: call of nil")
        what = args[0] if args else node
        return self._error(f"error calling call: non-function {what} of type {type_name(value)}")

    def _called(self, function: Function, name: str, node: Node, values: list[Any]) -> Held:
        call: Callable[..., Any] = function.call
        try:
            result = call(*values)
        except CallError as error:
            self._at = node
            raise self._error(f"error calling {name}: {error}") from None
        return Held(result, loose=name == "index")

    def _short_circuit(self, dot: Held, name: str, args: list[Node], final: Held) -> Held:
        value = _NOTHING
        for arg in args:
            value = self._argument(dot, arg, "value")
            if truth(value.value) == (name == "or"):
                return value
        return value if final is _MISSING else self._fitting(final, "value")

    def _argument(self, dot: Held, node: Node, kind: str) -> Held:
        """Evaluate an operand for a parameter of *kind* (see Function)."""
        self._at = node
        if node.kind == "dot":
            return self._fitting(dot, kind)
        if node.kind == "nil":
            if kind == "string":
                raise self._error("cannot assign nil to string")
            return Held(None)
        if node.kind in ("field", "chain", "variable"):
            return self._fitting(self._access(dot, node, [node], _MISSING), kind)
        if node.kind == "pipe":
            return self._fitting(self._pipeline(dot, node), kind)
        if node.kind == "identifier":
            return self._fitting(self._function(dot, node, node, [], _MISSING), kind)
        if kind == "string" and node.kind != "string":
            raise self._error(f"expected string; found {node}")
        return Held(node.value)

    def _fitting(self, held: Held, kind: str) -> Held:
        if kind != "string" or isinstance(held.value, str):
            return held
        if held.value is NO_VALUE:
            raise self._error("invalid value; expected string")
        got = "interface {}" if held.value is None else type_name(held.value)
        raise self._error(f"wrong type for value; expected string; got {got}")


def _plain(held: Held, kind: str) -> Any:
    return None if kind == "any" and held.value is NO_VALUE else held.value
