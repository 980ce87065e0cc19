"""The specs of playbooks: what a scripted player types, when, and why.

A playbook holds nothing but what a person at the keyboard has: lines to type, pauses, and text to
look for in what came back. `{role}` and captured names are filled in when a line is typed.
"""

from __future__ import annotations

from pydantic import Field

from sim.scenario.fields import Duration, Name, Pattern, Spec


class Until(Spec):
    """What must be on the screen before the next step; the line is typed again until it is."""

    fact: Name | None = None
    """Id of a fact that this line's output must show."""
    text: Pattern | None = None
    """Pattern that this line's output must contain; `^` and `$` match at line ends."""
    every: Duration = 15_000
    """Pause before typing the line again."""
    at_most: Duration = 600_000
    """Give up waiting after this long and go on."""


class Step(Spec):
    """One line typed at the terminal.

    Fields act in this order: wait *after*, type *type*, press Ctrl-C after *interrupt* if it still
    runs, wait for the prompt, take *capture* from the output, repeat while *until* does not hold.
    """

    id: Name | None = None
    """Name of the step; `{cite:<id>}` in a later line is the citation of its last output."""
    after: Duration
    """Reading, thinking and typing time since the previous prompt."""
    type: str
    think: str = ""
    """Inner monologue, shown beside the line in the debrief."""
    interrupt: Duration | None = None
    capture: dict[Name, Pattern] = Field(default_factory=dict)
    """Name -> pattern; the first group of every matching line of stdout, later `{name}`."""
    until: Until | None = None


class Playbook(Spec):
    """A player's whole evening."""

    player: Name
    title: str
    starts: str = "page"
    """The first *after* counts from here; only `page` exists."""
    steps: tuple[Step, ...]
