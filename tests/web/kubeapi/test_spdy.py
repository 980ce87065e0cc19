import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.kubeapi import spdy
from web.kubeapi.spdy import Codec, Frame, SpdyError
from web.kubeapi.spdydictionary import ADLER32, DICTIONARY

NAMES = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=50)


def test_dictionary_is_the_protocols():
    assert zlib.adler32(DICTIONARY) == ADLER32
    compressed = Codec().open(1, {"streamtype": "stdin"})[18:]
    assert int.from_bytes(compressed[2:6], "big") == ADLER32


@settings(max_examples=30)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=3), st.data())
def test_frames_survive_however_they_are_cut(blocks: list[dict[str, str]], draw: st.DataObject):
    client, server = Codec(), Codec()
    sent, expected = b"", []
    for number, headers in enumerate(blocks):
        stream = 2 * number + 1
        fin = draw.draw(st.booleans())
        part = draw.draw(st.binary(max_size=20))
        sent += client.open(stream, headers, fin=fin) + spdy.data(stream, part, fin=fin)
        expected.append(Frame(spdy.SYN_STREAM, stream, fin, headers=headers))
        expected.append(Frame(spdy.DATA, stream, fin, data=part))
    came: list[Frame] = []
    while sent:
        cut = draw.draw(st.integers(1, len(sent)))
        came += server.feed(sent[:cut])
        sent = sent[cut:]
    assert came == expected


@given(st.binary(max_size=200))
def test_bytes_that_are_no_spdy_are_an_error_or_wait_for_more(raw: bytes):
    with suppress(SpdyError):
        list(Codec().feed(raw))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "a frame of"),
        (b"\x80\x02\x00\x01\x00\x00\x00\x00", "SPDY version 2"),
        (b"\x80\x03\x00\x01\x00\x00\x00\x02ab", "a frame of type 1 with 2 bytes"),
        (spdy._frame(spdy.SYN_REPLY, b"\0\0\0\1" + b"nonsense"), "headers: "),
        (
            spdy._frame(
                spdy.SYN_REPLY, b"\0\0\0\1" + Codec()._block({"a": "x" * spdy.MAX_HEADERS})
            ),
            "headers too large",
        ),
    ],
)
def test_broken_frame_is_told(raw: bytes, why: str):
    with pytest.raises(SpdyError, match=why):
        list(Codec().feed(raw))


def test_settings_and_windows_are_read_over():
    settings = spdy._frame(spdy.SETTINGS, b"\0" * 12)
    window = spdy._frame(9, b"\0\0\0\1\0\0\1\0")
    kinds = [frame.kind for frame in Codec().feed(settings + window + spdy.ping(7))]
    assert kinds == [spdy.SETTINGS, 9, spdy.PING]
