"""Errors of commands and their texts, as kubectl's CheckErr prints them.

It must not know which command failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.client.rest import ApiStatusError
from sim.kubectl.goformat import quote


class CommandError(Exception):
    """A command ends with one message on standard error."""

    def __init__(self, message: str, code: int = 1, *, bare: bool = False, shown: str = "") -> None:
        """Keep *message*, printed after `error: ` unless *bare*, and the exit *code*.

        *shown* is what standard output had got by then.
        """
        super().__init__(message)
        self.message = message
        self.code = code
        self.bare = bare
        self.shown = shown


class ArgumentsError(CommandError):
    """There are too many arguments or too few: the command's page comes before the message, if any."""


class SilentExit(Exception):  # noqa: N818 - an exit code, not a defect
    """A command ends with a code and nothing more to say."""

    def __init__(self, code: int) -> None:
        """Keep the exit *code*."""
        super().__init__(code)
        self.code = code


class Aggregate(Exception):  # noqa: N818 - Kubernetes' own name for several errors at once
    """Several errors of one command, printed one a line."""

    def __init__(self, errors: Sequence[Exception]) -> None:
        """Keep *errors* in order."""
        super().__init__("; ".join(map(plain, errors)))
        self.errors = list(errors)


def raise_all(errors: Sequence[Exception]) -> None:
    """Raise nothing, the only error, or all of them together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Aggregate(errors)


def plain(error: Exception) -> str:
    """Return the error's own sentence, as it stands inside longer messages."""
    if isinstance(error, CommandError):
        return error.message
    if isinstance(error, Aggregate):
        texts = list(dict.fromkeys(map(plain, error.errors)))
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return str(error)


def standard_message(error: Exception) -> str:
    """Return the text of one error among several; Status errors get kubectl's prefix."""
    if not isinstance(error, ApiStatusError):
        return plain(error)
    if error.reason == "Unauthorized":
        return f"error: You must be logged in to the server ({error.message})"
    if error.reason:
        return f"Error from server ({error.reason}): {error.message}"
    return f"Error from server: {error.message}"


def shown_before(error: Exception) -> str:
    """Return what standard output shows of what failed."""
    if isinstance(error, Aggregate):
        return "".join(map(shown_before, error.errors))
    return error.shown if isinstance(error, CommandError) else ""


def report(error: Exception) -> tuple[str, int]:
    """Return what standard error shows for *error*, ending with a newline, and the exit code."""
    if isinstance(error, SilentExit):
        return "", error.code
    if isinstance(error, CommandError):
        text = error.message
        if not error.bare and not text.startswith("error: "):
            text = f"error: {text}"
        return _line(text), error.code
    if isinstance(error, Aggregate):
        return "".join(f"{standard_message(one)}\n" for one in error.errors), 1
    if isinstance(error, ApiStatusError) and error.code == 422 and error.reason == "Invalid":
        return _line(_invalid(error)), 1
    return _line(standard_message(error)), 1


def _invalid(error: ApiStatusError) -> str:
    details = error.status.get("details")
    text = "The request is invalid"
    if not details:
        return f"{text}: {error.message}" if error.message else text
    causes = details.get("causes") or []
    if details.get("kind") or details.get("name"):
        text = f"The {details.get('kind', '')} {quote(details.get('name', ''))} is invalid"
    elif error.message and not causes:
        text += f": {error.message}"
    told = dict.fromkeys(f"{one.get('field', '')}: {one.get('message', '')}" for one in causes)
    if not told:
        return text
    if len(told) == 1:
        return f"{text}: {next(iter(told))}"
    return "\n".join([f"{text}: ", *(f"* {one}" for one in told)])


def _line(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
