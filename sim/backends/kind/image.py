"""The one image that every container of ours runs: built here, and under every name a scenario has for it.

What runs in it is `sim.workload`; nothing of that is known here but where its files are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.ownpython import import_image
from sim.backends.kind.places import IN_DOCKER, OWN_CLUSTER, WORK
from sim.backends.kind.tools import FailedToolError, ToolError, Tools
from sim.backends.kind.undo import OnNode
from sim.backends.kind.undoing import LABEL, OURS

NAME = "uncordon"
STAGE = "workload"
"""The stage of the Dockerfile that has the programs and no more."""
ROOT = Path(__file__).resolve().parents[3]
BUILD_S = 1200.0
"""A base image may have to be pulled first."""
MOVE_S = 600.0
RECIPE = "uncordon.recipe"
"""The label with the digest of the lines that an image was built of."""
_REMOVE = 'for one; do crictl rmi "$one" >/dev/null 2>&1 || ctr -n k8s.io images rm "$one" || exit 1; done'
"""crictl takes what belongs to an image along, but complains of one that has gone."""
_NO_BASE = re.compile(
    r"no such host|dial tcp|failed to resolve|timeout|connection refused|TLS|proxyconnect|pull access|"
    r"toomanyrequests|network is unreachable|EOF"
)
"""What docker says when it cannot pull."""
Progress = Callable[[str], None]


class RecipeLike(Protocol):
    """An image made of ours, under a name of a scenario's."""

    @property
    def name(self) -> str:
        """`registry.internal/payments/payment-service:3.18.1`."""

    @property
    def dockerfile(self) -> str:
        """What it is built of; it needs no files."""


def workload_image(root: Path = ROOT) -> str:
    """Return the name of the image of today's programs: `uncordon:3f9a0c1d2e4b`."""
    digest = hashlib.sha256()
    for path in sorted(sources(root)):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return f"{NAME}:{digest.hexdigest()[:12]}"


def sources(root: Path) -> Iterable[Path]:
    """Yield the files that the image is made of, beside its base."""
    yield root / "sim" / "__init__.py"
    yield from (root / "sim" / "workload").rglob("*.py")
    if (root / "Dockerfile").exists():
        yield root / "Dockerfile"


def build(
    tools: Tools,
    progress: Progress,
    *,
    own_python: bool = False,
    root: Path = ROOT,
    work: Path | None = None,
) -> str:
    """See to it that docker has the image, and return its name.

    With *own_python*, and where its base cannot be pulled, it is made of this machine's Python, in
    the folder *work*.

    Raises:
        ToolError: if it cannot be built.
    """
    image = workload_image(root)
    if _has(tools, image):
        return image
    if not own_python and (root / "Dockerfile").exists():
        progress(f"image {image}: docker build (the first time it pulls its base)")
        words = ("build", "--target", STAGE, "--tag", image, "--label", f"{LABEL}={OURS}")
        try:
            tools.docker(*words, str(root), timeout_s=BUILD_S)
        except FailedToolError as error:
            if not _NO_BASE.search(error.complaint):
                raise
            progress(f"note: {error}")
        else:
            return image
    progress(f"image {image}: of this machine's Python")
    import_image(tools, image, root, work)
    return image


