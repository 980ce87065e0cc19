"""The run's clock: straight lines between anchors."""

from sim.session.clock import Clock


def test_a_running_clock_follows_the_wall_at_its_speed():
    clock = Clock(wall_ms=1000, sim_ms=50, speed=2.0, paused=False)
    assert [clock.now(wall) for wall in (1000, 1500, 2000)] == [50, 1050, 2050]


def test_a_pause_takes_nothing_away_and_adds_nothing():
    clock = Clock(wall_ms=0, sim_ms=0, paused=False).pause(500)
    assert clock.now(90_000) == 500
    assert clock.resume(90_000).now(90_100) == 600


def test_a_wall_that_goes_back_does_not_take_time_back():
    clock = Clock(wall_ms=1000, sim_ms=50, paused=False)
    assert clock.now(10) == 50


def test_a_skip_adds_to_where_the_clock_stands_and_stops_at_the_limit():
    clock = Clock(wall_ms=0, sim_ms=0, paused=False, limit_ms=70_000)
    assert clock.skip(1000, 60_000).now(1000) == 61_000
    assert clock.skip(1000, 90_000).now(5000) == 70_000
