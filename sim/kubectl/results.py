"""What a changing command says when it is done: `pod/x labeled`, or the object with `-o`.

Also reads `--dry-run`. It must not know which command changed what.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Invocation
from sim.kubectl.printers.output import ObjectPrinter, OutputOptions, output_printer, short_name

OUTPUT_FLAGS = flags(
    "allow-missing-template-keys bool=true",
    "output,o",
    "show-managed-fields bool",
    "template",
)
DRY_RUN_FLAG = flags("dry-run string=none?unchanged")

NONE, CLIENT, SERVER = "none", "client", "server"
_SUFFIX = {NONE: "", CLIENT: " (dry run)", SERVER: " (server dry run)"}


def dry_run_of(call: Invocation) -> str:
    """Return `none`, `client` or `server`."""
    value = call.flags.text("dry-run")
    if value in (NONE, CLIENT, SERVER):
        return value
    if value in ("false", "0", "f", "F", "FALSE", "False"):
        return NONE
    if value == "unchanged":
        _deprecated(call, 714, "--dry-run is deprecated and can be replaced with --dry-run=client.")
        return CLIENT
    if value in ("true", "1", "t", "T", "TRUE", "True"):
        _deprecated(
            call,
            728,
            f"--dry-run={value} is deprecated (boolean value) and can be replaced with "
            "--dry-run=client.",
        )
        return CLIENT
    raise CommandError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".')


def _deprecated(call: Invocation, line: int, text: str) -> None:
    call.err(log_line(call, "W", f"helpers.go:{line}", text))


def log_line(call: Invocation, level: str, place: str, text: str) -> str:
    """Return a line as kubectl's own log (klog) writes it."""
    at = datetime.fromtimestamp(call.clock() / 1000, UTC)
    return f"{level}{at:%m%d %H:%M:%S.%f}       1 {place}] {text}\n"


def dry_run_query(dry_run: str) -> list[tuple[str, str]]:
    """Return the query that makes a request a rehearsal on the server."""
    return [("dryRun", "All")] if dry_run == SERVER else []


class Results:
    """Says what was done, once an object."""

    def __init__(self, call: Invocation, dry_run: str = NONE) -> None:
        """Print as `-o` and `--template` of *call* say."""
        self._call = call
        self._suffix = _SUFFIX[dry_run]
        self._printer: ObjectPrinter | None = None
        if call.flags.text("output") or call.flags.text("template"):
            self._printer = output_printer(output_options(call), call.read_file)

    def say(self, operation: str, obj: Obj) -> None:
        """Print *obj*, or `kind/name operation`."""
        if self._printer:
            self._call.out(self._printer.render(obj))
        else:
            self._call.out(f"{short_name(obj)} {operation}{self._suffix}\n")


def check_output(call: Invocation) -> None:
    """Refuse an output format that does not exist, before anything is asked.

    Raises:
        CommandError: if `-o` or `--template` cannot be used.
    """
    if call.flags.text("output") or call.flags.text("template"):
        output_printer(output_options(call), call.read_file)


def output_options(call: Invocation, **changes: Any) -> OutputOptions:
    """Return what the output flags say."""
    return OutputOptions(
        format=call.flags.text("output"),
        template=call.flags.text("template"),
        managed_fields=call.flags.on("show-managed-fields"),
        allow_missing=call.flags.on("allow-missing-template-keys"),
        **changes,
    )