def provide(
    cluster: KindCluster,
    tools: Tools,
    progress: Progress,
    *,
    recipes: Iterable[RecipeLike] = (),
    own_python: bool = False,
    root: Path = ROOT,
) -> str:
    """See to it that every node has the image and those that *recipes* make of it; return its name.

    Raises:
        ToolError: if one cannot be built or brought there.
    """
    image = build(tools, progress, own_python=own_python, root=root, work=_work(cluster))
    wanted = [image]
    built = False
    for recipe in recipes:
        built |= _derive(tools, recipe)
        wanted.append(recipe.name)
    if built:
        # Those that had these names before; somebody else may be at it.
        with suppress(ToolError):
            tools.docker("image", "prune", "--force", "--filter", f"label={LABEL}={OURS}")
    missing = _missing(tools, cluster.aliases.nodes.values(), wanted)
    if not missing:
        return image
    names = sorted({name for some in missing.values() for name in some})
    progress(f"images to {len(missing)} nodes: {', '.join(names)}")
    if cluster.made_by_us:
        tools.run(
            (
                *("kind", "load", "docker-image", *names),
                *("--name", OWN_CLUSTER, "--nodes", ",".join(missing)),
            ),
            timeout_s=MOVE_S,
            extra=IN_DOCKER,
        )
        return image
    cluster.journal.did_all(
        (
            (
                f"images on {node}",
                OnNode(node, ("sh", "-c", _REMOVE, "sh", *map(full, some))),
            )
            for node, some in missing.items()
        ),
        lasting=True,
    )
    with TemporaryDirectory(dir=_work(cluster)) as folder:
        archive = Path(folder) / "image.tar"
        tools.docker("save", "--output", str(archive), *names, timeout_s=MOVE_S)
        for node in missing:
            words = ("exec", "--interactive", node, "ctr", "-n", "k8s.io", "images", "import", "-")
            tools.docker(*words, timeout_s=MOVE_S, stdin=archive)
    return image


def remove_all(tools: Tools) -> int:
    """Remove what was built from this machine's docker; return how many images that were."""
    found = tools.docker(
        "image", "ls", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={OURS}"
    )
    images = list(dict.fromkeys(found.out.split()))
    if images:
        tools.docker("image", "rm", "--force", *images, timeout_s=60)
    return len(images)


def full(name: str) -> str:
    """Return *name* as containerd has it.

    >>> full("uncordon:1"), full("acme/web:2"), full("registry.example/web:2")
    ('docker.io/library/uncordon:1', 'docker.io/acme/web:2', 'registry.example/web:2')
    """
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"docker.io/{name}"


def _work(cluster: KindCluster) -> Path:
    """Return a folder for large files, which does not outlive us for long if we are killed."""
    folder = cluster.state / WORK
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _missing(tools: Tools, nodes: Iterable[str], wanted: list[str]) -> dict[str, list[str]]:
    """Return the nodes that lack some of the images *wanted*, as docker has them now, and which."""
    ids = tools.docker("image", "inspect", "--format", "{{.Id}}", *wanted).out.split()
    found: dict[str, list[str]] = {}
    for node in nodes:
        listed = tools.docker("exec", node, "ctr", "-n", "k8s.io", "images", "ls").out
        # REF TYPE DIGEST ...; an image is listed under its id as well, which is docker's.
        rows = (line.split() for line in listed.splitlines()[1:])
        there = {row[0]: row[2] for row in rows if len(row) > 2}
        for name, id_ in zip(wanted, ids, strict=True):
            if there.get(full(name)) not in {there.get(id_, id_), id_}:
                found.setdefault(node, []).append(name)
    return found


def _label(tools: Tools, image: str, label: str) -> str | None:
    """Return a label of an image of docker's, empty if it has none; None if there is no such image."""
    template = f'{{{{index .Config.Labels "{label}"}}}}'
    try:
        found = tools.docker("image", "inspect", "--format", template, image).out.strip()
    except FailedToolError as error:
        if "no such image" in error.complaint.lower():
            return None
        raise
    return "" if found == "<no value>" else found


def _has(tools: Tools, image: str) -> bool:
    """Return whether docker has *image*.

    Raises:
        ToolError: if it has one of that name which we did not make.
    """
    found = _label(tools, image, LABEL)
    if found not in (None, OURS):
        msg = f"docker has an image {image} that uncordon did not make; rename or remove it"
        raise ToolError(msg)
    return found is not None


def _derive(tools: Tools, recipe: RecipeLike) -> bool:
    """Build what *recipe* says, unless it is there already; return whether it was not."""
    digest = hashlib.sha256(recipe.dockerfile.encode()).hexdigest()[:12]
    if _has(tools, recipe.name) and _label(tools, recipe.name, RECIPE) == digest:
        return False
    text = f"{recipe.dockerfile.rstrip()}\nLABEL {RECIPE}={digest} {LABEL}={OURS}\n"
    tools.docker("build", "--tag", recipe.name, "-", timeout_s=BUILD_S, stdin=text)
    return True
