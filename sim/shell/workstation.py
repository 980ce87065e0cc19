"""The trainee's laptop: terminals over one home, kubectl, ssh and `incident`; all by evidence.

A line that is entered is numbered, recorded, run as a process of the simulation, and what it
prints is recorded too. The cluster is reached through the doors only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.bash import TEXT_TOOLS, Proc, Program, Shell, date_program
from sim.bash.history import RecallProblem, expand
from sim.bash.jobs import Job as ShellJob
from sim.bash.parser import MAX_LINE
from sim.bash.state import FIRST_PID
from sim.bash.tty import COLUMNS, ROWS
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.client.localports import LocalPorts
from sim.client.recording import RecordingNodeAccess, RecordingTransport
from sim.evidence import (
    CommandRecord,
    EvidenceLog,
    ExitRecord,
    NodeCommandRecord,
    OutputRecord,
    PanelRecord,
    plain_text,
)
from sim.kernel import Environment, Stream, format_rfc3339
from sim.kubectl import ClientConfig, kubeconfig_text, kubectl_program
from sim.shell.attribution import Attribution
from sim.shell.completion import Completion
from sim.shell.containers import ContainerDoor
from sim.shell.desk import Desk
from sim.shell.incident import incident_program
from sim.shell.laptop import laptop_tools
from sim.shell.laptopfiles import LaptopFiles
from sim.shell.localnet import SERVER, network_tools
from sim.shell.places import ELSEWHERE
from sim.shell.scp import scp_program
from sim.shell.ssh import ssh_program
from sim.shell.terminal import SECOND_PROMPT, Job, Remote, Terminal

CLUSTER = "kubernetes"
HOME = "/home/oncall"
USER, LAPTOP = "oncall", "laptop"
MAX_HISTORY = 2000
MAX_TERMINALS = 16
PIDS_APART = 53
"""Between the shells of two terminals."""


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
        stream: Stream | None = None,
        server: str = "",
    ) -> None:
        """Work over the three doors and the desk; *clock* is Unix time in ms, *who* types.

        `$RANDOM` of its terminals begins with *stream*. The kubeconfig says that the API is at *server*.
        """
        server = server or SERVER
        self.env = env
        self.commands = 0
        """How many command lines have been entered; also the next one's number."""
        self.files = LaptopFiles(LAPTOP, USER, HOME, uptime=lambda: int(env.now), clock=clock)
        self.ports = LocalPorts()
        """Who listens on the laptop: port-forwards and proxies of its terminals."""
        self.said = ""
        """What the screen shows of the last input beside the evidence; the second prompt for more."""
        self._log = log
        self._who = who
        self._stream = stream or Stream("workstation")
        self._clock = clock
        self._attribution = Attribution(env)
        self._terminals: dict[str, Terminal] = {}
        self._done: dict[int, simpy.Event] = {}
        config = ClientConfig(
            context=f"{USER}@{CLUSTER}", cluster=CLUSTER, user=USER, server=server
        )
        recorded = RecordingNodeAccess(nodes, log, self._attribution)
        watched = RecordingTransport(transport, log, self._attribution)
        kubectl = kubectl_program(
            ContainerDoor(
                watched,
                transport,
                log,
                self._attribution,
            ),
            clock=clock,
            config=config,
            in_cluster=False,
            ports=self.ports,
        )
        self.files.mkdir(f"{HOME}/.kube")
        self.files.write(f"{HOME}/.kube/config", kubeconfig_text(config))
        own: dict[str, Program] = {
            "kubectl": kubectl,
            "ssh": ssh_program(recorded, self._attach),
            "scp": scp_program(recorded),
            "incident": incident_program(desk, self.citable),
            **network_tools(self.ports, watched, server),
        }
        self.programs: dict[str, Program] = {
            **TEXT_TOOLS,
            **ELSEWHERE,
            "date": date_program(clock),
            **laptop_tools(USER, clock),
            **{name: self._attribution.attributed(program) for name, program in own.items()},
        }
        here = [name for name in self.programs if name not in ELSEWHERE or name in {"help", "sudo"}]
        self.files.install(here)
        self._completion = Completion(transport, nodes, telemetry, desk, self.files, here)

    # -- what a run does -----------------------------------------------------------------------

    def enter(self, text: str, *, terminal: str, input_no: int) -> simpy.Event | None:
        """Take what was typed in *terminal* and ended with Enter, on behalf of input *input_no*.

        At a prompt a command is started once it is complete, several one after the other; while
        one runs, lines go to its standard input (and, like type-ahead, to the shell afterwards if
        nobody read them). Returns the event that fires with the exit code, or None if no command
        was started; `said` holds what the screen shows beside the evidence.

        Raises:
            ValueError: if there would be too many terminals.
        """
        self.said = ""
        place = self._terminal(terminal)
        if place.tty.raw:
            place.keyboard.write(text.replace("\n", "\r") + "\r")
            return None
        running = place.job
        if running is not None:
            for line in text.split("\n"):
                self._hand_over(place, running, line, input_no)
            return None
        place.type_ahead.extend((line, input_no) for line in text.split("\n"))
        return self._take_ahead(place)

    def press(self, data: str, *, terminal: str) -> bool:
        """Take keys for the program that reads them; False if none does by now."""
        place = self._terminal(terminal)
        if not place.tty.raw:
            return False
        place.keyboard.write(data)
        return True

    def resize(self, columns: int, rows: int, *, terminal: str) -> None:
        """Take the size of *terminal*'s window."""
        self._terminal(terminal).resize(columns, rows)

    def interrupt(self, terminal: str, signal: str = "SIGINT") -> None:
        """Ctrl-C, or with SIGQUIT Ctrl-backslash: interrupt the foreground job.

        At a prompt an unfinished command is dropped.
        """
        place = self._terminal(terminal)
        place.type_ahead.clear()
        place.pending.clear()
        job = place.job
        if job is None or job.process is None or not job.process.is_alive:
            return
        if not place.tty.signals:
            place.keyboard.write("\x03" if signal == "SIGINT" else "\x1c")
            return
        if job.remote is None:
            place.keyboard.poll()
            job.typed.clear()
        if job.started:
            job.process.interrupt(signal)
        else:
            job.cancelled = True

    def suspend(self, terminal: str) -> None:
        """Ctrl-Z: stop the foreground job, at the far end if that has the terminal."""
        place = self._terminal(terminal)
        job = place.job
        if job is None or job.process is None or not job.process.is_alive:
            return
        if not place.tty.signals:
            place.keyboard.write("\x1a")
        elif job.remote is not None:
            job.remote.execution.suspend()
        elif job.started:
            job.process.interrupt("SIGTSTP")

    def eof(self, terminal: str) -> None:
        """Ctrl-D: end the foreground job's standard input, or leave the shell; see `said`."""
        self.said = ""
        place = self._terminal(terminal)
        if place.tty.raw:
            place.keyboard.write("\x04")
        elif place.job is not None:
            place.keyboard.close()
        elif place.pending:
            place.pending.clear()
            self.said = "bash: syntax error: unexpected end of file\n"
        else:
            self.said = self._leave(place)

    def busy(self, terminal: str) -> bool:
        """Return whether a command runs in the foreground."""
        place = self._terminals.get(terminal)
        return place is not None and place.job is not None

    def prompt(self, terminal: str) -> str:
        """Return what stands before the cursor: our prompt, a remote shell's, or nothing."""
        place = self._terminals.get(terminal)
        if place is not None and place.job is not None:
            return place.far_prompt
        if place is not None and place.pending:
            return SECOND_PROMPT
        if place is None:
            return f"{USER}@{LAPTOP}:~$ "
        # Colours would have to be known to whoever draws the line; they are left out.
        return plain_text(place.shell.prompt_text(place.shell.variables.scalar("PS1") or ""))

    def place(self, terminal: str) -> str:
        """Return where lines are read now: empty for the laptop, else e.g. `ssh node-worker-3`."""
        place = self._terminals.get(terminal)
        remote = None if place is None else place.remote
        return "" if remote is None else remote.place

    def size(self, terminal: str) -> tuple[int, int]:
        """Return (columns, rows) of *terminal*."""
        place = self._terminals.get(terminal)
        return (COLUMNS, ROWS) if place is None else (place.tty.columns, place.tty.rows)

    def mode(self, terminal: str) -> str:
        """Return what is typed into *terminal*: `lines`, `keys`, or `signals` (keys beside them)."""
        place = self._terminals.get(terminal)
        if place is None or not place.tty.raw:
            return "lines"
        return "signals" if place.tty.signals else "keys"

    def jobs(self, terminal: str) -> int:
        """Return how many jobs are stopped or run behind the prompt of *terminal*."""
        place = self._terminals.get(terminal)
        return 0 if place is None else len(_behind(place.shell))

    def terminals(self) -> list[str]:
        """Return the terminals in use, `t1` at least."""
        return sorted({"t1", *self._terminals})

    def history(self, terminal: str) -> list[str]:
        """Return the lines that were entered at the prompt of *terminal*, oldest first."""
        place = self._terminals.get(terminal)
        return [] if place is None else list(place.shell.history)

    def complete(self, line: str, *, terminal: str = "t1") -> list[str]:
        """Return what may replace the last word of *line*; asks the API, records nothing."""
        # A terminal in which nothing was entered yet is not opened by looking.
        place = self._terminals.get(terminal)
        place = place or Terminal(self.env, terminal, self._log, self._shell)
        if place.remote is not None:
            return [] if place.tty.raw else place.remote.execution.complete(line)
        return [] if place.job is not None else self._completion.complete(line, place.shell)

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

    def _attach(self, proc: Proc, remote: Remote) -> None:
        if isinstance(proc.host, Job):
            self._attribution.hold(proc.host, remote)

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
                "LANG": "C.UTF-8",
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "SHELL": "/bin/bash",
                "SHLVL": "1",
                "TERM": "xterm-256color",
            },
            files=self.files,
            terminal=terminal.tty,
            on_asked=terminal.mark_asked,
            seed=self._stream.at("RANDOM", terminal.name).bits(),
            pid=FIRST_PID + PIDS_APART * len(self._terminals),
        )
        shell.aliases.update({"k": "kubectl", "ll": "ls -l"})
        shell.variables.set("PS1", r"\u@\h:\w\$ ")
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

    def _hand_over(self, terminal: Terminal, job: Job, line: str, input_no: int) -> None:
        """Give *line* to what runs in the foreground."""
        remote = job.remote
        if remote is not None:
            job.inner = self._record(terminal, line, input_no, remote.place)
            job.input = input_no
            terminal.forget_prompt()
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
        terminal.keyboard.write(line + "\n")

    def _take_ahead(self, terminal: Terminal) -> simpy.Event | None:
        """Start the next command that has been entered in full."""
        while terminal.type_ahead:
            line, input_no = terminal.type_ahead.popleft()
            if not line.strip() and not terminal.pending:
                self.said += "".join(f"{notice}\n" for notice in terminal.shell.notices())
                continue
            complete = terminal.complete_line(line)
            if complete is not None:
                return self._start(terminal, complete, input_no)
        if terminal.pending:
            self.said = SECOND_PROMPT
        return None

    def _start(self, terminal: Terminal, line: str, input_no: int) -> simpy.Event | None:
        problem, typed = "", line
        try:
            line = expand(line, terminal.shell.history)
            # As bash does, the line that is run is shown first.
            self.said += f"{line}\n" if line != typed else ""
        except RecallProblem as error:
            problem = f"bash: {error}\n"
        number = self._record(terminal, line, input_no)
        job = Job(terminal, number, input_no, self.env.event())
        terminal.job = job
        terminal.keyboard.reopen()
        self._done[number] = job.done
        history = terminal.shell.history
        if not problem:
            history.append(line[:MAX_LINE])
            del history[:-MAX_HISTORY]
        job.process = self.env.spawn(self._running(terminal, job, line, problem))
        return job.done

    def _running(
        self, terminal: Terminal, job: Job, line: str, problem: str
    ) -> Generator[simpy.Event, Any, None]:
        """Run a command line from its start to the next prompt."""
        job.started = True
        stdout, stderr = job.sinks()
        shell = terminal.shell
        if job.cancelled:
            code = 130
        elif problem:
            stderr.write(problem)
            code = 1
        else:
            code = yield from shell.run(line, terminal.keyboard, stdout, stderr, tty=True, host=job)
        if shell.exited:
            # It would close the tab; the next line finds a shell again.
            yield from shell.leave()
            shell.exited = False
        for notice in shell.notices():
            # Not over its sinks, which may be full.
            terminal.gather(job, "stdout", f"{notice}\n")
        terminal.flush_all()
        self._log.append(
            ExitRecord(at=self.env.now, input=job.input, command=job.number, code=code)
        )
        terminal.job = None
        del self._done[job.number]
        job.done.succeed(code)
        unread = terminal.keyboard.poll().count("\n")
        terminal.type_ahead.extendleft(reversed(job.typed[len(job.typed) - unread :]))
        self._take_ahead(terminal)

    def _leave(self, terminal: Terminal) -> str:
        """Ctrl-D at the prompt: the shell would end; another one takes its place."""
        shell = terminal.shell
        if any(job.stopped for job in _behind(shell)) and not shell.warned:
            shell.warned = True
            return "exit\nThere are stopped jobs.\n"
        shell.jobs.hang_up()
        return "exit\n"


def _behind(shell: Shell) -> list[ShellJob]:
    """Return the jobs that have not ended."""
    return [job for job in shell.jobs.ordered() if not job.done]
