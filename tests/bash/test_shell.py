from __future__ import annotations

import pytest

from tests.bash.place import Place


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("echo hello   world", "hello world\n"),
        ("echo 'a  b' \"c  d\" e\\ f", "a  b c  d e f\n"),
        ("x=1; echo $x ${x}2 '$x' \"$x\"", "1 12 $x 1\n"),
        ("echo ${none:-default} [${none}] ${x:=set} $x", "default [] set set\n"),
        ("f=a.tar.gz; echo ${f%.*} ${f%%.*} ${f#*.} ${f##*.} ${#f}", "a.tar a tar.gz gz 8\n"),
        ("v=node-worker-3; echo ${v/worker/x} ${v//-/_} ${v:5} ${v:0:4}", "node-x-3 node_worker_3 worker-3 node\n"),
        ("echo $(echo inner | tr a-z A-Z) `echo old`", "INNER old\n"),
        ('echo "$(printf \'a\\nb\')"', "a\nb\n"),
        ("echo $(printf 'a\\nb')", "a b\n"),
        ("echo $((1 + 2 * 3)) $(( (1+2)*3 )) $((7 % 4))", "7 9 3\n"),
        ("echo {a,b}{1..3} pre{x,y}post", "a1 a2 a3 b1 b2 b3 prexpost preypost\n"),
        ("echo *.txt n* none*", "pods.txt numbers none*\n"),
        ("echo ~ ~/dir '~'", "/home/oncall /home/oncall/dir ~\n"),
        ("true && echo yes || echo no; false && echo yes || echo no", "yes\nno\n"),
        ("! false; echo $?", "0\n"),
        ("for i in 1 2 3; do echo -n $i; done; echo", "123\n"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n"),
        ("until true; do echo never; done; echo $?", "0\n"),
        ("if grep -q db pods.txt; then echo yes; else echo no; fi", "yes\n"),
        ("if false; then echo a; elif true; then echo b; fi", "b\n"),
        ("for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done", "1\n3\n"),
        ("for i in 1 2 3; do for j in a b; do break 2; done; done; echo $i", "1\n"),
        ("(cd /tmp; pwd); pwd", "/tmp\n/home/oncall\n"),
        ("{ echo a; echo b; } | wc -l", "2\n"),
        ("cat <<< \"here $USER\"", "here oncall\n"),
        ("cat <<EOF\nuser $USER\nEOF", "user oncall\n"),
        ("cat <<'EOF'\nuser $USER\nEOF", "user $USER\n"),
        ("while read a b; do echo $b-$a; done <<< 'x y z'", "y z-x\n"),
        ("A=1 env | grep ^A; echo [$A]", "A=1\n[]\n"),
        ("export B=2; env | grep ^B", "B=2\n"),
        ("alias say='echo said'\nsay it", "said it\n"),
        ("echo ${USER^^}", "ONCALL\n"),
        ("f() { echo a; }; a=(1 2); f; echo ${a[1]}", "a\n2\n"),
        ("sh -c 'echo in sh; exit 3'; echo $?", "in sh\n3\n"),
        ("eval 'echo one; echo two'", "one\ntwo\n"),
        ("echo a#b # a comment", "a#b\n"),
        ("echo $'tab\\there'", "tab\there\n"),
        ("echo -o jsonpath={.items[*].metadata.name}", "-o jsonpath={.items[*].metadata.name}\n"),
        ("echo \"  a  $USER  b $(echo c)  d\"", "  a  oncall  b c  d\n"),
        ("nosuch 2>/dev/null || echo missing", "missing\n"),
        ("echo a; echo b >&2; echo c", "a\nc\n"),
    ],
)  # fmt: skip
def test_a_line_prints_what_bash_prints(place: Place, line: str, output: str) -> None:
    done = place.run(line)
    assert done.out == output


