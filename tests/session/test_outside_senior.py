"""The expert's work with a kubectl of his own, next to the same work in the terminal."""

import re

import pytest

from sim.evidence import CommandRecord, OutputRecord
from sim.players import Shown
from sim.players.moves import Pause
from sim.scenario import Catalogue
from sim.session.inputs import parse_input
from sim.session.judge import judge
from sim.session.play import KEYSTROKE_MS, Simulated, _type, make_player
from sim.session.references import NoCache
from sim.session.run import Run
from tests.session.outside import PAYMENTS, TABLE

NEARLY = 6
"""Points that may be lost because a server cannot know what of an answer was printed."""
DEPLOYMENT = "/apis/apps/v1/namespaces/payments/deployments/payment-service"


class OwnKubectl:
    """Turns the expert's kubectl lines into the requests that a real one sends for them."""

    def __init__(self, run):
        self.run = run
        self.calls = 0

    def type(self, line: str) -> Shown:
        before = len(self.run.log)
        self.calls += 1
        seen = self._do(line)
        new = [self.run.log[number] for number in range(before, len(self.run.log))]
        text = "".join(record.text for record in new if isinstance(record, OutputRecord))
        number = next((one.command for one in new if isinstance(one, CommandRecord)), -1)
        return Shown(number, text + seen, "", 0)

    def _do(self, line: str) -> str:
        if line.startswith("for pod in"):
            pods = re.match(r"for pod in (.*?); do", line)[1].split()
            previous = {"previous": "true"} if "--previous" in line else {}
            for pod in pods:
                self.calls += 1
                self.get("logs", f"{PAYMENTS}/pods/{pod}/log", tailLines="20", **previous)
        elif "kubectl run" in line:
            self.probe(line)
        elif line.startswith("kubectl exec"):
            pod = re.search(r"echo (\S+)", line)[1]
            self.execute(pod, line.partition(" -- ")[2].split())
        elif line.startswith("kubectl rollout history"):
            self.get("rollout history", DEPLOYMENT)
            self.get("rollout history", DEPLOYMENT.rpartition("/deployments")[0] + "/replicasets")
        elif line.startswith("kubectl describe node"):
            node = line.split()[3]
            self.get("describe", f"/api/v1/nodes/{node}")
        elif re.match("kubectl (un)?cordon", line):
            cordon, node = line.split()[1:3]
            body = {"spec": {"unschedulable": True if cordon == "cordon" else None}}
            self.get(cordon, f"/api/v1/nodes/{node}")
            self.send(cordon, "PATCH", f"/api/v1/nodes/{node}", body)
        elif line.startswith("kubectl delete pod"):
            for pod in line.split(" -n ", maxsplit=1)[0].split()[3:]:
                self.send("delete", "DELETE", f"{PAYMENTS}/pods/{pod}")
        elif " -w" in line:
            self.watch()
        elif "get events" in line:
            self.get("get", f"{PAYMENTS}/events", table=True)
        elif "get svc" in line:
            self.get("get", "/api/v1/services", table=True)
        elif "get ds" in line:
            self.get("get", "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy")
        elif "custom-columns" in line:
            self.get("get", f"{PAYMENTS}/pods", labelSelector="app=payment-service")
        elif line.endswith("-o wide"):
            self.get("get", f"{PAYMENTS}/pods", table=True, labelSelector="app=payment-service")
            return self.eyes()
        else:
            raise AssertionError(f"no requests known for: {line}")
        return ""

    def get(self, command, path, *, table=False, **query):
        self.send(command, "GET", path, query=query, accept=TABLE if table else "application/json")

    def send(self, command, method, path, body=None, query=None, accept=""):
        headers = {"kubectl-command": f"kubectl {command}", "kubectl-session": str(self.calls)}
        kind = "application/strategic-merge-patch+json" if method == "PATCH" else ""
        headers |= {"accept": accept, "content-type": kind}
        payload = {"method": method, "path": path, "headers": headers, "body": body}
        self.act("request", payload | {"query": list((query or {}).items())})
        answer = self.run.outside.answer
        assert answer.code < 400, answer.body
        return answer

    def act(self, kind, payload):
        payload = {"client": "kubectl/v1.37.1", **payload}
        self.run.apply(parse_input(self.run.now + KEYSTROKE_MS, kind, payload))
        self.run.advance(self.run.now + 20)

    def open(self, command, ms, **payload):
        number = self.run.outside.next_channel
        headers = {"kubectl-command": f"kubectl {command}", "kubectl-session": str(self.calls)}
        self.act("open", {"channel": number, "headers": headers, **payload})
        self.run.advance(self.run.now + ms)
        self.act("hangup", {"channel": number})

    def execute(self, pod, argv):
        self.open("exec", 4_000, of="exec", namespace="payments", pod=pod, container="", argv=argv)

    def watch(self):
        query = [["watch", "true"], ["labelSelector", "app=payment-service"]]
        headers = {"accept": TABLE, "kubectl-command": "kubectl get"}
        payload = {"method": "GET", "path": f"{PAYMENTS}/pods", "query": query, "headers": headers}
        self.open("get", 35_000, of="watch", **payload)

    def probe(self, line):
        node = re.search(r'"nodeName":"([^"]+)"', line)[1]
        argv = line.partition("-it -- ")[2].split()
        container = {"name": "debug-net", "image": "nicolaka/netshoot", "args": argv}
        spec = {"nodeName": node, "restartPolicy": "Never", "containers": [container]}
        pod = {"metadata": {"name": "debug-net"}, "spec": spec}
        namespace = "/api/v1/namespaces/default"
        self.send("run", "POST", f"{namespace}/pods", pod)
        self.run.advance(self.run.now + 40_000)
        self.get("run", f"{namespace}/pods/debug-net/log")
        self.send("run", "DELETE", f"{namespace}/pods/debug-net")

    def eyes(self) -> str:
        """Return what `-o wide` shows the expert; the server cannot know that he asked for it."""
        path = f"{PAYMENTS}/pods"
        answer = self.run.peek(
            parse_request(path, {"accept": TABLE}, labelSelector="app=payment-service")
        )
        rows = answer.body["rows"]
        return "\n".join("   ".join(map(str, row["cells"])) for row in rows) + "\n"


