"""The variables of a shell: texts, arrays, their attributes, and what is local to a function.

Knows nothing of words and expansions; a value that has to be computed is handed in computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from copy import copy

from sim.bash.syntax import ShellSyntaxError

MAX_CHARACTERS = 4 << 20
"""What all variables of a shell may hold together."""
MAX_ELEMENTS = 100_000


class Indexed(dict[int, str]):
    """An indexed array; it may have holes."""

    def ordered(self) -> list[tuple[int, str]]:
        """Return index and value of each element, by index."""
        return sorted(self.items())


class Keyed(dict[str, str]):
    """An associative array, in bash's order of keys."""

    def ordered(self) -> list[tuple[str, str]]:
        """Return key and value of each element as bash lists them."""
        return sorted(self.items(), key=lambda item: _bucket(item[0]))


def _bucket(key: str) -> tuple[int, int]:
    """Return where bash's hash table (1024 buckets, FNV-1 as in its hashlib.c) has *key*."""
    value = 2166136261
    for byte in key.encode("utf-8", "surrogatepass"):
        value = (value * 16777619) & 0xFFFFFFFF
        value ^= byte
    return value & 1023, 0


Value = str | Indexed | Keyed


class ReadOnly(ShellSyntaxError):  # noqa: N818 - a condition of the variable
    """A variable that may not change was to be set."""


