"""Programs that a tired person tries on the laptop and that belong elsewhere: one honest line each."""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash import Proc, Program, Running

_NETWORK = (
    "dig", "host", "mtr", "nslookup", "ping", "psql", "telnet", "traceroute", "wget",
)  # fmt: skip
_NODE = (
    "conntrack", "crictl", "ctr", "dmesg", "iptables", "iptables-save", "ipvsadm",
    "journalctl", "nft", "ss", "systemctl", "tcpdump",
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


def _no_docker(proc: Proc) -> Running:
    proc.stderr.write(
        f"bash: {proc.argv[0]}: command not found\n"
        "(nothing here runs Docker: the nodes run containerd, ssh NODE 'sudo crictl ps')\n"
    )
    return 127
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
        "  scp NODE:FILE .    a file from a node, or to one",
        "  incident           page, dashboards, changes, people, notes; `incident help`",
        "  grep awk sed sort uniq cut tr head tail wc xargs watch sleep ...",
        "Pipes, redirection into your home, $(...), loops and variables work.",
        "Tab completes, Ctrl-C interrupts, `history` lists what you typed.",
    )
    return 0
    yield


# They are no programs of the laptop: `which` does not find them.
for _stub in (_in_the_cluster, _on_a_node, _no_docker):
    _stub.elsewhere = True  # type: ignore[attr-defined]

ELSEWHERE: Mapping[str, Program] = {
    **dict.fromkeys(_NETWORK, _in_the_cluster),
    **dict.fromkeys(_NODE, _on_a_node),
    "docker": _no_docker,
    "podman": _no_docker,
    "help": _help,
    "sudo": _sudo,
}
