"""`yq`, version 4's command line: paths and assignments on YAML itself, other expressions by jq."""

from __future__ import annotations

import json
import re
from typing import Any

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.jq import ask
from sim.bash.tools.jq.worker_process import NoWorker, WorkerDied
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool

_LONG = {
    "output-format": "o", "input-format": "p", "unwrapScalar": "unwrapScalar=?", "inplace": "i",
    "prettyPrint": "P", "null-input": "n", "colors": "C", "no-colors": "M", "indent": "I",
    "exit-status": "e", "no-doc": "N", "tojson": "j", "verbose": "v", "from-file": "from-file=",
}  # fmt: skip
_FORMATS = {"y": "yaml", "j": "json", "p": "props"}
_DELETED = re.compile(r"del\((.*)\)")
_ASSIGNED = re.compile(r"(\.[^=|]*?)\s*\|?=\s*([^=].*)", re.DOTALL)
_UNITS = 20
"""Work of a character of YAML: reading and writing it takes a microsecond."""


@tool(usage="[EXPRESSION] [FILE]...", package="https://github.com/mikefarah/yq")
def yq(proc: Proc) -> Running:
    """Query and change YAML."""
    from sim.bash.tools.yq.documents import YamlProblem  # noqa: PLC0415 - ruamel is slow to import

    try:
        return (yield from _yq(proc))
    except (Misuse, UsageProblem, YamlProblem) as problem:
        proc.stderr.write(f"Error: {problem}\n")
        return 1
    except NoWorker as why:
        return proc.fail(str(why), 1)
    except (WorkerDied, RecursionError) as why:
        return proc.fail(str(why) or "nested too deep")


def _yq(proc: Proc) -> Running:
    words = list(proc.argv)
    every = len(words) > 1 and words[1] in {"ea", "eval-all"}
    if len(words) > 1 and words[1] in {"e", "eval", "ea", "eval-all"}:
        del words[1]
    if {"--version", "-V"} & set(words):
        proc.print("yq (https://github.com/mikefarah/yq/) version v4.44.3")
        return 0
    words = [re.sub(r"^-([opI])=", r"-\1", word) for word in words]
    options = read_options(words, "iPnCMeNjvr", "opI", _LONG)
    operands = options.operands
    expression = operands.pop(0) if operands else "."
    path = proc.path(expression)
    if not every and not operands and proc.files.exists(path) and not proc.files.is_dir(path):
        operands, expression = [expression], "."
    if "from-file" in options:
        expression = proc.files.read(proc.path(options.flags["from-file"]))
    if "i" in options:
        if not operands:
            raise UsageProblem("write inplace flag only applicable when giving an expression and "
                               "at least one file")  # fmt: skip
        operands = operands[:1]
    texts: list[tuple[str, str]] = []
    if "n" not in options:
        for name in operands or ["-"]:
            if name == "-":
                texts.append((name, (yield from proc.stdin.read_all())))
                continue
            try:
                texts.append((name, proc.files.read(proc.path(name))))
            except FileProblem as problem:
                told = str(problem)
                raise UsageProblem(f"open {name}: {told[:1].lower()}{told[1:]}") from None
    run = _Run(proc, options, expression)
    result = run.over([text for _, text in texts], every=every)
    if "i" in options:
        proc.files.write(proc.path(texts[0][0]), result)
    else:
        proc.stdout.write(result)
        yield from proc.stdout.drain()
    return 1 if "e" in options and not run.found else 0


def _changes(expression: str) -> bool:
    """Return whether *expression* is one that leaves the rest of a document as it was."""
    return bool(_DELETED.fullmatch(expression) or _ASSIGNED.fullmatch(expression))


