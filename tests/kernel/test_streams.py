"""Named random streams and calendar helpers."""

import os
import subprocess
import sys

import pytest

from sim.kernel import Epoch, Stream, parse_duration_ms


def test_a_draw_depends_on_its_name_alone():
    root = Stream("scenario", 7)
    first = root.at("pod", "web", 1).bits()
    root.at("something", "new").bits()
    assert root.at("pod", "web", 1).bits() == first
    assert root.at("pod", "web", 2).bits() != first


def test_a_draw_is_the_same_in_every_process():
    code = "from sim.kernel import Stream; print(Stream('s', 0).at('x').text('bcdf', 12))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(outputs) == 1


def test_shuffling_keeps_every_option_and_integers_reach_both_ends():
    stream = Stream("s")
    assert sorted(stream.shuffled(range(10))) == list(range(10))
    assert {stream.integer(1, 3, index) for index in range(50)} == {1, 2, 3}


@pytest.mark.parametrize(
    ("text", "ms"), [("90s", 90_000), ("1h30m", 5_400_000), ("500ms", 500), ("1w", 604_800_000)]
)
def test_durations(text, ms):
    assert parse_duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "m5", "5 m", "5m x"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration_ms(text)


def test_an_epoch_needs_a_zone():
    assert Epoch.parse("2026-11-20T01:40:00Z").rfc3339(67 * 60_000) == "2026-11-20T02:47:00Z"
    with pytest.raises(ValueError, match="no time zone"):
        Epoch.parse("2026-11-20T01:40:00")


def test_a_digest_is_as_long_as_a_containers_id_and_its_own_for_each_place():
    stream = Stream("ids")
    assert len({stream.at(number).digest() for number in range(100)}) == 100
    assert all(len(stream.at(number).digest()) == 64 for number in range(3))
    assert int(stream.digest(), 16)
