from __future__ import annotations

from sim.bash import TEXT_TOOLS, Shell, ShellExecution
from sim.kernel import Environment


def _shell() -> Shell:
    return Shell(Environment(), TEXT_TOOLS, environ={"USER": "root"})


def _text(execution: ShellExecution) -> str:
    return "".join(text for _, text in execution.poll())


def test_a_line_runs_to_its_end() -> None:
    shell = _shell()
    execution = ShellExecution(shell, line="echo out; nosuch; exit 3")
    assert execution.exit_code is None
    shell.env.settle()
    assert execution.poll() == [
        ("stdout", "out\n"),
        ("stderr", "bash: nosuch: command not found\n"),
    ]
    assert execution.exit_code == 3


def test_a_program_is_started_without_a_shell() -> None:
    shell = _shell()
    execution = ShellExecution(shell, argv=("echo", "$USER", "*"))
    shell.env.settle()
    assert (_text(execution), execution.exit_code) == ("$USER *\n", 0)


def test_a_missing_program_is_127() -> None:
    shell = _shell()
    execution = ShellExecution(shell, argv=("nosuch",))
    shell.env.settle()
    assert execution.exit_code == 127


def test_without_stdin_the_input_is_empty() -> None:
    shell = _shell()
    execution = ShellExecution(shell, line="cat; echo end")
    shell.env.settle()
    assert _text(execution) == "end\n"


def test_input_is_read_until_it_is_closed() -> None:
    shell = _shell()
    execution = ShellExecution(shell, line="sort", stdin=True)
    execution.write("b\na\n")
    shell.env.settle()
    assert execution.exit_code is None
    execution.close_stdin()
    shell.env.settle()
    assert (_text(execution), execution.exit_code) == ("a\nb\n", 0)


def test_a_login_shell_prompts_on_a_terminal_and_ends_with_exit() -> None:
    shell = _shell()
    heard: list[str] = []
    execution = ShellExecution(
        shell, stdin=True, tty=True, prompt=lambda: f"{shell.cwd}# ", on_line=heard.append
    )
    execution.write("cd /tmp\n\nfalse\n")
    shell.env.settle()
    assert _text(execution) == "/root# /tmp# /tmp# /tmp# "
    execution.write("exit\n")
    shell.env.settle()
    assert execution.exit_code == 1
    assert heard == ["cd /tmp", "false", "exit"]


def test_a_login_shell_without_terminal_runs_what_it_is_fed() -> None:
    shell = _shell()
    execution = ShellExecution(shell, stdin=True)
    execution.write("echo $USER\n")
    execution.close_stdin()
    shell.env.settle()
    assert _text(execution) == "root\n"


def test_a_shell_in_a_container_shows_a_prompt_of_its_own() -> None:
    shell = _shell()
    shell.cwd = "/"
    plain = ShellExecution(shell, argv=("sh",), stdin=True, tty=True)
    bash = ShellExecution(shell, argv=("bash",), stdin=True, tty=True)
    shell.env.settle()
    assert (_text(plain), _text(bash)) == ("# ", "root@localhost:/# ")


def test_an_interrupt_ends_a_line_with_130() -> None:
    shell = _shell()
    execution = ShellExecution(shell, line="sleep 100; echo late")
    shell.env.advance(1000)
    execution.interrupt()
    shell.env.settle()
    assert (execution.exit_code, _text(execution)) == (130, "")


def test_an_interrupt_at_the_prompt_gives_a_new_one() -> None:
    shell = _shell()
    execution = ShellExecution(shell, stdin=True, tty=True, prompt="$ ")
    shell.env.settle()
    execution.interrupt()
    shell.env.settle()
    assert (_text(execution), execution.exit_code) == ("$ \n$ ", None)


def test_waiting_ends_with_output_and_with_the_end() -> None:
    shell = _shell()
    execution = ShellExecution(shell, line="sleep 1; echo a; sleep 1")
    seen: list[tuple[int, str, int | None]] = []

    def watching() -> object:
        while execution.exit_code is None:
            yield execution.wait()
            seen.append((shell.env.now, _text(execution), execution.exit_code))

    shell.env.process(watching())  # type: ignore[arg-type]
    shell.env.advance(5000)
    assert seen == [(1000, "a\n", None), (2000, "", 0)]
