"""From a command line to its tree, through tree-sitter's bash grammar.

tree-sitter says where statements, redirections and words are; this file turns that into `syntax`
records, refuses what the interpreter does not do, and runs nothing.
"""

from __future__ import annotations

from functools import lru_cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from sim.bash.syntax import (
    AndOr,
    Assignment,
    Command,
    Compound,
    For,
    Group,
    If,
    Literal,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
    Subshell,
    While,
    Word,
)
from sim.bash.words import check_balanced, expand_braces, parse_heredoc, parse_word

MAX_LINE = 64 * 1024
MAX_DEPTH = 64
"""How deep commands may stand inside each other."""
MAX_STAGES = 64

_REFUSED = {
    "function_definition": "functions",
    "case_statement": "`case`",
    "c_style_for_statement": "`for ((...))`",
    "test_command": "`[[ ... ]]`; use `[ ... ]`",
    "declaration_command": "`declare`",
    "compound_statement": "`((...))`",
    "array": "arrays",
    "subscript": "arrays",
    "process_substitution": "`<(...)`",
    "ERROR": "this",
}
_WORDS = {
    "word", "number", "string", "raw_string", "ansi_c_string", "translated_string", "concatenation",
    "simple_expansion", "expansion", "command_substitution", "arithmetic_expansion",
    "brace_expression", "regex", "extglob_pattern", "test_operator",
}  # fmt: skip
_BACKGROUND = "not supported in this shell: `&` (background jobs); open another terminal instead"


def parse(line: str) -> Script:
    """Return the tree of *line*.

    Raises:
        ShellSyntaxError: if it is too long, not text, unbalanced, wrong or not supported.
    """
    if len(line) > MAX_LINE:
        raise ShellSyntaxError(f"line is longer than {MAX_LINE // 1024} KiB")
    if any((char < " " and char not in "\t\n") or char == "\x7f" for char in line):
        raise ShellSyntaxError("line contains control characters")
    try:
        return _parse(line, 0)
    except RecursionError:
        raise ShellSyntaxError("commands are nested too deep") from None


@lru_cache(maxsize=512)
def _parse(text: str, depth: int) -> Script:
    if depth > MAX_DEPTH:
        raise ShellSyntaxError("commands are nested too deep")
    check_balanced(text)
    try:
        source = text.encode()
    except UnicodeEncodeError:
        raise ShellSyntaxError("line is not valid UTF-8") from None
    root = _grammar().parse(source).root_node
    if root.has_error:
        raise ShellSyntaxError(_where(root, source))
    return _Builder(source, depth).script(root.children)


@lru_cache(maxsize=1)
def _grammar() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def _where(root: Node, source: bytes) -> str:
    """Return bash's words for the first place that does not parse."""
    node = root
    while True:
        wrong = [child for child in node.children if child.has_error or child.is_missing]
        if not wrong:
            break
        node = wrong[0]
        if node.is_error:
            break
    text = source[node.start_byte : node.end_byte].decode(errors="replace").strip()
    if text.startswith("<<") and not text.startswith("<<<"):
        return (
            "not supported in this shell: a here-document without its end in the same paste; "
            "use `cat > FILE` and Ctrl-D"
        )
    following = source[node.end_byte :].decode(errors="replace").strip()
    word = text.split()[0] if text else ""
    openers = {"if", "for", "while", "until", "case", "{", "(", "do", "then", "select"}
    if (node.is_missing or word in openers) and not following:
        return "syntax error: unexpected end of file"
    token = (text or following).split("\n")[0]
    first = token.split()[0] if token.split() else "newline"
    if first in {"|", "||", "&&", ">", "<", ">>", "&", "<<<", "<<"} and first == token.strip():
        first = first if text and following else "newline"
        if not following and text in {"|", "||", "&&"}:
            first = text
    return f"syntax error near unexpected token `{first[:40]}'"


