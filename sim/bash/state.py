"""What a shell is at one moment: variables, options, directory, functions, streams.

Base of the interpreter; what commands do with all this is not known here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.arithmetic import evaluate
from sim.bash.budget import Budget, Meter
from sim.bash.control import ExpansionProblem, FatalProblem
from sim.bash.expansion import Expander
from sim.bash.jobs import Job, JobTable
from sim.bash.pipes import BrokenPipe, OutputLimit, Pipe, Sink
from sim.bash.process import FileProblem, FileSystem, Proc, Program, Running
from sim.bash.prompts import filled, host_name
from sim.bash.redirection import Streams
from sim.bash.settings import CONSTANT, DEFAULTS, LETTERS, SET_OPTIONS
from sim.bash.syntax import Assignment, Function, ProcessSubstitution, Script, Word
from sim.bash.variables import Indexed, Keyed, Variables
from sim.kernel import Environment

if TYPE_CHECKING:
    from sim.bash.builtins import Builtin
    from sim.bash.tty import Tty

MAX_NESTED = 150
MOST_DIGITS = 18
"""Of the number of a positional parameter; nobody has so many."""
"""Commands and functions inside each other: deeper, the simulator's own stack would end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command line may use up."""

    work: int = 20_000_000
    """Units of work, see `budget`."""
    turns_per_ms: int = 10
    """Turns of a loop that one ms of simulated time holds, so that no loop stands still in time."""
    captured: int = 4 << 20
    """Characters that one `$(...)` may print."""


@dataclass(slots=True)
class Call:
    """A function or sourced file that runs."""

    name: str
    line: int
    """Where it was called."""


FIRST_PID = 4_711
"""Of a shell that nobody gives another number."""


