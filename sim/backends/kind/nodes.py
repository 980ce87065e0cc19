"""`ssh` to the nodes of a real cluster: a shell as root in the node's container, by `docker exec`.

What a node has not, a session on it has not; only `sudo` is put there, because nodes are entered as
root. What a session says is read by threads; whoever waits finds it in a queue.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from secrets import token_hex

from sim.backends.kind.aliases import Aliases
from sim.backends.kind.sessions import NodeSession, PipeSession, TerminalSession
from sim.backends.kind.tools import Tools
from sim.kernel import Environment

SUDO_PLACE = "/usr/local/bin/sudo"
"""Where a node without sudo gets one: /run may not be run from."""
SUDO = """#!/bin/sh
# uncordon: nodes are entered as root: there is nothing to become but other users.
user=root
while [ $# -gt 0 ]; do
  case "$1" in
    -u|--user) user=$2; shift 2 ;;
    -u?*) user=${1#-u}; shift ;;
    --user=*) user=${1#--user=}; shift ;;
    -i|--login|-s|--shell) shell=yes; shift ;;
    -l|--list) echo "User root may run the following commands on $(hostname):"; echo "    (ALL : ALL) ALL"; exit 0 ;;
    -v|-k|-K) shift; [ $# -eq 0 ] && exit 0 ;;
    -n|-E|-H|-S|-b|-P) shift ;;
    -g|-h|-p|-C|-D|-r|-t|-T) shift 2 ;;
    --) shift; break ;;
    -*) echo "sudo: option $1: not supported on these nodes" >&2; exit 1 ;;
    [A-Za-z_]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
if [ -n "$shell" ]; then
  if [ $# -gt 0 ]; then set -- bash -c "$*"; else set -- bash --noediting -l; fi
elif [ $# -eq 0 ]; then
  echo "usage: sudo [-u user] command [arg ...]" >&2; exit 1
fi
if [ "$user" != root ]; then
  export LOGNAME="$user" USER="$user"
  exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
fi
export SUDO_USER=root SUDO_UID=0 SUDO_GID=0
command -v -- "$1" >/dev/null 2>&1 || { echo "sudo: $1: command not found" >&2; exit 1; }
exec "$@"
"""
PUT_SUDO = f"command -v sudo >/dev/null || {{ cat >{SUDO_PLACE} && chmod 755 {SUDO_PLACE}; }}"
"""Puts SUDO, from standard input, where a node has no sudo of its own."""
TAKE_SUDO = f"! grep -qs '^# uncordon:' {SUDO_PLACE} || rm -f {SUDO_PLACE}"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOGIN = "stty -echo; exec bash --noediting -l"
"""Lines are edited and echoed on this side."""
_END = (
    'for one in /proc/[0-9]*; do [ -r "$one/environ" ] && '
    'tr "\\0" "\\n" <"$one/environ" 2>/dev/null | grep -qx "XDG_SESSION_ID=$1" && '
    'kill "-$2" "${one#/proc/}" 2>/dev/null; done; true'
)
"""Signals every process of a session, which its environment tells."""
END_ALL = (
    'for one in /proc/[0-9]*; do [ -r "$one/environ" ] && '
    'tr "\\0" "\\n" <"$one/environ" 2>/dev/null | grep -qxE "XDG_SESSION_ID=u[0-9a-f]{8}" && '
    'kill -9 "${one#/proc/}" 2>/dev/null; done; true'
)
"""Ends every session on a node, whoever began it: docker leaves running what a killed client began."""
_ENDING_S = 10.0


class KindNodes:
    """The NodeAccess of the containers that are a real cluster's nodes."""

    def __init__(self, env: Environment, aliases: Aliases, tools: Tools) -> None:
        """Reach the nodes that *aliases* names, with the docker of *tools*."""
        self._env = env
        self._aliases = aliases
        self._tools = tools
        self._open: list[NodeSession] = []
        self.heard: Callable[[str, str], None] = lambda _node, _line: None
        """Called with a node's real name and each line that a shell there is given."""

    def nodes(self) -> Sequence[str]:
        """Return the names that `ssh` knows: the scenario's, and the real ones where they differ."""
        names = self._aliases.nodes
        return [*names, *(real for real in names.values() if real not in names)]

    def run(
        self, node: str, command: str, *, stdin: bool = False, tty: bool = False
    ) -> NodeSession:
        """Run *command* (unparsed) in a shell on *node*; empty: a login shell.

        Raises:
            KeyError: if no node has that name.
            ToolError: if docker is not there.
        """
        real = self._aliases.node(node)
        self._open = [one for one in self._open if one.exit_code is None]
        session = f"u{token_hex(4)}"
        flags = ["-i"] if stdin or tty else []
        flags += ["-t"] if tty else []
        told = {
            "HOME": "/root",
            "LOGNAME": "root",
            "USER": "root",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "PATH": _PATH,
            "XDG_SESSION_ID": session,
            **({"TERM": "xterm-256color"} if tty else {}),
        }
        for name, value in told.items():
            flags += ["-e", f"{name}={value}"]
        shell = command or (_LOGIN if tty else "exec bash -l")
        docker = self._tools.path("docker")
        argv = [docker, "exec", *flags, "-w", "/root", real, "bash", "-c", shell]

        def end(signal: str) -> None:
            words = [docker, "exec", real, "sh", "-c", _END, "sh", session, signal]
            # It takes a moment, and nobody waits for it.
            threading.Thread(target=self._quietly, args=(words,), daemon=True).start()

        def entered(line: str) -> None:
            self.heard(real, line)

        if command:
            entered(command)
        made: NodeSession
        if tty:
            made = TerminalSession(
                self._env,
                argv,
                self._tools.environ,
                node=node,
                end=end,
                entered=None if command else entered,
            )
        else:
            made = PipeSession(
                self._env, argv, self._tools.environ, node=node, end=end, stdin=stdin
            )
        made.on = real
        self._open.append(made)
        return made

    def close(self) -> None:
        """End every session that is still open."""
        for one in self._open:
            one.close()
        self._open.clear()

    def _quietly(self, argv: Sequence[str]) -> None:
        try:
            subprocess.run(
                argv,
                env=dict(self._tools.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ENDING_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return
