"""Samples made up for the purpose."""

from sim.scoring.cohort.sample import BEFORE_S, MILESTONES, STEP_S, Sample

HOUR = 3600.0


def sample(
    run: str,
    total: float = 50.0,
    mitigate: float | None = 600.0,
    *,
    slug: str = "night",
    seed: int = 0,
    who: str = "trainee",
    false_alarm: bool = False,
    looks: tuple[tuple[float, str], ...] = ((60.0, "dashboard"),),
    resolve: float | None = None,
) -> Sample:
    """Return a run of which only what is named matters."""
    times: dict[str, float | None] = dict.fromkeys(MILESTONES, 60.0)
    times |= {"mitigate": mitigate, "resolve": resolve}
    points = {"users-loss": total / 2, "updates": total / 2}
    return Sample(
        run=run,
        who=who,
        player=who != "trainee",
        slug=slug,
        title=slug.title(),
        seed=seed,
        total=total,
        points=points,
        of={"users-loss": 50.0, "updates": 50.0},
        titles={"users-loss": "Users' loss", "updates": "Updates"},
        times=times,
        horizon_s=HOUR,
        false_alarm=false_alarm,
        lost=1000.0 - total,
        curve=[0.1] * int((BEFORE_S + HOUR) / STEP_S + 1),
        looks=[list(look) for look in looks],
    )


def crowd(prefix: str, totals: list[float], mitigate: list[float | None] | None = None, **same):
    """Return a run for each total."""
    times = mitigate or [600.0] * len(totals)
    return [
        sample(f"{prefix}{number}", total, time, **same)
        for number, (total, time) in enumerate(zip(totals, times, strict=True))
    ]
