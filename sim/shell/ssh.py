"""`ssh NODE [command]`: the words after the node are joined by blanks and passed on unparsed.

It works over the NodeAccess door and must not know what a node is.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.bash import Proc, Program, Running
from sim.client.attending import attend
from sim.client.doors import NodeAccess, node_of
from sim.kernel import Interrupted
from sim.shell.terminal import Remote

_SWITCHES = "46AaCfGgKkMNnqsTtVvXxYy"
_VALUED = "BbcDEeFIiJLlmOopQRSWw"
_USAGE = "usage: ssh [-t] [-l login_name] [user@]destination [command [argument ...]]"
GIVES_UP_MS = 127_000
"""connect(2) gives up after tcp_syn_retries 6: 1+2+4+8+16+32+64 s."""
UNREACHABLE = 255
"""ssh's own exit code for its own errors, ssh(1)."""


def ssh_program(nodes: NodeAccess, attach: Callable[[Proc, Remote], None]) -> Program:
    """Return `ssh` over *nodes*; *attach* hears of each remote."""

    def ssh(proc: Proc) -> Running:
        words = proc.argv[1:]
        letters: list[str] = []
        while words and words[0].startswith("-") and len(words[0]) > 1:
            option = words.pop(0)
            if option == "--":
                break
            for at, letter in enumerate(option[1:], 1):
                if letter in _VALUED:
                    if at == len(option) - 1:
                        if not words:
                            return _refuse(proc, f"option requires an argument -- {letter}")
                        words.pop(0)
                    break
                if letter not in _SWITCHES:
                    return _refuse(proc, f"unknown option -- {letter}")
                letters.append(letter)
        if not words:
            proc.stderr.write(_USAGE + "\n")
            return UNREACHABLE
        host = words.pop(0).rpartition("@")[2]
        # Options may also follow the destination, as getopt's loop in ssh(1) allows.
        while words and words[0] in {"-t", "-tt", "-T", "-q", "-n"}:
            letters.extend(words.pop(0)[1:])
        command = " ".join(words)
        asks_tty = "t" in letters or not words
        tty = asks_tty and "T" not in letters and (proc.tty or letters.count("t") > 1)
        reads = "n" not in letters
        try:
            execution = nodes.run(host, command, stdin=reads, tty=tty)
        except KeyError:
            proc.stderr.write(
                f"ssh: Could not resolve hostname {host}: Name or service not known\n"
            )
            return UNREACHABLE
        except TimeoutError:
            proc.asked()
            yield proc.env.timeout(GIVES_UP_MS)
            proc.stderr.write(f"ssh: connect to host {host} port 22: Connection timed out\n")
            return UNREACHABLE
        proc.asked()
        node = node_of(execution, host)
        attach(proc, Remote(f"ssh {host}", execution, node=node, reads=tty and proc.tty))
        try:
            code = yield from attend(proc, execution, stdin=reads, tty=tty)
        except Interrupted:
            return 130
        if tty and "q" not in letters:
            proc.stderr.write(f"Connection to {host} closed.\n")
        return code

    return ssh


def _refuse(proc: Proc, message: str) -> int:
    proc.stderr.write(f"{message}\n{_USAGE}\n")
    return UNREACHABLE
