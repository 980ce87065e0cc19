"""What crictl and ctr share: containers and images of the runtime, its ids, flags and tables.

Texts are those of cri-tools 1.3x and containerd 2. This file must not know any one command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.bash.process import Proc
from sim.kernel import Stream
from sim.node.container import Container
from sim.node.images import canonical, split_image
from sim.node.kubelet.status import image_id
from sim.node.machine import Machine
from sim.node.programs.options import Options, UsageError

SHORT = 13
"""Characters of an id that a table shows."""


def read_flags(words: Sequence[str], known: dict[str, bool]) -> Options:
    """Read a command's flags; *known* says which take a value.

    Raises:
        UsageError: in urfave/cli's words.
    """
    pairs: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        name, sign, value = word.partition("=")
        short = len(name) > 2 and name[1] != "-" and all(f"-{one}" in known for one in name[1:])
        if name not in known and short:
            # Bundled letters, of which only the last may take a value.
            *letters, last = (f"-{one}" for one in name[1:])
            pairs += [(one, "") for one in letters]
            name = last
        if name not in known:
            raise UsageError(f"Incorrect Usage: flag provided but not defined: -{name.lstrip('-')}")
        if known[name] and not sign:
            if not rest:
                raise UsageError(f"Incorrect Usage: flag needs an argument: {name}")
            value = rest.pop(0)
        pairs.append((name, value))
    return Options(pairs, operands)


def print_table(proc: Proc, rows: list[tuple[str, ...]]) -> None:
    """Print rows as Go's tabwriter does with a minimum width of 20 and 3 blanks between."""
    widths = [max(20, *(len(row[i]) + 3 for row in rows)) for i in range(len(rows[0]) - 1)]
    for row in rows:
        head = "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        proc.print(head + row[-1])


def all_containers(machine: Machine, *, everything: bool) -> list[Container]:
    """Return the containers that run, or all, the youngest first."""
    found = [c for c in machine.containers.values() if everything or c.state == "running"]
    return sorted(found, key=lambda c: (-c.created_at, c.id))


def pod_id(machine: Machine, container: Container) -> str:
    """Return the id of the sandbox that a container runs in."""
    return machine.sandbox_id(container.pod_uid)


def one_container(machine: Machine, wanted: str) -> Container:
    """Return the container whose id begins with *wanted*.

    Raises:
        UsageError: if there is none, in containerd's words.
    """
    found = [c for c in machine.containers.values() if c.id.startswith(wanted)]
    if len(found) != 1 or not wanted:
        raise UsageError(
            "FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find container"
            f' "{wanted}": not found'
        )
    return found[0]


def one_sandbox(machine: Machine, wanted: str) -> list[Container]:
    """Return the containers of the sandbox whose id begins with *wanted*; raises UsageError."""
    found = [c for c in machine.containers.values() if pod_id(machine, c).startswith(wanted)]
    if not wanted or len({c.pod_uid for c in found}) != 1:
        raise UsageError(
            "FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find sandbox:"
            " not found"
        )
    return found


def config_id(image: str) -> str:
    """Return the id of an image: the digest of its configuration, the same on every node."""
    return Stream("image-config", image).hex(64)


def digest(image: str) -> str:
    """Return the digest by which an image was pulled, with `sha256:`."""
    return image_id(image).partition("@")[2]


def image_parts(image: str) -> tuple[str, str]:
    """Return (full name, tag) of an image."""
    name, tag = split_image(image)
    return canonical(name), tag


def find_images(machine: Machine, wanted: str) -> list[str]:
    """Return the images of the node that *wanted* names: a name, an id's beginning, a digest."""
    name = ":".join(image_parts(wanted)) if wanted else ""
    bare = wanted.removeprefix("sha256:")
    return [
        one
        for one in machine.kubelet.images_present()
        if one == wanted
        or ":".join(image_parts(one)) == name
        or (len(bare) > 3 and config_id(one).startswith(bare))
        or image_id(one) == wanted
    ]


def size_text(size: int) -> str:
    """Return a size as docker's units give it with *three* digits: `2.16MB`.

    >>> size_text(2_160_000), size_text(212_000_000), size_text(999)
    ('2.16MB', '212MB', '999B')
    """
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            return f"{value:.3g}{unit}" if value < 999.5 else f"{value:.4g}{unit}"
        value /= 1000
    return f"{size}B"


def created_ago(ms: int) -> str:
    """Return an age as docker's units give it: `About a minute ago`, `3 hours ago`."""
    seconds = ms // 1000
    if seconds < 1:
        told = "Less than a second"
    elif seconds == 1:
        told = "1 second"
    elif seconds < 60:
        told = f"{seconds} seconds"
    elif seconds < 120:
        told = "About a minute"
    elif seconds < 3600:
        told = f"{seconds // 60} minutes"
    elif seconds < 5400:
        told = "About an hour"
    elif seconds < 48 * 3600:
        told = f"{(seconds + 1800) // 3600} hours"
    elif seconds < 14 * 86400:
        told = f"{seconds // 86400} days"
    elif seconds < 60 * 86400:
        told = f"{seconds // 604800} weeks"
    else:
        told = f"{seconds // 2592000} months"
    return f"{told} ago"


def labels_match(labels: dict[str, str], wanted: Iterable[str]) -> bool:
    """Return whether *labels* have every `key=value` of *wanted*."""
    return all(labels.get(one.partition("=")[0]) == one.partition("=")[2] for one in wanted)


def cri_labels(container: Container) -> dict[str, str]:
    """Return the labels that the kubelet gives a container."""
    return {
        "io.kubernetes.container.name": container.name,
        "io.kubernetes.pod.name": container.pod_name,
        "io.kubernetes.pod.namespace": container.namespace,
        "io.kubernetes.pod.uid": container.pod_uid,
    }
