"""`kill -9` at any moment: what was acknowledged is there again, and the run goes on."""

import contextlib
import os
import signal
import threading

import pytest
import websocket

from sim.session.storage import RunStore
from sim.session.wall import wall_ms
from tests.server.serving import Server, Visitor, until
from web.app import create_app

LINES = (
    "kubectl get pods -n payments -o wide",
    "kubectl cordon node-worker-3",
    "ssh node-worker-3 'sudo iptables -t nat -L KUBE-SERVICES -n | wc -l'",
    "kubectl delete pod -n payments -l app=postgres --wait=false",
    "incident dashboard errors --by node",
)


def play(tab) -> dict[str, str]:
    """Enter lines and return what each printed."""
    tab.input("acknowledge")
    printed = {}
    for line in LINES:
        tab.command(line)
        printed[line] = tab.output_of(line)
    return printed


def check_is_the_same(visitor: Visitor, run: str, seen, printed: dict[str, str]) -> None:
    """Come back as the same tab: everything is there, and commands work."""
    with visitor.tab(run) as tab:
        tab.wait(lambda: len(tab.records) > len(seen), "the records of before")
        assert tab.records[: len(seen)] == seen
        for line, text in printed.items():
            assert tab.output_of(line) == text
        tab.command("kubectl get nodes")
        nodes = tab.output_of("kubectl get nodes")
        assert "node-worker-3" in nodes
        assert "SchedulingDisabled" in nodes
        tab.wait(lambda: bool(tab.state), "the state")
        now = tab.state["now"]
        assert now >= seen[-1]["at"]
        tab.wait(lambda: tab.state["now"] > now + 500, "time to go on")
    with visitor.tab(run, since=tab.next) as later:
        later.command("echo still here")
        assert later.output_of("echo still here") == "still here\n"
        assert all(record["at"] >= seen[-1]["at"] for record in later.records)


def test_a_killed_server_comes_back_with_every_acknowledged_input_and_its_output(own_server):
    own_server.start()
    visitor = Visitor(own_server)
    run = visitor.take_pager()
    tab = visitor.tab(run)
    printed = play(tab)
    tab.command("kubectl get pods -n payments -w", "t2")
    tab.wait(lambda: tab.of("output")[-1]["command"] == len(LINES), "the watch")
    seen = list(tab.records)
    own_server.kill()
    tab.until_lost()
    own_server.start()
    check_is_the_same(visitor, run, seen, printed)
    # Twice: the second process must also give way to a third.
    own_server.kill()
    own_server.start()
    check_is_the_same(visitor, run, seen, printed)


def test_a_killed_worker_is_replaced_and_the_run_goes_on(own_server):
    own_server.start()
    visitor = Visitor(own_server)
    run = visitor.take_pager()
    tab = visitor.tab(run)
    printed = play(tab)
    seen = list(tab.records)
    (worker,) = own_server.workers()
    os.kill(worker, signal.SIGKILL)
    until(lambda: own_server.workers() not in ([worker], []), "a new worker")
    own_server.wait()
    check_is_the_same(visitor, run, seen, printed)


def test_kills_in_the_middle_of_typing_lose_nothing_that_was_acknowledged(own_server):
    own_server.start()
    visitor = Visitor(own_server)
    run = visitor.take_pager()
    acknowledged: list[str] = []
    sent = 0
    for kill_after in (7, 3, 12):
        with contextlib.suppress(websocket.WebSocketException, OSError):
            tab = visitor.tab(run)
            while True:
                if sent and sent % kill_after == 0:
                    os.killpg(own_server.process.pid, signal.SIGKILL)
                line = f"echo {sent}"
                sent += 1
                tab.command(line)
                acknowledged.append(line)
        own_server.process.wait(20)
        own_server.start()
    with visitor.tab(run) as tab:
        tab.command("echo end")
        tab.output_of("echo end")
        lines = [record["line"] for record in tab.of("command")]
        assert [line for line in lines if line in acknowledged] == acknowledged
        assert lines == sorted(set(lines), key=lines.index)
        printed = [record["text"] for record in tab.of("output")]
        assert printed == [line.removeprefix("echo ") + "\n" for line in lines]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_orderly_end_with_an_open_tab_lets_the_run_go(own_server, number):
    own_server.start()
    visitor = Visitor(own_server)
    run = visitor.take_pager()
    tab = visitor.tab(run)
    tab.command("kubectl get nodes")
    tab.output_of("kubectl get nodes")
    browser = threading.Thread(target=tab.until_lost)
    browser.start()
    own_server.stop(number)
    browser.join(20)
    assert "Traceback" not in own_server.log.read_text()
    # Free for any process at once, not only where it can be seen that this one has ended.
    store = RunStore(f"sqlite:///{own_server.data}/uncordon.db", wall_ms=wall_ms)
    store._owner = "elsewhere/1/1"
    assert store.claim(run) > 1
    assert [kind for _, kind, _ in store.inputs(run)] == ["resume", "command", "pause"]
    store.release(run, store.find(run).fence, store.find(run).sim_ms)
    store.close()
    own_server.start()
    with visitor.tab(run) as again:
        assert "node-worker-3" in again.output_of("kubectl get nodes")


def test_a_start_that_was_killed_leaves_no_empty_key(tmp_path):
    apps = []
    for _ in range(2):
        (tmp_path / "secret_key.0123456789abcdef").write_bytes(b"")
        apps.append(create_app({"DATA": str(tmp_path)}))
    keys = {app.secret_key for app in apps}
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    for app in apps:
        app.extensions["hub"].close()


def test_a_second_server_on_the_same_data_says_that_the_run_is_open_elsewhere(own_server):
    own_server.start()
    visitor = Visitor(own_server)
    run = visitor.take_pager()
    second = Server(own_server.data)
    try:
        second.start()
        guest = Visitor(second)
        for cookie in visitor.cookies:
            guest.cookies.set_cookie(cookie)
        status, body, _ = guest.request(f"/api/run/{run}/state")
        assert status == 503, body
        assert "open in another server process" in body
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            guest.tab(run)
        assert caught.value.status_code == 503
        with visitor.tab(run) as tab:
            tab.command("kubectl get nodes")
            tab.output_of("kubectl get nodes")
        own_server.kill()
        with guest.tab(run) as tab:
            assert "node-worker-3" in tab.output_of("kubectl get nodes")
            tab.command("echo here")
            tab.output_of("echo here")
    finally:
        second.end()
