"""What shells of other places say of themselves: nodes, containers, ephemeral containers, scripts."""

from __future__ import annotations

import pytest

from tests.shell.test_laptop import Person

SCRIPT = "printf '#!/bin/bash\\necho \"hi $1 from $0\"\\n' > ~/bin/hi"


@pytest.fixture(scope="module")
def person() -> Person:
    return Person()


def prompts(person: Person, *lines: str) -> list[str]:
    """Type each line and return the prompt that stands after it."""
    shown = []
    for line in lines:
        person.type(line, wait=3_000)
        shown.append(person.run.workstation.prompt("t1"))
    return shown


def pod(person: Person, name: str) -> str:
    return person.type(f"kubectl get pods -n payments -o name | grep {name} | head -1").strip()


def test_scripts_are_found_on_the_path(person: Person) -> None:
    home = "/home/oncall/bin/hi"
    person.type(f"mkdir -p ~/bin; {SCRIPT}; chmod +x ~/bin/hi")
    assert person.type("hi you") == "bash: hi: command not found\n"
    assert person.type("PATH=$PATH:~/bin hi you") == f"hi you from {home}\n"
    person.type("export PATH=$PATH:~/bin")
    told = person.type("hi you; which hi; which -a ls; type hi; command -v hi")
    assert told == f"hi you from {home}\n{home}\n/usr/bin/ls\n/bin/ls\nhi is {home}\n{home}\n"


def test_bash_in_a_container_has_the_prompt_of_its_image(person: Person) -> None:
    name = pod(person, "postgres").removeprefix("pod/")
    lines = (f"kubectl exec -it -n payments {name} -- bash", "cd /tmp", "PS1='x> '", "exit")
    assert prompts(person, *lines) == [
        f"root@{name}:/# ", f"root@{name}:/tmp# ", "x> ", "oncall@laptop:~$ ",
    ]  # fmt: skip


def test_becoming_root_shows_in_the_prompt_and_keeps_the_host(person: Person) -> None:
    assert prompts(person, "ssh node-worker-1", "sudo -i", "exit", "exit") == [
        "oncall@node-worker-1:~$ ", "root@node-worker-1:~# ", "oncall@node-worker-1:~$ ",
        "oncall@laptop:~$ ",
    ]  # fmt: skip
    assert person.type("ssh node-worker-1 'sudo -i hostname'") == "node-worker-1\n"


def test_the_kubelet_says_on_its_own_machine_whether_it_is_well(person: Person) -> None:
    assert person.type("ssh node-worker-1 curl -s localhost:10248/healthz") == "ok"
    down = "sudo systemctl stop kubelet; curl -s localhost:10248/healthz; echo $?"
    assert person.type(f"ssh node-worker-1 '{down}; sudo systemctl start kubelet'") == "7\n"


def test_a_targeted_ephemeral_container_sees_the_processes_of_its_target(person: Person) -> None:
    name = pod(person, "payment-service")
    debug = f"kubectl debug -it -n payments {name} --image=busybox --target=payment-service -- sh"
    person.type(debug, wait=3_000)
    rows = [row.split() for row in person.type("ps", wait=100).splitlines()]
    assert ["1", "/payment-service"] in [[row[0], row[-1]] for row in rows]
    assert prompts(person, "exit") == ["oncall@laptop:~$ "]


def test_a_pager_behind_a_session_gets_the_keys(person: Person) -> None:
    person.type("ssh node-worker-3 2>&1 | less", wait=3_000)
    run = person.run
    assert run.workstation.press("q", terminal="t1")
    run.advance(run.now + 1_000)
    assert not run.workstation.busy("t1")


API = "https://api.k8s.internal:6443"
ASKED = (
    (f"curl -sk {API}/readyz", "ok"),
    (f"curl -s {API}/readyz; echo $?", "60\n"),
    (f"curl -sk {API}/version | grep gitVersion", '  "gitVersion": "v1.37.0",\n'),
    (f"curl -sk {API}/api/v1/nodes | grep -o 'User.*list'", 'User \\"system:anonymous\\" cannot list\n'),
    (f"curl -sk -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer x' {API}/api", "401"),
    ("curl -s http://api.k8s.internal:6443/", "Client sent an HTTP request to an HTTPS server.\n"),
    ("nc -zv api.k8s.internal 6443", "Connection to api.k8s.internal (10.20.0.10) 6443 port"),
)  # fmt: skip


def test_the_api_server_answers_whoever_asks_without_kubectl(person: Person) -> None:
    for line, told in ASKED:
        assert told in person.type(line), line
