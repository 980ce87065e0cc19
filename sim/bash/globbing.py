"""The file names that a pattern stands for, in the files of the place."""

from __future__ import annotations

from collections.abc import Callable

from sim.bash.files import FileSystem
from sim.bash.patterns import Matcher, matcher

_ACTIVE = frozenset("*?[")
ENTRY = 20
"""Units of work for looking at one name."""


def is_pattern(text: str, *, extglob: bool) -> bool:
    """Return whether *text*, in which what is quoted is escaped, is a pattern at all."""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif (
            char in "*?"
            or (char == "[" and "]" in text[at + 1 :])
            or (extglob and char in "+@!" and text.startswith("(", at + 1))
        ):
            return True
        at += 1
    return False


class Globber:
    """Looks names up in one file system."""

    def __init__(
        self,
        files: FileSystem,
        cwd: str,
        charge: Callable[[int], None],
        *,
        dotglob: bool = False,
        extglob: bool = False,
        globstar: bool = False,
        nocase: bool = False,
    ) -> None:
        """Look from *cwd*; the switches are those of `shopt`."""
        self._files = files
        self._cwd = cwd
        self._charge = charge
        self._dotglob = dotglob
        self._extglob = extglob
        self._globstar = globstar
        self._nocase = nocase

    def names(self, pattern: str) -> list[str]:
        """Return the sorted paths that fit; none if nothing does."""
        found = [""]
        start = "/" if pattern.startswith("/") else ""
        rest = pattern.lstrip("/") if start else pattern
        found = [start]
        pieces = rest.split("/")
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            if piece == "" and not last:
                continue
            found = self._step(found, piece, last=last)
            if not found:
                return []
        return sorted(found)

    def _step(self, bases: list[str], piece: str, *, last: bool) -> list[str]:
        out: list[str] = []
        if piece == "":
            return [base for base in bases if self._is_dir(base)]
        if self._globstar and piece == "**":
            for base in bases:
                out.extend(self._below(base, last=last))
            return out
        if not is_pattern(piece, extglob=self._extglob):
            name = _unescaped(piece)
            for base in bases:
                path = base + name
                if self._files.exists(self._place(path)) and (last or self._is_dir(path)):
                    out.append(path if last else path + "/")
            return out
        fits = matcher(piece, extglob=self._extglob, nocase=self._nocase)
        for base in bases:
            out.extend(
                base + name + ("" if last else "/")
                for name in self._list(base)
                if self._visible(name, piece) and fits.full(name)
                if last or self._is_dir(base + name)
            )
        return out

    def _below(self, base: str, *, last: bool) -> list[str]:
        """Return *base* and what is below it, for `**`."""
        out = [base] if base or not last else []
        for name in self._list(base):
            if name.startswith(".") and not self._dotglob:
                continue
            path = base + name
            if self._is_dir(path):
                out.extend([path] if last else [])
                out.extend(
                    entry
                    for entry in self._below(path + "/", last=last)
                    if entry != path + "/" or not last
                )
            elif last:
                out.append(path)
        return out

    def _visible(self, name: str, piece: str) -> bool:
        return not name.startswith(".") or self._dotglob or piece.startswith((".", "\\."))

    def _list(self, base: str) -> list[str]:
        place = self._place(base or ".")
        if not self._files.is_dir(place):
            return []
        names = self._files.listdir(place)
        self._charge(ENTRY * (len(names) + 10))
        return names

    def _is_dir(self, path: str) -> bool:
        return self._files.is_dir(self._place(path or "."))

    def _place(self, path: str) -> str:
        return self._files.resolve(path, self._cwd)


def _unescaped(piece: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(piece):
        at += piece[at] == "\\" and at + 1 < len(piece)
        out.append(piece[at])
        at += 1
    return "".join(out)


__all__ = ["Globber", "Matcher", "is_pattern"]
