"""Bodies that clients send as protobuf, read into the objects that JSON would have carried.

Typed clients of Kubernetes 1.32 and newer send most bodies so; answers are always JSON. This file must
not know requests.
"""

from __future__ import annotations

from sim.apimachinery.protobuf.messages import fields_of, find_message
from sim.apimachinery.protobuf.values import read_json, read_message
from sim.apimachinery.protobuf.wire import records, text
from sim.apimachinery.wire import Obj

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

MAGIC = b"k8s\x00"
"""The four bytes before the envelope (k8s.io/apimachinery pkg/runtime/serializer/protobuf)."""

_META, _RAW, _CONTENT_TYPE = 1, 2, 4
"""Fields of runtime.Unknown."""


def decode(data: bytes) -> Obj:
    """Return the object that *data*, four bytes and a runtime.Unknown, carries.

    Raises:
        ValueError: if it is no such envelope, its kind is not known, or what it holds is broken.
    """
    if not data.startswith(MAGIC):
        msg = (
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
        raise ValueError(msg)
    held = {number: value for number, _kind, value in records(data[len(MAGIC) :])}
    meta = held.get(_META, b"")
    raw = held.get(_RAW, b"")
    if not isinstance(meta, bytes) or not isinstance(raw, bytes):
        msg = "proto: wrong wireType in runtime.Unknown"
        raise ValueError(msg)  # noqa: TRY004 - one class for whatever is wrong with the bytes
    names = {number: text(value) for number, _kind, value in records(meta)}
    api_version, kind = names.get(1, ""), names.get(2, "")
    if held.get(_CONTENT_TYPE) == b"application/json":
        body = read_json(raw)
        if not isinstance(body, dict):
            msg = "couldn't get version/kind; json parse error: the body is not an object"
            raise ValueError(msg)
        return body
    message = find_message(api_version, kind)
    if message is None:
        msg = f'no kind "{kind}" is registered for version "{api_version}" in protobuf'
        raise ValueError(msg)
    made: Obj = {"kind": kind, "apiVersion": api_version}
    made |= read_message(fields_of(message), raw)
    return made
