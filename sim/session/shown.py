"""What a client outside was shown, as the text that a terminal would have shown.

The server sends data and the client prints it; here it is printed as kubectl prints it. Whose eyes
it was for, and what it proves, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.client.recording import ParsedPath
from sim.kubectl.printers.output import without_managed_fields
from sim.kubectl.printers.table import TableOptions, TablePrinter
from sim.kubectl.printers.yaml import to_yaml
from sim.session.outside import Asked

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
"""How kubectl asks for columns."""
KUBECTL = "kubectl"
RERUN = ("describe", "events", "rollout history", "rollout status", "top node", "top pod")
"""Calls whose text the client makes of what it fetched: ours makes the same of the same objects."""
_SILENT = ("apply", "create", "debug", "diff", "replace", "run")
"""Calls that look whether an object is there and tell nobody that it is not."""
_PRINTS = ("get", "")
"""Calls that print what they fetch; empty: not kubectl, or one that does not say."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a client was called as and for, read from one of its requests."""

    verb: str
    """kubectl's own, e.g. `rollout status`; empty for another client."""
    line: str
    """As a command line, as far as the request tells."""
    target: ParsedPath
    rerun: tuple[str, ...] = ()
    """The arguments with which our kubectl prints what the client prints."""


def call_of(asked: Asked, client: str) -> Call:
    """Return what *asked* tells of the client's call."""
    header = asked.headers.get("kubectl-command", "")
    program, _, verb = header.partition(" ")
    if program != KUBECTL:
        verb = ""
    if not isinstance(asked, ApiRequest):
        return _inside(asked, client, verb)
    watch = asked.param("watch") in ("1", "true")
    target = ParsedPath(asked.method, asked.path, watch=watch)
    if not verb:
        return Call("", f"{client}: {asked.method} {asked.path}", target)
    words = _words(asked, target, verb)
    rerun = words if verb in RERUN and asked.method == "GET" else ()
    extra = ("--watch=false",) if verb == "rollout status" else ()
    return Call(verb, " ".join((KUBECTL, *words)), target, (*rerun, *extra) if rerun else ())


def _words(asked: ApiRequest, target: ParsedPath, verb: str) -> tuple[str, ...]:
    plural, _, part = target.resource.partition("/")
    kind = plural.partition(".")[0]
    words = [*verb.split()]
    if verb in ("logs", "top pod", "top node", "cordon", "uncordon", "drain", "events"):
        words += [target.name] if target.name else []
    elif verb.startswith("rollout"):
        words += [f"{kind}/{target.name}" if target.name else kind]
    else:
        words += [kind, *([target.name] if target.name else [])]
    if target.namespace:
        words += ["-n", target.namespace]
    for option, param in (("-l", "labelSelector"), ("-c", "container")):
        value = asked.param(param)
        if value:
            words += [option, value]
    if part == "log" and asked.param("previous") == "true":
        words.append("--previous")
    return tuple(words)


def _inside(asked: Any, client: str, verb: str) -> Call:
    path = f"/api/v1/namespaces/{asked.namespace}/pods/{asked.pod}"
    target = ParsedPath("POST", f"{path}/exec")
    who = f"{KUBECTL} {verb}" if verb else f"{client}:"
    if isinstance(asked, ExecRequest):
        line = f"{who} {asked.pod} -n {asked.namespace}"
        if asked.argv:
            line += f" -- {' '.join(asked.argv)}"
        return Call(verb, line, target)
    return Call(verb, f"{who} pod/{asked.pod} -n {asked.namespace} {asked.port}", target)


def text_of(call: Call, asked: ApiRequest, answer: ApiResponse) -> tuple[str, str]:
    """Return (stream, text) of what the client printed of one answer; empty for nothing."""
    body = answer.body
    if answer.code >= 400:
        quiet = asked.method == "GET" and call.verb in _SILENT
        return "stderr", "" if quiet else _refusal(body)
    if isinstance(body, str):
        return "stdout", body
    if asked.method != "GET" or call.verb not in _PRINTS or not isinstance(body, dict):
        return "stdout", ""
    if body.get("kind") == "Table":
        return "stdout", table_text(body, everywhere=_everywhere(call, body))
    if "items" in body:
        return "stdout", ""
    return "stdout", to_yaml(without_managed_fields(body))


def table_text(table: dict[str, Any], *, wide: bool = False, everywhere: bool = False) -> str:
    """Return *table* as kubectl prints it."""
    printer = TablePrinter(TableOptions(wide=wide, namespace=everywhere))
    return printer.add(table) + printer.flush()


def wide_text(call: Call, table: dict[str, Any]) -> str:
    """Return *table* with the columns of `-o wide`; empty if it has no others."""
    if not any(column.get("priority") for column in table.get("columnDefinitions") or ()):
        return ""
    return table_text(table, wide=True, everywhere=_everywhere(call, table))


def is_list(answer: ApiResponse) -> bool:
    """Return whether *answer* is many objects, which a script reads rather than a person."""
    return isinstance(answer.body, dict) and "items" in answer.body and answer.code == 200


def _everywhere(call: Call, table: dict[str, Any]) -> bool:
    rows = table.get("rows") or ()
    metadata = (rows[0].get("object") or {}).get("metadata") or {} if rows else {}
    return not call.target.namespace and bool(metadata.get("namespace"))


def _refusal(body: Any) -> str:
    if not isinstance(body, dict):
        return f"{str(body).strip()}\n"
    reason, message = body.get("reason", ""), body.get("message", "")
    return f"Error from server ({reason}): {message}\n" if reason else f"Error: {message}\n"
