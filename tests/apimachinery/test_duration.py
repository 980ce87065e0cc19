"""Ages and durations as kubectl and Go print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.duration import go_duration, human_duration

S, M, H, D = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (-2500, "<invalid>"),
        (-500, "0s"),
        (0, "0s"),
        (119 * S, "119s"),
        (2 * M, "2m"),
        (4 * M + 20 * S, "4m20s"),
        (10 * M, "10m"),
        (179 * M, "179m"),
        (3 * H, "3h"),
        (5 * H + 12 * M, "5h12m"),
        (8 * H, "8h"),
        (47 * H, "47h"),
        (48 * H, "2d"),
        (3 * D + 4 * H, "3d4h"),
        (8 * D, "8d"),
        (729 * D, "729d"),
        (730 * D, "2y"),
        (2 * 365 * D + 35 * D, "2y35d"),
        (9 * 365 * D, "9y"),
    ],
)
def test_age_is_cut_off_as_kubectl_cuts_it(ms, shown):
    assert human_duration(ms) == shown


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "0s"),
        (10 * S, "10s"),
        (20 * S, "20s"),
        (80 * S, "1m20s"),
        (5 * M, "5m0s"),
        (1234, "1.234s"),
        (H, "1h0m0s"),
        (-1500, "-1.5s"),
    ],
)
def test_go_duration_prints_as_go(ms, shown):
    assert go_duration(ms) == shown


@given(st.integers(0, 10 * 365 * D))
def test_age_never_grows_longer_than_its_column(ms):
    assert len(human_duration(ms)) <= 6
