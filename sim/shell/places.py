"""Programs that a tired person tries on the laptop and that belong elsewhere: one honest line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sim.bash import Proc, Program, Running

_NETWORK = (
    "dig", "host", "mtr", "nslookup", "ping", "psql", "telnet", "traceroute", "wget",
)  # fmt: skip
_NODE = (
    "conntrack", "crictl", "ctr", "dmesg", "docker", "iptables", "iptables-save", "ipvsadm",
    "journalctl", "kubeadm", "nft", "ss", "systemctl", "tcpdump", "htop",
)  # fmt: skip


def _in_the_cluster(proc: Proc) -> Running:
    return proc.fail(
        "this laptop does not reach the cluster's network; "
        "try from a pod (kubectl exec, kubectl run) or a node (ssh NODE)"
    )
    yield


def _on_a_node(proc: Proc) -> Running:
    return proc.fail(f"this is your laptop; on a node: ssh NODE 'sudo {' '.join(proc.argv)}'")
    yield


def _sudo(proc: Proc) -> Running:
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if not words:
        return proc.fail("a program is needed")
    return (yield from proc.call(words))


def _help(proc: Proc) -> Running:
    proc.print(
        "On this laptop:",
        "  kubectl (or k)     the cluster: get, describe, logs, exec, rollout, top ...",
        "  ssh NODE [CMD]     a shell or one command on a node",
        "  incident           page, dashboards, changes, people, notes; `incident help`",
        "  grep awk sed sort uniq cut tr head tail wc xargs watch sleep ...",
        "Pipes, redirection into your home, $(...), loops and variables work.",
        "Tab completes, Ctrl-C interrupts, `history` lists what you typed.",
    )
    return 0
    yield


# They are no programs of the laptop: `which` does not find them.
for _stub in (_in_the_cluster, _on_a_node):
    _stub.elsewhere = True  # type: ignore[attr-defined]

LAPTOP_DIRECTORIES = ("/tmp", "/dev", "/bin", "/boot", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc", "/root",
                      "/run", "/sbin", "/srv", "/sys", "/usr/bin", "/usr/lib", "/usr/local/bin",
                      "/usr/share", "/var/log", "/var/tmp")  # fmt: skip


def laptop_files(name: str, user: str, home: str) -> dict[str, Callable[[], str]]:
    """Return the few files of a Debian laptop that somebody may look at."""
    texts = {
        "/etc/debian_version": "12.12\n",
        "/etc/group": f"root:x:0:\n{user}:x:1000:\n",
        "/etc/hostname": f"{name}\n",
        "/etc/hosts": f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n::1\tlocalhost ip6-localhost\n",
        "/etc/os-release": (
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
            'VERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
        ),
        "/etc/passwd": f"root:x:0:0:root:/root:/bin/bash\n{user}:x:1000:1000::{home}:/bin/bash\n",
        "/etc/timezone": "Etc/UTC\n",
    }
    return {path: partial(str, text) for path, text in texts.items()}


ELSEWHERE: Mapping[str, Program] = {
    **dict.fromkeys(_NETWORK, _in_the_cluster),
    **dict.fromkeys(_NODE, _on_a_node),
    "help": _help,
    "sudo": _sudo,
}
