"""The trainee's laptop: terminals over one home, kubectl, ssh and `incident`; all by evidence.

A line that is entered is numbered, recorded, run as a process of the simulation, and what it
prints is recorded too. The cluster is reached through the doors only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.bash import TEXT_TOOLS, FileSystem, Pipe, Proc, Program, Shell, date_program
from sim.bash.parser import MAX_LINE
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.client.recording import RecordingNodeAccess, RecordingTransport
from sim.evidence import (
    CommandRecord,
    EvidenceLog,
    ExitRecord,
    NodeCommandRecord,
    OutputRecord,
    PanelRecord,
)
from sim.kernel import Environment, format_rfc3339
from sim.kubectl import ClientConfig, kubectl_program
from sim.shell.attribution import Attribution
from sim.shell.completion import Completion
from sim.shell.containers import ContainerDoor
from sim.shell.desk import Desk
from sim.shell.incident import incident_program
from sim.shell.places import ELSEWHERE
from sim.shell.ssh import ssh_program
from sim.shell.terminal import Job, Remote, Terminal

CLUSTER = "kubernetes"
SERVER = "https://api.k8s.internal:6443"
HOME = "/home/oncall"
USER, LAPTOP = "oncall", "laptop"
MAX_HISTORY = 2000
MAX_TERMINALS = 16
_HISTORY = re.compile(r"!(!|-?\d{1,6}|[A-Za-z][\w.-]*)")


class Workstation:
    """Terminals `t1`, `t2` ...; each is made when something is first entered in it."""

    def __init__(
        self,
        env: Environment,
        transport: Transport,
        nodes: NodeAccess,
        telemetry: Telemetry,
        desk: Desk,
        log: EvidenceLog,
        *,
        clock: Callable[[], int],
        who: str = "trainee",
    ) -> None:
        """Work over the three doors and the desk; *clock* is Unix time in ms, *who* types."""
        self.env = env
        self.commands = 0
        """How many command lines have been entered; also the next one's number."""
        self.files = FileSystem(home=HOME)
        self._log = log
        self._who = who
        self._clock = clock
        self._attribution = Attribution(env)
        self._terminals: dict[str, Terminal] = {}
        self._done: dict[int, simpy.Event] = {}
        config = ClientConfig(
            context=f"{USER}@{CLUSTER}", cluster=CLUSTER, user=USER, server=SERVER
        )
        recorded = RecordingNodeAccess(nodes, log, self._attribution)
        kubectl = kubectl_program(
            ContainerDoor(
                RecordingTransport(transport, log, self._attribution),
                transport,
                log,
                self._attribution,
            ),
            clock=clock,
            config=config,
        )
        own: dict[str, Program] = {
            "kubectl": kubectl,
            "ssh": ssh_program(recorded, _attach),
            "incident": incident_program(desk, self.citable),
        }
        self.programs: dict[str, Program] = {
            **TEXT_TOOLS,
            **ELSEWHERE,
            "date": date_program(clock),
            **{name: self._attribution.attributed(program) for name, program in own.items()},
        }
        self._completion = Completion(
            transport,
            nodes,
            telemetry,
            desk,
            self.files,
            [name for name in self.programs if name not in ELSEWHERE or name in {"help", "sudo"}],
            config,
        )

    # -- what a run does -----------------------------------------------------------------------

    def enter(self, line: str, *, terminal: str, input_no: int) -> simpy.Event | None:
        """Take one line, typed in *terminal*, on behalf of input *input_no*.

        At a prompt it starts a command; while one runs, it goes to that one's standard input (and,
        like type-ahead, to the shell afterwards if nobody read it). Returns the event that fires
        with the exit code, or None if no command was started.

        Raises:
            ValueError: if there would be too many terminals.
        """
        place = self._terminal(terminal)
        job = place.job
        if job is None:
            return self._start(place, line, input_no)
        remote = job.remote
        if remote is not None:
            job.inner = self._record(place, line, input_no, remote.place)
            job.input = input_no
            place.forget_prompt()
            if line.strip():
                self._log.append(
                    NodeCommandRecord(
                        at=self.env.now,
                        input=input_no,
                        command=job.inner,
                        node=remote.node,
                        line=line,
                        pod=remote.pod,
                    )
                )
        else:
            job.typed.append((line, input_no))
        job.stdin.write(line + "\n")
        return None

    def interrupt(self, terminal: str) -> None:
        """Ctrl-C: interrupt the foreground job; at a prompt nothing happens."""
        place = self._terminal(terminal)
        job = place.job
        if job is None or job.process is None or not job.process.is_alive:
            return
        if job.remote is None:
            job.stdin.poll()
            job.typed.clear()
        if job.started:
            job.process.interrupt("SIGINT")
        else:
            job.cancelled = True

    def eof(self, terminal: str) -> None:
        """Ctrl-D: end the foreground job's standard input; at a prompt nothing happens."""
        job = self._terminal(terminal).job
        if job is not None:
            job.stdin.close()

    def busy(self, terminal: str) -> bool:
        """Return whether a command runs in the foreground."""
        place = self._terminals.get(terminal)
        return place is not None and place.job is not None

    def prompt(self, terminal: str) -> str:
        """Return what stands before the cursor: our prompt, a remote shell's, or nothing."""
        place = self._terminals.get(terminal)
        if place is not None and place.job is not None:
            return place.far_prompt
        cwd = HOME if place is None else place.shell.cwd
        short = "~" + cwd[len(HOME) :] if (cwd + "/").startswith(HOME + "/") else cwd
        return f"{USER}@{LAPTOP}:{short}$ "

    def place(self, terminal: str) -> str:
        """Return where lines are read now: empty for the laptop, else e.g. `ssh node-worker-3`."""
        place = self._terminals.get(terminal)
        remote = None if place is None or place.job is None else place.job.remote
        return "" if remote is None else remote.place

    def terminals(self) -> list[str]:
        """Return the terminals in use, `t1` at least."""
        return sorted({"t1", *self._terminals})

    def history(self, terminal: str) -> list[str]:
        """Return the lines that were entered at the prompt of *terminal*, oldest first."""
        place = self._terminals.get(terminal)
        return [] if place is None else list(place.shell.history)

    def complete(self, line: str, *, terminal: str = "t1") -> list[str]:
        """Return what may replace the last word of *line*; asks the API, records nothing."""
        place = self._terminals.get(terminal)
        if place is not None and place.job is not None:
            return []
        shell = None if place is None else place.shell
        return self._completion.complete(line, shell)

    def panels(self, command: int) -> list[PanelRecord]:
        """Return what panels command number *command* showed."""
        return [record for record in self._log.of(PanelRecord) if record.command == command]

    def citable(self) -> list[str]:
        """Return what has been on screen, a line each, as a closing form can cite it."""
        unix = self._clock() - self.env.now
        asked = {record.command for record in self._log.of(OutputRecord) if record.asked}
        rows: list[tuple[int, str, str]] = [
            (record.at, f"command:{record.command}", record.line)
            for record in self._log.of(CommandRecord)
            if record.command in asked and record.line.split()[:1] != ["incident"]
        ]
        for number, panel in enumerate(self._log.of(PanelRecord)):
            split = f" by {panel.by}" if panel.by else ""
            rows.append((panel.at, f"panel:{number}", panel.panel + split))
        rows.sort(key=lambda row: row[0])
        return [
            f"{id_:12} {format_rfc3339(unix + at)[11:19]}  {what.splitlines()[0][:56]}"
            for at, id_, what in rows
        ]

    def done(self, command: int) -> simpy.Event | None:
        """Return the event that fires with the exit code of a running command."""
        return self._done.get(command)

    def take_number(self) -> int:
        """Return the next command's number, for a command line that was entered somewhere else."""
        self.commands += 1
        return self.commands - 1

    # -- who acts, for records that others make ------------------------------------------------

    @property
    def command(self) -> int:
        """The number of the command that acts at this moment, or -1."""
        return self._attribution.command

    @property
    def input(self) -> int:
        """The input on whose behalf a command acts at this moment, or -1."""
        return self._attribution.input

    # -- within ---------------------------------------------------------------------------------

    def _terminal(self, name: str) -> Terminal:
        if name not in self._terminals:
            if len(self._terminals) >= MAX_TERMINALS:
                raise ValueError(f"more than {MAX_TERMINALS} terminals")
            self._terminals[name] = Terminal(self.env, name, self._log, self._shell)
        return self._terminals[name]

    def _shell(self, terminal: Terminal) -> Shell:
        shell = Shell(
            self.env,
            self.programs,
            environ={
                "HOME": HOME,
                "USER": USER,
                "HOSTNAME": LAPTOP,
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "SHELL": "/bin/bash",
                "TERM": "xterm-256color",
            },
            files=self.files,
            host=terminal,
            on_asked=terminal.mark_asked,
        )
        shell.aliases.update({"k": "kubectl", "ll": "ls -l"})
        return shell

    def _record(self, terminal: Terminal, line: str, input_no: int, place: str = "") -> int:
        number = self.take_number()
        self._log.append(
            CommandRecord(
                at=self.env.now,
                input=input_no,
                command=number,
                terminal=terminal.name,
                line=line[:MAX_LINE],
                who=self._who,
                place=place,
            )
        )
        return number

    def _start(self, terminal: Terminal, line: str, input_no: int) -> simpy.Event | None:
        if not line.strip():
            return None
        line, problem = _from_history(line, terminal.shell.history)
        number = self._record(terminal, line, input_no)
        job = Job(number, input_no, Pipe(self.env), self.env.event())
        terminal.job = job
        self._done[number] = job.done
        self._attribution.begin(job)
        history = terminal.shell.history
        history.append(line[:MAX_LINE])
        del history[:-MAX_HISTORY]
        job.process = self.env.spawn(self._running(terminal, job, line, problem))
        return job.done

    def _running(
        self, terminal: Terminal, job: Job, line: str, problem: str
    ) -> Generator[simpy.Event, Any, None]:
        """Run a command line from its start to the next prompt."""
        job.started = True
        stdout, stderr = terminal.sinks()
        shell = terminal.shell
        if job.cancelled:
            code = 130
        elif problem:
            stderr.write(problem)
            code = 1
        else:
            code = yield from shell.run(line, job.stdin, stdout, stderr, tty=True)
        # `exit` would close the tab; the next line finds a shell again.
        shell.exited = False
        terminal.flush_all()
        self._log.append(
            ExitRecord(at=self.env.now, input=job.input, command=job.number, code=code)
        )
        terminal.job = None
        self._attribution.end(job)
        del self._done[job.number]
        job.done.succeed(code)
        unread = job.stdin.poll().count("\n")
        terminal.type_ahead.extendleft(reversed(job.typed[len(job.typed) - unread :]))
        while terminal.type_ahead and terminal.job is None:
            following, input_no = terminal.type_ahead.popleft()
            self._start(terminal, following, input_no)


def _attach(proc: Proc, remote: Remote) -> None:
    if isinstance(proc.host, Terminal):
        proc.host.attach(remote)


def _from_history(line: str, history: list[str]) -> tuple[str, str]:
    """Return *line* with a leading `!!`, `!5` or `!word` replaced, and bash's complaint if any."""
    match = _HISTORY.match(line.strip())
    if match is None:
        return line, ""
    wanted, rest = match[1], line.strip()[match.end() :]
    if wanted == "!":
        wanted = "-1"
    if wanted.lstrip("-").isdigit():
        number = int(wanted)
        index = number - 1 if number > 0 else len(history) + number
        if 0 <= index < len(history):
            return history[index] + rest, ""
    else:
        for old in reversed(history):
            if old.startswith(wanted):
                return old + rest, ""
    return line, f"bash: !{match[1]}: event not found\n"
