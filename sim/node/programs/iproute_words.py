"""What the objects of `ip` share: the command line taken apart, command words, who may change.

This file must not know any object.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.programs.host import administers_network, container_of, machine_of
from sim.node.programs.options import UsageError

DENIED = "RTNETLINK answers: Operation not permitted"


@dataclass
class Asked:
    """One command line."""

    flags: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    def has(self, flag: str) -> bool:
        """Return whether an option was given, by its letter."""
        return flag in self.flags


class Failed(Exception):  # noqa: N818 - the kernel's answer, not a fault
    """The command ends with a line on standard error and this code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


def verb_of(asked: Asked, name: str, verbs: tuple[str, ...]) -> str:
    """Take the command word off, `show` by default; abbreviations are the first that fits."""
    if not asked.words:
        return "show"
    word = asked.words[0]
    for verb in verbs:
        if verb.startswith(word):
            asked.words.pop(0)
            return {"list": "show", "lst": "show", "delete": "del"}.get(verb, verb)
    raise UsageError(f'Command "{word}" is unknown, try "ip {name} help".')


def may_change(proc: Proc) -> Machine:
    """Return the machine whose network the program may change.

    Raises:
        Failed: if it may not, or is alone in a pod's network.
    """
    container = container_of(proc)
    if not administers_network(proc):
        context = (container.spec.get("securityContext") or {}) if container is not None else {}
        if container is not None and context.get("privileged"):
            raise Failed(
                "ip: changes inside a pod's network are not supported in this simulator", 255
            )
        raise Failed(DENIED)
    return machine_of(proc)
