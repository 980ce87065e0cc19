"""A container of an image that nobody describes: it runs its command, or serves a little HTTP.

A command that the image's shell can run is run; anything else is the image's own program, which
idles and answers on the declared ports. This file must not know any one image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.apps.command import CommandRunner
from sim.apps.context import Application, Context, Life, declared_ports
from sim.bash import Capture, FileProblem, Pipe, Proc, Shell

SCRAPE_MS = 15_000
"""How often the metrics server looks: between two looks the use of CPU stays what it was."""
SERVER_BYTES = 9 << 20
PAGES = "/usr/share/nginx/html"
"""Where a server of files looks for what it serves."""
_WELCOME = """\
<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the web server is successfully installed and working.</p>
</body>
</html>
"""
_MISSING = """\
<html>
<head><title>404 Not Found</title></head>
<body>
<center><h1>404 Not Found</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


class Stranger(CommandRunner):
    """Runs the command of its spec, or idles as a server."""

    lazy = True

    def __init__(self, container: Context, *, ports: frozenset[int], strict: bool) -> None:
        """*ports* are the image's own; a *strict* image has no programs beside those known."""
        super().__init__(container)
        self._ports = ports | declared_ports(container.spec)
        self._strict = strict
        self._runs: bool | None = None

    @classmethod
    def of(
        cls, *, ports: frozenset[int] = frozenset(), strict: bool = False
    ) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container."""
        return lambda container: cls(container, ports=ports, strict=strict)

    def start_error(self, ctx: Context) -> str:
        """Return why the runtime cannot start the command; empty if it can."""
        if not self._strict or self._runs_command(ctx):
            return ""
        name = ctx.argv[0]
        if "/" in name:
            return f'exec: "{name}": stat {name}: no such file or directory'
        return f'exec: "{name}": executable file not found in $PATH'

    def run(self, ctx: Context) -> Life:
        """Run the command and return its exit code; a server runs until it is told to end."""
        if self._runs_command(ctx):
            return super().run(ctx)
        return Application.run(self, ctx)

    def memory(self, ctx: Context, now: int) -> int:
        """Return little; a server a bit more than a shell."""
        size = super().memory(ctx, now) if self._runs_command(ctx) else SERVER_BYTES
        size = int(size * ctx.stream.at("memory").uniform(0.6, 1.1))
        return min(size, ctx.limit * 9 // 10) if ctx.limit else size

    def millicores(self, ctx: Context) -> int:
        """Return the CPU in use now, in thousandths of a core."""
        return ctx.stream.at("cpu", ctx.env.now // SCRAPE_MS).integer(0, 2)

    def mean_millicores(self, ctx: Context) -> float:
        """Return the CPU in use on an average."""
        return 1.0

    def listening(self, port: int) -> bool:
        """Accept on the image's ports and the declared ones, unless something else runs here."""
        return not self._runs and port in self._ports

    def ready(self, ctx: Context) -> bool:
        """Pass a readiness probe if what it asks for is there."""
        return self._passes(ctx, "readinessProbe")

    def alive(self, ctx: Context) -> bool:
        """Pass liveness and startup probes if what they ask for is there."""
        return self._passes(ctx, "livenessProbe") and self._passes(ctx, "startupProbe")

    def http(self, ctx: Context, method: str, path: str) -> tuple[int, str, str, int]:
        """Return (status, content type, body, ms) as a small web server does."""
        status, body = self._page(ctx, path.partition("?")[0])
        date = ctx.epoch.datetime(ctx.env.now).strftime("%d/%b/%Y:%H:%M:%S +0000")
        ctx.write(
            f'127.0.0.1 - - [{date}] "{method} {path} HTTP/1.1" {status} {len(body)} "-" "-" "-"'
        )
        return status, "text/html", "" if method == "HEAD" else body, 1

    # -- within ----------------------------------------------------------------------------------

    def _runs_command(self, ctx: Context) -> bool:
        """Return whether the command line is a program that the image's shell can run."""
        if self._runs is None:
            self._runs = ctx.shell().find(ctx.argv[0]) is not None
        return self._runs

    def _page(self, ctx: Context, path: str) -> tuple[int, str]:
        files = ctx.shell().files
        name = f"{PAGES}{path}index.html" if path.endswith("/") else f"{PAGES}{path}"
        try:
            return 200, files.read(files.resolve(name))
        except FileProblem:
            pass
        if path == "/" or path in self._probed(ctx):
            return 200, _WELCOME
        return 404, _MISSING

    def _probed(self, ctx: Context) -> set[str]:
        """Return the paths that its probes ask for: whoever wrote them knows the program."""
        names = ("readinessProbe", "livenessProbe", "startupProbe")
        gets = [(ctx.spec.get(name) or {}).get("httpGet") for name in names]
        return set() if self._strict else {get.get("path", "/") for get in gets if get}

    def _passes(self, ctx: Context, kind: str) -> bool:
        probe = ctx.spec.get(kind) or {}
        if "exec" in probe:
            return run_at_once(ctx.shell(), probe["exec"].get("command") or ["true"])[0] == 0
        asked = probe.get("httpGet") or probe.get("tcpSocket")
        if not asked or "port" not in asked:
            return True
        port = _number(ctx.spec, asked["port"])
        if not self.listening(port):
            return False
        if "httpGet" not in probe:
            return True
        status, _ = self._page(ctx, str(asked.get("path") or "/").partition("?")[0])
        return status < 400

    def probe_output(self, ctx: Context, kind: str) -> str:
        """Return what the command of an exec probe prints."""
        probe = ctx.spec.get(kind) or {}
        command = (probe.get("exec") or {}).get("command") or ["true"]
        return run_at_once(ctx.shell(), command)[1]


def run_at_once(shell: Shell, argv: list[str]) -> tuple[int, str]:
    """Run a program that does not wait and return its exit code and output; one that waits passes."""
    program = shell.find(argv[0])
    if program is None:
        return 127, f'exec: "{argv[0]}": executable file not found in $PATH\n'
    out = Capture()
    proc = Proc(
        shell.env,
        list(argv),
        shell.environ(),
        Pipe(shell.env, ""),
        stdout=out,
        stderr=out,
        cwd=shell.cwd,
        files=shell.files,
        host=shell.host,
        programs=shell.programs,
        interpret=shell.interpret,
    )
    running = proc.call(list(argv))
    try:
        next(running)
    except StopIteration as end:
        return int(end.value), out.text
    running.close()
    return 0, out.text


def _number(spec: Mapping[str, Any], port: str | int) -> int:
    if isinstance(port, int):
        return port
    for one in spec.get("ports") or ():
        if one.get("name") == port:
            return int(one["containerPort"])
    return int(port) if port.isdecimal() else 0
