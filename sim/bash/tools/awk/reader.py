"""From tokens to the tree: rules, functions and statements."""

from __future__ import annotations

from sim.bash.tools.awk.expressions import ExpressionReader
from sim.bash.tools.awk.syntax import (
    Block,
    Delete,
    Each,
    Evaluate,
    Function,
    Group,
    If,
    Index,
    Leave,
    Loop,
    Name,
    Node,
    Print,
    Program,
    Rule,
    Statement,
    Switch,
)
from sim.bash.tools.awk.tokens import AwkSyntax

_OUTPUTS = (">", ">>", "|", "|&")


class Reader(ExpressionReader):
    """Reads a whole program."""

    def __init__(self, source: str, warnings: list[str]) -> None:
        """Read *source*; raises AwkSyntax."""
        super().__init__(source, warnings)
        self._loops = 0
        self._inside = ""

    def program(self) -> Program:
        """Return the program."""
        program = Program()
        self.skip_ends()
        while self.here.kind != "end":
            if self.here.text == "function" and self.here.kind == "word":
                function = self._function(program)
                program.functions[function.name] = function
            else:
                program.rules.append(self._rule())
            self.skip_ends()
        program.waits = self.waits
        return program

    def _function(self, program: Program) -> Function:
        self.take("function")
        token = self.here
        if token.kind not in {"name", "call"}:
            raise self.wrong()
        self.at += 1
        self.need("(")
        parameters: list[str] = []
        while self.here.kind == "name":
            name = self.here.text
            if name == token.text:
                raise AwkSyntax(
                    f"error: function `{name}': cannot use function name as parameter name", -1
                )
            if name in parameters:
                number, first = len(parameters) + 1, parameters.index(name) + 1
                raise AwkSyntax(
                    f"error: function `{token.text}': parameter #{number}, `{name}', duplicates "
                    f"parameter #{first}",
                    -1,
                )
            parameters.append(name)
            self.at += 1
            if not self.take(","):
                break
            self.skip_newlines()
        self.need(")")
        self.skip_newlines()
        if token.text in program.functions:
            raise AwkSyntax(f"error: function name `{token.text}' previously defined", -1)
        function = Function(token.text, tuple(parameters))
        self._inside = "function"
        function.body = self._block()
        self._inside = ""
        return function

    def _rule(self) -> Rule:
        word = self.here.text if self.here.kind == "word" else ""
        if word in {"BEGIN", "END", "BEGINFILE", "ENDFILE"}:
            self.at += 1
            if not self.at_sign("{"):
                raise self.wrong()
            self._inside = word
            rule = Rule(word, None, None, self._block())
            self._inside = ""
            return rule
        pattern = last = None
        if not self.at_sign("{"):
            pattern = self.expression()
            if self.take(","):
                self.skip_newlines()
                last = self.expression()
        action = self._block() if self.at_sign("{") else None
        if action is None and self.here.kind not in {"newline", "end"} and not self.at_sign(";"):
            raise self.wrong()
        return Rule("", pattern, last, action)

    # -- statements ----------------------------------------------------------------------------

    def skip_ends(self) -> None:
        """Step over newlines and semicolons."""
        while self.here.kind == "newline" or self.at_sign(";"):
            self.at += 1

    def _block(self) -> Block:
        self.need("{")
        body: list[Statement] = []
        self.skip_ends()
        while not self.take("}"):
            body.append(self._statement())
            self.skip_ends()
        return Block(tuple(body))

    def _ends(self) -> bool:
        return self.here.kind in {"newline", "end"} or self.at_sign(";") or self.at_sign("}")

    def _finish(self) -> None:
        """Step over the end of a simple statement."""
        if self.at_sign(";") or self.here.kind == "newline":
            self.at += 1
        elif not self.at_sign("}"):
            raise self.wrong()

    def _statement(self) -> Statement:
        if self.at_sign("{"):
            return self.deeper(self._block)
        if self.take(";"):
            return Block(())
        if self.here.kind == "word":
            word = self.here.text
            if word == "if":
                return self.deeper(self._if)
            if word in {"while", "do", "for"}:
                self._loops += 1
                loop = {"while": self._while, "do": self._do, "for": self._for}[word]
                try:
                    return self.deeper(loop)
                finally:
                    self._loops -= 1
            if word == "switch":
                return self.deeper(self._switch)
        statement = self._simple()
        self._finish()
        return statement

    def _simple(self) -> Statement:
        """Read a statement that a `for` may hold in its head."""
        word = self.here.text if self.here.kind == "word" else ""
        if word in {"print", "printf"}:
            return self._print()
        if word in {"break", "continue", "next", "nextfile", "exit", "return"}:
            return self._leave()
        if word == "delete":
            return self._delete()
        return Evaluate(self.expression())

    def _leave(self) -> Leave:
        token = self.here
        word = token.text
        if word in {"break", "continue"} and not self._loops:
            raise AwkSyntax(f"error: `{word}' is not allowed outside a loop or switch", -1)
        if word in {"next", "nextfile"} and self._inside in {"BEGIN", "END"}:
            raise AwkSyntax(f"error: `{word}' used in {self._inside} action", -1)
        if word == "return" and self._inside != "function":
            raise AwkSyntax("`return' used outside function context", token.at)
        self.at += 1
        takes = word in {"exit", "return"} and not self._ends()
        return Leave(word, self.expression() if takes else None)

    def _delete(self) -> Delete:
        self.at += 1
        if self.here.kind != "name":
            raise self.wrong()
        target = self.lvalue()
        if isinstance(target, Index):
            return Delete(target.array, target.keys)
        if isinstance(target, Name):
            return Delete(target.name, None)
        raise self.wrong()

    def _condition(self) -> Node:
        self.at += 1
        self.need("(")
        condition = self.expression()
        self.need(")")
        return condition

    def _body(self) -> Statement:
        self.skip_newlines()
        return self._statement()

    def _if(self) -> If:
        condition = self._condition()
        then = self._body()
        mark = self.at
        self.skip_ends()
        if self.here.kind == "word" and self.here.text == "else":
            self.at += 1
            return If(condition, then, self._body())
        self.at = mark
        return If(condition, then, None)

    def _while(self) -> Loop:
        condition = self._condition()
        if self.take(";"):
            return Loop(None, condition, None, Block(()))
        return Loop(None, condition, None, self._body())

    def _do(self) -> Loop:
        self.at += 1
        body = self._body()
        self.skip_ends()
        if self.here.text != "while":
            raise self.wrong()
        condition = self._condition()
        self._finish()
        return Loop(None, condition, None, body, first=True)

    def _for(self) -> Loop | Each:
        self.at += 1
        self.need("(")
        names = self.tokens[self.at : self.at + 4]
        kinds = [token.kind for token in names]
        if kinds[:3] == ["name", "word", "name"] and [t.text for t in names[1::2]] == ["in", ")"]:
            self.at += 4
            return Each(Name(names[0].text), names[2].text, self._body())
        begin = None if self.at_sign(";") else self._simple()
        self.need(";")
        self.skip_newlines()
        condition = None if self.at_sign(";") else self.expression()
        self.need(";")
        self.skip_newlines()
        step = None if self.at_sign(")") else self._simple()
        self.need(")")
        if self.take(";"):
            return Loop(begin, condition, step, Block(()))
        return Loop(begin, condition, step, self._body())

    def _switch(self) -> Switch:
        value = self._condition()
        self.skip_newlines()
        self.need("{")
        labels: list[tuple[Node | None, int]] = []
        body: list[Statement] = []
        self._loops += 1
        self.skip_ends()
        while not self.take("}"):
            if self.here.kind == "word" and self.here.text in {"case", "default"}:
                word = self.here.text
                self.at += 1
                label = self.unary() if word == "case" else None
                self.need(":")
                labels.append((label, len(body)))
            else:
                body.append(self._statement())
            self.skip_ends()
        self._loops -= 1
        return Switch(value, tuple(labels), tuple(body))

    def _print(self) -> Print:
        formatted = self.here.text == "printf"
        self.at += 1
        items: tuple[Node, ...] = ()
        if not self._ends() and not self._at_output():
            items = self._items()
        redirect = ""
        target: Node | None = None
        if self._at_output():
            redirect = self.here.text
            if redirect == "|&":
                raise AwkSyntax("fatal: `|&' is not supported in this simulator", -1)
            self.at += 1
            target = self.concatenation(plain=True)
        if formatted and not items:
            raise self.wrong()
        return Print(formatted, items, redirect, target)

    def _at_output(self) -> bool:
        return self.here.kind == "sign" and self.here.text in _OUTPUTS

    def _items(self) -> tuple[Node, ...]:
        mark = self.at
        if self.at_sign("("):
            first = self.primary()
            if self._ends() or self._at_output():
                return first.items if isinstance(first, Group) else (first,)
            self.at = mark
        items = [self.expression(bare=True)]
        while self.take(","):
            self.skip_newlines()
            items.append(self.expression(bare=True))
        return tuple(items)
