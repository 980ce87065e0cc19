"""The life of a cluster in our hands: made or taken, used, put back, given up; each step can be done again.

After `kill -9` anywhere the next call finds what was left: the cluster by its mark, what was started
by its lock, what was changed by the journal. It must not know a scenario.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.backends.kind import image as images
from sim.backends.kind.auditsetup import switch_on
from sim.backends.kind.cluster import (
    KIND_LABEL,
    KindCluster,
    NoClusterError,
    find_cluster,
    own_containers,
)
from sim.backends.kind.config import POLICY, WORKERS, audit_policy, cluster_config
from sim.backends.kind.hold import Hold
from sim.backends.kind.journal import Journal
from sim.backends.kind.places import IN_DOCKER, OWN_CLUSTER, OWN_CONTEXT, state_folder
from sim.backends.kind.preflight import demand, preflight
from sim.backends.kind.reaching import keeps_away, reach
from sim.backends.kind.sweeping import sweep
from sim.backends.kind.tools import MissingToolError, ToolError, Tools
from sim.backends.kind.undoing import Undoer
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient

CREATE_S = 900.0
"""Pulling the node image is most of it."""
DELETE_S = 180.0
READY_S = 180.0
GONE_S = 180.0
"""How long namespaces may take to go."""
COMPLETE = "complete"
"""The file that is there once `kind create cluster` has ended well."""
Progress = Callable[[str], None]


class LifecycleError(Exception):
    """A step failed; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user may ask of `up`."""

    node_image: str = ""
    """`kindest/node:v1.34.0`; kind's own by default."""
    own_python: bool = False
    """Make the workload's image of this machine's Python."""
    audit: bool = False
    """Switch on the audit log of a cluster that is not ours; ours has one."""


def up(
    progress: Progress,
    *,
    context: str = "",
    wishes: Wishes | None = None,
    environ: Mapping[str, str] = os.environ,
) -> KindCluster:
    """Make our cluster, or take the one that *context* names; put it right and bring the image there.

    Raises:
        PreflightError, ToolError, NoClusterError, BusyError, JournalError, LifecycleError, AuditError
    """
    wishes = wishes or Wishes()
    with Hold(context or OWN_CONTEXT, "`uncordon kind up`", environ) as hold:
        tools = hold.tools
        if not context:
            progress("look at this machine")
            # A machine whose docker runs elsewhere has that one's figures elsewhere, too.
            proc = Path(environ.get("UNCORDON_PROC", "/proc"))
            checks = preflight(tools, makes_cluster=not _stands(tools, environ), proc=proc)
            demand(checks)
            for check in checks:
                if check.advice:
                    progress(f"note: {check}")
            _make(tools, wishes, environ, progress)
        else:
            demand(preflight(tools, makes_cluster=False))
        # The API server of nodes that have just been started takes a while.
        cluster = (
            reach(context, hold, progress, environ=environ)
            if context
            else _await_own(environ, progress)
        )
        hold.claim(cluster.uid)
        _wait_ready(cluster, progress)
        _put_right(cluster, progress)
        images.provide(cluster, tools, progress, own_python=wishes.own_python)
        if wishes.audit:
            switch_on(cluster, progress)
        return cluster


