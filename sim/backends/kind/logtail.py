"""The lines of a file on a node, as they are written; and whether all that stood there has come.

What stands in them is not known here.
"""

from __future__ import annotations

from collections import deque

from sim.client.doors import Execution, NodeAccess

AGAIN_MS = 5_000
"""How long after it broke off the file is read anew."""
REMEMBERED = 4096
"""So many of the last lines are known again."""


class LogTail:
    """Follows one file by its name, through rotations and broken sessions."""

    def __init__(self, nodes: NodeAccess, node: str, path: str) -> None:
        """Follow *path* on *node* from its end on.

        Raises:
            ToolError: if the node cannot be reached.
        """
        self._nodes = nodes
        self._node = node
        self._path = path
        self._rest = ""
        self._again_at: int | None = None
        self.whole = True
        """Nothing can have been passed over; false once it had to be opened anew."""
        self._last: deque[int] = deque(maxlen=REMEMBERED)
        self._before = self.mark()
        self._session = self._opened()

    def read(self, now: int) -> list[str]:
        """Return the whole lines that have come since; *now* (ms) paces how often it is tried anew."""
        if self._again_at is not None and now >= self._again_at:
            self._session, self._rest, self._again_at = self._opened(), "", None
            self.whole = False
        over = self._session.exit_code is not None
        for stream, text in self._session.poll():
            self._rest += text if stream == "stdout" else ""
        *lines, self._rest = self._rest.split("\n")
        self._last.extend(map(hash, lines))
        if over and self._again_at is None:
            self._again_at = now + AGAIN_MS
        return lines

    def mark(self) -> Mark:
        """Ask the node what stands in the file now; nobody waits for the answer.

        Raises:
            ToolError: if the node cannot be reached.
        """
        # Of two lines one is whole, even if the other is just being written.
        return Mark(self._nodes.run(self._node, f"exec tail -n 2 {self._path}"))

    def has(self, line: str) -> bool:
        """Return whether *line* is among those that have been read, or stood there before."""
        return hash(line) in self._last or line == self._before.line()

    def _opened(self) -> Execution:
        return self._nodes.run(self._node, f"exec tail -n 0 -s 0.1 -F {self._path} 2>/dev/null")


class Mark:
    """The last line of a file at some moment, once the node has told it."""

    def __init__(self, session: Execution) -> None:
        """Wait for what *session* shows of the file's end."""
        self._session = session
        self._text = ""

    @property
    def failed(self) -> bool:
        """Whether the node has not told, and never will."""
        code = self._session.exit_code
        return code is not None and code != 0

    def line(self) -> str | None:
        """Return the line; None: it has not been told, empty: there was none."""
        for stream, text in self._session.poll():
            self._text += text if stream == "stdout" else ""
        if self._session.exit_code != 0:
            return None
        return ["", *self._text.split("\n")[:-1]][-1]
