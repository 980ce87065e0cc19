"""What `time` prints, as TIMEFORMAT says."""

from __future__ import annotations


def timed(form: str, seconds: float) -> str:
    """Return TIMEFORMAT filled in; what a line uses of a processor is not known and shown as 0."""
    out: list[str] = []
    at = 0
    while at < len(form):
        char = form[at]
        if char != "%" or at + 1 >= len(form):
            out.append(char)
            at += 1
            continue
        at += 1
        if form[at] in "%P":
            out.append("%" if form[at] == "%" else "0.00")
            at += 1
            continue
        digits = 3
        if form[at].isdigit():
            digits = min(3, int(form[at]))
            at += 1
        long = form[at : at + 1] == "l"
        at += long
        value = {"R": seconds, "U": 0.0, "S": 0.0}.get(form[at : at + 1])
        if value is None:
            out.append("%")
            continue
        minutes, rest = divmod(value, 60)
        out.append(f"{minutes:.0f}m{rest:.{digits}f}s" if long else f"{value:.{digits}f}")
        at += 1
    return "".join(out)
