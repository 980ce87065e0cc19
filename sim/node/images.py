"""Which images exist, how big they are and what programs they bring.

The kubelet pulls by this catalogue. This file must not know what the programs do, nor any application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

Tools = Literal["full", "netshoot", "busybox", "curl", "netfilter", "postgres", "none"]
System = Literal["alpine", "debian", "ubuntu", ""]

SMALLEST, SPAN = 8_000_000, 110_000_000
"""Bytes of an image that nobody describes: from the smallest on, by its name."""
_REMAINDER = re.compile(
    r"[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][\w+.-]*:[0-9a-fA-F]+)?"
)
"""What may follow a registry: path, tag, digest."""
_BARE = ("distroless", "scratch", "static")
"""Words in the names of images without a shell."""
PULL_BYTES_PER_S = 45_000_000
"""Download and unpacking together (ours)."""


_USUAL: Mapping[str, System] = {
    "full": "debian", "netshoot": "alpine", "curl": "alpine", "postgres": "debian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """One repository of images."""

    tools: Tools = "none"
    """What is found in it: a whole toolbox, busybox' applets, a purpose's own programs, nothing."""
    size_bytes: int = 60_000_000
    tags: frozenset[str] | None = None
    """Tags that exist; None: every tag."""
    command: tuple[str, ...] = ()
    """Default arguments (CMD): replaced by the pod's `args`."""
    entrypoint: tuple[str, ...] = ()
    """Replaced by the pod's `command`."""
    steps_aside: bool = False
    """Its entrypoint is left out where the arguments begin with a program that is there."""
    ports: frozenset[int] = frozenset()
    """On which its own program listens."""
    serves: bool = False
    """It brings a program of its own beside its tools, which runs where no other command is given."""
    base: System | None = None
    """The system that it is made from; None: what its tools are usual in."""

    @property
    def system(self) -> System:
        """Return the system that it is made from; empty for busybox alone, or nothing."""
        if self.base is not None:
            return self.base
        return _USUAL.get(self.tools, "")


@dataclass(frozen=True)
class ImageCatalog:
    """Repositories by name, e.g. `nicolaka/netshoot`, `registry.example.net/payments/api`."""

    known: Mapping[str, ImageSpec]
    registries: tuple[str, ...] = ()
    """Prefixes of our own registries; what is missing there is `not found`."""
    open: bool = False
    """Whether images that nobody describes exist elsewhere; see `is_missing`."""
    _cache: dict[str, ImageSpec | None] = field(default_factory=dict, repr=False, compare=False)

    def find(self, image: str) -> ImageSpec | None:
        """Return the spec of *image*, or None if a pull of it fails."""
        if image not in self._cache:
            self._cache[image] = self._look(image)
        return self._cache[image]

    def spec(self, image: str) -> ImageSpec:
        """Return the spec of *image*, a plain one for an image nobody described."""
        return self.find(image) or ImageSpec()

    def pull_error(self, image: str) -> str:
        """Return containerd's words for a pull that fails."""
        name, tag = split_image(image)
        full = f"{canonical(name)}:{tag}"
        if any(name.startswith(prefix) for prefix in self.registries):
            return (
                f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
                f'failed to resolve reference "{full}": {full}: not found'
            )
        return (
            f'failed to pull and unpack image "{full}": failed to resolve reference "{full}": '
            "pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed"
        )

    def _look(self, image: str) -> ImageSpec | None:
        name, tag = split_image(image)
        if self.open and is_missing(name, tag):
            return None
        for candidate in (name, canonical(name), name.removeprefix("docker.io/")):
            spec = self.known.get(candidate) or PUBLIC.get(candidate.removeprefix("library/"))
            if spec is not None:
                return spec if spec.tags is None or tag in spec.tags else None
        ours = any(name.startswith(prefix) for prefix in self.registries)
        if ours or not self.open:
            return None
        bare = any(word in name for word in _BARE)
        size = SMALLEST + crc32(name.encode()) % SPAN
        return ImageSpec("none" if bare else "busybox", size, serves=True)


def is_missing(name: str, tag: str) -> bool:
    """Return whether an image is said by its name not to be there, for exercises and tests.

    >>> is_missing("example.com/missing/app", "1"), is_missing("app", "does-not-exist")
    (True, True)
    """
    return "missing" in name.split("/") or tag in ("does-not-exist", "missing")


def reference_problem(image: str) -> str:
    """Return why *image* is no name of an image, in the words of github.com/distribution/reference.

    >>> reference_problem("Registry.local/Bad Image"), reference_problem("a b")
    ('invalid reference format: repository name must be lowercase', 'invalid reference format')
    >>> reference_problem("registry:5000/team/app:v1.2@sha256:0123")
    ''
    """
    first, slash, rest = image.partition("/")
    domain = slash and ("." in first or ":" in first or first == "localhost" or not first.islower())
    remainder = rest if domain else image
    path = remainder.partition("@")[0].partition(":")[0]
    if path.lower() != path:
        return "invalid reference format: repository name must be lowercase"
    return "" if _REMAINDER.fullmatch(remainder) else "invalid reference format"


def split_image(image: str) -> tuple[str, str]:
    """Return (repository, tag); digests count as part of the tag.

    >>> split_image("registry:5000/team/app"), split_image("nginx:1.27")
    (('registry:5000/team/app', 'latest'), ('nginx', '1.27'))
    """
    name, at, digest = image.partition("@")
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return head, tag + at + digest
    return name, digest or "latest"


def canonical(name: str) -> str:
    """Return the full name of a repository as containerd prints it.

    >>> canonical("nginx"), canonical("nicolaka/netshoot"), canonical("registry.k8s.io/pause")
    ('docker.io/library/nginx', 'docker.io/nicolaka/netshoot', 'registry.k8s.io/pause')
    """
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    if "." in first or ":" in first or first == "localhost":
        return name
    return f"docker.io/{name}"


PUBLIC: Mapping[str, ImageSpec] = {
    "nicolaka/netshoot": ImageSpec("netshoot", 212_000_000, command=("bash",)),
    "busybox": ImageSpec("busybox", 2_200_000, command=("sh",)),
    "alpine": ImageSpec("busybox", 3_800_000, command=("/bin/sh",), base="alpine"),
    "debian": ImageSpec("full", 49_000_000, command=("bash",)),
    "ubuntu": ImageSpec("full", 30_000_000, command=("/bin/bash",), base="ubuntu"),
    "nginx": ImageSpec(
        "busybox",
        72_000_000,
        command=("nginx", "-g", "daemon off;"),
        ports=frozenset({80}),
        serves=True,
        base="debian",
    ),
    "httpd": ImageSpec(
        "busybox",
        59_000_000,
        command=("httpd-foreground",),
        ports=frozenset({80}),
        serves=True,
        base="debian",
    ),
    "redis": ImageSpec(
        "busybox",
        52_000_000,
        command=("redis-server",),
        ports=frozenset({6379}),
        serves=True,
        base="debian",
    ),
    "curlimages/curl": ImageSpec("curl", 9_800_000, entrypoint=("curl",), steps_aside=True),
    "postgres": ImageSpec(
        "postgres",
        158_000_000,
        command=("postgres",),
        entrypoint=("docker-entrypoint.sh",),
        steps_aside=True,
        ports=frozenset({5432}),
        serves=True,
        base="debian",
    ),
    "registry.k8s.io/pause": ImageSpec("none", 320_000, command=("/pause",), serves=True),
    "registry.k8s.io/e2e-test-images/agnhost": ImageSpec(
        "full", 51_000_000, entrypoint=("/agnhost",), serves=True
    ),
}
"""Public images that people reach for in an incident."""
