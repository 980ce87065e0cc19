"""Logs and exec as the API server asks for them, with the kubelet's own words."""

import pytest

from sim.apimachinery.errors import ApiError
from tests.node.world import DB_IP, DB_PORT, IDLE_IMAGE, build

NODE = "node-worker-2"


@pytest.fixture
def world():
    return build(services=5)


def run_command(world, name, script, **container):
    return world.run(
        name, NODE, "busybox", container={"command": ["sh", "-c", script], **container}
    )


def executed(world, name, *argv, wait=5_000, **options):
    """Return (exit code, stdout, stderr) of a program run in a pod."""
    asked = {"stdin": False, "tty": False} | options
    execution = world.door.exec(world.pod(name), "", argv, **asked)
    world.env.advance(world.env.now + wait)
    pieces = execution.poll()
    texts = ["".join(text for kind, text in pieces if kind == one) for one in ("stdout", "stderr")]
    return (execution.exit_code, *texts)


def refusal(call, *args, **options):
    with pytest.raises(ApiError) as caught:
        call(*args, **options)
    return (caught.value.code, caught.value.message)


def test_logs_take_tail_since_and_timestamps(world):
    run_command(world, "talky", "echo one; sleep 5; echo two; sleep 999")
    world.env.advance(12_000)
    started = world.container("talky").started_at
    assert world.logs("talky") == "one\ntwo\n"
    assert world.logs("talky", tail=1) == "two\n"
    assert world.logs("talky", tail=0) == ""
    assert world.logs("talky", since=started + 1_000) == "two\n"
    assert world.logs("talky", limit_bytes=3) == "one"
    stamp, _, text = world.logs("talky", tail=1, timestamps=True).partition(" ")
    assert (stamp[:17], stamp[-1], len(stamp), text) == ("2026-11-20T01:40:", "Z", 30, "two\n")


def test_previous_shows_the_instance_before_and_says_when_there_is_none(world):
    run_command(world, "crashy", "echo attempt; exit 1")
    world.env.advance(1_900)
    assert refusal(world.logs, "crashy", previous=True) == (
        400,
        'previous terminated container "app" in pod "crashy" not found',
    )
    world.env.advance(30_000)
    assert world.logs("crashy", previous=True) == "attempt\n"


def test_log_of_a_waiting_container_says_why(world):
    world.run("slow", NODE, IDLE_IMAGE)
    assert refusal(world.logs, "slow") == (
        400,
        'container "app" in pod "slow" is waiting to start: ContainerCreating',
    )
    world.run("bad", NODE, "registry.example.net/none:1")
    world.env.advance(15_000)
    assert refusal(world.logs, "bad")[1].startswith('container "app" in pod "bad" is waiting to ')


def test_wrong_container_name_is_refused(world):
    call = world.door.exec
    code, message = refusal(call, world.pod("payment-1"), "nope", ("ls",), stdin=False, tty=False)
    assert (code, message) == (
        500,
        'Internal error occurred: unable to upgrade connection: container not found ("nope")',
    )


def test_follow_brings_lines_as_they_come_and_ends_with_the_container(world):
    run_command(world, "talky", "echo one; sleep 5; echo two; sleep 5; echo three", stdin=False)
    world.env.advance(4_000)
    stream = world.door.follow(world.pod("talky"), "", tail=1, since=None, timestamps=False)
    assert stream.poll() == "one\n"
    world.env.advance(9_000)
    assert stream.poll() == "two\n"
    world.env.advance(15_000)
    assert (stream.poll(), stream.closed) == ("three\n", True)


def test_follow_wakes_its_reader_at_the_instant_of_the_line(world):
    run_command(world, "talky", "sleep 5; echo two; sleep 99")
    world.env.advance(3_000)
    stream = world.door.follow(world.pod("talky"), "", tail=None, since=None, timestamps=False)
    woken = []
    stream.wait().callbacks.append(lambda _: woken.append(world.env.now))
    world.env.advance(20_000)
    assert woken == [world.container("talky").started_at + 5_000]


def test_exec_runs_a_program_of_the_image(world):
    world.env.advance(1_000)
    assert executed(world, "payment-1", "hostname") == (0, "payment-1\n", "")
    code, out, err = executed(world, "payment-1", "nc", "-zv", DB_IP, str(DB_PORT))
    assert (code, "open" in out + err) == (0, True)


def test_exec_of_a_missing_program_is_containerds_refusal(world):
    world.env.advance(1_000)
    call = world.door.exec
    code, message = refusal(call, world.pod("payment-1"), "", ("nosuch",), stdin=False, tty=False)
    assert code == 500
    assert message.startswith(
        "Internal error occurred: error executing command in container: failed to exec in "
        'container: failed to start exec "'
    )
    assert message.endswith('exec: "nosuch": executable file not found in $PATH: unknown')


def test_image_without_a_shell_has_no_programs(world):
    world.env.advance(1_000)
    pod = world.pod("cart-1", "retail")
    message = refusal(world.door.exec, pod, "", ("/bin/sh",), stdin=False, tty=False)[1]
    assert 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown' in message


def test_files_written_by_one_exec_are_there_for_the_next(world):
    world.env.advance(1_000)
    executed(world, "payment-1", "sh", "-c", "echo hello > /tmp/note")
    assert executed(world, "payment-1", "cat", "/tmp/note")[1] == "hello\n"


def test_attach_shows_what_comes_and_not_how_it_ends(world):
    run_command(world, "job", "echo begin; sleep 3; echo end; exit 4", stdin=True)
    world.env.advance(4_000)
    attached = world.door.exec(world.pod("job"), "", (), stdin=True, tty=False)
    assert (attached.poll(), attached.exit_code) == ([], None)
    world.env.advance(8_000)
    assert (attached.poll()[:1], attached.exit_code) == ([("stdout", "end\n")], 0)


def test_attached_input_reaches_an_interactive_shell(world):
    world.run(
        "debug",
        NODE,
        "nicolaka/netshoot",
        container={"stdin": True, "stdinOnce": True, "tty": True},
    )
    world.env.advance(12_000)
    attached = world.door.exec(world.pod("debug"), "", (), stdin=True, tty=True)
    attached.write("echo $((40 + 2))\n")
    world.env.advance(13_000)
    assert "42\n" in "".join(text for _, text in attached.poll())
    attached.write("exit 0\n")
    world.env.advance(13_050)
    assert attached.exit_code == 0


def test_ephemeral_container_runs_beside_the_others_and_is_not_restarted(world):
    world.env.advance(1_000)
    debugger = {
        "name": "debugger-x",
        "image": "busybox",
        "command": ["sh", "-c", "hostname; exit 2"],
    }

    def add(pod):
        return {**pod, "spec": {**pod["spec"], "ephemeralContainers": [debugger]}}

    world.api.modify("pods", "payments", "payment-1", add)
    world.env.advance(40_000)
    status = world.pod("payment-1")["status"]["ephemeralContainerStatuses"][0]
    assert (status["state"]["terminated"]["exitCode"], status["restartCount"]) == (2, 0)
    assert world.status("payment-1") == "Running 1/1 0"
    asked = {
        "previous": False,
        "tail": None,
        "since": None,
        "timestamps": False,
        "limit_bytes": None,
    }
    assert world.door.logs(world.pod("payment-1"), "debugger-x", **asked) == "payment-1\n"