class _Builder:
    """Turns tree-sitter's nodes over one source into `syntax` records."""

    def __init__(self, source: bytes, depth: int) -> None:
        self._source = source
        self._depth = depth

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode()

    def _inner(self, text: str) -> Script:
        return _parse(text, self._depth + 1)

    def script(self, nodes: list[Node]) -> Script:
        commands: list[Command] = []
        for node in nodes:
            if node.type == "&":
                raise ShellSyntaxError(_BACKGROUND)
            if node.type == ";;":
                raise ShellSyntaxError("syntax error near unexpected token `;;'")
            if node.is_named and node.type != "comment":
                commands.append(self.command(node))
        return Script(tuple(commands))

    def command(self, node: Node) -> Command:
        method = getattr(self, f"_{node.type}", None)
        if method is None:
            what = _REFUSED.get(node.type, f"`{self._text(node)[:40]}`")
            raise ShellSyntaxError(f"not supported in this shell: {what}")
        built: Command = method(node)
        return built

    # -- one method a node type of the grammar -------------------------------------------------

    def _command(self, node: Node) -> Command:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        for child in node.children:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
            elif child.type.endswith("_redirect"):
                redirects.extend(self._redirect(child))
            elif child.type == "command_name":
                words.extend(self._words(child.children[0]))
            elif child.type in _WORDS:
                words.extend(self._words(child))
            elif child.is_named:
                what = _REFUSED.get(child.type, f"`{self._text(child)[:40]}`")
                raise ShellSyntaxError(f"not supported in this shell: {what}")
            else:
                words.extend(self._words(child))
        simple = Simple(tuple(assignments), tuple(words), tuple(redirects))
        if words and words[0].plain == "time" and not assignments:
            return _timed(simple)
        return simple

    def _variable_assignment(self, node: Node) -> Command:
        return Simple((self._assignment(node),), ())

    def _variable_assignments(self, node: Node) -> Command:
        return Simple(tuple(self._assignment(child) for child in node.named_children), ())

    def _declaration_command(self, node: Node) -> Command:
        keyword = self._text(node.children[0])
        if keyword != "export":
            raise ShellSyntaxError(f"not supported in this shell: `{keyword}`")
        return self._as_words(node)

    def _unset_command(self, node: Node) -> Command:
        return self._as_words(node)

    def _as_words(self, node: Node) -> Command:
        words: list[Word] = []
        for child in node.children:
            words.extend(self._words(child))
        return Simple((), tuple(words))

    def _test_command(self, node: Node) -> Command:
        text = self._text(node)
        if text.startswith(("[[", "((")):
            raise ShellSyntaxError(f"not supported in this shell: `{text[:2]}`; use `[ ... ]`")
        # The grammar reads an expression here; for the shell `[` is a program with words.
        inner = self._inner("test " + text[1:-1]).commands
        return inner[0]

    def _negated_command(self, node: Node) -> Command:
        return _negated(self.command(node.named_children[0]))

    def _pipeline(self, node: Node) -> Command:
        stages: list[Command] = []
        joins: list[bool] = []
        for child in node.children:
            if child.type in {"|", "|&"}:
                joins.append(child.type == "|&")
            elif child.is_named:
                stages.append(self.command(child))
        joins.append(False)
        if len(stages) > MAX_STAGES:
            raise ShellSyntaxError(f"a pipeline of more than {MAX_STAGES} commands")
        first = stages[0]
        negated = timed = False
        if isinstance(first, Pipeline) and len(first.stages) == 1:
            # `! a | b` and `time a | b` are about the whole pipeline.
            negated, timed = first.negated, first.timed
            stages[0] = first.stages[0]
        return Pipeline(tuple(stages), tuple(joins), negated, timed)

    def _list(self, node: Node) -> Command:
        left, operator, right = (child for child in node.children if child.type != "comment")
        if operator.type == "&":
            raise ShellSyntaxError(_BACKGROUND)
        return AndOr(self.command(left), operator.type, self.command(right))

    def _subshell(self, node: Node) -> Command:
        return Subshell(self.script(node.children))

    def _compound_statement(self, node: Node) -> Command:
        if not self._text(node).startswith("{"):
            raise ShellSyntaxError("not supported in this shell: `((...))`")
        return Group(self.script(node.children))

    def _redirected_statement(self, node: Node) -> Command:
        redirects: list[Redirect] = []
        body: Command | None = None
        for child in node.children:
            if child.type.endswith("_redirect"):
                redirects.extend(self._redirect(child))
            else:
                body = self.command(child)
        if isinstance(body, Simple):
            return Simple(body.assignments, body.words, (*body.redirects, *redirects))
        if isinstance(body, Pipeline):
            # The grammar hangs a last redirection on the pipeline; the shell on its last stage.
            last = body.stages[-1]
            if isinstance(last, Simple):
                changed: Command = Simple(
                    last.assignments, last.words, (*last.redirects, *redirects)
                )
            else:
                changed = Compound(last, tuple(redirects))
            stages = (*body.stages[:-1], changed)
            return Pipeline(stages, body.joined_stderr, body.negated, body.timed)
        if isinstance(body, AndOr):
            raise ShellSyntaxError(
                "not supported in this shell: this redirection; put ( ... ) around the commands"
            )
        if body is None:
            return Simple((), (), tuple(redirects))
        return Compound(body, tuple(redirects))

    def _for_statement(self, node: Node) -> Command:
        if node.children[0].type == "select":
            raise ShellSyntaxError("not supported in this shell: `select`")
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            raise ShellSyntaxError("syntax error near unexpected token `for'")
        words: list[Word] = []
        for value in node.children_by_field_name("value"):
            words.extend(self._words(value))
        return For(self._text(name), tuple(words), self.script(body.named_children))

    def _while_statement(self, node: Node) -> Command:
        body = node.children[-1]
        condition = self.script(node.children[1:-1])
        return While(condition, self.script(body.children), node.children[0].type == "until")

    def _if_statement(self, node: Node) -> Command:
        branches: list[tuple[Script, Script]] = []
        otherwise: Script | None = None
        own = [child for child in node.children if not child.type.endswith("_clause")]
        for part in (own, *(c.children for c in node.children if c.type == "elif_clause")):
            then = next(index for index, child in enumerate(part) if child.type == "then")
            rest = [child for child in part[then + 1 :] if child.type != "fi"]
            branches.append((self.script(part[1:then]), self.script(rest)))
        for child in node.children:
            if child.type == "else_clause":
                otherwise = self.script(child.children[1:])
        return If(tuple(branches), otherwise)

    # -- words and redirections ----------------------------------------------------------------

    def _words(self, node: Node) -> list[Word]:
        if node.type in {"array", "subscript", "process_substitution"}:
            raise ShellSyntaxError(f"not supported in this shell: {_REFUSED[node.type]}")
        return [parse_word(text, self._inner) for text in expand_braces(self._text(node))]

    def _assignment(self, node: Node) -> Assignment:
        name = node.children[0]
        value = node.child_by_field_name("value")
        if name.type != "variable_name" or (value is not None and value.type == "array"):
            raise ShellSyntaxError("not supported in this shell: arrays")
        word = Word(()) if value is None else parse_word(self._text(value), self._inner)
        return Assignment(self._text(name), word, append=node.children[1].type == "+=")

    def _redirect(self, node: Node) -> list[Redirect]:
        if node.type == "herestring_redirect":
            return [Redirect(0, "<<<", parse_word(self._text(node.children[-1]), self._inner))]
        if node.type == "heredoc_redirect":
            return self._heredoc(node)
        descriptor, operator, target = -1, "", Word(())
        for child in node.children:
            if child.type == "file_descriptor":
                descriptor = int(self._text(child))
            elif child.is_named:
                target = self._words(child)[0]
            else:
                operator = child.type
        if operator in {"<&", "<&-", ">&-", ">|"} and operator != ">|":
            raise ShellSyntaxError(f"not supported in this shell: redirection `{operator}`")
        if operator == ">&" and not (target.plain or "").isdigit():
            operator = "&>"
        operator = ">" if operator == ">|" else operator
        if descriptor == -1:
            descriptor = 0 if operator.startswith("<") else 1
        if descriptor > 2:
            raise ShellSyntaxError(f"{descriptor}: bad file descriptor")
        return [Redirect(descriptor, operator, target)]

    def _heredoc(self, node: Node) -> list[Redirect]:
        redirects: list[Redirect] = []
        start = body = ""
        for child in node.named_children:
            if child.type == "heredoc_start":
                start = self._text(child)
            elif child.type == "heredoc_body":
                body = self._text(child)
            elif child.type.endswith("_redirect"):
                redirects.extend(self._redirect(child))
            elif child.type != "heredoc_end":
                raise ShellSyntaxError("not supported in this shell: a pipe after `<<`")
        if self._text(node).startswith("<<-"):
            body = "\n".join(line.lstrip("\t") for line in body.split("\n"))
        quoted = start[:1] in {"'", '"', "\\"}
        word = Word((Literal(body, quoted=True),)) if quoted else parse_heredoc(body, self._inner)
        return [Redirect(0, "<<", word), *redirects]


def _negated(command: Command) -> Command:
    if isinstance(command, Pipeline):
        return Pipeline(command.stages, command.joined_stderr, not command.negated, command.timed)
    return Pipeline((command,), (False,), negated=True)


def _timed(simple: Simple) -> Command:
    rest = Simple((), simple.words[1:], simple.redirects)
    return Pipeline((rest,), (False,), timed=True)
