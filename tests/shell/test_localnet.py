"""The laptop's curl and nc over its local ports; curl also beside the real one, on one server."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import simpy

from sim.bash import Capture, FileSystem, Pipe, Shell
from sim.bash.tools import TEXT_TOOLS
from sim.client.localports import LocalPorts
from sim.kernel import Environment
from sim.shell.localnet import SERVER, ApiPlace, network_tools
from tests.real import real
from tests.shell.world import Doors

_NUMBERS = re.compile(r"(\r[ 0-9]{3} +\d+ +[-: 0-9km.]+)+")
_TOOK = re.compile(r"after \d+ ms")
_DATE = re.compile(r"Date: .*? GMT")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Be quiet."""

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = f"{self.command} {self.path}\n{self.headers}".encode() + sent
        code = int(self.path[2:5]) if self.path.startswith("/e") else 200
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/next?x=1")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815


class Wire:
    """A Connection to a port of this machine; an answer is waited for at once."""

    def __init__(self, env: Environment, port: int) -> None:
        self._env = env
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._unread = ""
        self.closed, self.error = False, ""

    def poll(self) -> str:
        unread, self._unread = self._unread, ""
        return unread

    def wait(self) -> simpy.Event:
        return self._env.event().succeed()

    def write(self, text: str) -> None:
        self._socket.sendall(text.encode("utf-8", "surrogateescape"))
        self._unread += self._socket.recv(1 << 16).decode("utf-8", "surrogateescape")
        self._socket.settimeout(0.05)
        try:
            while more := self._socket.recv(1 << 16):
                self._unread += more.decode("utf-8", "surrogateescape")
        except TimeoutError:
            self._socket.settimeout(5)

    def close_stdin(self) -> None:
        """Nothing more is sent anyway."""

    def close(self) -> None:
        self._socket.close()


class Laptop:
    """A shell with the laptop's network tools."""

    def __init__(self) -> None:
        self.env = Environment()
        self.ports = LocalPorts()
        self.files = FileSystem({"/root/body": "a\nb\n"})

    def run(self, line: str) -> tuple[str, str, int]:
        out, err, code = Capture(), Capture(), list[int]()
        programs = {**TEXT_TOOLS, **network_tools(self.ports, Doors(self.env))}
        shell = Shell(self.env, programs, environ={"HOME": "/root"}, files=self.files)
        shell.cwd = "/root"

        def main() -> Iterator[Any]:
            code.append((yield from shell.run(line, Pipe(self.env, ""), out, err)))

        self.env.process(main())
        self.env.advance(60_000)
        return out.text, err.text, code[0]


@pytest.fixture
def laptop() -> Laptop:
    return Laptop()


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made.server_address[1]
    made.shutdown()
    made.server_close()
    thread.join()


def plain(text: str) -> str:
    text = _DATE.sub("Date: NOW", _ADDRESS.sub("0xADDRESS", text))
    return _NUMBERS.sub("METER", _TOOK.sub("after N ms", text))


LINES = [
    "curl U/a",
    "curl -s U/a",
    "curl -v U/a",
    "curl -sv localhost:P/a -d x=1 -d y=2",
    "curl -sv -X PUT -H 'A: b' -H 'User-Agent:' --json '{}' U/j",
    "curl -sI U/a",
    "curl -si U/a",
    "curl -f U/e404",
    "curl -sf U/e404",
    "curl -sS --fail-with-body U/e503",
    "curl -sL -v U/e302",
    "curl -s U/e302 -w '%{redirect_url} %{num_redirects}\\n'",
    "curl -sG -d a=b --data-urlencode 'c=d e' U/g",
    "curl -s -d @body U/ ; curl -s --data-binary @body U/",
    "curl -s -o out -w '%{http_code} %{size_download} %{url_effective} %{nope}%%\\n' U/a; cat out",
    "curl -sO U/x/b; cat b; curl -sSO U/",
    "curl -su user:pw -A agent -e ref -b a=b U/a",
    "curl -s --resolve x.y:P:127.0.0.1 http://x.y:P/a",
    "curl -s --connect-to ::127.0.0.1:P http://q/a",
    "curl -sS U/a --output-dir /nope -o x",
    "curl -sS localhost:1",
    "curl -v localhost:1",
    "curl http://",
    "curl foo://x",
    "curl",
    "curl --wibble x",
    "curl -o",
    "curl -m abc U",
    "curl -sk https://127.0.0.1:P/ -w '%{exitcode}\\n'",
]


@pytest.mark.parametrize("line", LINES)
def test_curl_says_what_the_real_one_says(
    laptop: Laptop, server: int, tmp_path: Path, line: str
) -> None:
    binary = Path(real("curl"))
    laptop.ports.listen(server, lambda: Wire(laptop.env, server))
    (tmp_path / "body").write_text("a\nb\n")
    asked = re.sub(r"\bU\b(?!ser)", f"127.0.0.1:{server}", line.replace("User-Agent", "UA"))
    asked = asked.replace("'UA:'", "'User-Agent:'").replace(":P", f":{server}")

    ran = subprocess.run(
        ["bash", "-c", asked],
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": f"{binary.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        timeout=20,
        check=False,
    )
    out, err, code = laptop.run(asked)

    theirs = plain(ran.stdout.decode()), plain(ran.stderr.decode()), ran.returncode
    assert (plain(out), plain(err), code) == theirs


@pytest.mark.parametrize(
    ("line", "err", "code"),
    [
        ("curl -sS http://web.shop", "curl: (6) Could not resolve host: web.shop\n", 6),
        (
            "curl -sS 10.96.0.1",
            "curl: (7) Failed to connect to 10.96.0.1 port 80 after 0 ms: Couldn't connect to "
            "server\n",
            7,
        ),
        ("curl -sS localhost:7777", "curl: (52) Empty reply from server\n", 52),
        (
            "nc -zv localhost 7777",
            "Connection to localhost (127.0.0.1) 7777 port [tcp/*] succeeded!\n",
            0,
        ),
        (
            "nc -zv localhost 7778",
            "nc: connect to localhost (127.0.0.1) port 7778 (tcp) failed: Connection refused\n",
            1,
        ),
        (
            "nc -zv 10.96.0.1 80",
            "nc: connect to 10.96.0.1 port 80 (tcp) failed: No route to host\n",
            1,
        ),
    ],
)
def test_only_local_ports_are_reached(laptop: Laptop, line: str, err: str, code: int) -> None:
    laptop.ports.listen(7777, lambda: None)

    assert laptop.run(line)[1:] == (err, code)


@pytest.mark.parametrize(
    ("server", "place"),
    [
        (SERVER, ("api.k8s.internal", 6443, "10.20.0.10")),
        ("https://172.30.0.10:6443", ("172.30.0.10", 6443, "172.30.0.10")),
        ("https://api.example", ("api.example", 443, "10.20.0.10")),
    ],
)
def test_the_api_server_is_where_the_kubeconfig_says(
    server: str, place: tuple[str, int, str]
) -> None:
    api = ApiPlace(server)
    assert (api.host, api.port, api.address) == place