class _Run:
    def __init__(self, proc: Proc, options: Options, expression: str) -> None:
        self.proc = proc
        self.options = options
        self.expression = expression.strip() or "."
        given = options.flags.get("o", "json" if "j" in options else "yaml")
        self.form = _FORMATS.get(given, given)
        if self.form not in {"yaml", "json", "props"}:
            raise UsageProblem(f"output format {given}: not supported in this simulator")
        if options.flags.get("p", "yaml") not in {"yaml", "json", "y", "j", "auto", "a"}:
            raise UsageProblem(
                f"input format {options.flags['p']}: not supported in this simulator"
            )
        self.indent = options.number("I", 2)
        if not 0 <= self.indent <= 16:
            raise UsageProblem(f"invalid indent: {self.indent}")
        self.marks = "N" not in options
        self.found = False

    def over(self, texts: list[str], *, every: bool) -> str:
        """Return what the expression makes of all documents, as text."""
        if len(texts) == 1 and not every and (quick := self._over_json(texts[0])) is not None:
            return quick
        from sim.bash.tools.yq.documents import load, plain  # noqa: PLC0415

        self.proc.charge(sum(map(len, texts)) * _UNITS)
        documents: list[Any] = [one for text in texts for one in load(text)]
        if not texts:
            documents = [None]
        if self.is_json:
            documents = [plain(one) for one in documents]
        out: list[str] = []
        if every:
            results = self._by_jq(json.dumps([plain(one) for one in documents]))
            return "".join(self._shown(one) for one in results)
        for index, document in enumerate(documents):
            shown = "".join(self._shown(one) for one in self._evaluate(document, index))
            if shown and any(out) and self.form == "yaml" and self.marks:
                out.append("---\n")
            out.append(shown)
        return "".join(out)

    @property
    def is_json(self) -> bool:
        """Whether the input was said to be JSON, which has no style that would stay."""
        return self.options.flags.get("p") in {"json", "j"}

    def _over_json(self, text: str) -> str | None:
        """Return what comes of one document of JSON; None where its style as YAML would be seen."""
        from sim.bash.tools.yq import paths  # noqa: PLC0415
        from sim.bash.tools.yq.documents import load_json  # noqa: PLC0415

        try:
            document = load_json(text)
        except ValueError:
            return None
        self.proc.charge(len(text))
        steps = paths.read_path(self.expression)
        if steps is None:
            if _changes(self.expression):
                return None
            return "".join(self._shown(one) for one in self._by_jq(text))
        results = list(paths.walk(document, steps))
        styled = self.form == "yaml" and not self.is_json
        if styled and any(isinstance(one, dict | list) for one in results):
            return None
        return "".join(self._shown(one) for one in results)

    def _evaluate(self, document: Any, index: int) -> list[Any]:
        from sim.bash.tools.yq import paths  # noqa: PLC0415
        from sim.bash.tools.yq.documents import plain  # noqa: PLC0415

        expression = self.expression
        steps = paths.read_path(expression)
        if steps is not None:
            return list(paths.walk(document, steps))
        if deleted := _DELETED.fullmatch(expression):
            steps = paths.read_path(deleted[1])
            if steps:
                return [paths.delete(document, steps)]
        if assigned := _ASSIGNED.fullmatch(expression):
            steps = paths.read_path(assigned[1])
            value = paths.read_value(assigned[2], self.proc.environ)
            if steps is not None and value is not None:
                return [paths.assign(document, steps, value[0])]
        return self._by_jq(json.dumps(plain(document)), index=index)

    def _by_jq(self, text: str, *, index: int = 0) -> list[Any]:
        """Return what jq makes of *text*, which is JSON."""
        from sim.bash.tools.yq.documents import YamlProblem  # noqa: PLC0415

        program = re.sub(r"\bstrenv\((\w+)\)", r'($ENV["\1"])', self.expression)
        program = re.sub(
            r"\benv\((\w+)\)", r'($ENV["\1"] | . as $x | try fromjson catch $x)', program
        )
        program = re.sub(r"\b(?:documentIndex|document_index|di)\b", str(index), program)
        answer = ask(self.proc, {
            "program": program, "arguments": "{}", "seq": False, "stream": False,
            "stream_errors": False, "raw_input": False, "slurp": False, "null_input": False,
            "raw": False, "ascii": False, "flags": 0, "end": "\n", "environ": self.proc.environ,
            "input": text, "files": [], "before": 0,
        })  # fmt: skip
        told = "".join(text for stream, text in answer["parts"] if stream == 2)
        if answer["code"]:
            first = re.sub(r"^jq: error(?: \(at [^)]*\))?: ", "", told).split("\n")[0]
            raise YamlProblem(f"{first} (expressions here are jq's)")
        lines = "".join(part for stream, part in answer["parts"] if stream == 1)
        return [json.loads(line) for line in lines.splitlines()]

    def _shown(self, value: Any) -> str:
        from sim.bash.tools.yq.documents import as_json, as_properties, dump, plain  # noqa: PLC0415

        self.found = self.found or value not in (None, False)
        if self.form == "json":
            text = as_json(value, self.indent)
        elif self.form == "props" and isinstance(value, dict | list):
            text = as_properties(plain(value))
        else:
            text = dump(value, self.indent)
        self.proc.charge(len(text) * _UNITS)
        return text


__all__ = ["yq"]
