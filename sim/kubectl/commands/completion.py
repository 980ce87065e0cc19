"""`kubectl completion`: the script that a shell loads to complete kubectl's words.

The shell here completes by itself, so that there is nothing to load. It must not know which words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.kubectl.invocation import Command, Invocation

_SHELLS = ("bash", "fish", "powershell", "zsh")
_SCRIPT = """\
# {shell} completion for kubectl
#
# Tab completes kubectl's words in this simulator without any script;
# loading this one changes nothing.
"""


@dataclass
class CompletionOptions:
    """What `completion` was asked."""

    args: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> CompletionOptions:
        """Read the shell's name."""
        if not call.args:
            raise call.usage_error("Shell not specified.")
        if len(call.args) > 1:
            raise call.usage_error("Too many arguments. Expected only the shell type.")
        if call.args[0] not in _SHELLS:
            raise call.usage_error(f'Unsupported shell type "{call.args[0]}".')
        return cls(call.args)

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Print the script."""
        call.out(_SCRIPT.format(shell=self.args[0]))
        return 0


COMMAND = Command(
    "completion",
    "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
    CompletionOptions,
    usage="SHELL",
    offline=True,
)
