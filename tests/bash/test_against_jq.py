"""jq prints what the executable prints, and ends what would not end, in a worker that comes back."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

import pytest

from tests.bash.coreutils import Tree
from tests.bash.place import Place
from tests.real import real

worker_process = import_module("sim.bash.tools.jq.worker_process")
WORKERS = worker_process.WORKERS
PODS = (
    '{"kind":"List","items":[{"metadata":{"name":"web-1","labels":{"app":"web"}},"status":{"phase":"Running",'
    '"restarts":0}},{"metadata":{"name":"web-2","labels":{"app":"web"}},"status":{"phase":"Pending",'
    '"restarts":3}},{"metadata":{"name":"db-0","labels":null},"status":{"phase":"Running","restarts":12}}]}\n'
)
LINES = r"""
jq . pods.json
jq -c . pods.json
jq . < pods.json
cat pods.json | jq .
cat pods.json | jq
jq '.items[].metadata.name' pods.json
jq -r '.items[].metadata.name' pods.json
jq -r '.items[] | select(.status.phase != "Running") | .metadata.name' pods.json
jq -r '.items[] | "\(.metadata.name)\t\(.status.phase)"' pods.json
jq -r '.items[] | [.metadata.name, .status.restarts] | @tsv' pods.json
jq -r '.items[] | [.metadata.name, .status.restarts] | @csv' pods.json
jq '.items | length' pods.json
jq '[.items[].status.restarts] | add' pods.json
jq '.items | map(.status.restarts) | max' pods.json
jq -c '.items | group_by(.status.phase) | map({phase: .[0].status.phase, n: length})' pods.json
jq -c '.items | sort_by(-.status.restarts) | map(.metadata.name)' pods.json
jq -c '.items[] | {name: .metadata.name, app: .metadata.labels.app}' pods.json
jq -c '.items[] | .metadata.labels // {} | keys' pods.json
jq -c 'keys' pods.json
jq -c 'keys_unsorted' pods.json
jq -c 'to_entries | map(.key)' pods.json
jq -c '.items[0] | paths' pods.json
jq -c '[.items[] | .status.phase] | unique' pods.json
jq -c '.items[0] | del(.status)' pods.json
jq -c '.items[0].status.restarts |= .+1 | .items[0].status' pods.json
jq -c '.items[] |= (.metadata.name) | .items' pods.json
jq '.items[1].status.phase' pods.json
jq '.items[-1].metadata.name' pods.json
jq -c '.items[0:2] | map(.metadata.name)' pods.json
jq '.nosuch' pods.json
jq '.items[5]' pods.json
jq -e '.nosuch' pods.json
jq -e '.kind' pods.json
jq -e 'empty' pods.json
jq -e '.items[0].status.restarts > 5' pods.json
jq -r '.items[].metadata | .name + "=" + (.labels.app // "none")' pods.json
jq 'any(.items[]; .status.restarts > 10)' pods.json
jq 'all(.items[]; .status.restarts > 10)' pods.json
jq -c '[.items[] | select(.metadata.name | test("^web"))] | length' pods.json
jq -r '.items[].metadata.name | sub("-"; "_")' pods.json
jq -r '.items[].metadata.name | split("-")[0]' pods.json
jq -r '.items[].metadata.name | capture("(?<app>[a-z]+)-(?<n>[0-9])") | .n' pods.json
jq -r '.items[].metadata.name | ascii_upcase' pods.json
jq -c '.items | map({(.metadata.name): .status.phase}) | add' pods.json
jq -c '.items | INDEX(.metadata.name) | keys' pods.json
jq -c 'reduce .items[] as $i ({}; .[$i.status.phase] += 1)' pods.json
jq -c '.items | to_entries | map(.key)' pods.json
jq -c '.items[] | with_entries(select(.key == "status"))' pods.json
jq -c '[.items[].status | .restarts] | [min, max, add / length]' pods.json
jq -c '.. | .phase? // empty' pods.json
jq -c '[..|numbers]' pods.json
jq -r '.items[] | if .status.restarts > 2 then "bad" elif .status.restarts > 0 then "meh" else "ok" end' pods.json
jq -r 'first(.items[]).metadata.name' pods.json
jq -c '[limit(2; .items[].metadata.name)]' pods.json
jq -S -c '.items[0]' pods.json
jq -S . pods.json
jq --tab '.items[0]' pods.json
jq --indent 1 '.items[0]' pods.json
jq --indent 0 '.items[0]' pods.json
jq --indent 7 '.items[0]' pods.json
jq -j '.items[].metadata.name' pods.json
jq -a -c '.' <<< '"é✓"'
jq -c . <<< '"é✓"'
jq -ar . <<< '"é"'
jq -n '1, 2'
jq -n '[1,2,3] | map(. * 2)' -c
jq -nc '{a: 1, "b": 2, "c d": 3}'
jq -nr '"a\tb\n"'
jq -n --arg x 1 '$x'
jq -n --argjson x '{"a":[1]}' '$x.a[0]'
jq -nc --arg a 1 --arg b 2 '$ARGS.named'
jq -nc --args '$ARGS.positional' a b c
jq -nc '$ARGS.positional' --jsonargs 1 '{"a":2}'
jq -n --arg app web '[inputs.items[] | select(.metadata.labels.app == $app)] | length' pods.json
jq -nc '[inputs.kind]' pods.json pods.json
jq -nc '[inputs.kind]' < pods.json
jq -c '[.kind, input.kind]' pods.json pods.json
jq -s 'length' pods.json pods.json
jq -s . empty
jq -sc 'map(.kind)' pods.json pods.json
printf '1 2 3' | jq -s add
printf '1\n2\n3\n' | jq '. + 1'
printf 'a\nb\n' | jq -R .
printf 'a\nb' | jq -R .
printf 'a\nb\n' | jq -Rs .
printf 'a\nb\n' | jq -nR '[inputs]' -c
printf 'k=v\nx=y\n' | jq -Rnc '[inputs | split("=") | {(.[0]): .[1]}] | add'
jq --slurpfile p pods.json -n '$p[0].kind'
jq --rawfile p noend -n '$p'
printf '.kind' > prog.jq; jq -f prog.jq pods.json
printf '# comment\n.items[0]\n| .metadata.name' > prog.jq; jq -f prog.jq pods.json
jq -n '"\u00e9" | @uri' -r
jq -nr '"hi there" | @base64'
jq -nr '"aGk=" | @base64d'
jq -nr '[1,"a b"] | @sh'
jq -nr '"<&>" | @html'
jq -nr '{"a":1} | @json'
jq -n '1.5, 100, 0.1'
jq -n '[.[]?]' -c
jq -n 'try error("x") catch .'
jq -n '[range(5)]' -c
jq -n '[range(0;10;3)]' -c
jq -n 'def f(x): x * 2; f(3)'
jq -n '[1,[2,[3]]] | flatten' -c
jq -n '{"a":{"b":1}} * {"a":{"c":2}}' -c
jq -n '[3,1,2] | sort, reverse' -c
jq -n '"abc" | length, ascii_downcase, .[1:2]'
jq -n '"a,b" | split(",")' -c
jq -n '["a","b"] | join("-")'
jq -n '0 | todate'
jq -n '"2026-11-20T02:47:00Z" | fromdate'
jq -n '1795142820 | strftime("%Y-%m-%d")'
jq -n '[1,2] | tojson | fromjson' -c
jq -n 'input_filename'
jq -n '{"a":[1,2]} | tostream' -c
jq -c --stream . <<< '{"a":[1,2]}'
jq --seq -c . <<< '[1]' | od -c
jq -n '"x" | ltrimstr("x") | length'
jq -n 'null | not'
jq -n '[true,false] | any, all'
jq -n '{} | .a.b.c'
jq -n '{} | .a.b = 1' -c
jq -n '[1,2,3] | index(2), (.[1:] | length)'
jq -n '$ENV.HOME | type'
jq -n 'env | type'
jq -n '@text "a\(1+1)"'
jq -n 'halt'
jq -n '[.] | halt_error(3)'
jq -n '"bye\n" | halt_error'
jq '.a' <<< '[1]'
jq 'error("x")' <<< '1'
jq '.[' <<< '1'
jq nosuch <<< '1'
jq . nofile
jq . nofile pods.json -c
jq -n 'input'
""".strip().split("\n")


@pytest.mark.parametrize("line", LINES)
def test_jq_prints_what_the_executable_prints(both: Tree, line: str) -> None:
    """Only messages differ between versions of jq: what stands on standard error is not compared."""
    real("jq")
    for path, files in ((both.root / "pods.json", both.files),):
        path.write_text(PODS)
        files.write("/home/oncall/pods.json", PODS)
    wanted, ours = both.real(line), both.ours(line)
    assert (ours.out, ours.code, bool(ours.err)) == (wanted.out, wanted.code, bool(wanted.err))


@pytest.mark.parametrize(
    ("line", "told", "code"),
    [
        ("jq --version", "", 0),
        ("jq .a <<< '[1]'", 'jq: error (at <stdin>:1): Cannot index array with string ("a")\n', 5),
        ("jq .a pods", "jq: parse error: Invalid numeric literal at line 1, column 5\n", 2),
        (
            "jq '.[' <<< 1",
            "jq: error: syntax error, unexpected end of file at <top-level>, line 1, column 2:\n"
            "    .[\n     ^\njq: 1 compile error\n",
            3,
        ),
        ("jq . <<< '{\"a\":'", "jq: parse error: Unfinished JSON term at EOF at line 2, column 0\n", 2),
        ("jq . <<< '{a:1}'", "jq: parse error: Invalid numeric literal at line 1, column 3\n", 2),
        ("jq . nofile", "jq: error: Could not open nofile: No such file or directory\n", 2),
        ("jq -n '1|debug' -c", '["DEBUG:",1]\n', 0),
        ("jq -n 'import \"a\" as a; 1'", "jq: error: module not found: a\n\njq: 1 compile error\n", 3),
        ("jq -n '[1]|halt_error(3)'", "[1]\n", 3),
        ("printf '1\\n[2]' | jq .a?", "", 0),
        ("printf '1\\n[2]\\n' > f; jq '.a' f", None, 5),
    ],
)  # fmt: skip
def test_messages_are_those_of_its_version(
    both: Tree, line: str, told: str | None, code: int
) -> None:
    done = both.ours(line)
    assert done.code == code
    if told is not None:
        assert done.err == told
    else:
        assert done.err.split("(at ")[1].startswith("f:1)")


def test_the_clock_and_the_environment_are_the_simulated_ones(both: Tree) -> None:
    assert both.ours("X=y jq -nr 'now | todate'").out == "2026-11-20T02:47:00Z\n"
    assert both.ours("X=y jq -nc '[env.X, $ENV.X, (env | has(\"PYTHONPATH\"))]'").out == (
        '["y","y",false]\n'
    )
    assert both.ours("jq -nr 'now | localtime | strftime(\"%H:%M\")'").out == "02:47\n"
    assert both.ours("jq input_filename pods.json", "").code == 2


def test_results_are_coloured_on_request(both: Tree) -> None:
    assert (
        both.ours("jq -nC '[1]' -c").out
        == "\x1b[1;39m[\x1b[0m\x1b[0;39m1\x1b[0m\x1b[1;39m]\x1b[0m\n"
    )


@pytest.mark.parametrize(
    "program",
    ["last(repeat(1))", '"a" * 1000000000 | length', "def f: 1 + f; f"],
)
def test_a_program_without_end_is_stopped_and_the_next_call_works(both: Tree, program: str) -> None:
    done = both.ours(f"jq -n '{program}'")
    assert done.code == 5
    assert done.err.startswith("jq: stopped: ")
    assert both.ours("jq -n 1").out == "1\n"


def test_a_slow_program_holds_up_nobody_else() -> None:
    place, other = Place(), Place()
    slow = Thread(target=place.run, args=("jq -n 'last(repeat(1))'",))
    slow.start()
    while not WORKERS._free.qsize() < worker_process.SIZE:
        slow.join(0.001)
    assert other.run("jq -n 1").out == "1\n"
    assert slow.is_alive()
    slow.join()
    assert place.err.startswith("jq: stopped: ")


def test_the_worker_can_open_nothing_and_inherits_nothing(both: Tree) -> None:
    both.ours("jq -n 1")
    process = WORKERS._free.queue[-1]._process
    assert process is not None
    with open(f"/proc/{process.pid}/limits") as file:
        limits = {line[:25].strip(): line[26:].split()[0] for line in file}
    assert (limits["Max open files"], limits["Max processes"]) == ("0", "0")
    assert limits["Max address space"] == str(256 << 20)
    with open(f"/proc/{process.pid}/environ") as file:
        assert file.read().strip("\0") == "TZ=UTC0"


def test_without_the_package_a_line_says_so(both: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    WORKERS.close()
    monkeypatch.setattr(worker_process, "find_spec", lambda name: None)
    done = both.ours("jq -n 1")
    assert (done.code, done.err) == (
        127, "jq: not available on this machine; use kubectl -o jsonpath\n"
    )  # fmt: skip
