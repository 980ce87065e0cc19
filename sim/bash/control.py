"""How `exit`, `break`, `return` and what goes wrong leave what they stand in, as exceptions."""

from __future__ import annotations

from sim.bash.syntax import ShellSyntaxError


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


class Return(Exception):  # noqa: N818 - control flow of `return`
    """`return` was called in a function or sourced file."""

    def __init__(self, code: int) -> None:
        """Return *code*."""
        super().__init__(code)
        self.code = code


class Suspended(Exception):  # noqa: N818 - control flow of Ctrl-Z
    """The foreground job was stopped: the rest of the line does not run."""


class ExpansionProblem(ShellSyntaxError):  # noqa: N818 - what the shell prints
    """A word has no meaning (`${a b}`, `$((1/0))`): the rest of the line does not run."""


class FatalProblem(ShellSyntaxError):  # noqa: N818 - what the shell prints
    """An unset variable under `set -u`, `${x:?}`: a shell that is not interactive ends."""
