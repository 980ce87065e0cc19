"""Command lines for kubectl as Hypothesis draws them: every verb that changes nothing, and its mistakes."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from tests.kubectl.words import (
    any_objects,
    field_selectors,
    label_selectors,
    named,
    outputs,
    some_objects,
    sort_paths,
    types,
)

Line = list[str]
Draw = Callable[[st.DrawFn], Line]


def _fragments() -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for text in Path(__file__).with_name("fragments.txt").read_text().splitlines():
        mark, _, rest = text.partition(" ")
        if mark == "==":
            found[rest] = []
        elif text and mark != "#":
            last = found[next(reversed(found))]
            last.append([] if text == "--nothing--" else shlex.split(text))
    return {name: tuple(listed) for name, listed in found.items()}


FRAGMENTS = _fragments()
_NAMESPACES = ("shop", "kube-system", "default", "nope", "")
_EXPLAINED = tuple(word for [word] in FRAGMENTS["explained"])
_TYPOS = FRAGMENTS["typos"]


def _maybe(draw: st.DrawFn, *choices: Line, one_in: int = 3) -> Line:
    return draw(st.sampled_from(choices)) if draw(st.integers(1, one_in)) == 1 else []


def _place(draw: st.DrawFn) -> Line:
    space = draw(st.sampled_from(_NAMESPACES))
    return _maybe(draw, ["-n", space], [f"--namespace={space}"], ["-A"], one_in=5)


def _selected(draw: st.DrawFn, *, one_in: int = 4) -> Line:
    labels = draw(label_selectors)
    return _maybe(draw, ["-l", labels], [f"--selector={labels}"], one_in=one_in)


def _dry(draw: st.DrawFn) -> Line:
    return [draw(st.sampled_from(("--dry-run=client", "--dry-run=client", "--dry-run=server")))]


def _shown(draw: st.DrawFn) -> Line:
    return draw(outputs()) if draw(st.booleans()) else []


def _get(draw: st.DrawFn) -> Line:
    line = ["get", *draw(any_objects)]
    if draw(st.integers(0, 2)):
        line += draw(outputs())
    line += _place(draw) + _selected(draw)
    fields = draw(field_selectors)
    line += _maybe(draw, [f"--field-selector={fields}"], one_in=7)
    line += _maybe(draw, [f"--sort-by={draw(sort_paths)}"], one_in=5)
    for flag in FRAGMENTS["get flags"]:
        line += _maybe(draw, flag, one_in=14)
    return line


def _get_files(draw: st.DrawFn) -> Line:
    file = draw(
        st.sampled_from(("cm.yaml", "new.yaml", "list.json", "bad.yaml", "odd.yaml", "nope.yaml"))
    )
    verb = draw(st.sampled_from(FRAGMENTS["get_files"]))
    line = [
        *verb,
        *draw(st.sampled_from((["-f", file], [f"--filename={file}"], ["-f", "cm.yaml,list.json"]))),
    ]
    return (
        line
        + _maybe(draw, ["-n", "shop"], one_in=5)
        + _shown(draw)
        + _maybe(draw, ["--validate=false"], one_in=8)
    )


def _describe(draw: st.DrawFn) -> Line:
    line = ["describe", *draw(any_objects), *_place(draw), *_selected(draw)]
    return line + _maybe(draw, ["--show-events=false"], ["--chunk-size=1"], one_in=5)


def _logs(draw: st.DrawFn) -> Line:
    what = draw(st.sampled_from(FRAGMENTS["logs"]))
    line = ["logs", *what]
    for flag in FRAGMENTS["logs flags"]:
        line += _maybe(draw, flag, one_in=12)
    return line + _place(draw)


def _top(draw: st.DrawFn) -> Line:
    what = draw(
        st.sampled_from(
            (
                ["pods"],
                ["nodes"],
                ["pod", "client"],
                ["node", "sandbox-worker-1"],
                ["po", "nope"],
                ["no", "nope"],
                ["node", "a", "b"],
            )
        )
    )
    line = ["top", *what, *_selected(draw), *_place(draw)]
    for flag in FRAGMENTS["top flags"]:
        line += _maybe(draw, flag, one_in=8)
    return line


def _rollout(draw: st.DrawFn) -> Line:
    what = draw(st.sampled_from(FRAGMENTS["rollout"]))
    verb = draw(st.sampled_from(FRAGMENTS["rollout_1"]))
    return ["rollout", *verb, *what, *(_shown(draw) if verb[0] == "history" else []), *_place(draw)]


def _explain(draw: st.DrawFn) -> Line:
    line = ["explain", draw(st.sampled_from(_EXPLAINED))]
    return line + _maybe(
        draw,
        ["--recursive"],
        ["--api-version=v1"],
        ["--api-version=apps/v1"],
        ["--api-version=x"],
        ["-o", "plaintext-openapiv2"],
        ["--recursive", "--max-depth=2"],
        ["-o", "x"],
    )


def _api(draw: st.DrawFn) -> Line:
    line = [
        draw(
            st.sampled_from(
                (
                    "api-resources",
                    "api-resources",
                    "api-resources",
                    "api-versions",
                    "version",
                    "cluster-info",
                )
            )
        )
    ]
    for flag in FRAGMENTS["api flags"]:
        line += _maybe(draw, flag, one_in=9)
    return line


def _can_i(draw: st.DrawFn) -> Line:
    verb = draw(st.sampled_from(tuple(word for [word] in FRAGMENTS["can_i"])))
    what = draw(types | st.sampled_from(tuple(word for [word] in FRAGMENTS["can_i_1"])))
    line = draw(
        st.sampled_from(
            (["auth", "can-i", verb, what],) * 5
            + (["auth", "whoami"], ["auth", "can-i", "--list"], ["auth", "can-i", verb])
        )
    )
    line = line + _place(draw)
    for flag in FRAGMENTS["can_i flags"]:
        line += _maybe(draw, flag, one_in=7)
    return line


def _events(draw: st.DrawFn) -> Line:
    line = ["events", *_place(draw), *_shown(draw)]
    for flag in FRAGMENTS["events flags"]:
        line += _maybe(draw, flag, one_in=7)
    return line


_PAIRS = tuple(word for [word] in FRAGMENTS["pairs"])


def _label(draw: st.DrawFn) -> Line:
    line = [draw(st.sampled_from(("label", "annotate"))), *draw(some_objects()), *_dry(draw)]
    line += draw(st.lists(st.sampled_from(_PAIRS), min_size=0, max_size=2))
    line += _selected(draw, one_in=9) + _shown(draw)
    for flag in FRAGMENTS["label flags"]:
        line += _maybe(draw, flag, one_in=9)
    return line


def _change(draw: st.DrawFn) -> Line:
    verb = draw(st.sampled_from(FRAGMENTS["change"]))
    line = [
        *verb,
        *draw(
            some_objects()
            | st.sampled_from(
                (["deploy/web"], ["deploy", "web"], ["pod", "client"], ["svc", "web"])
            )
        ),
    ]
    if verb[0] == "rollout":
        # without --dry-run these write; on what is not there they do not
        line = [
            *verb,
            *draw(
                st.sampled_from(
                    (["deploy/nope"], ["pod/client"], ["cm/settings"], ["deploy"], ["unicorn/x"])
                )
            ),
        ]
    elif verb != ["set", "env", "--list"]:
        line += _dry(draw)
    return line + _shown(draw) + _place(draw)


def _nodes(draw: st.DrawFn) -> Line:
    node = draw(named("nodes"))
    verb = draw(st.sampled_from(FRAGMENTS["nodes"]))
    taint = draw(st.sampled_from(tuple(word for [word] in FRAGMENTS["nodes_1"])))
    return draw(
        st.sampled_from(
            ([*verb, node], ["taint", "node", node, taint], ["taint", "nodes", "--all", taint])
        )
    ) + _dry(draw)


def _wait(draw: st.DrawFn) -> Line:
    what = draw(st.sampled_from(tuple(word for [word] in FRAGMENTS["wait"])))
    return [
        "wait",
        *draw(some_objects())[:2],
        f"--for={what}",
        "--timeout=0",
        *_selected(draw, one_in=8),
        *_place(draw),
        *_shown(draw),
    ]


def _autoscale(draw: st.DrawFn) -> Line:
    line = ["autoscale", *draw(st.sampled_from(FRAGMENTS["autoscaled"])), "--max=5", *_dry(draw)]
    for flag in FRAGMENTS["autoscale flags"]:
        line += _maybe(draw, flag, one_in=9)
    return line + _shown(draw) + _place(draw)


def _apply(draw: st.DrawFn) -> Line:
    line = ["apply", *draw(st.sampled_from(FRAGMENTS["applied"])), *_dry(draw)]
    for flag in FRAGMENTS["apply flags"]:
        line += _maybe(draw, flag, one_in=9)
    return line + _shown(draw) + _maybe(draw, ["-n", "shop"], ["-n", "nope"], one_in=9)


def _local(draw: st.DrawFn) -> Line:
    line = [*draw(st.sampled_from(FRAGMENTS["local"])), "--local"]
    line += draw(st.sampled_from(FRAGMENTS["local files"]))
    line += _maybe(draw, ["--dry-run=client"], ["--dry-run=server"], one_in=6)
    return line + _shown(draw) + _maybe(draw, ["-n", "other"], one_in=9)


def _set_one(draw: st.DrawFn) -> Line:
    what = draw(st.sampled_from((["svc", "web"], ["svc/nope"], ["svc", "--all"], ["pod/client"])))
    selector = draw(label_selectors)
    account = draw(st.sampled_from(("robot", "nope", "")))
    verb = draw(
        st.sampled_from(
            (
                ["set", "selector", *what, selector],
                ["set", "serviceaccount", "deploy", draw(named("deployments")), account],
                ["set", "sa", draw(st.sampled_from(("ds,sts", "cj", "cm"))), "--all", account],
                ["set", "subject", "rolebinding", draw(named("rolebindings")), "--user=x"],
            )
        )
    )
    return [*verb, *_dry(draw), *_shown(draw), *_place(draw)]


_CREATED = FRAGMENTS["created"]


def _create(draw: st.DrawFn) -> Line:
    line = ["create", *draw(st.sampled_from(_CREATED))]
    extra = [
        *_dry(draw),
        *(["-o", "yaml"] if draw(st.booleans()) else _shown(draw)),
        *_place(draw),
        *_maybe(draw, ["--field-manager=x"], ["--save-config"], one_in=5),
    ]
    at = line.index("--") if "--" in line else len(line)
    return [*line[:at], *extra, *line[at:]]


def _run(draw: st.DrawFn) -> Line:
    line = ["run", draw(st.sampled_from(("tmp", "tmp", "tmp", "Bad_Name", ""))), *_dry(draw)]
    line += (
        _maybe(
            draw,
            ["--image=busybox"],
            ["--image=nginx:1"],
            ["--image=nginx:1"],
            ["--image=A/b"],
            one_in=1,
        )
        if draw(st.integers(0, 9))
        else []
    )
    for flag in FRAGMENTS["run flags"]:
        line += _maybe(draw, flag, one_in=12)
    line += _shown(draw) + _place(draw)
    return line + _maybe(draw, ["--", "sleep", "5"], ["--", "sh", "-c", "echo hi"], ["arg"])


def _config(draw: st.DrawFn) -> Line:
    return ["config", *draw(st.sampled_from(FRAGMENTS["config"]))]


_VERBS: tuple[tuple[int, Draw], ...] = (
    (30, _get),
    (4, _get_files),
    (8, _describe),
    (5, _logs),
    (3, _top),
    (4, _rollout),
    (3, _explain),
    (3, _api),
    (4, _can_i),
    (3, _events),
    (5, _label),
    (9, _change),
    (3, _nodes),
    (4, _wait),
    (8, _create),
    (4, _run),
    (4, _config),
    (4, _autoscale),
    (6, _apply),
    (7, _local),
    (3, _set_one),
    (4, lambda draw: draw(st.sampled_from(_TYPOS))),
)
_WEIGHED = [make for weight, make in _VERBS for _ in range(weight)]


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, ...]:
    """Return the words of one command line after `kubectl`."""
    return tuple(draw(st.sampled_from(_WEIGHED))(draw))
