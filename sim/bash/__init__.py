"""The shell language: grammar, interpreter and text tools, in simulated time.

Pure: used by the workstation and by shells on nodes and in containers, it knows none of them.
"""

from sim.bash.budget import Budget, WorkLimit
from sim.bash.execution import ShellExecution, interacting
from sim.bash.parser import is_incomplete
from sim.bash.process import (
    BrokenPipe,
    CallSink,
    Capture,
    FileProblem,
    FileSystem,
    OutputLimit,
    Pipe,
    Proc,
    Program,
    Running,
    Sink,
    Waiting,
)
from sim.bash.shell import Limits, Shell
from sim.bash.tools import TEXT_TOOLS, date_program

__all__ = [
    "TEXT_TOOLS",
    "BrokenPipe",
    "Budget",
    "CallSink",
    "Capture",
    "FileProblem",
    "FileSystem",
    "Limits",
    "OutputLimit",
    "Pipe",
    "Proc",
    "Program",
    "Running",
    "Shell",
    "ShellExecution",
    "Sink",
    "Waiting",
    "WorkLimit",
    "date_program",
    "interacting",
    "is_incomplete",
]
