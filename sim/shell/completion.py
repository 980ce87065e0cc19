"""Tab completion on the laptop: what bash completes, kubectl's words, nodes, `incident`'s words.

Nothing is recorded, because nothing has been shown by a command. A candidate takes the place of
all after the last blank of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.bash import FileSystem, Shell
from sim.bash.completing import completions, usual_arguments
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.shell.desk import Desk
from sim.shell.incident import OVERVIEW, SPLITS, SUBCOMMANDS
from sim.shell.kubewords import KubeWords

_PANELS = (*OVERVIEW, "failures", "orders", "restarts", "connections")


class Completion:
    """Finds what may stand where the cursor is."""

    def __init__(
        self,
        transport: Transport,
        nodes: NodeAccess,
        telemetry: Telemetry,
        desk: Desk,
        files: FileSystem,
        programs: Sequence[str],
    ) -> None:
        """Complete over these doors; *files* say which namespace kubectl works in."""
        self._nodes = nodes
        self._telemetry = telemetry
        self._desk = desk
        self._programs = programs
        self._environ: dict[str, str] = {}
        self._cwd = files.home
        self._kubectl = KubeWords(transport, files, lambda: (self._environ, self._cwd))

    def complete(self, line: str, shell: Shell) -> list[str]:
        """Return the sorted candidates for the end of *line*."""
        self._environ, self._cwd = shell.environ(), shell.cwd
        usual = usual_arguments(shell, self._programs)

        def arguments(name: str, words: list[str], last: str) -> tuple[Iterable[str], str]:
            if name == "kubectl":
                return self._kubectl.find(words, last)
            if name == "ssh":
                user, sign, _ = last.rpartition("@")
                return ([] if words else [user + sign + node for node in self._nodes.nodes()]), ""
            if name == "incident":
                return self._incident(words, last), ""
            return usual(name, words, last)

        return completions(line, shell, self._programs, arguments)

    # -- incident ------------------------------------------------------------------------------

    def _incident(self, words: list[str], last: str) -> Iterable[str]:
        if not words:
            return SUBCOMMANDS
        name = words[0]
        one = SUBCOMMANDS.get(name)
        if one is None:
            return []
        if last.startswith("--"):
            option, sign, _ = last[2:].partition("=")
            if sign:
                return [f"--{option}={value}" for value in self._picks(name, option)]
            return [f"--{option}" for option in one.options]
        if words[-1].startswith("--"):
            return self._picks(name, words[-1][2:])
        if name == "dashboard":
            return _PANELS
        if name == "changes":
            return [change.id for change in self._telemetry.changes()]
        if name == "runbook":
            return [
                line.split()[0] for line in self._desk.document("").splitlines() if line.split()
            ]
        if name == "remind":
            return ["tomorrow", "next-week", "in"] if len(words) == 1 else []
        if name in {"help", "choices"}:
            lists = [one.removeprefix("ticket_") for one in self._desk.lists()]
            return SUBCOMMANDS if name == "help" else lists
        return []

    def _picks(self, name: str, option: str) -> Iterable[str]:
        if option == "by":
            return SPLITS
        if option == "to":
            return [line.split()[0] for line in self._desk.people().splitlines() if line.split()]
        lists = self._desk.lists()
        key = f"ticket_{option}" if name == "ticket" else option
        return [id_ for id_, _ in lists.get(key, ())]
