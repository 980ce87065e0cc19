"""The parts of a word that is being read."""

from __future__ import annotations

from sim.bash.syntax import Literal, Part, Word

_ACTIVE = frozenset("*?[~")


class Parts:
    """The parts of a word that is being read; neighbouring literals become one."""

    __slots__ = ("_buffer", "_quoted", "parts")

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._buffer: list[str] = []
        self._quoted = False

    def literal(self, text: str, *, quoted: bool) -> None:
        """Add text that stands for itself."""
        if self._buffer and self._quoted != quoted:
            self.flush()
        self._quoted = quoted
        self._buffer.append(text)

    def add(self, part: Part) -> None:
        """Add anything else."""
        self.flush()
        self.parts.append(part)

    def flush(self) -> None:
        """Close the literal that is open."""
        if self._buffer:
            self.parts.append(Literal("".join(self._buffer), self._quoted))
            self._buffer.clear()

    def word(self, raw: str = "", line: int = 0, *, braces: bool = False) -> Word:
        """Return the word."""
        self.flush()
        parts = tuple(self.parts)
        fixed: str | None = None
        if all(isinstance(part, Literal) for part in parts):
            fixed = "".join(part.text for part in parts)  # type: ignore[union-attr]
            for part in parts:
                if isinstance(part, Literal) and not part.quoted:
                    text = part.text
                    if not _ACTIVE.isdisjoint(text) or ("(" in text):
                        fixed = None
                        break
        braced = braces and "{" in raw and ("," in raw or ".." in raw)
        return Word(parts, raw, braced, None if braced else fixed, line)
