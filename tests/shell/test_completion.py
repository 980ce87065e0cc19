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
        ("kubectl get -n payments pod/web-1 pod/web-", ["pod/web-2"]),
        ("kubectl get pods web", []),
        ("kubectl get deploym", ["deployments.apps"]),
        ("kubectl get pods,deploym", ["pods,deployments.apps"]),
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
        ("cat 'my no", ["notes.txt'"]),
        ('cat "my no', ['notes.txt"']),
        (r"cat my\ no", ["notes.txt"]),
        ("cat my", [r"my\ notes.txt"]),
        ("cat 'my", ["'my notes.txt'"]),
        ("cat deep/", ["deep/a.yaml", "deep/b.txt"]),
        ("cat .hid", [".hidden"]),
        ("cat < no", ["notes.txt"]),
        ("echo x >no", [">notes.txt"]),
        ("echo x 2>> deep/b", ["deep/b.txt"]),
        ("cd d", ["deep/"]),
        ("kubectl apply -f deep/", ["deep/a.yaml"]),
        ("kubectl apply -f=deep/a", ["-f=deep/a.yaml"]),
        ("kubectl exec -n payments web-1 -c ", ["app"]),
        ("kubectl exec -n payments web-1 -- l", []),
        ("kubectl logs -n payments web-1 -c a", ["app"]),
        ("sudo kubectl cord", ["cordon"]),
        ("watch -n 5 kubectl get pods -n payments web-1", ["web-1"]),
        ("x=$(kubectl get ns pay", ["payments"]),
        ("x=$(kubectl get ns); kubectl desc", ["describe"]),
        ("echo `kubectl get ns pay", ["payments"]),
        ("true&&kubec", ["true&&kubectl"]),
        ("if kubec", ["kubectl"]),
        ("kgp -n payments web-2", ["web-2"]),
        ("wide -n payments web-2", ["web-2"]),
        ("wi", ["wide"]),
        ("echo $HO", ["$HOME", "$HOSTNAME"]),
        ('echo "${HOM', ['"${HOME}']),
        ("echo '$HO", []),
        ("HOME=no", ["HOME=notes.txt"]),
        ("A=b kubec", ["kubectl"]),
        ("type kubec", ["kubectl"]),
        ("unset HOSTN", ["HOSTNAME"]),
        ("./dee", ["./deep/"]),
        ("kubectl config use-context ", ["oncall@kubernetes"]),
        ("kubectl get pods 'web", []),
        ("kubectl get -n payments pods 'web-1", ["'web-1'"]),
        ("cat nosuch/", []),
        ("kubectl get pods \\", []),
    ],
)
def test_the_last_word_is_completed(laptop: Laptop, line: str, candidates: list[str]) -> None:
    laptop.run("echo x > notes.txt; kubectl get ns")
    laptop.run("mkdir deep; touch deep/a.yaml deep/b.txt .hidden 'my notes.txt'")
    laptop.run("alias kgp='kubectl get pods' wide='kgp -o wide'")
    assert laptop.workstation.complete(line) == candidates


def test_completing_leaves_no_evidence(laptop: Laptop) -> None:
    laptop.workstation.complete("kubectl get pods -n payments w")
    assert len(laptop.log) == 0


def test_nothing_is_completed_while_a_program_reads(laptop: Laptop) -> None:
    laptop.type("sleep 60")
    assert laptop.workstation.complete("kubec") == []


def test_the_prompt_of_a_node_completes_what_is_there(laptop: Laptop) -> None:
    laptop.type("ssh node-worker-3")
    assert laptop.workstation.complete("kubec") == []
    assert laptop.workstation.complete("unam") == ["uname"]
    laptop.type("mkdir -p place/inner; cd place")
    assert laptop.workstation.complete("ls i") == ["inner/"]
    laptop.type("sleep 60")
    assert laptop.workstation.complete("unam") == []
    assert not [record for record in laptop.log if getattr(record, "line", "") == "unam"]
