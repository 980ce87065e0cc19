"""The process in which libjq runs: no files, no network, little memory, two seconds a request.

It is run as a script by `worker_process`, with the library's path as its argument, and knows
nothing of the simulation: a request and its answer are JSON behind their length.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import struct
import sys
from itertools import groupby
from typing import Any

MEMORY = 256 << 20
SECONDS = 2.0
OUTPUT = 8 << 20
"""Characters of output after which a request ends."""

_INVALID, _NULL, _FALSE, _STRING, _OBJECT = 0, 1, 2, 5, 7
"""Kinds of values, jv.h."""
_PRETTY, _ASCII = 1 | 64 | 7 << 8, 2
_SEQ, _STREAM, _STREAM_ERRORS = 1, 2, 4
"""Flags of printing and of the parser, jv.h."""


class Jv(ctypes.Structure):
    """A value of libjq, which it passes by value."""

    _fields_ = (
        ("kind_flags", ctypes.c_uint8),
        ("pad", ctypes.c_uint8),
        ("offset", ctypes.c_uint16),
        ("size", ctypes.c_int32),
        ("pointer", ctypes.c_uint64),
    )


_Told = ctypes.CFUNCTYPE(None, ctypes.c_void_p, Jv)
_POINTER, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "jq_init": (_POINTER, ()),
    "jq_teardown": (None, (ctypes.POINTER(_POINTER),)),
    "jq_set_error_cb": (None, (_POINTER, _Told, _POINTER)),
    "jq_set_debug_cb": (None, (_POINTER, _Told, _POINTER)),
    "jq_set_stderr_cb": (None, (_POINTER, _Told, _POINTER)),
    "jq_set_input_cb": (None, (_POINTER, _POINTER, _POINTER)),
    "jq_compile_args": (_INT, (_POINTER, _TEXT, Jv)),
    "jq_start": (None, (_POINTER, Jv, _INT)),
    "jq_next": (Jv, (_POINTER,)),
    "jq_halted": (_INT, (_POINTER,)),
    "jq_get_exit_code": (Jv, (_POINTER,)),
    "jq_get_error_message": (Jv, (_POINTER,)),
    "jq_util_input_init": (_POINTER, (_POINTER, _POINTER)),
    "jq_util_input_free": (None, (ctypes.POINTER(_POINTER),)),
    "jq_util_input_add_input": (None, (_POINTER, _TEXT)),
    "jq_util_input_set_parser": (None, (_POINTER, _POINTER, _INT)),
    "jq_util_input_next_input": (Jv, (_POINTER,)),
    "jq_util_input_get_position": (Jv, (_POINTER,)),
    "jv_parser_new": (_POINTER, (_INT,)),
    "jv_parse_sized": (Jv, (_TEXT, _INT)),
    "jv_dump_string": (Jv, (Jv, _INT)),
    "jv_string_value": (_POINTER, (Jv,)),
    "jv_string_length_bytes": (_INT, (Jv,)),
    "jv_get_kind": (_INT, (Jv,)),
    "jv_copy": (Jv, (Jv,)),
    "jv_free": (None, (Jv,)),
    "jv_null": (Jv, ()),
    "jv_invalid_has_msg": (_INT, (Jv,)),
    "jv_invalid_get_msg": (Jv, (Jv,)),
    "jv_number_value": (ctypes.c_double, (Jv,)),
}


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Full(Exception):  # noqa: N818 - ends a request
    """More was printed than a request may."""


class Jq:
    """libjq, loaded."""

    def __init__(self, path: str) -> None:
        """Load it from *path*."""
        library: Any = ctypes.CDLL(path)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self.library = library
        self.libc: Any = ctypes.CDLL(None)
        self.stdin = ctypes.c_void_p.in_dll(self.libc, "stdin")

    def text(self, value: Jv) -> str:
        """Return the text of a string and let go of it."""
        library = self.library
        size = library.jv_string_length_bytes(library.jv_copy(value))
        text = ctypes.string_at(library.jv_string_value(value), size).decode("utf-8", "replace")
        library.jv_free(value)
        return text

    def dump(self, value: Jv, flags: int) -> str:
        """Return *value* as JSON and let go of it."""
        return self.text(self.library.jv_dump_string(value, flags))

    def parse(self, text: str) -> Jv:
        """Return the value of JSON that is known to be good."""
        data = _encoded(text)
        parsed: Jv = self.library.jv_parse_sized(data, len(data))
        return parsed


class Request:
    """One run of a program."""

    def __init__(self, jq: Jq, asked: dict[str, Any]) -> None:
        """Prepare to run what was *asked*."""
        self.jq = jq
        self.lib = jq.library
        self.asked = asked
        self.parts: list[tuple[int, str]] = []
        """What was printed, in order: (1 or 2, text)."""
        self.size = 0
        self.code = 0
        self.last: bool | None = None
        self.halted = False
        self._state: Any = None
        self._inputs: Any = None

    def answer(self) -> dict[str, Any]:
        """Run it; return what was printed and the exit code."""
        full = False
        try:
            self._run()
        except Full:
            full = True
        joined: list[tuple[int, str]] = []
        for stream, run in groupby(self.parts, key=lambda part: part[0]):
            joined.append((stream, "".join(text for _, text in run)))
        return {"parts": joined, "code": self.code, "last": self.last, "full": full,
                "halted": self.halted}  # fmt: skip

    def _write(self, text: str, stream: int = 1) -> None:
        self.parts.append((stream, text))
        self.size += len(text)
        if self.size > OUTPUT:
            raise Full

    def _tell(self, text: str) -> None:
        self._write(text, 2)

    def _run(self) -> None:
        lib, asked = self.lib, self.asked
        state = ctypes.c_void_p(lib.jq_init())
        self._state = state
        errors: list[str] = []
        told = _Told(lambda _, value: errors.append(self._message(value)))
        debugged = _Told(lambda _, value: self._debugged(value))
        wrote = _Told(lambda _, value: self._wrote(value))
        lib.jq_set_error_cb(state, told, None)
        lib.jq_set_debug_cb(state, debugged, None)
        lib.jq_set_stderr_cb(state, wrote, None)
        inputs = ctypes.c_void_p(lib.jq_util_input_init(None, None))
        self._inputs = inputs
        lib.jq_util_input_add_input(inputs, b"-")
        flags = (_SEQ if asked["seq"] else 0) | (_STREAM if asked["stream"] else 0)
        flags |= _STREAM_ERRORS if asked["stream_errors"] else 0
        parser = None if asked["raw_input"] else lib.jv_parser_new(flags)
        lib.jq_util_input_set_parser(inputs, parser, int(asked["slurp"]))
        callback = ctypes.cast(lib.jq_util_input_next_input_cb, ctypes.c_void_p)
        lib.jq_set_input_cb(state, callback, inputs)
        try:
            good = lib.jq_compile_args(
                state, _encoded(asked["program"]), self.jq.parse(asked["arguments"])
            )
            for message in errors:
                self._tell(f"{message}\n")
            if not good:
                self.code = 3
                return
            self._feed()
        finally:
            lib.jq_util_input_free(ctypes.byref(inputs))
            lib.jq_teardown(ctypes.byref(state))

    def _feed(self) -> None:
        """Run the program over every input."""
        lib = self.lib
        if self.asked["null_input"]:
            self._process(lib.jv_null())
            return
        while True:
            value = lib.jq_util_input_next_input(self._inputs)
            if lib.jv_get_kind(value) != _INVALID:
                if not self._process(value):
                    return
                continue
            if not lib.jv_invalid_has_msg(lib.jv_copy(value)):
                return
            message = self.jq.text(lib.jv_invalid_get_msg(value))
            if self.asked["seq"]:
                self._tell(f"jq: ignoring parse error: {message}\n")
                continue
            self._tell(f"jq: parse error: {message}\n")
            self.code = 2
            return

    def _process(self, value: Jv) -> bool:
        """Run the program over *value*; return whether to go on."""
        lib, asked = self.lib, self.asked
        lib.jq_start(self._state, value, 0)
        while lib.jv_get_kind(result := lib.jq_next(self._state)) != _INVALID:
            kind = lib.jv_get_kind(result)
            self.last = kind not in {_NULL, _FALSE}
            if asked["seq"]:
                self._write("\x1e")
            if asked["raw"] and kind == _STRING:
                if asked["ascii"]:
                    self._write(self.jq.dump(result, _ASCII))
                else:
                    self._write(self.jq.text(result))
            else:
                self._write(self.jq.dump(result, asked["flags"]))
            self._write(asked["end"])
        if lib.jq_halted(self._state):
            self._halted()
            return False
        if lib.jv_invalid_has_msg(lib.jv_copy(result)):
            self._uncaught(lib.jv_invalid_get_msg(result))
        return True

    def _halted(self) -> None:
        lib = self.lib
        code = lib.jq_get_exit_code(self._state)
        kind = lib.jv_get_kind(code)
        self.code = int(lib.jv_number_value(code)) & 255 if kind not in {_INVALID, _NULL} else 0
        self.last = None
        self.halted = True
        message = lib.jq_get_error_message(self._state)
        kind = lib.jv_get_kind(message)
        if kind == _STRING:
            self._tell(self.jq.text(message))
        elif kind not in {_INVALID, _NULL}:
            self._tell(self.jq.dump(message, 0) + "\n")

    def _uncaught(self, message: Jv) -> None:
        self.code = 5
        where = self._position()
        if self.lib.jv_get_kind(message) == _STRING:
            self._tell(f"jq: error (at {where}): {self.jq.text(message)}\n")
        else:
            shown = self.jq.dump(message, 0)
            self._tell(f"jq: error (at {where}) (not a string): {shown}\n")

    def _position(self) -> str:
        place = self.lib.jq_util_input_get_position(self._state)
        if self.lib.jv_get_kind(place) != _STRING:
            return "<unknown>"
        text = self.jq.text(place)
        line = re.fullmatch(r"<stdin>:(\d+)", text)
        if line is None:
            return text
        if not self.asked["files"]:
            return f"<stdin>:{int(line[1]) + self.asked['before']}"
        # All files come as one stream: their lines tell which one it is.
        left = int(line[1])
        for name, lines in self.asked["files"][:-1]:
            if left <= lines:
                return f"{name}:{left}"
            left -= lines
        return f"{self.asked['files'][-1][0]}:{left}"

    def _message(self, value: Jv) -> str:
        return (
            self.jq.text(value)
            if self.lib.jv_get_kind(value) == _STRING
            else self.jq.dump(value, 0)
        )

    def _debugged(self, value: Jv) -> None:
        shown = self.jq.dump(value, self.asked["flags"] & ~_PRETTY)
        self._tell(f'["DEBUG:",{shown}]\n')

    def _wrote(self, value: Jv) -> None:
        if self.lib.jv_get_kind(value) == _STRING:
            self._tell(self.jq.text(value))
        else:
            self._tell(self.jq.dump(value, 0))


def _exactly(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def serve(path: str) -> None:
    """Answer requests until there are no more."""
    jq = Jq(path)
    requests, answers = os.dup(0), os.dup(1)
    feed = os.memfd_create("jq")
    os.dup2(feed, 0)
    os.close(feed)
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    for name in list(os.environ):
        del os.environ[name]
    while True:
        size = struct.unpack("!I", _exactly(requests, 4))[0]
        asked = json.loads(_exactly(requests, size))
        for name, value in asked["environ"].items():
            os.environ[name] = value
        data = _encoded(asked.pop("input"))
        os.ftruncate(0, 0)
        os.pwrite(0, data, 0)
        # What an earlier request left unread is still in the buffer of stdio.
        getattr(jq.libc, "__fpurge")(jq.stdin)
        jq.libc.rewind(jq.stdin)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        answer = json.dumps(Request(jq, asked).answer()).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        for name in asked["environ"]:
            os.environ.pop(name, None)
        view = memoryview(struct.pack("!I", len(answer)) + answer)
        while view:
            view = view[os.write(answers, view) :]


if __name__ == "__main__":
    serve(sys.argv[1])
