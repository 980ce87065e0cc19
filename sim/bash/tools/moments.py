"""Instants as `date` writes and reads them: strftime's formats, ISO forms, `5 minutes ago`. All UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_CODE = re.compile(r"%([-_0^#+]*)(\d{0,4})(:{0,3}[a-zA-Z%]|N)", re.DOTALL)
_NAMES = {"A", "B", "Z", "a", "b", "h", "p", "P"}
_WHOLE = {
    "c": "%a %b %e %H:%M:%S %Y", "D": "%m/%d/%y", "F": "%Y-%m-%d", "R": "%H:%M", "T": "%H:%M:%S",
    "r": "%I:%M:%S %p", "x": "%m/%d/%y", "X": "%H:%M:%S", "h": "%b",
}  # fmt: skip
_BLANK_PADDED = {"e": 2, "k": 2, "l": 2}
_UNITS = {
    "sec": "seconds", "second": "seconds", "min": "minutes", "minute": "minutes",
    "hour": "hours", "day": "days", "week": "weeks", "fortnight": "fortnights",
    "month": "months", "year": "years",
}  # fmt: skip
_ORDINALS = {"last": -1, "this": 0, "next": 1, "first": 1, "third": 3, "fourth": 4, "fifth": 5,
             "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}  # fmt: skip
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august",
           "september", "october", "november", "december"]  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<epoch>@-?\d{1,15}(?:\.\d{1,9})?)
    | (?P<iso>\d{4}-\d{1,2}-\d{1,2})(?=[Tt\s]|$|[-+]\d|Z)
    | (?P<slash>\d{1,2}/\d{1,2}(?:/\d{2,4})?)
    | [Tt]?(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?:\s*(?P<half>[AaPp]\.?[Mm]\.?))?
    | (?P<zone>[-+]\d{2}:?\d{2}|Z\b|UTC\b|GMT\b)(?![\w:])
    | (?P<number>[-+]?\s*\d{1,9})
    | (?P<word>[A-Za-z]+)\.?
    | ,
    )""",
    re.VERBOSE,
)


def formatted(moment: datetime, template: str, *, nanos: int | None = None) -> str:
    """Return *moment* (UTC) by the format of date(1); *nanos* is the part below a second."""
    below = moment.microsecond * 1000 if nanos is None else nanos

    def one(match: re.Match[str]) -> str:
        flags, width, code = match.groups()
        text = _value(moment, code, below, width)
        if text is None:
            return match[0]
        if code in _WHOLE:
            text = formatted(moment, text, nanos=nanos)
        return _shaped(text, flags, width, code)

    return _CODE.sub(one, template)


