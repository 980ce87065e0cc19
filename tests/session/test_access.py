"""A client outside: committed before it acts, replayed to the same bytes, gone when the run is."""

import hashlib
import threading

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse, ForwardRequest
from sim.evidence import ActionRecord, RequestRecord
from sim.session.access import AccessClosedError
from sim.session.live import IDLE_PAUSE_MS, Session
from sim.session.outside_inputs import MAX_BODY
from sim.session.run import Run, try_apply
from tests.session.outside import (
    PAYMENTS,
    bytes_of,
    frames,
    get,
    kubectl,
    pods_of,
    replayed,
    run_in,
    script,
    watch,
)
from tests.session.playing import BrokenStore, Wall, crashed, enter, stored, times


@pytest.fixture(scope="module")
def wall():
    return Wall()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('access')}/runs.db"


@pytest.fixture(scope="module")
def stores(database):
    store = BrokenStore(database, wall_ms=lambda: 1_000_000)
    yield store
    store.close()


def begun(scenario, store, wall) -> Session:
    return Session.create(scenario, 0, store, holder="h", who="trainee", wall_ms=wall)


@pytest.fixture(scope="module")
def shared(scenario, stores, wall):
    """Return a session that several tests use; each leaves it going on."""
    return begun(scenario, stores, wall)


def config_map(name: str) -> ApiRequest:
    return ApiRequest("POST", f"{PAYMENTS}/configmaps", body={"metadata": {"name": name}})


def test_a_request_is_committed_before_it_acts(session, store):
    access = kubectl(session)
    store.broken = True
    assert access.handle(config_map("lost")).code == 500
    store.broken = False
    assert access.handle(get(f"{PAYMENTS}/configmaps/lost")).code == 404
    assert access.handle(config_map("kept")).code == 201
    assert [kind for _, kind, _ in stored(session, store)] == ["resume", "request", "request"]


@pytest.mark.parametrize(
    "path", ["/api", "/apis", "/apis/apps/v1", "/version", "/openapi/v3", "/healthz", "/readyz"]
)
def test_what_the_server_offers_is_no_input(shared, stores, path):
    before = stored(shared, stores), len(list(shared.run.log.of(RequestRecord)))
    assert kubectl(shared).handle(get(path)).code == 200
    assert (stored(shared, stores), len(list(shared.run.log.of(RequestRecord)))) == before


def test_a_request_ends_a_pause_as_a_typed_command_does(shared):
    access = kubectl(shared)
    with shared.viewing():
        shared.submit("pause")
        assert shared.clock.paused
        access.handle(get("/api/v1/nodes"))
    assert not shared.clock.paused
    assert times(shared)[-1] == "resumed"


def test_who_holds_a_channel_open_is_a_viewer(shared, wall):
    channel = kubectl(shared).open(watch(f"{PAYMENTS}/pods"))
    assert shared.viewers == 1
    wall.ms += IDLE_PAUSE_MS + 1
    shared.tick()
    assert not shared.clock.paused
    channel.close()
    channel.close()
    assert shared.viewers == 0
    wall.ms += IDLE_PAUSE_MS + 1
    shared.tick()
    assert shared.clock.paused


def test_a_request_starts_the_idle_time_anew(shared, wall):
    access = kubectl(shared)
    access.handle(get("/api/v1/nodes"))
    wall.ms += IDLE_PAUSE_MS - 10
    access.handle(get("/api/v1/nodes"))
    wall.ms += IDLE_PAUSE_MS - 10
    shared.tick()
    assert not shared.clock.paused


def test_a_closed_run_opens_nothing_and_ends_what_was_open(session):
    access = kubectl(session)
    channel = access.open(watch(f"{PAYMENTS}/pods"))
    frames(channel)
    session.submit("close", {"handover": "done"})
    assert channel.read(0) is None
    channel.close()
    for use in (access.handle, access.open):
        with pytest.raises(AccessClosedError):
            use(get("/api/v1/nodes"))


def test_a_run_in_other_hands_opens_nothing(session, scenario, store):
    access = kubectl(session)
    channel = access.open(watch(f"{PAYMENTS}/pods"))
    crashed(session, scenario, store)
    with pytest.raises(AccessClosedError):
        access.handle(get("/api/v1/nodes"))
    frames(channel)
    assert channel.read(0) is None


def test_a_body_that_is_too_large_is_refused_and_not_logged(shared, stores):
    big = {"metadata": {"name": "x"}, "data": {"k": "v" * MAX_BODY}}
    answer = kubectl(shared).handle(ApiRequest("POST", f"{PAYMENTS}/configmaps", body=big))
    assert answer.code == 413
    assert answer.body["reason"] == "RequestEntityTooLarge"
    before = len(stored(shared, stores))
    fits = {"metadata": {"name": "large"}, "data": {"k": "v" * 900_000}}
    assert (
        kubectl(shared).handle(ApiRequest("POST", f"{PAYMENTS}/configmaps", body=fits)).code == 201
    )
    assert [kind for _, kind, _ in stored(shared, stores)[before:]] in (
        ["request"],
        ["resume", "request"],
    )


def test_a_watch_brings_each_change_once_and_wakes_nobody_else(shared, wall):
    access = kubectl(shared)
    channel, other = (
        access.open(watch(f"{PAYMENTS}/configmaps")),
        access.open(watch("/api/v1/nodes")),
    )
    frames(channel), frames(other)
    for number in range(3):
        access.handle(config_map(f"seen-{number}"))
    found = frames(channel)
    assert [
        (kind, value["type"], value["object"]["metadata"]["name"]) for kind, value in found
    ] == [("event", "ADDED", f"seen-{number}") for number in range(3)]
    assert other.read(0) == []
    channel.close()
    other.close()


