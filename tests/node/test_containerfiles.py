"""Files of a container with volumes mounted over them."""

import pytest

from sim.bash.files import FileProblem
from sim.node.containerfiles import ContainerFiles, Mount
from sim.node.volumes import Projection, Scratch


@pytest.fixture
def changes():
    return []


@pytest.fixture
def scratch():
    return Scratch()


@pytest.fixture
def data():
    return {"a.txt": "A\n", "b": "B"}


@pytest.fixture
def files(scratch, data, changes):
    config = Projection(lambda: {name: (lambda text=text: text) for name, text in data.items()})
    return ContainerFiles(
        [
            Mount("/data", scratch, "", False),
            Mount("/conf", config, "", False),
            Mount("/one/a.txt", config, "/a.txt", False),
            Mount("/data/deep", Scratch(), "", True),
        ],
        generated={"/etc/hosts": lambda: "hosts\n"},
        changed=lambda: changes.append(1),
    )


def test_a_volume_keeps_what_is_written_for_whoever_has_it_too(files, scratch):
    files.mkdir("/data/x/y")
    files.write("/data/x/y/f", "text")
    assert scratch.read("/x/y/f") == "text"
    assert files.listdir("/data") == ["deep", "x"] or files.listdir("/data") == ["x"]
    scratch.write("/g", "other")
    assert files.read("/data/g") == "other"


def test_the_rest_is_the_containers_own(files, scratch, changes):
    files.write("/tmp/f", "mine")
    assert files.read("/tmp/f") == "mine"
    assert files.read("/etc/hosts") == "hosts\n"
    assert scratch.listdir("/") == []
    files.remove("/tmp/f")
    assert len(changes) == 2
    assert {"data", "conf", "one", "etc", "tmp"} <= set(files.listdir("/"))


def test_files_of_objects_follow_them(files, data):
    assert files.listdir("/conf") == ["a.txt", "b"]
    assert files.read("/one/a.txt") == "A\n"
    data["c"] = "C"
    del data["b"]
    assert files.listdir("/conf") == ["a.txt", "c"]
    assert not files.exists("/conf/b")


@pytest.mark.parametrize(
    ("act", "path", "problem"),
    [
        ("write", "/conf/new", "Read-only file system"),
        ("remove", "/conf/b", "Read-only file system"),
        ("write", "/data/deep/f", "Read-only file system"),
        ("rmdir", "/data", "Device or resource busy"),
        ("read", "/data/none", "No such file or directory"),
        ("read", "/data", "Is a directory"),
    ],
)
def test_problems(files, act, path, problem):
    with pytest.raises(FileProblem, match=problem):
        getattr(files, act)(path, *(("x",) if act == "write" else ()))


def test_a_root_that_may_only_be_read(scratch):
    files = ContainerFiles(
        [Mount("/data", scratch, "", False)], generated={}, changed=list, read_only=True
    )
    with pytest.raises(FileProblem, match="Read-only"):
        files.write("/tmp/f", "x")
    files.write("/data/f", "x")
    files.write("/dev/null", "x")


def test_bytes_survive(files):
    text = bytes(range(256)).decode("utf-8", "surrogateescape")
    files.write("/data/blob", text)
    assert files.read("/data/blob").encode("utf-8", "surrogateescape") == bytes(range(256))
    assert files.size("/data/blob") == 256
