"""Request lines drawn on read."""

from sim.apps import RateSegment, RequestLog, no_requests
from tests.node.world import build

ROUTES = (("POST /v1/payments", 0.6, 201), ("GET /v1/payments/{id}", 0.4, 200))


def reading(*segments):
    return RequestLog(ROUTES, lambda _container, _since, _until: segments)


def container():
    world = build(services=5)
    world.env.advance(1)
    return world.container("payment-1")


def test_no_traffic_no_lines():
    assert RequestLog(ROUTES, no_requests).read(container(), 0, 60_000, None) == []


def test_any_window_is_a_part_of_the_whole():
    one, log = container(), reading(RateSegment(0, 60_000, 1.7))
    whole = log.read(one, 0, 60_000, None)
    assert log.read(one, 20_500, 31_250, None) == [x for x in whole if 20_500 <= x.at < 31_250]
    assert log.read(one, 0, 60_000, 7) == whole[-7:]
    assert [x.at for x in whole] == sorted(x.at for x in whole)


def test_busy_log_is_sampled_to_three_lines_a_second():
    lines = reading(RateSegment(0, 100_000, 240.0)).read(container(), 0, 100_000, None)
    assert len(lines) == 300


def test_errors_have_their_share_and_status():
    lines = reading(RateSegment(0, 400_000, 3.0, error_share=0.25)).read(
        container(), 0, 400_000, None
    )
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
    log = RequestLog(ROUTES, lambda _container, _since, until: [RateSegment(0, until, 2.0)])
    one.behaviour._requests, one.behaviour.chatty = log, True
    stream = world.door.follow(world.pod("payment-1"), "", tail=0, since=None, timestamps=False)
    world.env.advance(5_300)
    one.write("something happened")
    world.env.advance(9_001)
    seen = stream.poll().splitlines()
    assert seen == world.logs("payment-1", since=2).splitlines()[: len(seen)]
    assert "something happened" in seen
    assert len(seen) >= 16
