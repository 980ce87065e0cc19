"""One figure for users' loss: the status line, the page's state and the debrief count alike."""

from __future__ import annotations

import re

import pytest

from sim.scoring import Story
from tests.scenarios.keyboard import Keyboard
from tests.scenarios.night import Night


@pytest.mark.parametrize("slug", ["payments-0247", "payments-swift"])
def test_the_status_line_tells_the_debriefs_figure(slug: str) -> None:
    keyboard = Keyboard(slug, 3)
    keyboard.wait(12)
    told = re.search(r"users lost +([\d,]+)", keyboard.type("incident status"))
    asked_at = keyboard.run.now
    keyboard.wait(1)
    story = Story(keyboard.run.log, keyboard.run.scenario)

    assert told is not None
    shown = int(told[1].replace(",", ""))
    # The line was shown within the second before.
    assert (
        story.impact.lost(story.run.fault_at, asked_at - 1500) - 1
        <= shown
        <= story.impact.lost(story.run.fault_at, asked_at) + 1
    )


def test_at_the_end_of_the_run_it_is_the_loss_that_is_scored() -> None:
    night = Night("payments-heron", 0)
    paged = night.until_page()
    night.env.advance(paged + night.scenario.horizon)
    story = Story(night.log, night.scenario)

    assert night.env.now == story.horizon
    assert night.backend.telemetry.summary()["lost"] == pytest.approx(story.loss, abs=0.1)
