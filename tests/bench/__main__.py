"""Measure every promised figure on this machine and print it beside its promise.

`--limit` adds a cluster of Kubernetes' own size limit: minutes, and gigabytes of memory.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.play import make_player, play
from sim.session.run import Run
from tests.bench import ledger, scrubbing, starting, tables, typing, watching
from tests.server.serving import Server, Visitor, until

SLUG = "payments-0247"
COMMANDS = (
    "kubectl get pods -n payments -o wide",
    "kubectl get pods -A",
    "kubectl get svc -A | wc -l",
    "kubectl get nodes",
    "kubectl describe node node-worker-3 | grep -A 5 Conditions",
    "kubectl get events -n payments --sort-by=.lastTimestamp | tail -20",
    "kubectl rollout history deployment/payment-service -n payments",
    "kubectl get ds kube-proxy -n kube-system -o jsonpath='{.spec.template.spec.containers[0].resources}'",
    "ssh node-worker-1 'sudo iptables -t nat -L KUBE-SERVICES | head -20'",
    "ssh node-worker-1 'sudo iptables -t nat -L KUBE-SERVICES | wc -l'",
    "kubectl top pods -n payments",
    "incident dashboard errors --by node",
)


def main() -> None:
    """Print figure, measurement and promise, a line each."""
    print(f"{'figure':66} {'measured':>14}  promise")
    rows = chain(measure(), ledger.rows(), at_the_limit() if "--limit" in sys.argv else ())
    for figure, measured, promise in rows:
        print(f"{figure:66} {measured:>14}  {promise}", flush=True)


def measure() -> Iterator[tuple[str, str, str]]:
    """Yield (figure, measured, promise)."""
    scenario = Catalogue()[SLUG]
    Run(scenario, 0).start()  # warm: imports, compiled patterns

    build, night, hour = [], [], []
    for _ in range(5):
        gc.collect()
        begin = time.process_time()
        run = Run(scenario, 0)
        built = time.process_time()
        run.start()
        paged = time.process_time()
        play(run, make_player(run, "senior"))
        run.finish()
        done = time.process_time()
        build.append(built - begin)
        night.append(paged - built)
        hour.append(done - paged)
    yield "build of the world, CPU (median of 5)", seconds(build), "with the past < 1 s"
    yield "healthy past: 67 simulated minutes to the page, CPU", seconds(night), ""
    yield "60 simulated minutes, senior playing, CPU", seconds(hour), "< 0.4 s"

    times = []
    run = Run(scenario, 0)
    run.start()
    for turn in range(40):
        for line in COMMANDS:
            at = run.now + 1000 + turn
            run.advance(at)
            begin = time.perf_counter()
            run.apply(Input(at, "command", {"terminal": "t1", "line": line}))
            times.append(time.perf_counter() - begin)
    times.sort()
    services = next(
        record.text.strip()
        for record in run.log
        if getattr(record, "command", -1) == 2 and record.kind == "output"
    )
    yield (
        f"a terminal command inside the server, p99 of {len(times)} ({services} lines of services)",
        f"{times[int(len(times) * 0.99)] * 1000:.1f} ms",
        "< 20 ms",
    )
    yield "  the same, median", f"{statistics.median(times) * 1000:.2f} ms", ""
    both = starting.measure()
    figure = "`kubectl get pods` here against starting the real one, same server, side by side"
    yield figure, f"{both.ratio:.0f} x faster", ">= 20 x"
    spent = f"{both.ours_s * 1000:.1f} / {both.theirs_s * 1000:.0f} ms"
    yield "  the same, median of each", spent, ""

    yield from lists_and_watches()
    yield "memory of each further run of the same seed", memory(scenario), "< 8 MB"
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        # As after an installation: bytecode is there, whatever this process was told about it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(place / "bytecode")
        first_page(place / "warm")
        first = statistics.median(first_page(place / f"first-{turn}") for turn in range(3))
        yield "first page after `uncordon serve`, new data (median of 3)", f"{first:.2f} s", "< 2 s"
        yield from room(place / "room")
    yield from keys()


def keys() -> Iterator[tuple[str, str, str]]:
    """Yield how long keys take to be seen in a browser."""
    if shutil.which("chromium") is None:
        yield "a key in the browser's terminal", "no chromium", "p95 < 50 ms"
        return
    seen = typing.measure()
    yield "a letter at the prompt, keydown to screen, p95", f"{seen.echo:.0f} ms", "< 50 ms"
    yield "  Tab with 400 services, the same", f"{seen.completion:.0f} ms", "< 50 ms"
    yield "  a key in less, over the server and back", f"{seen.program:.0f} ms", "< 50 ms"
    yield "another moment of a debrief, the slowest", f"{scrubbing.measure():.0f} ms", "< 100 ms"


def lists_and_watches() -> Iterator[tuple[str, str, str]]:
    """Yield what the API server does for who reads: big Tables, many watches."""
    speed = tables.measure(10_000)
    rate_of = f"{speed.rows / speed.objects_s:,.0f} rows/s"
    figure = f"`get pods -A` of {speed.rows:,} pods: the Table as Python objects, CPU (best of 5)"
    yield figure, rate_of, ">= 100,000 rows/s"
    both = speed.rows / (speed.objects_s + speed.bytes_s)
    yield "  the same with its encoding as JSON bytes", f"{both:,.0f} rows/s", ""
    same = "equal" if speed.same else "DIFFERENT"
    yield "  its bytes in one piece and from pages of 500", same, "equal"
    seen = watching.roll(1_000, 200)
    figure = f"200 watches, 1,000 pods roll ({seen.changes:,} changes each): wrong watchers"
    yield figure, f"{seen.wrong}", "0"
    yield "  the roll and all its events, CPU", f"{seen.cpu_s:.1f} s", ""


def at_the_limit() -> Iterator[tuple[str, str, str]]:
    """Yield the figures of Kubernetes' size limit, measured in a process of their own."""
    command = [sys.executable, "-m", "tests.bench.limits"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        figure, measured, promise = line.split("\t")
        yield figure, measured, promise


def seconds(values: list[float]) -> str:
    """Return the median."""
    return f"{statistics.median(values):.2f} s"


def memory(scenario: object) -> str:
    """Return the growth of the resident set per further run."""
    keep = [started(scenario) for _ in range(2)]
    gc.collect()
    before = resident()
    keep += [started(scenario) for _ in range(6)]
    gc.collect()
    return f"{(resident() - before) / 6 / 1e6:.1f} MB"


def started(scenario: object) -> Run:
    """Return a run that stands at its page."""
    run = Run(scenario, 0)  # type: ignore[arg-type]
    run.start()
    return run


def resident() -> int:
    """Return this process's resident set in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def first_page(data: Path) -> float:
    """Return the seconds from the start of `uncordon serve` to its first page."""
    server = Server(data)
    begin = time.perf_counter()
    server.start(page="/", watch_s=0.01)
    took = time.perf_counter() - begin
    server.stop()
    return took


def room(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield what a tab costs: a command's round trip, an open room, one that was left."""
    server = Server(data)
    server.start()
    try:
        visitor = Visitor(server)
        run = visitor.take_pager()
        begin = cpu(server)
        with visitor.tab(run) as tab:
            times = []
            for number in range(100):
                line = f"kubectl get pods -n payments | tail -n {number % 5 + 1} # {number}"
                sent = time.perf_counter()
                tab.command(line)
                tab.output_of(line)
                times.append(time.perf_counter() - sent)
            times.sort()
            trip = f"{times[50] * 1000:.0f} / {times[98] * 1000:.0f} ms"
            yield "a command through the WebSocket, there and back, median / p99", trip, ""
            begin = cpu(server)
            end = time.monotonic() + 5
            while time.monotonic() < end:
                tab.step()
            yield "CPU of an open room in which nothing is typed", rate(cpu(server) - begin, 5), ""
        until(lambda: visitor.get(f"/api/run/{run}/state")["paused"], "the pause", 60, pause_s=2)
        time.sleep(1)
        begin = cpu(server)
        time.sleep(10)
        idle = cpu(server) - begin
        yield (
            "CPU of a server whose only run was left",
            rate(idle, 10),
            "none (gunicorn's heartbeat)",
        )
    finally:
        server.end()


def rate(used_s: float, over_s: float) -> str:
    """Return CPU seconds as ms per second."""
    return f"{used_s / over_s * 1000:.1f} ms/s"


def cpu(server: Server) -> float:
    """Return the CPU seconds of a server and its workers, to the nanosecond."""
    assert server.process is not None
    total = 0
    for pid in (server.process.pid, *server.workers()):
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text(encoding="ascii").split()[0])
            except OSError:  # the thread has just ended
                continue
    return total / 1e9


if __name__ == "__main__":
    main()
