"""A difference as a sentence that a person can check: who, how much, how sure, out of how many."""

from __future__ import annotations

from collections.abc import Sequence

from sim.scoring.cohort.differences import LEAST_RUNS, Difference, Level

RULE = (
    f"A difference is named where both groups have at least {LEAST_RUNS} runs and its 95 % interval "
    "leaves out zero; else there are not enough runs to say."
)
_WORDS = {"seconds": ("earlier", "later"), "requests": ("fewer", "more")}
ALIKE = 1e-6
"""An interval as narrow as that says that every pair was the same."""


def amount(size: float, unit: str) -> str:
    """Return a size without its sign: `11 min`, `40 s`, `12.3 points`, `3,482 requests`."""
    size = abs(size)
    if unit == "seconds":
        return f"{size / 60:.1f} min".replace(".0 min", " min") if size >= 90 else f"{size:.0f} s"
    text = f"{size:,.0f}" if unit == "requests" else f"{size:.1f}".removesuffix(".0")
    name = "request" if unit == "requests" else "point"
    return f"{text} {name}" if text == "1" else f"{text} {name}s"


def interval(low: float, high: float, unit: str, *, turned: bool) -> str:
    """Return an interval in the unit of the sentence, smaller end first."""
    if turned:
        low, high = -high, -low
    if unit == "seconds":
        far = max(abs(low), abs(high)) >= 90
        shown = [one / 60 if far else one for one in (low, high)]
        digits = 1 if far else 0
        name = "min" if far else "s"
    else:
        shown, digits, name = [low, high], 0 if unit == "requests" else 1, ""
    low_text, high_text = (f"{one:,.{digits}f}".removesuffix(".0") for one in shown)
    return f"{low_text} to {high_text}{f' {name}' if name else ''}"


def _between(low: float, high: float, unit: str) -> str:
    """Return an interval in words: `between 3 points less and 9 points more`."""
    less, more = _WORDS.get(unit, ("less", "more"))
    first, last = (f"{amount(end, unit)} {less if end < 0 else more}" for end in (low, high))
    return f"between {first} and {last}"


def sentence(one: Difference, level: Level) -> str:
    """Return one difference in words."""
    measure, unit = one.measure, one.measure.unit
    pairs = f" in {one.strata} pair{'s' if one.strata != 1 else ''}" if one.paired else ""
    against = f"{one.runs[0]} against {one.runs[1]} run{'s' if one.runs[1] != 1 else ''}{pairs}"
    about = measure.title
    if level == "none":
        return f"{about}: {one.first} and {one.second} have played no incident in common."
    if one.estimate is None or one.low is None or one.high is None or one.verdict == "too few":
        return f"{about}: not enough runs to say ({against})."
    if one.verdict == "unclear" and one.high - one.low < ALIKE:
        return f"{about}: {one.first} and {one.second} do not differ ({against})."
    if one.verdict == "unclear":
        did = {"seconds": measure.verb, "requests": "lost"}.get(unit, "had")
        return (
            f"{about}: not enough runs to say. {one.first} {did} {_between(one.low, one.high, unit)} "
            f"than {one.second} (95 % CI; {against})."
        )
    less = one.estimate < 0
    shown = interval(one.low, one.high, unit, turned=less)
    exact = one.high - one.low < ALIKE
    sure = "the same in every pair" if exact else f"95 % CI {shown}"
    size = amount(one.estimate, unit)
    if unit == "seconds":
        did = f"{measure.verb} {size} {'earlier' if less else 'later'} than {one.second}"
    elif unit == "requests":
        did = f"lost {size} {'fewer' if less else 'more'} than {one.second}"
    else:
        name = "in total" if measure.id == "total" else f"for “{measure.title}”"
        did = f"had {size} {'less' if less else 'more'} {name} than {one.second}"
    return f"{one.first} {did} ({sure}; {against}{_never(one)})."


def _never(one: Difference) -> str:
    told = [
        f"{count} of {name} never did"
        for count, name in zip(one.never, (one.first, one.second), strict=True)
        if count
    ]
    return f"; {', '.join(told)}" if told else ""


def care(looked_at: int, scripts: Sequence[str] = ()) -> str:
    """Return what so many comparisons mean; *scripts* are groups in which no person played."""
    chance = looked_at * 0.05
    told = ""
    if scripts:
        names = " and ".join(filter(None, (", ".join(scripts[:-1]), scripts[-1])))
        told = (
            f" {names}: played by scripts, which do the same on every night; their intervals speak of "
            "nights, not of people."
        )
    return (
        f"{looked_at} differences were looked at. If the groups were alike, about {chance:.1f} of them "
        "would still seem to differ, by chance alone. Total, requests lost and time to mitigate were named "
        "beforehand; take the others as questions for the next exercise."
        f"{told}"
    )