def down(
    progress: Progress,
    *,
    context: str = "",
    with_images: bool = False,
    forget: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Delete our cluster, or undo and delete everything of ours in the one that *context* names."""
    name = context or OWN_CONTEXT
    with Hold(name, "`uncordon kind down`", environ) as hold:
        if context and not (context == OWN_CONTEXT and _ours(hold.tools)):
            _leave(hold, context, progress, forget=forget, environ=environ)
        else:
            _delete(hold.tools, progress, environ, twice=hold.ended_orphans)
        if with_images:
            progress(f"remove {images.remove_all(hold.tools)} images from docker")
        shutil.rmtree(state_folder(name, environ), ignore_errors=True)


def restore(
    progress: Progress,
    *,
    context: str = "",
    forget: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Undo what was changed in a cluster and not put back; return how many changes that were."""
    name = context or OWN_CONTEXT
    journal = Journal(name, environ=environ)
    with Hold(name, "`uncordon kind restore`", environ) as hold:
        held = journal.entries()
        left = sum(not entry.lasting for entry in held)
        if forget:
            journal.forget()
        elif left or any(map(keeps_away, held)):
            cluster = reach(context, hold, progress, environ=environ)
            left = len(held) - sum(entry.lasting for entry in journal.entries())
            hold.claim(cluster.uid)
            _put_right(cluster, progress)
        return left


@dataclass(slots=True)
class Opened:
    """A cluster that is ours to use until `close`."""

    cluster: KindCluster
    hold: Hold

    def close(self, progress: Progress = lambda _: None) -> None:
        """Undo what was done to it and let it go.

        Raises:
            LifecycleError: if something could not be undone; it stays in the journal.
        """
        try:
            _put_right(self.cluster, progress)
        finally:
            self.hold.__exit__(None, None, None)


def use_cluster(
    context: str,
    what: str,
    progress: Progress = lambda _: None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Opened:
    """Take a cluster for *what* (`run 7f3a`): nobody else has it then, and nothing is left over in it.

    Raises:
        NoClusterError, BusyError, ToolError, JournalError, LifecycleError
    """
    hold = Hold(context or OWN_CONTEXT, what, environ)
    hold.__enter__()
    try:
        cluster = reach(context, hold, progress, environ=environ)
        hold.claim(cluster.uid)
        _put_right(cluster, progress)
    except BaseException:
        hold.__exit__(None, None, None)
        raise
    return Opened(cluster, hold)


# -- our own ---------------------------------------------------------------------------------------


def _ours(tools: Tools) -> bool:
    containers = own_containers(tools)
    if containers and not all(containers.values()):
        msg = (
            f"kind's cluster {OWN_CLUSTER} is here and uncordon did not make it; use it with "
            f"--context {OWN_CONTEXT}, or delete it (kind delete cluster --name {OWN_CLUSTER})"
        )
        raise NoClusterError(msg)
    return bool(containers)


def _stands(tools: Tools, environ: Mapping[str, str]) -> bool:
    """Return whether our cluster is there and was made to the end; False without docker."""
    try:
        whole = len(own_containers(tools)) == WORKERS + 1
    except ToolError:
        return False
    return whole and (state_folder(OWN_CONTEXT, environ) / COMPLETE).exists()


def _make(tools: Tools, wishes: Wishes, environ: Mapping[str, str], progress: Progress) -> None:
    folder = state_folder(OWN_CONTEXT, environ)
    there = _ours(tools)
    if there and _stands(tools, environ):
        progress("the cluster is there")
        _start(tools, progress)
        return
    if there:
        progress("remove what an interrupted `up` has left")
        _delete(tools, progress, environ, twice=True)
    Journal(OWN_CONTEXT, environ=environ).forget()
    shared = folder / "nodes"
    shared.mkdir(parents=True, exist_ok=True)
    (shared / POLICY).write_text(audit_policy())
    config = folder / "kind.yaml"
    config.write_text(cluster_config(shared))
    words = ["kind", "create", "cluster", "--name", OWN_CLUSTER, "--config", str(config)]
    words += ["--kubeconfig", str(folder / "kubeconfig"), "--wait", f"{READY_S:.0f}s"]
    words += ["--image", wishes.node_image] if wishes.node_image else []
    _unlock(folder)
    progress(f"make the cluster {OWN_CLUSTER}: 1 control plane, {WORKERS} workers (some minutes)")
    tools.run(
        words, timeout_s=CREATE_S, told=lambda line: _pass_on(line, progress), extra=IN_DOCKER
    )
    (folder / COMPLETE).touch()


def _unlock(folder: Path) -> None:
    """Remove kind's own lock of our kubeconfig: who holds the cluster knows that no kind runs."""
    (folder / "kubeconfig.lock").unlink(missing_ok=True)


def _await_own(environ: Mapping[str, str], progress: Progress) -> KindCluster:
    end = time.monotonic() + READY_S
    told = False
    while True:
        try:
            return find_cluster("", environ)
        except NoClusterError:
            if time.monotonic() > end:
                raise
        if not told:
            progress("wait for the API server")
            told = True
        time.sleep(1.0)


def _pass_on(line: str, progress: Progress) -> None:
    """Tell of the steps that kind has begun; without a terminal it writes `• step` and `✓ step`."""
    if line.startswith("•"):
        progress(f"kind: {line.lstrip('• ').split('  ')[0].strip()}")


def _start(tools: Tools, progress: Progress) -> None:
    """Start nodes that stand still: docker does not start them again after the machine did."""
    filter_ = f"label={KIND_LABEL}={OWN_CLUSTER}"
    words = ("ps", "--all", "--filter", filter_, "--format", "{{.State}} {{.Names}}")
    states = [line.split() for line in tools.docker(*words).out.splitlines()]
    for state, name in states:
        if state == "paused":
            progress(f"unpause {name}")
            tools.docker("unpause", name)
        elif state != "running":
            progress(f"start {name}")
            tools.docker("start", name, timeout_s=60)


def _delete(tools: Tools, progress: Progress, environ: Mapping[str, str], *, twice: bool) -> None:
    """Delete our cluster; *twice*: somebody may still have been making it, so look again."""
    folder = state_folder(OWN_CONTEXT, environ)
    while _ours(tools):
        progress(f"delete the cluster {OWN_CLUSTER}")
        words: tuple[str, ...] = ("kind", "delete", "cluster", "--name", OWN_CLUSTER)
        try:
            words = (*words, "--kubeconfig", str(folder / "kubeconfig"))
            _unlock(folder)
            tools.run(words, timeout_s=DELETE_S, extra=IN_DOCKER)
        except MissingToolError:
            # All that kind does is to remove the containers and what it wrote into a kubeconfig.
            names = tuple(own_containers(tools))
            tools.docker("rm", "--force", "--volumes", *names, timeout_s=DELETE_S)
        if twice:
            time.sleep(1.0)
        elif _ours(tools):
            msg = f"kind has not deleted the cluster {OWN_CLUSTER}; try `uncordon kind down` again"
            raise LifecycleError(msg)
    Journal(OWN_CONTEXT, environ=environ).forget()
    for name in ("kubeconfig", COMPLETE):
        (folder / name).unlink(missing_ok=True)


# -- any ---------------------------------------------------------------------------------------------


def _leave(
    hold: Hold, context: str, progress: Progress, *, forget: bool, environ: Mapping[str, str]
) -> None:
    """Undo the journal of a cluster that is not ours and delete everything in it that is."""
    if forget:
        Journal(context, environ=environ).forget()
        return
    cluster = reach(context, hold, progress, giving_up=True, environ=environ)
    hold.claim(cluster.uid)
    _put_right(cluster, progress, lasting=True)
    again = f"try `uncordon kind down --context {context}` again"
    try:
        left = sweep(cluster.transport(), progress, patience_s=GONE_S)
    except (UnreachableError, ApiStatusError) as error:
        msg = f"what is there cannot be looked at: {error}; {again}"
        raise LifecycleError(msg) from error
    if left:
        msg = f"still there: {', '.join(left)}; {again}"
        raise LifecycleError(msg)


def _put_right(cluster: KindCluster, progress: Progress, *, lasting: bool = False) -> None:
    """Undo what the journal holds."""
    journal = cluster.journal
    if why := stale(cluster):
        raise LifecycleError(why)
    if journal.stale:
        progress("forget the journal of an earlier cluster of this name")
        journal.forget()
        return
    if not journal.entries():
        return
    failed = journal.undo_all(Undoer(cluster.transport(), cluster.tools), progress, lasting=lasting)
    if failed:
        again = f"uncordon kind {'down' if lasting else 'restore'}" + (
            "" if cluster.made_by_us else f" --context {cluster.context}"
        )
        msg = "\n".join(["not undone:", *(f"  {one}" for one in failed), f"`{again}` tries again"])
        raise LifecycleError(msg)


def stale(cluster: KindCluster) -> str:
    """Return in a sentence that the journal is of another cluster, and may not be forgotten unasked; else empty."""
    journal = cluster.journal
    if cluster.made_by_us or not journal.stale:
        return ""
    return (
        f"{journal.path} holds changes to another cluster that was called {cluster.context}; "
        f"if that one is gone, `uncordon kind restore --forget --context {cluster.context}` drops them"
    )


def _wait_ready(cluster: KindCluster, progress: Progress) -> None:
    """Wait until every node is Ready."""
    rest = RestClient(cluster.transport())
    end = time.monotonic() + READY_S
    told = False
    while waiting := unready(rest):
        if time.monotonic() > end:
            msg = f"not Ready after {READY_S:.0f} s: {', '.join(waiting)}"
            raise LifecycleError(msg)
        if not told:
            progress(f"wait for {', '.join(waiting)}")
            told = True
        time.sleep(1.0)


def unready(rest: RestClient) -> list[str]:
    """Return the nodes that are not Ready."""
    found = []
    with suppress(ApiStatusError):
        for node in rest.items("/api/v1/nodes"):
            conditions = node["status"].get("conditions") or ()
            if not any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
                found.append(node["metadata"]["name"])
    return found