class Variables(MutableMapping[str, str]):
    """Variables by name; as a mapping it shows each one's text (of an array, element 0)."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        """Start with *environ*, all of it exported."""
        self.values_: dict[str, Value] = dict(environ or {})
        self.flags: dict[str, str] = dict.fromkeys(self.values_, "x")
        """Attribute letters: a A i l n r u x."""
        self.scopes: list[dict[str, tuple[Value | None, str]]] = []
        self.size = sum(map(len, (environ or {}).values()))
        self.charge: Callable[[int], None] = lambda units: None

    def copy(self) -> Variables:
        """Return a copy that a subshell may change."""
        other = Variables()
        other.values_ = {
            name: value if isinstance(value, str) else copy(value)
            for name, value in self.values_.items()
        }
        other.flags = dict(self.flags)
        other.scopes = [dict(scope) for scope in self.scopes]
        other.size = self.size
        other.charge = self.charge
        return other

    # -- as a mapping --------------------------------------------------------------------------

    def __getitem__(self, name: str) -> str:
        value = self.values_[name]
        if isinstance(value, str):
            return value
        first = value.get(0) if isinstance(value, Indexed) else value.get("0")
        if first is None:
            raise KeyError(name)
        return first

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        del self.values_[name]
        self.flags.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.values_))

    def __len__(self) -> int:
        return len(self.values_)

    def __contains__(self, name: object) -> bool:
        return name in self.values_

    # -- reading -------------------------------------------------------------------------------

    def resolve(self, name: str) -> str:
        """Return the name that a reference (`declare -n`) stands for, or *name*."""
        for _ in range(8):
            if "n" not in self.flags.get(name, ""):
                return name
            target = self.values_.get(name)
            if not isinstance(target, str) or not target:
                return name
            name = target
        return name

    def scalar(self, name: str) -> str | None:
        """Return the text of *name*, None if it has none."""
        value = self.values_.get(name)
        if isinstance(value, str) and "n" not in self.flags.get(name, ""):
            return value
        name = self.resolve(name)
        value = self.values_.get(name)
        if value is None or isinstance(value, str):
            return value
        return value.get(0) if isinstance(value, Indexed) else value.get("0")

    def elements(self, name: str) -> list[tuple[int | str, str]]:
        """Return the elements of *name*; a text is an array of one."""
        value = self.values_.get(self.resolve(name))
        if value is None:
            return []
        if isinstance(value, str):
            return [(0, value)]
        return list(value.ordered())

    def exported(self) -> dict[str, str]:
        """Return what programs get to see."""
        values = self.values_
        return {
            name: value
            for name, flags in self.flags.items()
            if "x" in flags and isinstance(value := values.get(name), str)
        }

    # -- writing -------------------------------------------------------------------------------

    def check(self, name: str) -> None:
        """See that *name* may change.

        Raises:
            ReadOnly: if not.
        """
        if "r" in self.flags.get(name, ""):
            raise ReadOnly(f"{name}: readonly variable")

    def set(self, name: str, value: str) -> None:
        """Set the text of *name* (of an array, element 0).

        Raises:
            ReadOnly: if it may not change.
            ShellSyntaxError: if all of them would take too much room.
        """
        flags = self.flags.get(name)
        old = self.values_.get(name)
        if flags:
            if "n" in flags:
                name = self.resolve(name)
                flags = self.flags.get(name, "")
                old = self.values_.get(name)
            if "r" in flags:
                raise ReadOnly(f"{name}: readonly variable")
            if "u" in flags:
                value = value.upper()
            elif "l" in flags:
                value = value.lower()
        if old is not None and not isinstance(old, str):
            self.set_element(name, 0 if isinstance(old, Indexed) else "0", value)
            return
        self._grow(name, len(value) - (len(old) if old is not None else 0))
        self.values_[name] = value

    def set_element(self, name: str, key: int | str, value: str) -> None:
        """Set one element; a text becomes an indexed array."""
        name = self.resolve(name)
        self.check(name)
        flags = self.flags.get(name, "")
        value = value.upper() if "u" in flags else value.lower() if "l" in flags else value
        array = self.values_.get(name)
        if array is None or isinstance(array, str):
            array = self.make_array(name)
        if isinstance(array, Keyed):
            key = str(key)
        old: str | None = array.get(key)  # type: ignore[arg-type]
        self._grow(name, len(value) + 16 - (0 if old is None else len(old) + 16))
        if len(array) >= MAX_ELEMENTS:
            raise ShellSyntaxError(f"{name}: no room for so many elements")
        array[key] = value  # type: ignore[index]

    def make_array(self, name: str, *, keyed: bool = False) -> Indexed | Keyed:
        """Make *name* an array; a text it had becomes element 0."""
        old = self.values_.get(name)
        if isinstance(old, Indexed | Keyed):
            return old
        keyed = keyed or "A" in self.flags.get(name, "")
        array: Indexed | Keyed = Keyed() if keyed else Indexed()
        if isinstance(old, str):
            array["0" if keyed else 0] = old  # type: ignore[index]
        self.values_[name] = array
        letter = "A" if keyed else "a"
        self.flags[name] = letter + self.flags.get(name, "").replace(letter, "")
        return array

    def clear_array(self, name: str, *, keyed: bool = False) -> Indexed | Keyed:
        """Make *name* an empty array."""
        self.check(name)
        old = self.values_.pop(name, None)
        if old is not None:
            self.size -= len(old) if isinstance(old, str) else sum(map(len, old.values()))
        return self.make_array(name, keyed=keyed or isinstance(old, Keyed))

    def _grow(self, name: str, more: int) -> None:
        if more > 0:
            self.charge(more)
            if self.size + more > MAX_CHARACTERS:
                raise ShellSyntaxError(f"{name}: no room for so much in variables")
        self.size += more

    def unset(self, name: str) -> None:
        """Forget *name*.

        Raises:
            ReadOnly: if it may not change.
        """
        self.check(name)
        old = self.values_.pop(name, None)
        if isinstance(old, str):
            self.size -= len(old)
        self.flags.pop(name, None)

    def flag(self, name: str, on: str = "", off: str = "") -> None:
        """Set and clear attribute letters of *name*."""
        flags = self.flags.get(name, "")
        flags = "".join(letter for letter in flags if letter not in off)
        flags += "".join(letter for letter in on if letter not in flags)
        if flags:
            self.flags[name] = flags
        else:
            self.flags.pop(name, None)

    # -- functions -----------------------------------------------------------------------------

    def enter(self) -> None:
        """Begin a function: what is made local from here on ends with it."""
        self.scopes.append({})

    def localize(self, name: str) -> None:
        """Make *name* local to the function that runs; it starts without a value."""
        scope = self.scopes[-1]
        if name in scope:
            return
        scope[name] = (self.values_.pop(name, None), self.flags.pop(name, ""))

    def leave(self) -> None:
        """End a function: its locals are forgotten, what they hid is back."""
        for name, (value, flags) in self.scopes.pop().items():
            mine = self.values_.pop(name, None)
            if isinstance(mine, str):
                self.size -= len(mine)
            self.flags.pop(name, None)
            if value is not None:
                self.values_[name] = value
            if flags:
                self.flags[name] = flags
