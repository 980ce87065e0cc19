from __future__ import annotations

import pytest

from tests.shell.world import Laptop


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("kubec", ["kubectl"]),
        ("kubectl ge", ["get"]),
        ("k ge", ["get"]),
        ("time kubectl ge", ["get"]),
        ("echo a | gre", ["grep"]),
        ("kubectl get pods -n pay", ["payments"]),
        ("kubectl get pods --namespace=pay", ["--namespace=payments"]),
        ("kubectl get pods -n payments web", ["web-1", "web-2"]),
        ("kubectl get -n payments pod/web-1 pod/web-", ["pod/web-1", "pod/web-2"]),
        ("kubectl get pods web", []),
        ("kubectl get deploym", ["deployments"]),
        ("kubectl get pods,deploym", ["pods,deployments"]),
        ("kubectl get pods --all-n", ["--all-namespaces"]),
        ("kubectl get pods -o ya", ["yaml"]),
        ("ssh node-worker-", ["node-worker-1", "node-worker-3"]),
        ("ssh root@node-worker-3", ["root@node-worker-3"]),
        ("ssh node-worker-3 un", []),
        ("incident dash", ["dashboard"]),
        ("incident dashboard err", ["errors"]),
        ("incident dashboard errors --by z", ["zone"]),
        ("incident changes c", ["chg-7"]),
        ("incident runbook k", ["kube-proxy"]),
        ("incident update --to a", ["ada"]),
        ("incident close --comp", ["--component"]),
        ("incident close --component ", ["c1", "c2"]),
        ("incident close --component=", ["--component=c1", "--component=c2"]),
        ("incident ticket --owner p", ["platform"]),
        ("cat no", ["notes.txt"]),
        ("cat ./no", ["./notes.txt"]),
        ("cat ~/no", ["~/notes.txt"]),
        ("nosuch -", []),
    ],
)
def test_the_last_word_is_completed(laptop: Laptop, line: str, candidates: list[str]) -> None:
    laptop.run("echo x > notes.txt; kubectl get ns")
    assert laptop.workstation.complete(line) == candidates


def test_completing_leaves_no_evidence(laptop: Laptop) -> None:
    laptop.workstation.complete("kubectl get pods -n payments w")
    assert len(laptop.log) == 0


def test_nothing_is_completed_while_a_program_reads(laptop: Laptop) -> None:
    laptop.type("ssh node-worker-3")
    assert laptop.workstation.complete("kubec") == []
