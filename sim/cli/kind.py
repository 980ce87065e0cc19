"""The commands of real clusters, `uncordon kind`: made, looked at, put right and given up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from sim.cli.main import main

F = TypeVar("F", bound=Callable[..., Any])
NOT_UP = 3
"""How `status` ends when no run can be played."""
MOST = 10
"""So many changes are listed; the newest say most."""


@main.group()
def kind() -> None:
    """Play on a real cluster: kind's, made here, or one of yours.

    \b
    uncordon kind up                    make a cluster of four nodes in docker
    uncordon play --backend kind        play on it
    uncordon kind down                  delete it

    Without --context only the cluster that `up` has made is touched. With --context a cluster of
    your kubeconfig is used whose nodes are containers of this machine's docker; `down` then takes
    back what was changed in it and deletes what uncordon has put there.
    """


def context_option(command: F) -> F:
    """Add `--context` to a command."""
    return click.option(
        "--context",
        default="",
        metavar="NAME",
        help="Use this cluster of your kubeconfig, not uncordon's own.",
    )(command)


@kind.command()
@context_option
@click.option(
    "--image", default="", metavar="NAME", help="kind's image for the nodes.  [default: kind's own]"
)
@click.option(
    "--own-python",
    is_flag=True,
    help="Make the workload's image of this machine's Python, where no base image can be pulled.",
)
@click.option(
    "--audit",
    is_flag=True,
    help="With --context: switch the API server's audit log on, to see what others change.",
)
def up(context: str, image: str, *, own_python: bool, audit: bool) -> None:
    """Make the cluster, or get one of yours ready; again is harmless."""
    from sim.session import kind as session  # noqa: PLC0415

    if context and image:
        raise click.UsageError("--image is for a cluster that is made; --context names one that is")
    if audit and not context:
        raise click.UsageError("--audit goes with --context: a cluster of our own has an audit log")
    with _Steps() as steps:
        state = session.up(
            steps.tell, context=context, node_image=image, own_python=own_python, audit=audit
        )
    _show(state)
    sys.exit(0 if state.up else NOT_UP)


@kind.command()
@context_option
def status(context: str) -> None:
    """Say how the cluster stands; ends with 0 if a run can be played on it, else with 3."""
    from sim.session import kind as session  # noqa: PLC0415

    state = session.state(context)
    _show(state)
    sys.exit(0 if state.up else NOT_UP)


@kind.command()
@context_option
@click.option("--all", "with_images", is_flag=True, help="Remove our images from docker as well.")
@click.option(
    "--forget", is_flag=True, help="The cluster of --context is gone: only forget its journal."
)
def down(context: str, *, with_images: bool, forget: bool) -> None:
    """Delete the cluster; in one of yours, undo and delete only what is uncordon's."""
    from sim.session import kind as session  # noqa: PLC0415

    if forget and not context:
        raise click.UsageError("--forget goes with --context")
    with _Steps() as steps:
        session.down(steps.tell, context=context, with_images=with_images, forget=forget)
        steps.tell("nothing of uncordon's is left")


@kind.command()
@context_option
@click.option("--forget", is_flag=True, help="Undo nothing: the cluster of the journal is gone.")
def restore(context: str, *, forget: bool) -> None:
    """Undo what an interrupted run or set-up has left changed in the cluster."""
    from sim.session import kind as session  # noqa: PLC0415

    with _Steps() as steps:
        changes = session.restore(steps.tell, context=context, forget=forget)
        done = "forgotten" if forget else "undone"
        steps.tell(f"{changes} changes {done}" if changes else "nothing was left to undo")


class _Steps:
    """The lines of what is being done, and what went wrong with it."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def tell(self, what: str) -> None:
        """Say what is being done now."""
        click.echo(f"{time.monotonic() - self._began:6.1f} s  {what}", err=True)

    def __enter__(self) -> _Steps:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from sim.session.kind import NoKindClusterError  # noqa: PLC0415

        if isinstance(error, NoKindClusterError):
            raise click.ClickException(str(error)) from error
        if isinstance(error, KeyboardInterrupt):
            click.echo("interrupted; do it again, or `uncordon kind down` takes it back", err=True)


def _show(state: Any) -> None:
    click.echo(state.sentence)
    if state.user:
        # How many there are would say something of a night that was drawn.
        click.echo(f"in use by {state.user}; what is changed is put back when it ends")
    else:
        for what in state.left[-MOST:]:
            click.echo(f"changed and not put back: {what}")
        if len(state.left) > MOST:
            click.echo(f"and {len(state.left) - MOST} earlier changes")
        if state.left:
            click.echo("`uncordon kind restore` puts them back")
    if any(alias != node for alias, node in state.nodes):
        width = max(len(alias) for alias, _ in state.nodes) + 3
        click.echo("\n".join(f"{alias:<{width}}{node}" for alias, node in state.nodes))
    if state.kubeconfig and state.up:
        click.echo(f"export KUBECONFIG={state.kubeconfig}")
