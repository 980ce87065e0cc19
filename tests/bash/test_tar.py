"""`tar` makes and unpacks archives as `kubectl cp` needs them, bytes included."""

import io
import tarfile

import pytest

from tests.bash.place import HOME, Place

BYTES = bytes(range(256)) * 300


@pytest.fixture
def place():
    return Place()


def archive(**files: bytes) -> str:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as out:
        for name, data in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))
    return raw.getvalue().decode("utf-8", "surrogateescape")


def test_what_goes_in_comes_out_byte_by_byte(place):
    place.files.write(f"{HOME}/in.tar", archive(deep__blob=BYTES, note=b"hi\n"))
    assert place.run("mkdir -p out && cat in.tar | tar -xmf - -C out && cat out/note").out == "hi\n"
    assert place.files.read(f"{HOME}/out/deep/blob").encode("utf-8", "surrogateescape") == BYTES
    done = place.run("tar cf - out/deep > back.tar")
    assert done.code == 0
    back = place.files.read(f"{HOME}/back.tar").encode("utf-8", "surrogateescape")
    with tarfile.open(fileobj=io.BytesIO(back)) as held:
        assert held.getnames() == ["out/deep", "out/deep/blob"]
        assert held.extractfile("out/deep/blob").read() == BYTES


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("tar cf a.tar dir && tar tf a.tar", "dir/\ndir/inner.yaml\n", "", 0),
        ("tar -c -f a.tar numbers; tar tf a.tar", "numbers\n", "", 0),
        ("tar czf a.tgz numbers; tar xzf a.tgz -C /tmp; wc -l < /tmp/numbers", "4\n", "", 0),
        (
            "tar cf /dev/null nothing",
            "",
            "tar: nothing: Cannot stat: No such file or directory\n"
            "tar: Exiting with failure status due to previous errors\n",
            2,
        ),
        (
            "tar xf pods.txt",
            "",
            "tar: This does not look like a tar archive\n"
            "tar: Exiting with failure status due to previous errors\n",
            2,
        ),
        (
            "tar xf - -C /none",
            "",
            "tar: /none: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n",
            2,
        ),
    ],
)
def test_lines(place, line, out, err, code):
    done = place.run(line)
    assert (done.out, done.err, done.code) == (out, err, code)


def test_a_leading_slash_is_taken_off(place):
    done = place.run(f"tar cf a.tar {HOME}/numbers; tar tf a.tar")
    assert done.err == "tar: Removing leading `/' from member names\n"
    assert done.out == f"{HOME[1:]}/numbers\n"