def parse_request(path, headers, **query):
    from sim.apimachinery.wire import ApiRequest

    return ApiRequest("GET", path, tuple(query.items()), headers)


def played(scenario, *, own: bool) -> tuple[Run, object]:
    run = Run(scenario, 0)
    run.start()
    kubectl, player, answer = OwnKubectl(run), make_player(run, "senior"), None
    while True:
        try:
            move = player.send(answer)
        except StopIteration:
            break
        if run.now >= run.horizon:
            break
        if isinstance(move, Pause):
            run.advance(min(run.horizon, run.now + move.ms))
            answer = None
        elif own and "kubectl" in move.line and "incident" not in move.line:
            answer = kubectl.type(move.line)
        else:
            answer = _type(run, Simulated(run), move, lambda _step, _shown: None, run.horizon)
    return run, judge(run.finish(), scenario, 0, run.inputs, CACHE)


CACHE = NoCache()


@pytest.fixture(scope="module")
def scenario():
    return Catalogue()["payments-0247"]


@pytest.fixture(scope="module")
def own(scenario):
    return played(scenario, own=True)


def test_the_experts_score_is_nearly_the_same_with_an_own_kubectl(scenario, own):
    _, verdict = own
    _, terminal = played(scenario, own=False)
    lost = {
        finding.id: (finding.points, finding.of)
        for finding in verdict.card.findings
        if finding.points < terminal.card.finding(finding.id).points - 1
    }
    assert verdict.card.total >= terminal.card.total - NEARLY, lost
    assert verdict.card.passed


def test_the_debrief_shows_what_was_done_outside(own):
    run, verdict = own
    deeds = {deed.line for deed in verdict.case.story.deeds}
    assert any(line.startswith("kubectl cordon node-worker-") for line in deeds)
    assert any(line.startswith("kubectl delete pods payment-service-") for line in deeds)
    places = {one.place for one in run.log.of(CommandRecord) if not one.terminal}
    assert "your kubectl" in places
    assert "crashing-pods-share-node" in verdict.case.story.known
