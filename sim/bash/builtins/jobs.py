"""Builtins for jobs: `jobs`, `fg`, `bg`, `wait`, `kill`, `disown`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash.builtins.table import Usage, complains, options, usage
from sim.bash.control import ExitShell
from sim.bash.jobs import SIGNALS, Job, waiting
from sim.bash.process import Proc, Running
from sim.bash.simple import Complaints

if TYPE_CHECKING:
    from sim.bash.shell import Shell


def _found(shell: Shell, proc: Proc, spec: str) -> Job | None:
    job = _by_spec(shell, spec)
    if isinstance(job, str):
        complains(shell, proc, job)
        return None
    return job


def _by_spec(shell: Shell, spec: str) -> Job | str:
    if spec.isdecimal():
        for job in shell.jobs.ordered():
            if int(spec) in job.pids:
                return job
    if not spec.startswith("%") and not spec.isdecimal():
        found = shell.jobs.find("%" + spec)
        return found if isinstance(found, Job) else f"{spec}: no such job"
    return shell.jobs.find(spec)


def jobs(shell: Shell, proc: Proc) -> Running:
    """List the jobs."""
    try:
        found, words = options(
            proc.argv,
            "lprsnx",
            usage="jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]",
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    code = 0
    chosen: list[Job] = []
    for word in words:
        job = _found(shell, proc, word)
        code = 1 if job is None else code
        chosen += [] if job is None else [job]
    for job in chosen if words else shell.jobs.ordered():
        state = shell.jobs.state(job)
        if ("r" in found and state != "Running") or ("s" in found and state != "Stopped"):
            continue
        if "p" in found:
            proc.print(str(job.pids[0]))
        else:
            proc.print(shell.jobs.line(job, long="l" in found))
        job.told = job.told or job.done
    for job in shell.jobs.ordered():
        if job.done and job.told:
            shell.jobs.remove(job)
    return code
    yield


def fg(shell: Shell, proc: Proc) -> Running:
    """Continue a job in the foreground."""
    if not shell.jobbing:
        return complains(shell, proc, "no job control")
    job = _found(shell, proc, proc.argv[1] if len(proc.argv) > 1 else "%%")
    if job is None:
        return 1
    if job.done:
        shell.jobs.remove(job)
        return complains(shell, proc, "job has terminated")
    proc.print(job.text)
    try:
        yield from shell.foreground(job)
    finally:
        if job.done:
            shell.jobs.remove(job)
    return job.code


def bg(shell: Shell, proc: Proc) -> Running:
    """Continue stopped jobs in the background."""
    if not shell.jobbing:
        return complains(shell, proc, "no job control")
    code = 0
    for spec in proc.argv[1:] or ["%%"]:
        job = _found(shell, proc, spec)
        if job is None:
            code = 1
            continue
        if not job.stopped:
            complains(shell, proc, f"job {job.number} already in background")
            continue
        mark = shell.jobs.mark(job)
        job.foreground = False
        job.resume()
        proc.print(f"[{job.number}]{mark} {job.text} &")
    return code
    yield


def wait(shell: Shell, proc: Proc) -> Running:
    """Wait for background jobs."""
    try:
        found, words = options(proc.argv, "nf", "p", "wait: usage: wait [-fn] [-p var] [id ...]")
    except Usage as problem:
        return usage(shell, proc, problem)
    shell.jobs.own()
    if "n" in found:
        return (yield from _wait_any(shell, words))
    if not words:
        for job in shell.jobs.ordered():
            yield from waiting(job)
            if not shell.jobbing and job.done:
                shell.jobs.remove(job)
        return 0
    code = 0
    for word in words:
        job_ = _by_spec(shell, word)
        if isinstance(job_, str):
            if word.isdecimal() and word in shell.ended_jobs:
                code = shell.ended_jobs[word]
            elif word.startswith("%"):
                code = complains(shell, proc, job_, 127)
            elif word.isdecimal():
                code = complains(shell, proc, f"pid {word} is not a child of this shell", 127)
            else:
                code = complains(shell, proc, f"`{word}': not a pid or valid job spec", 1)
            continue
        yield from waiting(job_)
        code = 148 if job_.stopped else job_.code
        if job_.done:
            shell.ended_jobs[str(job_.pids[-1])] = code
            if not shell.jobbing:
                shell.jobs.remove(job_)
    return code


def _wait_any(shell: Shell, words: list[str]) -> Running:
    chosen = [job for job in shell.jobs.ordered() if not job.told]
    if words:
        named = [_by_spec(shell, word) for word in words]
        chosen = [job for job in named if isinstance(job, Job)]
    if not chosen:
        return 127
    while not any(job.done for job in chosen):
        yield shell.env.any_of([job.changed() for job in chosen])
    ended = next(job for job in chosen if job.done)
    shell.jobs.remove(ended)
    return ended.code


def disown(shell: Shell, proc: Proc) -> Running:
    """Forget jobs; they go on."""
    try:
        found, words = options(
            proc.argv, "ahr", usage="disown: usage: disown [-h] [-ar] [jobspec ... | pid ...]"
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    if "a" in found or ("r" in found and not words):
        for job in shell.jobs.ordered():
            if "r" not in found or not job.stopped:
                shell.jobs.remove(job)
        return 0
    code = 0
    for spec in words or ["%%"]:
        job_ = _found(shell, proc, spec)
        if job_ is None:
            code = 1
        elif "h" not in found:
            shell.jobs.remove(job_)
    return code
    yield


def suspend(shell: Shell, proc: Proc) -> Running:
    """Stop the shell itself, which here nobody could start again."""
    return complains(shell, proc, "cannot suspend", 1)
    yield


_USAGE = (
    "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
)


def _name_of(word: str) -> str | None:
    name = word.upper().removeprefix("SIG")
    if name in SIGNALS or name == "0":
        return name
    return next((name for name, number in SIGNALS.items() if str(number) == word), None)


def kill(shell: Shell, proc: Proc) -> Running:
    """Send a signal to jobs; to processes of a machine its own `kill` does."""
    words = proc.argv[1:]
    if not words:
        proc.stderr.write(_USAGE + "\n")
        return 2
    if words[0] in {"-l", "-L"}:
        return _listed(shell, proc, words[1:])
    signal, shown = "TERM", ""
    if words[0] in {"-s", "-n"} and len(words) > 1:
        shown, words = words[1], words[2:]
    elif words[0] == "--":
        words = words[1:]
    elif words[0].startswith("-") and len(words[0]) > 1:
        shown, words = words[0][1:], words[1:]
        if words[:1] == ["--"]:
            words = words[1:]
    if shown:
        name = _name_of(shown)
        if name is None:
            return complains(shell, proc, f"{shown}: invalid signal specification")
        signal = name
    if not words:
        proc.stderr.write(_USAGE + "\n")
        return 2
    code = 0
    for word in words:
        code = (yield from _kill_one(shell, proc, word, signal)) or code
    return code


def _kill_one(shell: Shell, proc: Proc, word: str, signal: str) -> Running:
    job: Job | str = ""
    if word.startswith("%"):
        job = shell.jobs.find(word)
        if isinstance(job, str):
            return complains(shell, proc, job)
    elif word.lstrip("-").isdecimal():
        job = next((one for one in shell.jobs.ordered() if int(word.lstrip("-")) in one.pids), "")
    else:
        return complains(shell, proc, f"{word}: arguments must be process or job IDs")
    if isinstance(job, Job):
        if job.done:
            return complains(shell, proc, f"({job.pids[-1]}) - No such process")
        if signal != "0":
            job.signal_all("SIG" + signal)
            if signal == "CONT":
                job.foreground = False
        return 0
    if word == str(shell.pid):
        if signal in shell.traps:
            yield from shell.run_trap(signal, shell.status)
        elif shell.numbered and signal not in {"0", "CONT", "CHLD", "WINCH", "URG"}:
            raise ExitShell(128 + SIGNALS[signal])
        return 0
    program = shell.programs.get("kill")
    if program is None:
        return complains(shell, proc, f"({word}) - No such process")
    argv = ["kill", f"-{signal}", word]
    child = shell.proc(argv, shell.streams)
    child.stderr = Complaints(proc.stderr, "kill", shell)
    return (yield from program(child))


def _listed(shell: Shell, proc: Proc, words: list[str]) -> int:
    if not words:
        names = [f"{number:2}) SIG{name}" for name, number in SIGNALS.items()]
        for at in range(0, len(names), 5):
            proc.print("\t ".join(names[at : at + 5]))
        return 0
    for word in words:
        if word.isdecimal():
            number = int(word) - 128 if int(word) > 128 else int(word)
            name = next((name for name, value in SIGNALS.items() if value == number), None)
            if name is None:
                return complains(shell, proc, f"{word}: invalid signal specification")
            proc.print(name)
        else:
            found = _name_of(word)
            if found is None:
                return complains(shell, proc, f"{word}: invalid signal specification")
            proc.print(str(SIGNALS.get(found, 0)))
    return 0
