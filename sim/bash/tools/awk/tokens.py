"""An awk program as tokens; whether `/` divides or opens a regular expression is decided here."""

from __future__ import annotations

import re
from typing import NamedTuple

KEYWORDS = frozenset(
    [
        "BEGIN",
        "END",
        "BEGINFILE",
        "ENDFILE",
        "function",
        "func",
        "if",
        "else",
        "while",
        "for",
        "do",
        "break",
        "continue",
        "next",
        "nextfile",
        "exit",
        "return",
        "delete",
        "in",
        "getline",
        "print",
        "printf",
        "switch",
        "case",
        "default",
    ]
)
BUILTINS = frozenset(
    [
        "length",
        "substr",
        "index",
        "split",
        "sub",
        "gsub",
        "gensub",
        "match",
        "tolower",
        "toupper",
        "sprintf",
        "int",
        "sqrt",
        "exp",
        "log",
        "sin",
        "cos",
        "atan2",
        "rand",
        "srand",
        "strftime",
        "systime",
        "mktime",
        "system",
        "asort",
        "asorti",
        "close",
        "fflush",
        "and",
        "or",
        "xor",
        "lshift",
        "rshift",
        "compl",
        "strtonum",
        "patsplit",
        "isarray",
        "typeof",
    ]
)
_SIGNS = re.compile(
    r"\*\*=|\|&|\*\*|>>|\+\+|--|\+=|-=|\*=|/=|%=|\^=|==|!=|<=|>=|&&|\|\||!~|[-+*/%^!<>|?:~$=,;(){}\[\]@]"
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANK = re.compile(r"(?:[ \t\r]|\\\r?\n|#[^\n]*)+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
            "\\": "\\", '"': '"'}  # fmt: skip


class AwkSyntax(Exception):  # noqa: N818 - what is wrong with a program
    """The program cannot be read; the message is gawk's, for the character at *at*."""

    def __init__(self, message: str, at: int) -> None:
        """Say *message* of the place *at*; -1 if it has none."""
        super().__init__(message)
        self.at = at


class Token(NamedTuple):
    """One token."""

    kind: str
    """`number`, `string`, `regex`, `name`, `call` (a name and `(`), `builtin`, `word`, `sign`,
    `newline`, `end`."""
    text: str
    at: int


def unescape(text: str, warnings: list[str] | None = None) -> str:
    """Return a string literal's text with its escapes made real."""
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 8) & 255)
        if match[2]:
            return chr(int(match[2], 16) & 255)
        char: str = match[3]
        if char == "\n":
            return ""
        if char not in _ESCAPES and warnings is not None:
            warnings.append(f"escape sequence `\\{char}' treated as plain `{char}'")
        return _ESCAPES.get(char, char)

    return re.sub(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", one, text, flags=re.DOTALL)


def read_tokens(source: str, warnings: list[str]) -> list[Token]:
    """Return the tokens of *source*, the last one being `end`.

    Raises:
        AwkSyntax: at a character that begins none.
    """
    tokens: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(source, at)
        at = blank.end() if blank else at
        if at >= len(source):
            tokens.append(Token("end", "", len(source)))
            return tokens
        char = source[at]
        if char == "\n":
            tokens.append(Token("newline", "\n", at))
            at += 1
        elif char == '"':
            end = _string_end(source, at)
            text = unescape(source[at + 1 : end], warnings)
            tokens.append(Token("string", text, at))
            at = end + 1
        elif char == "/" and not _divides(tokens):
            end = _regex_end(source, at)
            tokens.append(Token("regex", source[at + 1 : end].replace("\\/", "/"), at))
            at = end + 1
        elif number := _NUMBER.match(source, at):
            tokens.append(Token("number", number[0], at))
            at = number.end()
        elif name := _NAME.match(source, at):
            tokens.append(_named(name[0], source, at))
            at = name.end()
        elif sign := _SIGNS.match(source, at):
            tokens.append(Token("sign", sign[0], at))
            at = sign.end()
        else:
            raise AwkSyntax(f"invalid char '{char}' in expression", at)


def _named(name: str, source: str, at: int) -> Token:
    if name in KEYWORDS:
        return Token("word", "function" if name == "func" else name, at)
    if name in BUILTINS:
        return Token("builtin", name, at)
    return Token("call" if source.startswith("(", at + len(name)) else "name", name, at)


def _divides(tokens: list[Token]) -> bool:
    if not tokens:
        return False
    last = tokens[-1]
    return last.kind in {"number", "string", "name", "builtin", "regex"} or (
        last.kind == "sign" and last.text in {")", "]", "$", "++", "--"}
    )


def _string_end(source: str, at: int) -> int:
    end = at + 1
    while end < len(source) and source[end] != '"':
        if source[end] == "\n":
            break
        end += 2 if source[end] == "\\" else 1
    if end >= len(source) or source[end] != '"':
        raise AwkSyntax("unterminated string", at)
    return end


def _regex_end(source: str, at: int) -> int:
    end = at + 1
    bracket = -1
    while end < len(source):
        char = source[end]
        if char == "\n":
            break
        if char == "\\":
            end += 1
        elif bracket >= 0:
            # `]` is plain right after `[` or `[^`, and ends no class in `[[:alpha:]]`.
            if char == "[" and source[end + 1 : end + 2] == ":":
                close = source.find(":]", end + 2)
                end = close + 1 if close > 0 else end
            elif char == "]" and end > bracket + 1 + (source[bracket + 1] == "^"):
                bracket = -1
        elif char == "[":
            bracket = end
        elif char == "/":
            return end
        end += 1
    raise AwkSyntax("unterminated regexp", at + 1)