@pytest.mark.parametrize(
    ("line", "error", "code"),
    [
        ("nosuch", "bash: nosuch: command not found\n", 127),
        ("./run.sh", "bash: ./run.sh: No such file or directory\n", 127),
        ("./pods.txt", "bash: ./pods.txt: Permission denied\n", 126),
        ("echo 'open", "bash: unexpected EOF while looking for matching `''\n", 2),
        ('echo "open', "bash: unexpected EOF while looking for matching `\"'\n", 2),
        ("echo $(date", "bash: unexpected EOF while looking for matching `)'\n", 2),
        ("echo a |", "bash: syntax error: unexpected end of file\n", 2),
        ("| wc", "bash: syntax error near unexpected token `|'\n", 2),
        ("echo )", "bash: syntax error near unexpected token `)'\n", 2),
        ("echo a;; echo b", "bash: syntax error near unexpected token `;;'\n", 2),
        ("for i in 1 2", "bash: syntax error: unexpected end of file\n", 2),
        ("cat < nosuch", "bash: nosuch: No such file or directory\n", 1),
        ("echo a > dir", "bash: dir: Is a directory\n", 1),
        ("echo a > /nosuch/f", "bash: /nosuch/f: No such file or directory\n", 1),
        ("echo ${a b}", "bash: ${a b}: bad substitution\n", 1),
        ("echo ${a:?missing}", "bash: a: missing\n", 1),
        ("echo $((1/0))", "bash: 1/0: division by 0 (error token is \"0\")\n", 1),
        ("cd nosuch", "bash: cd: nosuch: No such file or directory\n", 1),
        ("coproc cat", "bash: coproc: not supported in this simulator\n", 1),
        ("trap x DEBUG", "bash: trap: DEBUG: not supported in this simulator\n", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_a_code(
    place: Place, line: str, error: str, code: int
) -> None:
    done = place.run(line)
    assert (done.err, done.code) == (error, code)


def test_the_shell_remembers_variables_directory_and_status(place: Place) -> None:
    place.run("x=5; cd dir")
    assert place.run("echo $x; pwd; ls; false").out == "5\n/home/oncall/dir\ninner.yaml\n"
    assert place.run("echo $?").out == "1\n"


def test_stages_of_a_pipeline_do_not_change_the_shell(place: Place) -> None:
    place.run("x=1; echo y | read x; cd /tmp | cat")
    assert place.run("echo $x; pwd").out == "1\n/home/oncall\n"


def test_redirections_write_and_append_in_the_home(place: Place) -> None:
    place.run("echo one > f; echo two >> f; nosuch 2>> f; { echo out; nosuch; } &> g")
    assert place.files.read("/home/oncall/f") == "one\ntwo\nbash: nosuch: command not found\n"
    assert place.files.read("/home/oncall/g") == "out\nbash: nosuch: command not found\n"


def test_the_exit_code_is_the_last_stage_s_unless_pipefail(place: Place) -> None:
    assert place.run("false | true").code == 0
    assert place.run("set -o pipefail; false | true").code == 1


def test_time_passes_in_the_simulation(place: Place) -> None:
    done = place.run("time sleep 1.5; date +%T")
    assert done.ms == 1500
    assert done.out == "02:47:01\n"
    assert done.err == "\nreal\t0m1.500s\nuser\t0m0.000s\nsys\t0m0.000s\n"


def test_an_endless_writer_ends_when_its_reader_does(place: Place) -> None:
    done = place.run("ticking | head -2")
    assert (done.out, done.code, done.ms) == ("line 1\nline 2\n", 0, 2000)


def test_output_of_a_stream_comes_line_by_line(place: Place) -> None:
    place.start("ticking | grep --line-buffered 2")
    place.env.advance(1500)
    assert place.out == "line 2\n"


def test_ctrl_c_ends_the_whole_line(place: Place) -> None:
    place.start("ticking | grep line; echo not reached")
    place.env.advance(1500)
    place.interrupt()
    assert (place.code, place.out) == (130, "line 1\nline 2\n")


def test_ctrl_c_ends_a_loop(place: Place) -> None:
    place.start("while true; do echo turn; sleep 60; done")
    place.env.advance(61_000)
    place.interrupt()
    assert (place.code, place.out) == (130, "turn\nturn\n")


def test_a_program_reads_what_is_typed(place: Place) -> None:
    place.start("cat > notes; echo saved")
    place.stdin.write("first\n")
    place.env.settle()
    assert place.code is None
    place.stdin.close()
    place.env.settle()
    assert (place.code, place.files.read("/home/oncall/notes")) == (0, "first\n")


def test_watch_repeats_until_ctrl_c(place: Place) -> None:
    place.start("watch -n 5 'cat numbers | head -1'")
    place.env.advance(11_000)
    place.interrupt()
    assert place.out.count("Every 5.0s: cat numbers | head -1\n\n10\n") == 3
    assert place.code == 130


def test_timeout_stops_a_program(place: Place) -> None:
    assert place.run("timeout 5 sleep 60").code == 124
    assert place.env.now == 5000


def test_a_loop_without_waiting_still_lets_time_pass_and_ends(place: Place) -> None:
    done = place.run("while true; do :; done")
    assert (done.err, done.code) == (
        "bash: stopped: this command line does more work than one may\n",
        1,
    )
    assert 500 < done.ms < 60_000


def test_too_much_output_is_cut_with_one_line(place: Place) -> None:
    done = place.run("seq 100000", limit=1000)
    assert len(done.out) == 1000
    assert (
        done.err
        == "bash: output is longer than one command may print; narrow it with grep, head or -o name\n"
    )
    assert done.code == 1


@pytest.mark.parametrize(
    "line",
    [
        "(" * 60_000,
        "$(" * 20_000,
        "a;" * 30_000,
        "a&&" * 20_000 + "a",
        "a|" * 20_000 + "a",
        "echo " + "{a,b}" * 30,
        "echo {1..999999}",
        "echo \x00\x01",
        "\x7fELF\x02",
        "echo \ud800",
        "x" * 70_000,
        "x='eval $x'; eval $x",
        "echo " + "$((" * 2000 + "1" + "))" * 2000,
        "echo $((" + "(" * 5000 + "1" + ")" * 5000 + "))",
        "echo $((99999999999999999999999*99999999999999999999))",
        "x=aaaaaaaaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do x=$x$x; done",
        "yes > /dev/null",
        "yes | cat > f",
        "seq 1000000 > f",
        "seq 1000000 | tee f g > /dev/null",
        "env env env env env env env env env true",
        "xargs xargs xargs < numbers",
        "while read l; do echo $l; done < /dev/null > pods.txt",
        "grep -E '(((a*)*)*)*$' pods.txt",
        "grep -E '(a{1,1000}){1,1000}' pods.txt",
        "sed 's/\\(/x/' pods.txt",
        "sed 's/x/\\9/' pods.txt",
        "awk '{' pods.txt",
        "awk 'BEGIN{x=\"a\"; while(1) x=x x}'",
        "awk 'BEGIN{for(;;) n++}'",
        "awk '{x=x $0 x} END{gsub(/./,\"&&&&\")}' pods.txt",
        "x=$(seq 100000); for i in 1 2 3 4 5 6 7 8 9; do export a$i=$x; eval b$i=$x; done",
        "awk 'BEGIN{while(1)x}'",
        "awk '{print $999999999}' pods.txt",
        "awk 'BEGIN{printf \"%9999999d\", 1}'",
        "printf '%99999999s'",
        "printf '%*s' 999999999 x",
        "tail -n 99999999999 numbers",
        "head -n -5 numbers",
        "sort -k 99999999999999999999 numbers",
        "cut -f 0 numbers",
        "tr z-a x < numbers",
        "date -d '99999999 weeks ago'",
        "sleep 1e9",
        "sleep 99999999999999999999",
        "base64 -d <<< '%%%'",
        "test 1 -eq x",
        "test ! ! ! ! = (",
        "cat /etc/passwd /proc/self/environ ../../etc/passwd",
        "rm -rf / ; ls /",
        "exit 99999999999999999999999",
        "break; continue; exit",
        ". /nosuch",
        "> $(echo)",
        "cat < $none",
        "read < numbers",
        "a=b=c d=e",
        "time",
        "!",
        "set -o",
        "unset 1 '' =",
        "export 1a=2",
        "alias a='b | c'; a",
        "bash",
        "column -t -s '' numbers",
        "watch",
        "timeout x y",
        "xargs -n x",
        "nl numbers -z",
    ],
)  # fmt: skip
def test_nothing_that_is_typed_raises_hangs_or_reaches_the_host(place: Place, line: str) -> None:
    place.start(line)
    if place.code is None:
        place.stdin.close()
        place.env.advance(120_000)
    if place.code is None:
        place.interrupt()
    assert place.code is not None
    assert "root:" not in place.out
    assert max(map(len, place.err.split("\n"))) < 500
