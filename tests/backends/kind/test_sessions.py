"""`ssh` to a node over a docker that runs everything on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.backends.kind.aliases import Aliases
from sim.backends.kind.nodes import PUT_SUDO, SUDO, SUDO_PLACE, KindNodes
from sim.backends.kind.sessions import NodeSession
from sim.backends.kind.tools import Tools
from sim.client.doors import node_of
from sim.kernel import Environment

PATIENCE_S = 15.0
DOCKER = """#!/bin/bash
# docker exec [-i] [-t] [-e NAME=VALUE] [-w DIR] NODE COMMAND ...: here, or not at all
shift
while [[ $1 == -* ]]; do
  case $1 in
    -e) case ${2%%=*} in XDG_SESSION_ID|PATH|TERM) export "$2" ;; esac; shift 2 ;;
    -w) shift 2 ;;
    -t) terminal=yes; shift ;;
    *) shift ;;
  esac
done
node=$1; shift
if [[ $node == real-gone ]]; then
  echo "Error response from daemon: container abc is not running" >&2; exit 1
fi
if [[ $terminal ]]; then stty sane; exec setsid --ctty --wait "$@"; fi
exec "$@"
"""


class Far:
    """A session that is let go on with the wall's time."""

    def __init__(self, env: Environment, session: NodeSession) -> None:
        self.env = env
        self.session = session
        self.out: list[tuple[str, str]] = []

    def until(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} does not come: {self.out}"
            self._step()

    def end(self) -> int:
        end = time.monotonic() + PATIENCE_S
        while self.session.exit_code is None:
            assert time.monotonic() < end, f"it does not end: {self.out}"
            self._step()
        return self.session.exit_code

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.out)

    def _step(self) -> None:
        self.out += self.session.poll()
        self.env.advance(self.env.now + 10)
        time.sleep(0.005)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[KindNodes]:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    aliases = Aliases.of(["real-control-plane"], ["real-1", "real-2", "real-gone"])
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    made = KindNodes(Environment(), aliases, Tools(environ))
    yield made
    made.close()


def ssh(nodes: KindNodes, command: str, *, stdin: bool = False, tty: bool = False) -> Far:
    session = nodes.run("node-worker-1", command, stdin=stdin, tty=tty)
    return Far(session._env, session)


def test_output_error_and_exit_code(nodes: KindNodes):
    far = ssh(nodes, "echo out; echo err >&2; exit 7")
    assert far.end() == 7
    assert sorted(far.out) == [("stderr", "err\n"), ("stdout", "out\n")]


def test_what_is_typed_is_read_until_its_end(nodes: KindNodes):
    far = ssh(nodes, "cat -n; echo done", stdin=True)
    far.session.write("Zoë\n")
    far.session.close_stdin()
    assert far.end() == 0
    assert far.text == "     1\tZoë\ndone\n"


def test_without_stdin_there_is_nothing_to_read(nodes: KindNodes):
    far = ssh(nodes, "cat; echo done")
    assert (far.end(), far.text) == (0, "done\n")


def test_interrupt_ends_everything_in_the_session(nodes: KindNodes):
    far = ssh(nodes, "echo begun; sleep 97.25 | cat")
    far.until("begun")
    far.session.interrupt()
    far.end()
    mark = f"XDG_SESSION_ID={_session_of(far)}".encode()
    end = time.monotonic() + PATIENCE_S
    while _alive(mark):
        assert time.monotonic() < end, "it still runs"
        time.sleep(0.02)


def _session_of(far: Far) -> str:
    argv = far.session._process.args
    assert isinstance(argv, list)
    return next(word for word in argv if word.startswith("XDG_SESSION_ID=")).partition("=")[2]


def _alive(mark: bytes) -> bool:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (place / "environ").read_bytes() and b"sleep" in (
                place / "cmdline"
            ).read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def test_a_login_shell_has_lines_a_size_and_ctrl_c(nodes: KindNodes):
    far = ssh(nodes, "", stdin=True, tty=True)
    assert not far.session.raw
    far.session.resize(132, 50)
    far.session.write("stty size\n")
    far.until("50 132\n")
    far.session.write("sleep 97.5; echo code=$?\n")
    time.sleep(0.3)
    far.session.interrupt()
    far.session.write("echo after=$?\n")
    far.until("after=130\n")
    far.session.write("exit 3\n")
    assert far.end() == 3
    assert "\r" not in far.text
    assert "stty size" not in far.text, "what was typed here is shown here, not there"


def test_a_program_with_a_terminal_gets_keys(nodes: KindNodes):
    far = ssh(nodes, "read -rsn1 key; echo got=$key", stdin=True, tty=True)
    assert far.session.raw
    assert not far.session.signals
    far.session.write("x")
    far.until("got=x")
    assert far.end() == 0


def test_the_screen_is_given_over_and_back(nodes: KindNodes):
    far = ssh(nodes, "", stdin=True, tty=True)
    far.session.write(
        r"printf '\033[?1049h'; echo full; read -r; printf '\033[?1049l'; echo back" + "\n"
    )
    far.until("full")
    assert far.session.raw
    far.session.write("\n")
    far.until("back")
    assert not far.session.raw
    far.session.close_stdin()
    far.end()


def test_a_node_that_is_down_is_unreachable_as_ssh_says_it(nodes: KindNodes):
    session = nodes.run("node-worker-3", "ls")
    far = Far(session._env, session)
    assert far.end() == 255
    assert far.text == "ssh: connect to host node-worker-3 port 22: No route to host\n"


def test_names(nodes: KindNodes):
    assert list(nodes.nodes())[:2] == ["node-control-plane", "node-worker-1"]
    assert "real-1" in nodes.nodes()
    session = nodes.run("node-worker-1", "true")
    assert node_of(session, "node-worker-1") == "real-1", "evidence has the cluster's own name"
    with pytest.raises(KeyError):
        nodes.run("node-worker-9", "ls")


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("sudo echo a b", 0, "a b\n"),
        ("sudo -n -E env X=1 sh -c 'echo $X'", 0, "1\n"),
        ("sudo A=2 sh -c 'echo $A'", 0, "2\n"),
        ("sudo -u root id -un", 0, "root\n"),
        ("sudo nonesuch -x", 1, "sudo: nonesuch: command not found\n"),
        ("sudo", 1, "usage: sudo [-u user] command [arg ...]\n"),
        ("echo piped | sudo tee /dev/null", 0, "piped\n"),
        ("sudo -s echo shell", 0, "shell\n"),
    ],
)
def test_sudo(nodes: KindNodes, tmp_path: Path, line: str, code: int, out: str):
    # The nodes' own place would be this machine's.
    put = PUT_SUDO.replace(SUDO_PLACE, str(tmp_path / "sudo")).replace("command -v sudo", "false")
    far = ssh(nodes, put, stdin=True)
    far.session.write(SUDO)
    far.session.close_stdin()
    assert far.end() == 0
    far = ssh(nodes, f"PATH={tmp_path}:$PATH; {line}")
    assert (far.end(), far.text) == (code, out)
