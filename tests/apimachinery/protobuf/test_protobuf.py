"""Protobuf bodies: what real kubectls send, any object there and back, and garbage."""

import json
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apimachinery.protobuf import MAGIC, decode
from sim.apimachinery.protobuf.messages import _tables, every_kind, fields_of, find_message
from tests.apimachinery.protobuf.encoder import block, encode, envelope

HERE = Path(__file__).parent
VERSIONS = ("1.32", "1.36", "1.37")
SENT = [
    pytest.param(entry, id=f"{version}-{name}")
    for version in VERSIONS
    for name, entry in json.loads((HERE / f"kubectl-{version}.json").read_text()).items()
]


@pytest.mark.parametrize("sent", SENT)
def test_what_kubectl_sends_reads_as_what_it_prints(sent):
    """The objects are those of `--dry-run=client -o json`, where the command has it."""
    assert decode(b64decode(sent["body"])) == sent["object"]


DEFINITIONS = json.loads(
    files("kubernetes_validate")
    .joinpath("kubernetes-json-schema/v1.37.0-local/_definitions.json")
    .read_text()
)["$defs"]
PLACES = {"meta/v1": "io.k8s.apimachinery.pkg.apis.meta.v1"}
MESSAGES = sorted(_tables().lines)
JSON_TYPES = {
    "string": "string",
    "int": "integer",
    "bool": "boolean",
    "bytes": "string",
    "double": "number",
}


def json_names(message):
    for field in fields_of(message).values():
        if field.card == "embedded":
            yield from json_names(field.message)
        else:
            yield field.name, field


@pytest.mark.parametrize("message", MESSAGES, ids="/".join)
def test_fields_are_those_of_the_published_schema(message):
    """Two independent sources: generated.proto for the numbers, OpenAPI for names and types."""
    place = PLACES.get(message[0], f"io.k8s.api.{message[0].replace('/', '.')}")
    schema = DEFINITIONS.get(f"{place}.{message[1]}")
    if schema is None:
        assert (
            message[1] in ("ExtraValue", "AttestationValue")
            or "embedded" in {field.card for field in fields_of(message).values()}
            or any(
                field.message == message
                for other in MESSAGES
                for field in fields_of(other).values()
                if field.card == "embedded"
            )
        ), message
        return
    wanted = schema.get("properties", {})
    ours = dict(json_names(message))
    assert set(ours) - {"metadata"} <= set(wanted) | {"apiVersion", "kind"}
    if message != ("meta/v1", "Status"):
        assert set(wanted) - {"apiVersion", "kind"} <= set(ours)
    for name, field in ours.items():
        declared = wanted[name].get("type", [])
        if field.card == "list":
            assert "array" in declared, name
        elif field.card == "map":
            assert "object" in declared, name
        elif field.type in JSON_TYPES:
            assert JSON_TYPES[field.type] in declared, name


words = st.text("abcß-/.", min_size=1, max_size=6)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by rule
SCALARS = {
    "string": words,
    "int": st.integers(-(2**63), 2**63 - 1).filter(bool),
    "bool": st.just(True),
    "bytes": st.sampled_from(["AAEC", "/w==", "aGk="]),
    "double": st.floats(0.5, 9),
    "Quantity": st.sampled_from(["1", "250m", "1Gi"]),
    "IntOrString": st.integers(-5, 70000) | words,
    "Time": moments.map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z"),
    "MicroTime": moments.map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"),
    "RawExtension": st.dictionaries(words, st.integers(), min_size=1, max_size=2),
    "FieldsV1": st.fixed_dictionaries({"f:spec": st.just({"f:x": {}})}),
}


@st.composite
def values(draw, message, depth):
    made = {}
    for field in fields_of(message).values():
        if field.card == "embedded":
            made |= draw(values(field.message, depth))
        elif depth and draw(st.integers(0, 3)) == 0:
            one = SCALARS[field.type] if field.message is None else nested(field.message, depth - 1)
            if field.card == "list":
                made[field.name] = draw(st.lists(one, min_size=1, max_size=2))
            elif field.card == "map":
                made[field.name] = draw(st.dictionaries(words, one, min_size=1, max_size=2))
            else:
                made[field.name] = draw(one)
    return made


def nested(message, depth):
    if "" in {field.name for field in fields_of(message).values() if field.card == "list"}:
        return st.lists(words, min_size=1, max_size=2)
    return values(message, depth)


@given(st.data(), st.sampled_from(every_kind()))
@settings(deadline=None, max_examples=150)
def test_any_object_there_and_back(data, version_and_kind):
    api_version, kind = version_and_kind
    message = find_message(api_version, kind)
    obj = {"kind": kind, "apiVersion": api_version, **data.draw(values(message, 4))}
    again = decode(encode(obj))
    assert without_empty(again) == without_empty(obj)


def without_empty(value):
    """Go writes embedded and plain structs even when empty; the encoder of the tests does not all."""
    if isinstance(value, dict):
        held = {key: without_empty(one) for key, one in value.items()}
        return {key: one for key, one in held.items() if one != {}}
    if isinstance(value, list):
        return [without_empty(one) for one in value]
    return value


@given(st.binary(max_size=200))
def test_garbage_is_a_value_error(data):
    for body in (data, MAGIC + data, envelope("v1", "Pod", data), envelope("v1", "Event", data)):
        with suppress(ValueError):
            assert isinstance(decode(body), dict)


@given(st.sampled_from(SENT), st.data())
@settings(max_examples=300)
def test_damaged_bodies_are_read_or_refused(sent, data):
    body = bytearray(b64decode(sent.values[0]["body"]))
    at = data.draw(st.integers(4, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(at, len(body)))
    with suppress(ValueError):
        assert decode(bytes(body[:end]))["kind"] is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "does not appear to be a protobuf message"),
        (envelope("example.com/v1", "Widget", b""), 'no kind "Widget" is registered for version'),
        (envelope("v1", "Pod", b"\x0a\xff"), "unexpected EOF"),
        (envelope("v1", "Pod", b"\x0b"), "illegal wireType 3"),
        (envelope("v1", "ConfigMap", block(1, block(1, b"\xff"))), "utf-8"),
    ],
)
def test_a_refusal_says_what_is_wrong(body, said):
    with pytest.raises(ValueError, match=said):
        decode(body)


def test_zeros_stay_only_where_json_has_them():
    replicas = block(2, b"\x08\x00\x28\x00")
    made = decode(envelope("apps/v1", "Deployment", replicas))
    assert made["spec"] == {"replicas": 0}
