"""Measure every promised figure on this machine and print it beside its promise."""

from __future__ import annotations

import gc
import http.cookiejar
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.play import make_player, play
from sim.session.run import Run

SLUG = "payments-0247"
ROOT = Path(__file__).resolve().parents[2]
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
    for figure, measured, promise in measure():
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

    yield "memory of each further run of the same seed", memory(scenario), "< 8 MB"
    yield "CPU of an idle server over 5 s, one run open and left", idle_cpu(), "none"
    first = statistics.median(first_page() for _ in range(3))
    yield "first page after `uncordon serve` (median of 3)", f"{first:.2f} s", "< 2 s"


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


def serving(act: Callable[[str, int, float], object]) -> object:
    """Run `uncordon serve` on a free port, call *act*(address, pid, started) and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as data:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "sim.cli", "serve", "--port", str(port), "--data", data]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            return act(address, server.pid, begin)
        finally:
            os.kill(server.pid, signal.SIGTERM)
            server.wait(20)


def wait_for(address: str) -> None:
    """Return when the first page has come; raises TimeoutError after 30 s."""
    end = time.perf_counter() + 30
    while time.perf_counter() < end:
        try:
            urllib.request.urlopen(address).read()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(address)


def first_page() -> float:
    """Return the seconds from the start of `uncordon serve` to its first page."""

    def act(address: str, _pid: int, begin: float) -> float:
        wait_for(address)
        return time.perf_counter() - begin

    return float(serving(act))  # type: ignore[arg-type]


def idle_cpu() -> str:
    """Return the CPU that a server with an open, unwatched run uses in 5 s."""

    def act(address: str, pid: int, _begin: float) -> str:
        wait_for(address)
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        page = opener.open(f"{address}/incident/{SLUG}").read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        form = {"seed": "0", "csrf_token": token[1] if token else ""}
        opener.open(f"{address}/incident/{SLUG}", urllib.parse.urlencode(form).encode()).read()
        time.sleep(1)
        before = cpu(pid)
        time.sleep(5)
        return f"{(cpu(pid) - before) * 1000:.0f} ms"

    return str(serving(act))


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process and its children."""
    total = 0.0
    tick = os.sysconf("SC_CLK_TCK")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / tick
    return total


if __name__ == "__main__":
    main()
