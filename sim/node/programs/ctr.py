"""ctr: containerd's own client, for what crictl does not show. Must not know why anything runs."""

from __future__ import annotations

from sim.bash.process import Proc
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.options import UsageError, program
from sim.node.programs.runtime import all_containers, digest, image_parts, pod_id

_DENIED = (
    'ctr: failed to dial "/run/containerd/containerd.sock": connection error: desc = "transport: error'
    ' while dialing: dial unix /run/containerd/containerd.sock: connect: {}"'
)


@program(1)
def ctr(proc: Proc) -> int:
    """List containers, tasks, images and namespaces."""
    words, namespace = list(proc.argv[1:]), proc.environ.get("CONTAINERD_NAMESPACE", "default")
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-n", "--namespace"):
            namespace = words.pop(0) if words else ""
        elif word.startswith("--namespace="):
            namespace = word.partition("=")[2]
        elif word in ("-a", "--address"):
            words = words[1:]
        else:
            raise UsageError(f"Incorrect Usage: flag provided but not defined: {word}")
    proc.asked()
    machine = machine_of(proc)
    if container_of(proc) is not None or not is_root(proc):
        raise UsageError(_DENIED.format("permission denied"))
    if not machine.daemons.runs("containerd"):
        raise UsageError(_DENIED.format("connection refused"))
    noun, verb = [*words, "", ""][:2]
    quiet = "-q" in words[2:]
    ours = namespace == "k8s.io"
    listed = verb in ("ls", "list")
    if noun in ("ns", "namespace", "namespaces") and listed:
        proc.print("NAME    LABELS ", "default        ", "k8s.io         ")
        return 0
    found = all_containers(machine, everything=True) if ours else []
    pods = {pod_id(machine, one): one for one in found}
    rows: list[tuple[str, ...]]
    if noun in ("c", "container", "containers") and listed:
        rows = [("CONTAINER", "IMAGE", "RUNTIME")]
        rows += [(one, "registry.k8s.io/pause:3.10", "io.containerd.runc.v2") for one in pods]
        rows += [(c.id, ":".join(image_parts(c.image)), "io.containerd.runc.v2") for c in found]
    elif noun in ("t", "task", "tasks") and listed:
        rows = [("TASK", "PID", "STATUS")]
        rows += [
            (c.id, str(c.pid if c.state == "running" else 0),
             "RUNNING" if c.state == "running" else "STOPPED") for c in found
        ]  # fmt: skip
    elif noun in ("i", "image", "images") and listed:
        rows = [("REF", "TYPE", "DIGEST", "SIZE", "PLATFORMS", "LABELS")]
        for image in machine.kubelet.images_present() if ours else ():
            size = machine.kubelet.images.spec(image).size_bytes
            rows.append((
                ":".join(image_parts(image)), "application/vnd.oci.image.index.v1+json", digest(image),
                f"{size / (1 << 20):.1f} MiB", "linux/amd64", "io.cri-containerd.image=managed",
            ))  # fmt: skip
    else:
        raise UsageError(
            f"ctr: {noun} {verb} is not supported in this simulator".replace("  ", " ")
        )
    if quiet:
        proc.print(*(row[0] for row in rows[1:]))
        return 0
    rows[1:] = sorted(rows[1:])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    gap = "    " if noun.startswith(("c", "t")) else " "
    for row in rows:
        proc.print(gap.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + gap)
    return 0
