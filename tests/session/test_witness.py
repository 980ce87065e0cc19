"""What a client outside was shown is evidence, one command line a call, as facts can match it."""

import itertools

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.evidence import CommandRecord, NodeCommandRecord, OutputRecord, RequestRecord
from sim.session.inputs import parse_input
from sim.session.outside_inputs import exec_payload, request_payload
from sim.session.run import Run
from tests.session.outside import PAYMENTS, get, run_in, watch

CALLS = itertools.count(1)


class Client:
    """A client of a run without a session; no two calls share an id, whoever makes them."""

    def __init__(self, run):
        self.run = run

    def ask(self, request, client="kubectl/v1.37.1", kind="request", **more):
        """Return the command lines, and the text shown, that *request* brought."""
        before = len(self.run.log)
        make = request_payload if isinstance(request, ApiRequest) else exec_payload
        payload = {**make(client, request), **more}
        self.run.apply(parse_input(self.run.now + 1, kind, payload))
        new = [self.run.log[number] for number in range(before, len(self.run.log))]
        lines = [(one.line, one.place) for one in new if isinstance(one, CommandRecord)]
        return lines, "".join(one.text for one in new if isinstance(one, OutputRecord))

    def call(self):
        return f"call-{next(CALLS)}"


@pytest.fixture(scope="module")
def run(scenario):
    run = Run(scenario, 0)
    run.start()
    return run


@pytest.fixture
def client(run):
    return Client(run)


@pytest.fixture
def pod(run):
    return next(
        one["metadata"]["name"]
        for one in run.peek(get(f"{PAYMENTS}/pods")).body["items"]
        if one["metadata"]["name"].startswith("payment-service")
    )


def test_a_table_is_shown_as_kubectl_prints_it_by_default(client, pod):
    lines, text = client.ask(get(f"{PAYMENTS}/pods", client.call(), table=True))
    assert lines == [("kubectl get pods -n payments", "your kubectl")]
    head, *rows = text.splitlines()
    assert head.split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert any(row.startswith(f"{pod}   ") for row in rows)


def test_wide_columns_count_once_their_reader_asks_for_what_stood_there(client, run):
    table = get(f"{PAYMENTS}/pods", client.call(), table=True)
    _, text = client.ask(table)
    node = run.roles["node.bad"]
    assert node not in text
    _, text = client.ask(get(f"/api/v1/nodes/{node}", client.call()))
    assert any(line.endswith("<none>") and node in line for line in text.splitlines())


def test_a_table_of_everything_has_its_namespaces(client):
    _, text = client.ask(get("/api/v1/services", client.call(), table=True))
    assert text.split()[:2] == ["NAMESPACE", "NAME"]


def test_one_object_is_shown_as_yaml_and_a_list_of_a_script_as_the_widest_table(client, pod):
    _, text = client.ask(get(f"{PAYMENTS}/pods/{pod}", client.call()))
    assert text.startswith("apiVersion: v1\nkind: Pod\n")
    lines, text = client.ask(get(f"{PAYMENTS}/pods"), "python/3.11")
    assert lines == [("python/3.11: GET /api/v1/namespaces/payments/pods", "your python")]
    assert "NODE" in text.splitlines()[0]


def test_requests_of_one_call_are_one_command_line_and_its_page_is_shown_once(client, pod):
    call, path = client.call(), f"{PAYMENTS}/pods/{pod}"
    lines, text = client.ask(get(path, call, "describe"))
    assert lines == [(f"kubectl describe pods {pod} -n payments", "your kubectl")]
    assert text.startswith(f"Name:             {pod}\n")
    assert "\nEvents:" in text
    assert client.ask(get(path, call, "describe")) == ([], "")
    assert client.ask(get(f"{PAYMENTS}/events", call, "describe")) == ([], "")


def test_a_rollouts_history_is_what_our_own_kubectl_makes_of_it(client):
    path = "/apis/apps/v1/namespaces/payments/deployments/payment-service"
    _, text = client.ask(get(path, client.call(), "rollout history"))
    assert "REVISION  CHANGE-CAUSE" in text


def test_logs_and_refusals_are_shown(client, pod):
    lines, text = client.ask(
        get(f"{PAYMENTS}/pods/{pod}/log", client.call(), "logs", previous="true")
    )
    assert lines[0][0] == f"kubectl logs {pod} -n payments --previous"
    assert text
    _, text = client.ask(get(f"{PAYMENTS}/pods/nobody", client.call()))
    assert text == 'Error from server (NotFound): pods "nobody" not found\n'
    _, text = client.ask(get(f"{PAYMENTS}/configmaps/new", client.call(), "apply"))
    assert text == ""


def test_what_a_program_prints_is_shown_and_where_it_ran_is_known(client, run, pod):
    channel = run.outside.next_channel
    request = run_in(pod, "hostname", call=client.call())
    lines, text = client.ask(request, kind="open", channel=channel)
    assert lines == [(f"kubectl exec {pod} -n payments -- hostname", "your kubectl")]
    assert text == f"{pod}\n"
    ran = list(run.log.of(NodeCommandRecord))[-1]
    assert (ran.line, ran.pod, bool(ran.node)) == ("hostname", f"payments/{pod}", True)
    requested = list(run.log.of(RequestRecord))[-1]
    assert (requested.resource, requested.client) == ("pods/exec", "kubectl/v1.37.1")


def test_a_line_typed_at_a_prompt_is_a_command_line_of_its_own(client, run, pod):
    channel = run.outside.next_channel
    client.ask(run_in(pod, "sh", stdin=True, tty=True), kind="open", channel=channel)
    before = len(run.log)
    payload = {"channel": channel, "data": "hostname\r"}
    run.apply(parse_input(run.now + 1, "write", payload))
    new = [run.log[number] for number in range(before, len(run.log))]
    (line,) = [one for one in new if isinstance(one, CommandRecord)]
    assert (line.line, line.place) == ("hostname", f"exec payments/{pod}")
    shown = [one for one in new if isinstance(one, OutputRecord) and one.command == line.command]
    assert shown[0].text == f"hostname\n{pod}\n"
    run.apply(parse_input(run.now + 1, "hangup", {"channel": channel}))


def test_files_on_their_way_are_not_looked_at(client, run, pod):
    channel = run.outside.next_channel
    request = run_in(pod, "tar", "cf", "-", "/etc/hosts", call=client.call())
    _, text = client.ask(request, kind="open", channel=channel)
    assert text == ""


def test_rows_of_a_watch_come_without_a_heading(client, run):
    channel = run.outside.next_channel
    request = watch(f"{PAYMENTS}/pods", client.call(), table=True)
    _, text = client.ask(request, kind="open", channel=channel, of="watch")
    assert len(text.splitlines()) == 5
    assert "NAME" not in text
    run.apply(parse_input(run.now + 1, "hangup", {"channel": channel}))
