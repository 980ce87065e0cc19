"""What the laptop says of itself, and what a line may do in shells elsewhere."""

from __future__ import annotations

import time

import pytest

from sim.evidence import OutputRecord
from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.run import Run

MUCH = "stopped: this command line does more work than one may"


class Person:
    """Somebody at a terminal of a run."""

    def __init__(self, seed: int = 0) -> None:
        self.run = Run(Catalogue()["payments-0247"], seed)
        self.run.start()

    def type(self, line: str, wait: int = 60_000, terminal: str = "t1") -> str:
        seen = len(self.run.log)
        self.run.apply(Input(self.run.now + 1, "command", {"terminal": terminal, "line": line}))
        end = self.run.now + wait
        while self.run.workstation.busy(terminal) and self.run.env.peek() < end:
            self.run.env.step()
        self.run.advance(self.run.now + 1)
        records = list(self.run.log)[seen:]
        return "".join(one.text for one in records if isinstance(one, OutputRecord))


@pytest.fixture(scope="module")
def person() -> Person:
    return Person()


POD = "$(kubectl get pods -n payments -o name | grep postgres)"


@pytest.mark.parametrize(
    "line",
    [
        "while :; do ssh node-worker-1 'while :; do :; done'; done",
        "for i in {1..30}; do ssh node-worker-1 'while :; do :; done' & done; wait",
        "yes 'while :; do :; done' | head -50 | ssh node-worker-1",
        "yes 'while :; do :; done' | head -50 | ssh -tt node-worker-1",
        f"p={POD}; for i in {{1..50}}; do kubectl exec -n payments $p -- sh -c 'while :; do :; done'; done",
        "for i in {1..50}; do bash -c 'while :; do :; done'; done",
        "seq 50 | xargs -n1 sh -c 'while :; do :; done'",
        "find / -exec sh -c 'while :; do :; done' \\;",
    ],
)
def test_shells_elsewhere_share_what_the_line_may_do(person: Person, line: str) -> None:
    began = time.process_time()
    said = person.type(line)
    # The promise is two seconds; a loaded machine gets more. Without sharing it takes a minute of time in there.
    assert time.process_time() - began < 6
    assert not person.run.workstation.busy("t1")
    assert 1 <= said.count(MUCH) <= 64


def test_a_session_outlives_a_line_that_does_too_much(person: Person) -> None:
    person.type("ssh node-worker-1", 1_000)
    for _ in range(3):
        assert MUCH in person.type("while :; do :; done", 5_000)
    assert "node-worker-1" in person.type("hostname", 1_000)
    person.type("exit", 1_000)
    assert not person.run.workstation.busy("t1")


def test_random_numbers_are_the_runs_own() -> None:
    line = "echo $RANDOM; ssh node-worker-1 'echo $RANDOM'; ssh node-worker-1 'echo $RANDOM'"
    drawn = [Person(seed).type(line).split() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1]
    assert len({*drawn[0], *drawn[2]}) == 6


def test_ps_shows_the_jobs_by_their_pids(person: Person) -> None:
    person.type("sleep 500 &")
    pid = person.type("echo $$ $!").split()
    assert [row.split()[0] for row in person.type("ps").splitlines()[1:3]] == pid
    assert [row.split()[1] for row in person.type("ps -ef").splitlines()[1:3]] == pid
    assert "sleep 500" in person.type("ps aux")
    person.type("kill %1")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("uptime", "up 2 days"),
        ("free -h", "Mem:            15Gi       4.2Gi"),
        ("df -h", "/dev/nvme0n1p2  468G  137G  307G  31% /"),
        ("top", "this laptop is idle"),
        ("df -i", "df: -i: not supported in this simulator"),
        ("docker ps", "bash: docker: command not found\n"),
    ],
)
def test_the_laptop_tells_of_itself(person: Person, line: str, told: str) -> None:
    assert told in person.type(line)


INSTALLED = (
    ("ls -l /usr/bin/kubectl", "-rwxr-xr-x 1 root root 58134712 Oct  8 01:40 /usr/bin/kubectl\n"),
    ("ls -ld /bin; ls /bin/kubectl", "/bin -> usr/bin\n/bin/kubectl\n"),
    ("test -x /usr/bin/jq && echo yes", "yes\n"),
    ("ls /usr/bin/nslookup", "No such file or directory"),
    ("echo x > /usr/bin/kubectl", "bash: /usr/bin/kubectl: Permission denied\n"),
    ("rm -f /usr/bin/kubectl; which kubectl", "/usr/bin/kubectl\n"),
    ("grep nameserver /etc/resolv.conf", "nameserver 192.168.178.1\n"),
    (". ~/.bashrc; type k; complete -p", "complete -o default -F __start_kubectl k\n"),
    ("nproc; grep -c ^processor /proc/cpuinfo", "8\n8\n"),
    ("echo $-; env | grep -E '^(SHLVL|_)='", "himBHs\nSHLVL=1\n_=/usr/bin/env\n"),
    ("bash -c 'echo $SHLVL'", "2\n"),
)


def test_the_laptop_is_a_debian_with_its_programs(person: Person) -> None:
    for line, told in INSTALLED:
        assert told in person.type(line), line


COPIES = (
    ("scp node-worker-1:/etc/hosts . && grep node hosts", "172.30.0.11\tnode-worker-1\n"),
    ("scp -q node-worker-1:'/etc/host*' . && ls -1 host*", "hostname\nhosts\n"),
    ("scp -r node-worker-1:/etc/kubernetes k && ls k/pki", "\nca.crt\n"),
    ("scp node-worker-1:/var/log .", "scp: download /var/log: not a regular file\n"),
    ("scp node-worker-1:/nope .", "scp: /nope: No such file or directory\n"),
    ("scp nofile node-worker-1:", 'scp: stat local "nofile": No such file or directory\n'),
    ("scp nosuch:/x .", "ssh: Could not resolve hostname nosuch: Name or service not known\n"),
    ("scp hosts node-worker-1:/nope/", "scp: /nope/: No such file or directory\n"),
    (
        "scp -r k hosts oncall@node-worker-1:/tmp/; ssh node-worker-1 ls /tmp/k/pki /tmp",
        "hosts\nk\n",
    ),
    ("scp hosts k 2>/dev/null; ls k/hosts", "k/hosts\n"),
    ("scp node-worker-1:/etc/hosts -", "100%   87     1.7KB/s   00:00"),
)


def test_files_cross_to_and_from_nodes(person: Person) -> None:
    for line, told in COPIES:
        assert told in person.type(line), line


def test_certificates_are_looked_at_on_the_laptop_too(person: Person) -> None:
    person.type("scp -q 'node-control-plane:/etc/kubernetes/pki/*a*.crt' .")
    told = person.type("openssl verify -CAfile ca.crt apiserver.crt")
    assert told == "apiserver.crt: OK\n"
    piped = "ssh node-worker-1 cat /etc/kubernetes/pki/ca.crt | base64 | base64 -d | openssl x509"
    assert person.type(f"{piped} -noout -subject") == "subject=CN = kubernetes\n"


def test_time_prices_what_the_clock_does_not_see(person: Person) -> None:
    told = person.type("time kubectl get ns | tail -1")
    seconds = float(told.split("real\t0m")[1].split("s")[0])
    assert 0.1 < seconds < 0.2
    assert "real\t0m2.1" in person.type("time (sleep 2; kubectl get ns >/dev/null)")
