"""`kubectl cp`: files to and from a container, as a tar archive through `exec`.

The container needs a `tar` of its own. It must not know what the files are.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.apimachinery.wire import ExecRequest, Obj
from sim.bash import FileProblem
from sim.client.doors import Execution
from sim.client.rest import object_path
from sim.kubectl.commands.exec import start
from sim.kubectl.errors import CommandError, SilentExit
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.names import check_name
from sim.kubectl.pods import (
    DEFAULT_CONTAINER,
    all_containers,
    container_names,
    default_container,
    require_container,
)

_SPEC = "filespec must match the canonical format: [[namespace/]pod:]file/path"


@dataclass(frozen=True)
class _Place:
    """One side of a copy."""

    path: str
    pod: str = ""
    namespace: str = ""


@dataclass
class CopyOptions:
    """What `cp` was asked."""

    args: Sequence[str]
    container: str
    no_preserve: bool
    retries: int

    @classmethod
    def complete(cls, call: Invocation) -> CopyOptions:
        """Read flags and arguments."""
        read = call.flags
        return cls(
            call.args, read.text("container"), read.on("no-preserve"), read.number("retries")
        )

    def validate(self) -> None:
        """Require both sides."""
        if len(self.args) != 2:
            raise CommandError("source and destination are required")

    def run(self, call: Invocation) -> Running:
        """Copy."""
        source, target = (_place(one) for one in self.args)
        if source.pod and target.pod:
            raise CommandError("one of src or dest must be a local file specification")
        if not source.path or not target.path:
            raise CommandError("filepath can not be empty")
        if source.pod:
            yield from self._from_pod(call, source, target.path)
        elif target.pod:
            yield from self._to_pod(call, source.path, target)
        else:
            raise CommandError("one of src or dest must be a remote file specification")
        return 0

    def _to_pod(
        self, call: Invocation, source: str, target: _Place
    ) -> Generator[simpy.Event, Any, None]:
        path = call.proc.path(source)
        if not call.proc.files.exists(path):
            raise CommandError(f"{_clean(source)} doesn't exist in local filesystem")
        pod = self._pod(call, target)
        remote = posixpath.normpath(target.path)
        container = self._container(call, pod, quiet=True)
        test, _, _ = yield from _run(call, pod, container, ("test", "-d", target.path))
        if test.exit_code == 0:
            remote = posixpath.join(remote, posixpath.basename(path))
        container = self._container(call, pod)
        unpack = ["tar", "-xmf", "-"]
        if self.no_preserve:
            unpack[1:1] = ["--no-same-permissions", "--no-same-owner"]
        folder = posixpath.dirname(remote) or "."
        archive = _packed(call, path, posixpath.basename(remote))
        ran, out, err = yield from _run(
            call, pod, container, (*unpack, "-C", folder), stdin=archive
        )
        call.out(out)
        call.err(err)
        _check(call, ran)

    def _from_pod(
        self, call: Invocation, source: _Place, target: str
    ) -> Generator[simpy.Event, Any, None]:
        pod = self._pod(call, source)
        container = self._container(call, pod, to_out=True)
        argv: tuple[str, ...] = ("tar", "cf", "-", source.path)
        if self.retries:
            escaped = source.path.replace("'", "'\\''")
            argv = ("sh", "-c", f"tar cf - '{escaped}' | tail -c+0")
        ran, archive, err = yield from _run(call, pod, container, argv)
        call.out(err)
        # kubectl is done once an archive has ended, and gone before it hears how tar ended
        if not archive:
            _check(call, ran)
        inside = posixpath.normpath(source.path).lstrip("/")
        while inside.startswith("../"):
            inside = inside[3:]
        prefix = "" if inside in (".", "..") else inside
        try:
            _unpacked(call, archive, prefix, target, source, pod)
        except tarfile.TarError as error:
            raise CommandError(f"archive/tar: {error}") from None

    def _pod(self, call: Invocation, place: _Place) -> Obj:
        namespace = place.namespace or call.namespace
        check_name(place.pod)
        pod: Obj = call.client.get(object_path(call.known("pods"), namespace, place.pod))
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed"):
            raise CommandError(
                f"cannot exec into a container in a completed pod; current phase is {phase}"
            )
        return pod

    def _container(
        self, call: Invocation, pod: Obj, *, quiet: bool = False, to_out: bool = False
    ) -> str:
        if self.container:
            return str(require_container(pod, self.container)["name"])
        # what a copy from a pod complains of goes to standard output, even this
        if to_out and not quiet:
            call.out(_announced(call, pod))
            quiet = True
        return str(default_container(call, pod, quiet=quiet)["name"])


def _announced(call: Invocation, pod: Obj) -> str:
    named = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER)
    containers = all_containers(pod)
    if named or len(containers) < 2:
        return ""
    first = quote(containers[0]["name"])
    return f"Defaulted container {first} out of: {container_names(pod)}\n"


def _place(word: str) -> _Place:
    pod, colon, path = word.partition(":")
    if not colon:
        return _Place(word)
    pieces = pod.split("/")
    if not pod or len(pieces) > 2:
        raise CommandError(_SPEC)
    return _Place(path, pieces[-1], pieces[0] if len(pieces) == 2 else "")


def _clean(path: str) -> str:
    return path.rstrip("/") or "/"


def _check(call: Invocation, ran: Execution) -> None:
    code = ran.exit_code
    if code and not ran.lost:
        call.err(f"command terminated with exit code {code}\n")
    if code:
        raise SilentExit(code)


def _run(
    call: Invocation, pod: Obj, container: str, argv: Sequence[str], *, stdin: str | None = None
) -> Generator[simpy.Event, Any, tuple[Execution, str, str]]:
    """Run a program in a container to its end; return it and what it printed."""
    metadata = pod["metadata"]
    request = ExecRequest(
        metadata["namespace"],
        metadata["name"],
        container,
        tuple(argv),
        stdin=stdin is not None,
        tty=False,
    )
    execution = start(call, request)
    if stdin is not None:
        execution.write(stdin)
        execution.close_stdin()
    texts: dict[str, list[str]] = {"stdout": [], "stderr": []}
    try:
        while True:
            for stream, text in execution.poll():
                texts[stream].append(text)
            if execution.exit_code is not None:
                break
            yield execution.wait()
    finally:
        if execution.exit_code is None:
            execution.interrupt()
    for stream, text in execution.poll():
        texts[stream].append(text)
    return execution, "".join(texts["stdout"]), "".join(texts["stderr"])


def _packed(call: Invocation, path: str, name: str) -> str:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        _add(call, archive, path, name)
    return raw.getvalue().decode("utf-8", "surrogateescape")


def _add(call: Invocation, archive: tarfile.TarFile, path: str, name: str) -> None:
    files = call.proc.files
    entry = tarfile.TarInfo(name)
    if files.is_dir(path):
        names = files.listdir(path)
        if not names:
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for one in names:
            _add(call, archive, posixpath.join(path, one), posixpath.join(name, one))
        return
    try:
        data = files.read(path).encode("utf-8", "surrogateescape")
    except FileProblem as problem:
        raise CommandError(f"open {path}: {str(problem).lower()}") from None
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))


def _unpacked(
    call: Invocation, archive: str, prefix: str, target: str, source: _Place, pod: Obj
) -> None:
    files = call.proc.files
    raw = io.BytesIO(archive.encode("utf-8", "surrogateescape"))
    warned = False
    with tarfile.open(fileobj=raw, mode="r:") as held:
        for entry in held:
            if not entry.name.removeprefix("./").startswith(prefix.removeprefix("./")):
                raise CommandError("tar contents corrupted")
            name = entry.name[len(prefix) :].lstrip("/")
            shown = posixpath.normpath(posixpath.join(target, name)) if name else target
            path = call.proc.path(shown)
            try:
                if entry.issym():
                    hint = (
                        f' (consider using "kubectl exec -n {quote(source.namespace)} '
                        f'{quote(source.pod)} -- tar cf - {quote(source.path)} | tar xf -")'
                    )
                    call.err(
                        f"warning: skipping symlink: {quote(shown)} -> {quote(entry.linkname)}"
                        f"{'' if warned else hint}\n"
                    )
                    warned = True
                    continue
                files.mkdir(path if entry.isdir() else posixpath.dirname(path))
                data = held.extractfile(entry) if entry.isfile() else None
                if data is not None:
                    files.write(path, data.read().decode("utf-8", "surrogateescape"))
            except FileProblem as problem:
                raise CommandError(f"open {shown}: {str(problem).lower()}") from None


COMMAND = Command(
    "cp",
    "Copy files and directories to and from containers",
    CopyOptions,
    flags("container,c", "no-preserve bool", "retries int=0"),
    usage="<file-spec-src> <file-spec-dest>",
)
