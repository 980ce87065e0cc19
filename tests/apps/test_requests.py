"""Request lines drawn on read."""

import pytest

from sim.apps import Arrival, Failing, RateSegment, RequestFlow, RequestLog, no_requests
from sim.kernel import Stream
from tests.node.world import build

OVERLOADED = Failing(1.0)


def segment(start, end, rate, error_share=0.0):
    """Payments and reads of them, three to two."""
    return RateSegment(
        start,
        end,
        tuple(
            RequestFlow(
                route,
                rate * share,
                status,
                agent="shop",
                failing=(OVERLOADED._replace(rate=rate * share * error_share),),
            )
            for route, share, status in (
                ("POST /v1/payments", 0.6, 201),
                ("GET /v1/payments/{id}", 0.4, 200),
            )
        ),
    )


def reading(*segments):
    return RequestLog(lambda _container, _since, _until: segments)


def container():
    world = build(services=5)
    world.env.advance(1)
    return world.container("payment-1")


def test_no_traffic_no_lines():
    assert RequestLog(no_requests).read(container(), 0, 60_000, None) == []


def test_any_window_is_a_part_of_the_whole():
    one, log = container(), reading(segment(0, 60_000, 1.7))
    whole = log.read(one, 0, 60_000, None)
    assert log.read(one, 20_500, 31_250, None) == [x for x in whole if 20_500 <= x.at < 31_250]
    assert log.read(one, 0, 60_000, 7) == whole[-7:]
    assert [x.at for x in whole] == sorted(x.at for x in whole)


def test_busy_log_is_sampled_to_three_lines_a_second():
    lines = reading(segment(0, 100_000, 240.0)).read(container(), 0, 100_000, None)
    assert len(lines) == 300


def test_errors_have_their_share_and_status():
    lines = reading(segment(0, 400_000, 3.0, error_share=0.25)).read(container(), 0, 400_000, None)
    share = sum(" 503 " in one.text for one in lines) / len(lines)
    assert 0.2 < share < 0.3
    assert all(" WARN: " in one.text for one in lines if " 503 " in one.text)
    assert {one.text.split()[2] + " " + one.text.split()[3] for one in lines} == {
        "POST /v1/payments",
        "GET /v1/payments/{id}",
    }


def test_followed_log_brings_drawn_and_stored_lines_in_the_order_of_time():
    world = build(services=5)
    world.env.advance(1)
    one = world.container("payment-1")
    log = RequestLog(lambda _container, _since, until: [segment(0, until, 2.0)])
    one.behaviour._requests, one.behaviour.chatty = log, True
    stream = world.door.follow(world.pod("payment-1"), "", tail=0, since=None, timestamps=False)
    world.env.advance(5_300)
    one.write("something happened")
    world.env.advance(9_001)
    seen = stream.poll().splitlines()
    assert seen == world.logs("payment-1", since=2).splitlines()[: len(seen)]
    assert "something happened" in seen
    assert len(seen) >= 16


def test_line_ends_with_the_user_agent_and_what_went_wrong():
    failing = Failing(2.0, 502, "expired")
    flow = RequestFlow("GET /x", 2.0, agent="synthetic check/2.1", failing=(failing,))
    lines = reading(RateSegment(0, 5_000, (flow,))).read(container(), 0, 5_000, None)
    assert len(lines) == 10
    assert all(" WARN: GET /x 502 " in one.text for one in lines)
    assert all(one.text.endswith(' agent="synthetic check/2.1" expired') for one in lines)


def test_broken_call_logs_its_stack_behind_its_line():
    failing = Failing(1.0, 500, "", "ERROR: TypeError: no such field\n    at status.js:41")
    flow = RequestFlow("GET /x", 1.0, 200, agent="shop", failing=(failing,))
    texts = [one.text for one in reading(RateSegment(0, 3_000, (flow,))).read(container(), 0, 3_000, None)]  # fmt: skip
    assert len(texts) == 9
    for first, second, third in zip(texts[::3], texts[1::3], texts[2::3], strict=True):
        assert " WARN: GET /x 500 " in first
        assert second.endswith("Z ERROR: TypeError: no such field")
        assert third == "    at status.js:41"


def rare(every: int):
    """One request in so many seconds, each third of them bad."""
    stream = Stream("rare")

    def arrivals(second):
        if second % every:
            return []
        return [Arrival(second // every % 3 != 0, stream.at(second))]

    return RequestFlow("POST /rare", 1 / every, 200, "robot", (Failing(1.0, 502, "no"),), arrivals)


@pytest.mark.parametrize("others", [0.0, 480.0])
def test_rare_request_is_logged_however_many_others_there_are(others):
    flows = (RequestFlow("GET /often", others), rare(6))
    lines = reading(RateSegment(0, 180_000, flows)).read(container(), 0, 180_000, None)
    seen = [line.text for line in lines if "POST /rare" in line.text]
    assert len(seen) == 30
    assert sum(" 502 " in text and text.endswith(" no") for text in seen) == 10
    assert len(lines) - len(seen) == (540 if others else 0)


def test_request_that_two_logs_tell_of_is_the_same_in_both():
    log = reading(RateSegment(0, 60_000, (rare(6),)))
    world = build(services=5)
    world.env.advance(1)
    first, second = (
        log.read(world.container(pod), 0, 60_000, None) for pod in ("payment-1", "payment-2")
    )
    assert len(first) == 10
    assert first == second


def test_rare_requests_are_in_any_window_the_same():
    one, log = container(), reading(RateSegment(0, 300_000, (rare(2),)))
    whole = log.read(one, 0, 300_000, None)
    assert len(whole) == 150
    assert log.read(one, 40_500, 131_250, None) == [x for x in whole if 40_500 <= x.at < 131_250]
    assert log.read(one, 0, 300_000, 7) == whole[-7:]


def test_what_came_just_before_a_flow_ended_is_written():
    flow = rare(5)
    segments = (
        RateSegment(0, 10_000, (flow,)),
        RateSegment(10_000, 90_000, (flow._replace(rate=0.0),)),
    )
    lines = reading(*segments).read(container(), 0, 90_000, None)
    assert [line.at // 1000 for line in lines] == [0, 5, 10]