class State(ABC):
    """One shell: its variables, directory and options last from line to line."""

    DYNAMIC = frozenset(
        {"RANDOM", "SECONDS", "LINENO", "EPOCHSECONDS", "EPOCHREALTIME", "BASHPID", "FUNCNAME",
         "PIPESTATUS", "BASH_SUBSHELL", "SRANDOM", "BASH_LINENO", "BASH_SOURCE", "DIRSTACK",
         "HISTCMD", "BASH_COMMAND", "SHELLOPTS", "BASHOPTS"}
    )  # fmt: skip

    def __init__(
        self,
        env: Environment,
        programs: Mapping[str, Program],
        *,
        environ: Mapping[str, str] | None = None,
        files: FileSystem | None = None,
        host: Any = None,
        limits: Limits | None = None,
        name: str = "bash",
        blames: str = "",
        builtins: Mapping[str, Builtin] | None = None,
        on_asked: Callable[[], None] = lambda: None,
        terminal: Tty | None = None,
        budget: Budget | None = None,
        seed: int = 1,
        pid: int = FIRST_PID,
    ) -> None:
        """Start a shell over *programs*, in which *host* is handed to each program.

        *environ* is exported; *blames* (or else *name*) begins error lines: `-bash` in a login
        shell, `bash: line 1` under `bash -c`. *builtins* default to bash's own. *terminal* is what
        its programs may talk to. With a *budget* all its lines share that one. *seed* begins
        `$RANDOM`; *pid* is `$$`.
        """
        self.env = env
        self.programs = programs
        self.files = files or FileSystem()
        self.host = host
        self.limits = limits or Limits()
        self.name = name
        self.numbered = blames.endswith(": line 1")
        """Complaints name the line: the shell is not interactive."""
        self.blames = blames.removesuffix(": line 1") or name
        self.builtins: Mapping[str, Builtin] = builtins or {}
        self.on_asked = on_asked
        self.terminal = terminal
        self.screen: Sink | None = None
        """The terminal's output, for /dev/tty."""
        self._shares = budget is not None
        self.meter = Meter()
        """What its lines have done, all together."""
        self.budget = budget or Budget(env, self.limits.work, self.meter)
        self.variables = Variables({"HOME": self.files.home, **(environ or {})})
        self.cwd = self.files.home
        self.variables["PWD"] = self.cwd
        self.variables.flag("PWD", "x")
        self.positional: list[str] = []
        self.arg0 = self.blames
        self.status = 0
        self.on: set[str] = {"braceexpand", "hashall", "interactive-comments", "sourcepath",
                             "checkwinsize", "complete_fullquote", "extquote", "force_fignore",
                             "globasciiranges", "globskipdots", "patsub_replacement", "promptvars",
                             "cmdhist", "hostcomplete", "progcomp"}  # fmt: skip
        """The options of `set -o` and `shopt` that are on."""
        if not self.numbered:
            self.on |= {"emacs", "monitor", "history", "histexpand", "expand_aliases", "extglob"}
        self.functions: dict[str, Function] = {}
        self.aliases: dict[str, str] = {}
        self.completions: dict[str, str] = {}
        self.history: list[str] = []
        self.hashed: dict[str, int] = {}
        self.directories: list[str] = []
        self.traps: dict[str, str] = {}
        self.exited = False
        """True once `exit` was called; whoever reads lines for this shell stops then."""
        self.loops = 0
        self.calls: list[Call] = []
        self.line = 1
        self.pid = pid
        self.bashpid = self.pid
        self.parent = pid - 1
        self.pids = Pids(self.pid)
        self.last_job = ""
        """`$!`."""
        self.last_argument = ""
        """`$_`."""
        self.codes: list[int] = [0]
        """PIPESTATUS."""
        self.subshells = 0
        self.substituting = 0
        """How many `$(...)` this runs inside."""
        self.broken = 0
        """The code with which a loop ends that a wrong `break` has left."""
        self.shielded = 0
        """Above 0 in a condition, whose failure `set -e` does not mind."""
        self.nested = 0
        self.turns = 0
        self.began = env.now
        self.random = seed & 0x7FFFFFFF or 1
        self.jobs = JobTable()
        self.job: Job | None = None
        """The job that this shell itself is part of."""
        self.jobbing = False
        """Job control: each pipeline is a job that can be stopped."""
        self.streams = Streams(Pipe(env, ""), Sink(), Sink())
        self.moved: dict[int, Sink | int | None] = {}
        """Descriptors that `exec` has changed for good; a number is that one of each line."""
        self.pipes: dict[str, Pipe] = {}
        """`<(...)` by its name under /dev/fd."""
        self.options_text = "" if self.numbered else "is"
        self.warned = False
        """`exit` has told of stopped jobs."""
        self.umask = 0o022
        self.ulimits: dict[str, str] = {}
        self.ended_jobs: dict[str, int] = {}
        """Codes of jobs that `wait` has asked for, by pid."""
        self.option_index = self.option_at = 0
        """Where `getopts` stands."""
        self.base = self.streams
        """The streams that the line was started with."""
        self._bind()

    def _bind(self) -> None:
        self.expander = Expander(self)
        self.variables.charge = self.budget.charge
        self.scope = self

    def be_a_script(self) -> None:
        """Become a shell that is not interactive: complaints name lines, aliases are off."""
        self.numbered, self.options_text = True, ""
        self.on -= {"emacs", "monitor", "history", "histexpand", "expand_aliases", "extglob"}

    def copied(self) -> Any:
        """Return a copy whose variables, directory and options are its own."""
        other = copy(self)
        other.variables = self.variables.copy()
        other.on = set(self.on)
        other.functions = dict(self.functions)
        other.aliases = dict(self.aliases)
        other.directories = list(self.directories)
        other.positional = list(self.positional)
        other.calls = list(self.calls)
        other.traps = {name: text for name, text in self.traps.items() if not text}
        other.jobs = self.jobs.inherited_copy()
        other.pipes = dict(self.pipes)
        other.jobbing = False
        other.subshells += 1
        other.bashpid = 0
        other._bind()
        return other

    # -- options and complaints ----------------------------------------------------------------

    def option(self, name: str) -> bool:
        """Return whether an option of `set -o` or `shopt` is on."""
        return name in self.on

    @property
    def errexit(self) -> bool:
        """`set -e`."""
        return "errexit" in self.on

    @errexit.setter
    def errexit(self, value: bool) -> None:
        (self.on.add if value else self.on.discard)("errexit")

    def blame(self) -> str:
        """Return what an error line begins with."""
        if not self.numbered:
            return self.blames
        if self.name == "sh":
            return f"{self.blames}: {self.line}"
        inside = self.calls and self.calls[-1].name != "source" and self.source
        return f"{'environment' if inside else self.blames}: line {self.line}"

    source = ""
    """`: -c` where the text stood on the command line; its functions come from `environment`."""

    @property
    def fatal(self) -> int:
        """The code with which an unset variable ends a shell: 127 on a command line, else 1."""
        return 127 if self.source else 1

    def elements(self, name: str) -> list[tuple[int | str, str]]:
        """Return the elements of an array, its own ones included."""
        if name in self.DYNAMIC and (values := self.dynamic_array(name)) is not None:
            return list(enumerate(values))
        return self.variables.elements(name)

    def complain(self, message: str, stderr: Sink | None = None, where: str = "") -> None:
        """Write one error line."""
        try:
            (stderr or self.streams.stderr).write(f"{where or self.blame()}: {message}\n")
        except (BrokenPipe, OutputLimit, FileProblem):
            return  # nobody reads it any more; the exit code still tells

    def note_moved(self) -> None:
        """Remember what `exec` has done to the descriptors, for the lines to come."""
        for number in {0, 1, 2, *self.streams.others, *self.moved}:
            here = self.streams.get(number)
            own = next((n for n in (number, 0, 1, 2) if n < 3 and here is self.base.get(n)), None)
            if here is None or own is None:
                self.moved[number] = here
            elif own == number:
                self.moved.pop(number, None)
            else:
                # The terminal: each line has its own way there.
                self.moved[number] = own

    def notices(self) -> list[str]:
        """Return and forget what is to be told of jobs before the next prompt."""
        return self.jobs.notices()

    # -- variables -----------------------------------------------------------------------------

    def assign(self, name: str, value: str) -> None:
        """Set a variable, computed or changed as its attributes say.

        Raises:
            ShellSyntaxError: if it may not change or there is no room.
        """
        flags = self.variables.flags.get(name)
        if flags and "i" in flags:
            value = str(evaluate(value, self))
        if name in self.DYNAMIC:
            if name == "RANDOM":
                self.random = int(value) & 0xFFFFFFFF if value.lstrip("-").isdecimal() else 0
            elif name == "SECONDS" and value.lstrip("-").isdecimal():
                self.began = self.env.now - int(value) * 1000
            return
        self.variables.set(name, value)
        if "allexport" in self.on:
            self.variables.flag(name, "x")

    def environ(self) -> dict[str, str]:
        """Return the exported variables."""
        return self.variables.exported()

    def parameter(self, name: str) -> str | None:
        """Return the text of a variable, positional or special parameter; None if it has none."""
        first = name[0]
        if first.isalpha() or first == "_":
            if name == "_":
                return self.last_argument
            if name in self.DYNAMIC:
                return self._dynamic(name)
            return self._shown(name)
        if first.isdecimal():
            number = int(name[:MOST_DIGITS])
            if number == 0:
                return self.arg0
            return self.positional[number - 1] if number <= len(self.positional) else None
        if name == "?":
            return str(self.status)
        if name == "#":
            return str(len(self.positional))
        if name in "@*":
            return " ".join(self.positional) if self.positional else None
        if name == "$":
            return str(self.pid)
        if name == "!":
            return self.last_job or None
        return self.flags()

    def _shown(self, name: str) -> str | None:
        value = self.variables.scalar(name)
        if value is None and name in DEFAULTS:
            return self._default(name)
        return value

    def _default(self, name: str) -> str | None:
        if name in self.variables.flags and "U" in self.variables.flags[name]:
            return None
        if name in CONSTANT:
            return CONSTANT[name]
        if name in {"UID", "EUID", "GROUPS"}:
            return "0" if self.variables.scalar("USER") in {None, "root"} else "1000"
        if name == "HOSTNAME":
            return host_name(self.files)
        if name == "PPID":
            return str(self.parent)
        size = self.terminal
        return None if size is None else str(size.columns if name == "COLUMNS" else size.rows)

    def _dynamic(self, name: str) -> str | None:
        if name == "RANDOM":
            return str(self._draw() & 32767)
        if name == "SRANDOM":
            return str((self._draw() << 16 | self._draw()) & 0xFFFFFFFF)
        if name == "SECONDS":
            return str(int(self.env.now - self.began) // 1000)
        if name == "LINENO":
            return str(self.line)
        if name in {"EPOCHSECONDS", "EPOCHREALTIME"}:
            now = self.files.clock()
            return (
                str(now // 1000) if name == "EPOCHSECONDS" else f"{now // 1000}.{now % 1000:03}000"
            )
        if name == "BASHPID":
            self.bashpid = self.bashpid or self.pids.next()
            return str(self.bashpid)
        if name == "BASH_SUBSHELL":
            return str(self.subshells)
        if name == "HISTCMD":
            return str(len(self.history) + 1)
        if name == "SHELLOPTS":
            return ":".join(sorted(self.on & SET_OPTIONS))
        values = self.dynamic_array(name)
        return values[0] if values else None

    def dynamic_array(self, name: str) -> list[str] | None:
        """Return the elements of an array that the shell keeps itself."""
        if name == "PIPESTATUS":
            return [str(code) for code in self.codes]
        if name == "FUNCNAME":
            return [call.name for call in reversed(self.calls)]
        if name == "BASH_LINENO":
            return [str(call.line) for call in reversed(self.calls)]
        if name == "DIRSTACK":
            return [self.cwd, *self.directories]
        if name == "BASH_VERSINFO":
            return ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"]
        return None

    def _draw(self) -> int:
        """Return the next number of bash's generator (lib/sh/random.c), which `RANDOM=n` seeds."""
        last = self.random or 123459876
        value = 16807 * (last % 127773) - 2836 * (last // 127773)
        self.random = value + 0x7FFFFFFF if value < 0 else value
        return (self.random >> 16) ^ (self.random & 65535)

    def flags(self) -> str:
        """Return `$-`."""
        letters = [letter for letter, name in LETTERS.items() if name in self.on]
        letters += self.options_text
        return "".join(sorted(letters, key="abefhikmnptuvxBCEHPTcs".find))

    # -- as the scope of an expression ---------------------------------------------------------

    def number(self, name: str, index: str | None) -> str:
        """Return the text of a variable or element for an expression."""
        if index is None:
            value = self.parameter(name)
            if value is None and "nounset" in self.on:
                raise FatalProblem(f"{name}: unbound variable")
            return value or ""
        name = self.variables.resolve(name)
        array = self.variables.values_.get(name)
        if isinstance(array, Keyed) or "A" in self.variables.flags.get(name, ""):
            if not isinstance(array, Keyed):
                return ""
            return array.get(index.strip("\"'"), "")
        at = evaluate(index, self)
        dynamic = self.dynamic_array(name)
        if dynamic is not None:
            return dynamic[at] if 0 <= at < len(dynamic) else ""
        if isinstance(array, Indexed):
            return array.get(at if at >= 0 else at + max(array, default=-1) + 1, "")
        return array if isinstance(array, str) and at == 0 else ""

    def store(self, name: str, index: str | None, value: int) -> None:
        """Set a variable or element from an expression."""
        if index is None:
            self.assign(name, str(value))
            return
        name = self.variables.resolve(name)
        array = self.variables.values_.get(name)
        if isinstance(array, Keyed) or "A" in self.variables.flags.get(name, ""):
            self.variables.set_element(name, index.strip("\"'"), str(value))
            return
        self.variables.set_element(
            name, self.position(name, evaluate(index, self), index), str(value)
        )

    def position(self, name: str, at: int, shown: str) -> int:
        """Return the index that *at* means in array *name*; negative ones count from its end."""
        if at < 0:
            array = self.variables.values_.get(name)
            at += max(array, default=-1) + 1 if isinstance(array, Indexed) else 0
            if at < 0:
                raise ExpansionProblem(f"{name}[{shown}]: bad array subscript")
        return at

    # -- what the interpreter adds -------------------------------------------------------------

    @abstractmethod
    def substitute(self, script: Script) -> Generator[simpy.Event, Any, str]:
        """Run *script* in a subshell and return what it prints."""

    @abstractmethod
    def process_substitution(self, part: ProcessSubstitution) -> str:
        """Start a script beside this command and return the name of its pipe."""

    @abstractmethod
    def declared(self, word: Assignment) -> Generator[simpy.Event, Any, str]:
        """Return an assignment that is an argument of `declare` and the like."""

    @abstractmethod
    def assign_element(self, name: str, subscript: Word | None, text: str) -> Running:
        """Set a variable, or with *subscript* one element."""

    @abstractmethod
    def interpret(self, proc: Proc, line: str) -> Running:
        """Run *line* with the streams of *proc*."""

    def prompt_text(self, template: str) -> str:
        """Return a prompt with what stands behind its backslashes filled in."""
        return filled(template, self)

    @property
    def second_prompt(self) -> str:
        """What stands before the further lines of a command: `> `, or PS2."""
        return self.prompt_text(self.variables.scalar("PS2") or "> ")

    def stream(self, **changes: Any) -> Streams:
        """Return its streams with some of them changed."""
        return replace(self.streams, **changes)


class Pids:
    """Gives out process ids."""

    def __init__(self, last: int) -> None:
        """Begin behind *last*."""
        self._last = last

    def next(self) -> int:
        """Return the next one."""
        self._last += 1
        return self._last
