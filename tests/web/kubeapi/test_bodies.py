import io
import json

import pytest

from sim.apimachinery.errors import ApiError
from web.kubeapi import bodies


def parsed(raw: bytes, kind: str = "application/json", method: str = "POST") -> bodies.Body:
    return bodies.parse(raw, kind, method)


def refused(raw: bytes, kind: str = "application/json", method: str = "POST") -> ApiError:
    with pytest.raises(ApiError) as caught:
        parsed(raw, kind, method)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"a": NaN}', "invalid character 'N' looking for beginning of value"),
        (b'{"a": -Infinity}', "invalid character 'I' looking for beginning of value"),
        (b'{"a": 1e999}', "cannot unmarshal number 1e999 into Go value of type float64"),
        (b'{"a": "\xff"}', "invalid UTF-8 in the body"),
        (b'{"a": ', "unexpected end of JSON input"),
        (b'{"a": "b', "unexpected end of JSON input"),
        (b'{"a": 1} x', "invalid character 'x' after top-level value"),
        (b"{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b"[" * 100_000, "exceeded max depth"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "exceeded max depth"),
    ],
)
def test_json_that_no_server_takes_is_a_bad_request(raw: bytes, why: str):
    error = refused(raw)
    assert error.code == 400
    assert error.reason == "BadRequest"
    assert f"json parse error: {why} (" in error.message


def test_number_outside_int64_becomes_a_float():
    value = parsed(b'{"a": 9223372036854775808, "b": -9223372036854775808}').value
    assert value == {"a": 9.223372036854775808e18, "b": -(2**63)}
    assert isinstance(value["a"], float)
    assert isinstance(value["b"], int)


def test_number_of_many_digits_is_no_error():
    assert parsed(b'{"a": ' + b"9" * 300 + b"}").value["a"] == pytest.approx(1e300)


def test_half_a_character_can_be_written_again():
    value = parsed(b'{"a\\ud800": ["\\udfff", "\\ud83d\\ude00"]}').value
    assert value == {"a\ufffd": ["\ufffd", "\U0001f600"]}
    json.dumps(value, ensure_ascii=False).encode()


def test_fields_that_stand_twice_are_told_with_their_paths():
    raw = b'{"spec": {"replicas": 1, "x": [{"y": 1, "y": 2}], "replicas": 3}}'
    body = parsed(raw)
    assert body.value == {"spec": {"replicas": 3, "x": [{"y": 2}]}}
    assert body.duplicates == ("spec.x[0].y", "spec.replicas")


def test_yaml_is_read_as_json_would_say_it():
    raw = b"kind: ConfigMap\ndata: {on: 'x', day: 2026-11-20, 1: one, n: 0x10}\n"
    body = parsed(raw, "application/yaml")
    assert body.content_type == "application/json"
    assert body.value == {
        "kind": "ConfigMap",
        "data": {"on": "x", "day": "2026-11-20", "1": "one", "n": 16},
    }


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"a: [1", "line 1"),
        (b"a: .nan", "unsupported value: nan"),
        (b"a: &a [*a]", "exceeded max depth"),
        (b"a: \xff", "invalid UTF-8"),
        (
            b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 10)) for n in b"bcdefgh"
            ),
            "too many values",
        ),
    ],
)
def test_yaml_that_cannot_be_json_is_a_bad_request(raw: bytes, why: str):
    error = refused(raw, "application/yaml")
    assert error.code == 400
    assert why in error.message


def test_patches_keep_their_type_and_apply_may_be_yaml():
    kind = "application/apply-patch+yaml"
    assert parsed(b"spec: {a: 1}", kind, "PATCH") == ({"spec": {"a": 1}}, kind, ())
    assert parsed(b'{"spec": 1}', kind, "PATCH").value == {"spec": 1}
    assert parsed(b"[]", "application/json-patch+json", "PATCH") == (
        [],
        "application/json-patch+json",
        (),
    )


def test_unknown_type_is_unsupported():
    error = refused(b"a=b", "application/x-www-form-urlencoded")
    assert (error.code, error.reason) == (415, "UnsupportedMediaType")
    assert "application/vnd.kubernetes.protobuf" in error.message


def test_body_above_three_megabytes_is_too_large():
    raw = b"x" * (bodies.MAX_BODY + 1)
    assert len(bodies.read(io.BytesIO(raw[1:]), None)) == bodies.MAX_BODY
    for length in (str(len(raw)), None):
        with pytest.raises(ApiError, match="Request entity too large: limit is 3145728") as caught:
            bodies.read(io.BytesIO(raw), length)
        assert caught.value.code == 413


def test_protobuf_that_is_none_is_a_bad_request():
    assert refused(b"k8s\0\xff\xff", "application/vnd.kubernetes.protobuf").code == 400