def test_two_hundred_watches_need_no_threads_and_each_sees_every_change(shared):
    access = kubectl(shared)
    threads = threading.active_count()
    channels = [access.open(watch(f"{PAYMENTS}/configmaps")) for _ in range(200)]
    for channel in channels:
        frames(channel)
    names = [f"many-{number}" for number in range(20)]
    for name in names:
        access.handle(config_map(name))
    for channel in channels:
        found = frames(channel)
        assert [value["object"]["metadata"]["name"] for _, value in found] == names
        channel.close()
    assert threading.active_count() == threads


def test_a_reader_waits_until_its_own_channel_has_something(shared):
    access = kubectl(shared)
    channel = access.open(watch(f"{PAYMENTS}/configmaps"))
    frames(channel)
    got = []
    reader = threading.Thread(target=lambda: got.append(channel.read(20)))
    reader.start()
    access.handle(config_map("awaited"))
    reader.join(10)
    assert got[0][0][1]["object"]["metadata"]["name"] == "awaited"
    channel.close()


def test_a_program_is_fed_and_its_output_and_code_come_back(shared):
    access = kubectl(shared)
    pod = pods_of(access)[0]
    channel = access.open(run_in(pod, "sh", "-c", "cat; echo oops >&2; exit 3", stdin=True))
    blob = bytes(range(256)) * 8
    channel.write(blob)
    channel.close_stdin()
    found = frames(channel)
    assert bytes_of(found) == blob
    assert bytes_of(found, "stderr") == b"oops\n"
    assert found[-1] == ("exit", 3)
    assert channel.read(0) is None
    channel.close()


def test_a_refused_channel_is_an_answer_and_no_viewer(shared):
    answer = kubectl(shared).open(run_in("nobody", "ls"))
    assert isinstance(answer, ApiResponse)
    assert answer.code == 404
    assert shared.viewers == 0


def test_a_defect_of_the_model_is_a_500_and_the_run_goes_on(
    monkeypatch, session, scenario, store, caplog
):
    monkeypatch.delenv("UNCORDON_STRICT")
    access, channel = kubectl(session), None
    channel = access.open(watch(f"{PAYMENTS}/configmaps"))
    transport = session.run._backend.transport
    send = type(transport).send

    def broken(self, request):
        if request.path.endswith("/secrets"):
            raise ZeroDivisionError("a defect")
        return send(self, request)

    try:
        type(transport).send = broken
        answer = access.handle(get(f"{PAYMENTS}/secrets"))
        assert answer.code == 500
        assert "a defect" not in answer.body["message"]
        assert "a defect" in caplog.text
        assert access.handle(config_map("after")).code == 201
        assert "c" not in {value["type"] for _, value in frames(channel)}
        again = crashed(session, scenario, store)
        assert again.run.log.dumps().startswith(session.run.log.dumps())
    finally:
        type(transport).send = send


@pytest.fixture(scope="module")
def worked(scenario, stores, wall):
    """Return a session in which clients outside have done a bit of everything."""
    session = begun(scenario, stores, wall)
    access, other = kubectl(session), script(session)
    pods = pods_of(access)
    channel = access.open(watch(f"{PAYMENTS}/pods", "1", table=True))
    access.handle(get(f"{PAYMENTS}/pods", "1", table=True))
    wall.ms += 700
    program = access.open(run_in(pods[0], "sh", stdin=True, tty=True))
    program.write(b"hostname\r")
    wall.ms += 900
    session.tick()
    fed = access.open(run_in(pods[0], "sh", "-c", "cat > /tmp/f; wc -c /tmp/f", stdin=True))
    fed.write(b"\xff\xfe" * 100)
    wall.ms += 300
    fed.close_stdin()
    other.handle(ApiRequest("DELETE", f"{PAYMENTS}/pods/{pods[1]}"))
    forwarded = access.open(ForwardRequest("payments", pods[2], 8080))
    if not isinstance(forwarded, ApiResponse):
        forwarded.write(b"GET / HTTP/1.1\r\n\r\n")
    enter(session, "kubectl get pods -n payments")
    wall.ms += 9_000
    session.tick()
    program.write(b"exit\r")
    channel.close()
    wall.ms += 4_000
    session.tick()
    with session.locked():
        session._save()
    return session


def test_what_clients_did_is_replayed_to_the_same_bytes(worked, database):
    digest = hashlib.sha256(worked.run.log.dumps().encode()).hexdigest()
    assert list(worked.run.log.of(ActionRecord))
    assert {replayed(database, worked.row.id, seed) for seed in ("0", "77")} == {digest}


@pytest.mark.parametrize("step", [7, 1_000])
def test_how_time_is_cut_leaves_no_trace(worked, scenario, step):
    run = Run(scenario, 0)
    run.start()
    for given in worked.run.inputs:
        while run.now + step < given.at:
            run.advance(run.now + step)
        try_apply(run, given)
    run.advance(worked.run.now)
    assert run.log.dumps() == worked.run.log.dumps()


def test_the_next_process_hangs_up_what_nobody_holds_any_more(worked, scenario, stores):
    again = crashed(worked, scenario, stores)
    assert again.run.outside.channels() == []
    assert again.run.inputs[-1].kind == "pause"
    assert "hangup" in {kind for _, kind, _ in stored(again, stores)}
