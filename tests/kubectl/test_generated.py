"""Command lines drawn from a grammar: the real kubectl and this one print the same bytes.

`UNCORDON_KUBECTL_LINES=20000` asks for more of them, from a seed that is printed.
"""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.kubectl.grammar import lines
from tests.kubectl.standing import Both, standing

PROMISED = 2_000
MORE = int(os.environ.get("UNCORDON_KUBECTL_LINES", "0"))
SEED = random.SystemRandom().randrange(2**32) if MORE else 20261122
AT_ONCE = 2
BATCH = 8


def draw_lines(count: int, seed: int) -> list[tuple[str, ...]]:
    """Return *count* different command lines.

    In small batches, each from a seed of its own: a long one would vary what it has drawn before.
    """
    found: dict[tuple[str, ...], None] = {}
    for turn in range(count):
        if len(found) >= count:
            break
        _draw_batch(found, seed + turn)
    return list(found)[:count]


def _draw_batch(found: dict[tuple[str, ...], None], seed: int) -> None:
    @seeded(seed)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lines())
    def keep(line: tuple[str, ...]) -> None:
        found[line] = None

    keep()


def test_both_print_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    drawn = draw_lines(MORE or PROMISED, SEED)
    home = tmp_path_factory.mktemp("home")

    with standing(home) as place, ThreadPoolExecutor(AT_ONCE) as pool:
        different = [one for one in pool.map(place.both, drawn) if not one.agree]

    assert len(drawn) == (MORE or PROMISED)
    assert not different, _told(different, len(drawn))


def _told(different: list[Both], count: int) -> str:
    shown = "\n".join(map(str, different[:40]))
    return f"{len(different)} of {count} lines (seed {SEED}) differ:\n{shown}"