def _value(moment: datetime, code: str, below: int, width: str) -> str | None:
    if code in _WHOLE:
        return _WHOLE[code]
    if code in _BLANK_PADDED:
        hour = moment.hour % 12 or 12
        return f"{ {'e': moment.day, 'k': moment.hour, 'l': hour}[code]:2}"
    match code:
        case "%":
            return "%"
        case "n":
            return "\n"
        case "t":
            return "\t"
        case "s":
            return str(int(moment.timestamp() // 1))
        case "N":
            return f"{below:09}"[: int(width) if width else 9]
        case "z":
            return "+0000"
        case ":z":
            return "+00:00"
        case "::z":
            return "+00:00:00"
        case ":::z":
            return "+00"
        case "Z":
            return "UTC"
        case "P":
            return f"{moment:%p}".lower()
        case "C":
            return f"{moment.year // 100:02}"
        case "q":
            return str((moment.month + 2) // 3)
        case "g":
            return f"{moment.isocalendar().year % 100:02}"
        case "Y":
            return str(moment.year)
    return f"{moment:%{code}}" if code in set("aAbBdGHIjmMpSuUVwWy") else None


def _shaped(text: str, flags: str, width: str, code: str) -> str:
    if "^" in flags:
        text = text.upper()
    if "#" in flags:
        text = text.lower() if code in {"p", "Z"} else text.upper()
    if code == "N":
        return text
    numeric = code not in _NAMES and code not in _WHOLE
    if "-" in flags:
        return text.lstrip("0 ") or "0" if numeric else text
    if "_" in flags and numeric:
        bare = text.lstrip("0") or "0"
        text = f"{bare:>{len(text)}}"
    if "0" in flags and code in _BLANK_PADDED:
        text = text.replace(" ", "0")
    if width:
        fill = " " if "_" in flags or (not numeric and "0" not in flags) else "0"
        text = text.rjust(min(int(width), 255), fill)
    return text


def read_moment(text: str, now: datetime) -> datetime | None:
    """Return the instant that *text* means as seen at *now*; None if it means none."""
    try:
        return _Reader(now).read(text)
    except (ValueError, OverflowError):
        return None


class _Reader:
    """Takes the parts of a date one after another, as parse-datetime does."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._day: tuple[int, int, int] | None = None
        self._clock: tuple[int, int, int, int] | None = None
        self._offset = timedelta()
        self._months = 0
        self._zone = timedelta()
        self._weekday: tuple[int, int] | None = None
        self._amount: int | None = None
        self._last: tuple[str, int] | None = None

    def read(self, text: str) -> datetime | None:
        text = re.sub(r"\([^)]*\)", " ", text).strip()
        if text.startswith("@"):
            if not re.fullmatch(r"@-?\d{1,12}(\.\d{1,9})?", text):
                return None
            whole, _, part = text[1:].partition(".")
            moment = datetime.fromtimestamp(int(whole), UTC)
            return moment + timedelta(microseconds=int(f"{part:0<6}"[:6]) if part else 0)
        if re.fullmatch(r"\d{8}", text):
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                return None
            at = match.end()
            if not self._take(match):
                return None
        if self._amount is not None and not self._year():
            return None
        return self._made()

    def _take(self, match: re.Match[str]) -> bool:
        if match["iso"]:
            year, month, day = map(int, match["iso"].split("-"))
            self._day = (year, month, day)
        elif match["slash"]:
            parts = [int(part) for part in match["slash"].split("/")]
            year = parts[2] if len(parts) > 2 else self._now.year
            year += (1900 if year >= 69 else 2000) if year < 100 else 0
            self._day = (year, parts[0], parts[1])
        elif match["time"]:
            hour, minute, *rest = re.split(r"[:.,]", match["time"])
            number = int(hour)
            if match["half"]:
                if not 1 <= number <= 12:
                    return False
                number = number % 12 + (12 if match["half"][0] in "pP" else 0)
            part = rest[1] if len(rest) > 1 else "0"
            self._clock = (number, int(minute), int(rest[0]) if rest else 0, int(f"{part:0<6}"[:6]))
        elif match["zone"] and (self._clock is not None or not match["zone"][0].isdecimal()):
            self._set_zone(match["zone"])
        elif match["number"]:
            if self._amount is not None and not self._year():
                return False
            self._amount = int(match["number"].replace(" ", ""))
        elif match["word"]:
            return self._word(match["word"].lower())
        return True

    def _set_zone(self, text: str) -> None:
        if text[0] in "+-":
            digits = text[1:].replace(":", "")
            span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            self._zone = span if text[0] == "+" else -span

    def _word(self, word: str) -> bool:
        single = word.removesuffix("s") if word not in {"this"} else word
        if word in {"now", "t", "utc", "gmt", "z"}:
            return True
        if word in {"today", "yesterday", "tomorrow"}:
            self._offset += timedelta(days={"yesterday": -1, "tomorrow": 1}.get(word, 0))
        elif word == "ago":
            if self._last is None:
                return False
            self._shift(self._last[0], -2 * self._last[1])
        elif single in _UNITS:
            amount = 1 if self._amount is None else self._amount
            self._amount = None
            self._last = (_UNITS[single], amount)
            self._shift(*self._last)
        elif word in _ORDINALS:
            self._amount = _ORDINALS[word]
        elif (day := _begins(word, _DAYS)) is not None:
            self._weekday = (day, self._amount or 0)
            self._amount = None
        elif (month := _begins(word, _MONTHS)) is not None:
            number, self._amount = self._amount, None
            year = self._day[0] if self._day else self._now.year
            self._day = (year, month + 1, number or 0)
        elif word in {"am", "pm"} and self._amount is not None and 1 <= self._amount <= 12:
            self._clock = (self._amount % 12 + (12 if word == "pm" else 0), 0, 0, 0)
            self._amount = None
        else:
            return False
        return True

    def _year(self) -> bool:
        """Take a bare number that follows a month: its day, or a year."""
        number, self._amount = self._amount or 0, None
        if self._day is None:
            return False
        year, month, day = self._day
        if not day and 1 <= number <= 31:
            self._day = (year, month, number)
        elif number >= 100:
            self._day = (number, month, day)
        else:
            return False
        return True

    def _shift(self, unit: str, amount: int) -> None:
        if unit in {"months", "years"}:
            self._months += amount * (12 if unit == "years" else 1)
        elif unit == "fortnights":
            self._offset += timedelta(weeks=2 * amount)
        else:
            self._offset += timedelta(**{unit: amount})

    def _made(self) -> datetime:
        moment = self._now
        dated = self._day is not None or self._weekday is not None
        if self._day is not None:
            year, month, day = self._day
            moment = moment.replace(year=year, month=month, day=day or 1)
        if self._clock is not None:
            hour, minute, second, micro = self._clock
            leap = second == 60
            moment = moment.replace(
                hour=hour, minute=minute, second=59 if leap else second, microsecond=micro
            )
            moment -= self._zone
        elif dated:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if self._months:
            index = moment.year * 12 + moment.month - 1 + self._months
            year, month = divmod(index, 12)
            day, moment = moment.day, moment.replace(year=year, month=month + 1, day=1)
            moment += timedelta(days=day - 1)
        if self._weekday is not None and self._day is None:
            day, which = self._weekday
            ahead = (day - moment.weekday()) % 7
            moment += timedelta(days=ahead + 7 * (which - (1 if which > 0 and ahead else 0)))
        return moment + self._offset


def _begins(word: str, names: list[str]) -> int | None:
    if len(word) < 3:
        return None
    known = {"tues", "wednes", "thur", "thurs", "sept"}
    for at, name in enumerate(names):
        if word in {name, name[:3]} or (word in known and name.startswith(word)):
            return at
    return None
