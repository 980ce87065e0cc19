"""`--raw`: a request to a path of the API, and its answer as it came.

It must not know what lies at the path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sim.client.rest import ApiStatusError
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.gojson import json_problem
from sim.kubectl.invocation import Invocation, Running

_WEB = ("http://", "https://")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_SHOWN = 30
"""How many bytes of a body that cannot be read are shown."""


def check_raw(call: Invocation, files: Sequence[str], *, least: int) -> None:
    """Refuse what does not go with `--raw`.

    Raises:
        CommandError: naming the other flag.
    """
    read = call.flags
    if not least <= len(files) <= 1:
        raise CommandError("--raw can only use a single local file or stdin")
    if files and files[0].startswith(_WEB):
        raise CommandError("--raw cannot read from a url")
    for name, shown in (("recursive", "recursive"), ("selector", "selector (-l)")):
        if name in read.known and name in read.given and least:
            raise CommandError(f"--raw and --{shown} are mutually exclusive")
    if read.text("output"):
        raise CommandError("--raw and --output are mutually exclusive")
    check_path(read.text("raw"))


def check_path(path: str) -> None:
    """Refuse a path that is none; raises CommandError."""
    if not path.startswith("/"):
        raise CommandError(
            f"--raw must be a valid URL path: parse {quote(path)}: invalid URI for request"
        )
    if bad := _BAD_ESCAPE.search(path.partition("?")[0]):
        raise CommandError(
            f"--raw must be a valid URL path: parse {quote(path)}: invalid URL escape {quote(bad[0])}"
        )


def send_raw(call: Invocation, method: str, files: Sequence[str] = ()) -> Running:
    """Send a file's text, if there is one, and print what is answered."""
    body: Any = None
    if files:
        text = call.typed if files[0] == "-" else None
        if text is None and files[0] == "-":
            text = yield from call.proc.stdin.read_all()
        try:
            text = call.read_file(files[0]) if text is None else text
        except OSError as error:
            raise CommandError(str(error)) from None
        try:
            body = json.loads(text) if text else None
        except ValueError:
            raise _undecodable(text) from None
    path, _, query = call.flags.text("raw").partition("#")[0].partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    answer = call.client.send(
        method, path, [(key, value) for key, _, value in pairs], body, accept="*/*"
    )
    if isinstance(answer, str):
        call.out(answer)
    else:
        call.out(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
    return 0


def _undecodable(text: str) -> ApiStatusError:
    """Return what a server says to a body that is no JSON: the doors carry values, not bytes."""
    data = text.encode("utf-8", "surrogateescape")
    shown = data[:_SHOWN].hex() + (" ..." if len(data) > _SHOWN else "")
    message = (
        "the object provided is unrecognized (must be of a known type): couldn't get version/kind; "
        f"json parse error: {json_problem(text)} ({shown})"
    )
    return ApiStatusError({"message": message, "reason": "BadRequest", "code": 400})
