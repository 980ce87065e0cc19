"""How `exit`, `break` and `continue` leave what they stand in, as exceptions."""

from __future__ import annotations


class ExitShell(Exception):  # noqa: N818 - control flow of `exit`
    """`exit` was called; `code` is the shell's exit code."""

    def __init__(self, code: int) -> None:
        """Leave with *code*."""
        super().__init__(code)
        self.code = code


class LeaveLoop(Exception):  # noqa: N818 - control flow of `break` and `continue`
    """`break` or `continue` was called in a loop."""

    def __init__(self, *, again: bool, levels: int) -> None:
        """Leave *levels* loops; the last one goes on if *again*."""
        super().__init__(levels)
        self.again = again
        self.levels = levels
