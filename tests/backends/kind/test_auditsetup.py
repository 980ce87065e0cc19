"""The audit log is switched on by one file of the control plane, and the file is put back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.backends.kind import auditsetup
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.auditsetup import MANIFEST, AuditError, audit_log, switch_on
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.places import AUDIT_LOG
from sim.backends.kind.tools import Done, FailedToolError, Tools
from sim.backends.kind.undo import OnNode
from sim.client.endpoint import Endpoint

TEXT = """apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - kube-apiserver
    - --secure-port=6443
    name: kube-apiserver
    volumeMounts:
    - {mountPath: /etc/ssl/certs, name: ca-certs, readOnly: true}
  volumes:
  - name: ca-certs
"""


class Plane(Tools):
    """A control plane with a few files, which its kubelet reads, or does not."""

    def __init__(self, text: str, *, heeds: bool = True) -> None:
        super().__init__({})
        self.files = {MANIFEST: text}
        self.heeds = heeds

    def docker(self, *words: str, timeout_s: float = 0, stdin: str | Path = "") -> Done:
        if words[:2] == ("container", "inspect"):
            return Done(0, "8f3a\n", "")
        script, args = words[words.index("-c") + 1], words[words.index("-c") + 3 :]
        assert words[0] == "exec"
        assert {"real-plane", "8f3a"} & set(words)
        if script.startswith("cat /etc"):
            if MANIFEST not in self.files:
                raise FailedToolError("failed", 1, f"cat: {MANIFEST}: No such file or directory")
            return Done(0, self.files[MANIFEST], "")
        if script.startswith("test -s"):
            on = self.heeds and AUDIT_LOG in self.files[MANIFEST]
            return Done(0, "yes\n" if on else "", "")
        if script.startswith("mkdir"):
            self.files["policy"] = str(stdin)
        elif "mv -f" in script:
            self.files[args[0]] = str(stdin)
        if "rm -rf" in script:
            self.files.pop("policy", None)
        return Done(0, "", "")


class Cluster(KindCluster):
    """Its tools are given."""

    plane: Plane

    @property
    def tools(self) -> Tools:
        return self.plane


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Plane:
    monkeypatch.setattr(auditsetup, "_answers", lambda cluster: True)
    return Plane(TEXT)


def cluster(plane: Plane, folder: Path) -> Cluster:
    nodes = Aliases.of(["real-plane"], ["a", "b", "c"])
    environ = {"XDG_STATE_HOME": str(folder)}
    made = Cluster("lab", Endpoint("http://127.0.0.1:1"), False, nodes, "uid", "v1", {}, environ)
    object.__setattr__(made, "plane", plane)
    return made


def test_manifest_gets_the_log_and_the_journal_its_text_as_it_was(
    plane: Plane, tmp_path: Path
) -> None:
    made = cluster(plane, tmp_path)
    assert audit_log(made) == ""
    assert switch_on(made) == AUDIT_LOG == audit_log(made)

    spec = json.loads(plane.files[MANIFEST])["spec"]
    (container,) = spec["containers"]
    assert container["command"][:2] == ["kube-apiserver", "--secure-port=6443"]
    assert f"--audit-log-path={AUDIT_LOG}" in container["command"]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    held = {one["name"] for one in spec["volumes"]}
    assert set(mounts.values()) == held
    assert set(mounts) == {"/etc/ssl/certs", auditsetup.FOLDER, "/var/log/kubernetes"}
    assert json.loads(plane.files["policy"])["kind"] == "Policy"
    (entry,) = made.journal.entries()
    assert entry.lasting
    assert isinstance(entry.undo, OnNode)
    assert (entry.undo.node, entry.undo.stdin) == ("real-plane", TEXT)
    assert entry.undo.container == "8f3a"


def test_what_is_on_already_is_left_alone(plane: Plane, tmp_path: Path) -> None:
    made = cluster(plane, tmp_path)
    switch_on(made)
    text = plane.files[MANIFEST]
    assert switch_on(made) == AUDIT_LOG
    assert plane.files[MANIFEST] == text
    assert len(made.journal.entries()) == 1


def test_server_that_does_not_come_back_is_put_back(plane: Plane, tmp_path: Path) -> None:
    plane.heeds = False
    made, now = cluster(plane, tmp_path), [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with pytest.raises(AuditError, match="was not back with an audit log within 180 s"):
        switch_on(made, steady=lambda: now[0], sleep=sleep)
    assert plane.files == {MANIFEST: TEXT}
    assert made.journal.entries() == []


@pytest.mark.parametrize(
    ("text", "why"),
    [("a: [", "is not YAML"), ("kind: Pod\n", "is not what kubeadm writes"), ("- 1\n", "kubeadm")],
)
def test_other_control_planes_are_left_alone(
    plane: Plane, tmp_path: Path, text: str, why: str
) -> None:
    plane.files[MANIFEST] = text
    with pytest.raises(AuditError, match=why):
        switch_on(cluster(plane, tmp_path))
    assert plane.files == {MANIFEST: text}


def test_no_manifest_is_told(plane: Plane, tmp_path: Path) -> None:
    plane.files.clear()
    with pytest.raises(AuditError, match=r"on real-plane: cat: .*No such file"):
        audit_log(cluster(plane, tmp_path))


@pytest.mark.parametrize(
    ("flags", "path"),
    [
        (["--audit-log-path=/x/audit.log", "--audit-policy-file=/p"], "/x/audit.log"),
        (["--audit-log-path=/x/audit.log"], ""),
        (["--audit-log-path=-", "--audit-policy-file=/p"], ""),
        ([], ""),
    ],
)
def test_a_log_of_their_own_is_found(
    plane: Plane, tmp_path: Path, flags: list[str], path: str
) -> None:
    manifest: Any = {"spec": {"containers": [{"command": ["kube-apiserver", *flags]}]}}
    plane.files[MANIFEST] = json.dumps(manifest)
    assert audit_log(cluster(plane, tmp_path)) == path
