"""What a running awk program holds: variables, arrays, the record, files and commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.bash.process import Proc
from sim.bash.tools.awk.fields import Record
from sim.bash.tools.awk.randomness import Randomness
from sim.bash.tools.awk.values import UNSET, Value, is_number, number, shown

Array = dict[str, Value]
TURN_UNITS = 40
"""Work of one turn of a loop or one call."""


class Leaving(Exception):  # noqa: N818 - control flow of awk
    """`break`, `continue`, `next`, `nextfile`, `exit` or `return` was met."""


class BreakLoop(Leaving):
    """`break`."""


class ContinueLoop(Leaving):
    """`continue`."""


class NextRecord(Leaving):
    """`next`."""


class NextFile(Leaving):
    """`nextfile`."""


class ExitProgram(Leaving):
    """`exit`."""


class ReturnValue(Leaving):
    """`return`."""

    def __init__(self, value: Value) -> None:
        """Return *value*."""
        super().__init__()
        self.value = value


class Machine:
    """One run of a program."""

    def __init__(self, proc: Proc, outputs: Any, inputs: Any) -> None:
        """Begin with awk's own variables."""
        self.proc = proc
        self.outputs = outputs
        self.inputs = inputs
        self.variables: dict[str, Value] = {
            "FS": " ", "OFS": " ", "ORS": "\n", "RS": "\n", "SUBSEP": "\x1c", "CONVFMT": "%.6g",
            "OFMT": "%.6g", "NR": 0.0, "FNR": 0.0, "RSTART": 0.0, "RLENGTH": -1.0,
            "FILENAME": UNSET, "FPAT": "", "FIELDWIDTHS": "", "IGNORECASE": 0.0, "RT": UNSET,
        }  # fmt: skip
        self.arrays: dict[str, Array] = {"ENVIRON": {}, "ARGV": {}, "PROCINFO": {}}
        self.record = Record(self.setting)
        self.frames: list[dict[str, Any]] = [{}]
        self.code = 0
        self.randomness = Randomness()
        self.charge: Callable[[int], None] = proc.charge

    def setting(self, name: str) -> str:
        """Return a variable as text."""
        value = self.variables[name]
        return shown(value, "%.6g") if isinstance(value, float) else value

    def text(self, value: Value) -> str:
        """Return *value* as text."""
        if value.__class__ is float:
            return shown(value, self.variables["CONVFMT"])  # type: ignore[arg-type]
        return value  # type: ignore[return-value]

    def printed(self, value: Value) -> str:
        """Return *value* as `print` shows it."""
        if value.__class__ is float:
            return shown(value, self.variables["OFMT"])  # type: ignore[arg-type]
        return value  # type: ignore[return-value]

    @property
    def ignores_case(self) -> bool:
        """Whether IGNORECASE is set."""
        value = self.variables["IGNORECASE"]
        return value not in {0.0, "", "0"}

    def get(self, name: str) -> Value:
        """Return a global variable."""
        if name == "NF":
            return float(self.record.count)
        return self.variables.get(name, UNSET)

    def put(self, name: str, value: Value) -> None:
        """Set a global variable."""
        if name == "NF":
            self.record.set_count(value)
            return
        if name in {"FS", "FPAT", "FIELDWIDTHS"}:
            _ = self.record.fields  # this record was split by the separator of before
            self.variables["FPAT"] = self.variables["FIELDWIDTHS"] = ""
        self.variables[name] = value

    def array(self, name: str) -> Array:
        """Return an array, of this function or of all."""
        frame = self.frames[-1]
        if name in frame:
            found: Array = frame[name]
            return found
        return self.arrays.setdefault(name, {})

    def keys(self, array: Array) -> list[str]:
        """Return the keys of *array* in the order in which `for` meets them."""
        order = self.arrays["PROCINFO"].get("sorted_in")
        keys = list(array)
        self.charge(len(keys) * 2)
        if order is None:
            return keys
        return _ordered(keys, array, str(order))


def _ordered(keys: list[str], array: Array, order: str) -> list[str]:
    what, kind, way = [*order.lstrip("@").split("_"), "", "", ""][:3]
    if what not in {"ind", "val"}:
        return keys

    def rank(key: str) -> tuple[int, float, str]:
        value: Value = key if what == "ind" else array[key]
        if kind == "str":
            text = value if isinstance(value, str) else shown(value, "%.6g")
            return (0, 0.0, text)
        if kind == "type" and not is_number(value):
            return (1, 0.0, str(value))
        return (0, number(value), key)

    return sorted(keys, key=rank, reverse=way == "desc")
