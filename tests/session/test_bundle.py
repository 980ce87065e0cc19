"""An export's lines are chained: whatever is changed, cut or added is found."""

import gzip
import json

import pytest

from sim.session.bundle import Bundle, Head, NotABundleError, pack, unpack

HEAD = Head("s", "d", "Title", 3, "e", "", "trainee", 9)
BUNDLE = Bundle(
    HEAD,
    (("scenario.yaml", "a: ü\n"),),
    [(1, "note", '{"text":"x"}'), (2, "note", '{"text":"y"}')],
    ['{"at":1,"kind":"note","text":"x"}', '{"at":2,"kind":"note","text":"y"}'],
)


def lines(data: bytes) -> list[str]:
    return gzip.decompress(data).decode().splitlines(keepends=True)


def zipped(lines: list[str]) -> bytes:
    return gzip.compress("".join(lines).encode())


def test_what_is_packed_is_unpacked_and_always_the_same():
    assert unpack(pack(BUNDLE)) == BUNDLE
    assert pack(BUNDLE) == pack(BUNDLE)


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [(0, '"seed":3', '"seed":4'), (2, "x", "z"), (3, "2,", "3,"), (4, "x", "z"), (6, '"inputs":2', '"inputs":3')],
)  # fmt: skip
def test_a_changed_line_is_named(number, old, new):
    found = lines(pack(BUNDLE))
    assert old in found[number]
    found[number] = found[number].replace(old, new)
    with pytest.raises(NotABundleError, match=rf"line {number + 1} .* was changed"):
        unpack(zipped(found))


def test_a_line_taken_out_or_put_in_is_found():
    found = lines(pack(BUNDLE))
    with pytest.raises(NotABundleError, match="line 3 "):
        unpack(zipped(found[:2] + found[3:]))
    with pytest.raises(NotABundleError, match="line 4 "):
        unpack(zipped(found[:3] + found[2:]))
    with pytest.raises(NotABundleError, match="cut short"):
        unpack(zipped(found[:-1]))
    with pytest.raises(NotABundleError, match="behind the end"):
        unpack(zipped([*found, found[-1]]))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an export"),
        (b"plain text", "not an export"),
        (gzip.compress(b"[]\n", mtime=0), "first line"),
        (gzip.compress(b"\xff\n", mtime=0), "UTF-8"),
        (pack(BUNDLE)[:80], "damaged on its way"),
    ],
)
def test_what_is_no_export_is_refused(data, said):
    with pytest.raises(NotABundleError, match=said):
        unpack(data)


def test_another_version_of_the_format_is_told():
    found = lines(pack(BUNDLE))
    first = json.loads(found[0])
    first["run"]["version"] = 9
    with pytest.raises(NotABundleError, match="version 9; this uncordon reads version 1"):
        unpack(zipped([json.dumps(first) + "\n", *found[1:]]))
