"""`kube-proxy.service`: the unit of the node image that follows the DaemonSet's container.

So `systemctl status kube-proxy` tells the truth on a cluster where the kubelet runs kube-proxy.
This file must not know how a unit is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node.kubeproxy.heal import DESCRIPTION as HEAL_DESCRIPTION
from sim.node.records import Unit

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.kubeproxy.proxy import KubeProxy

UNIT = "kube-proxy.service"
DESCRIPTION = "Kubernetes kube-proxy (follows the DaemonSet's container)"
DOCS = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/"

UNIT_TEXT = f"""[Unit]
Description={DESCRIPTION}
Documentation={DOCS}
After=containerd.service kubelet.service

[Service]
# The container belongs to the kubelet: this unit mirrors its state and log,
# and stopping it stops the container, which the kubelet then starts again.
ExecStart=/usr/local/libexec/follow-container --namespace kube-system --container kube-proxy
Restart=always

[Install]
WantedBy=multi-user.target
"""


def started_lines() -> list[str]:
    """Return systemd's line when the container starts."""
    return [f"Started {UNIT} - {DESCRIPTION}."]


def ended_lines(container: Container) -> list[str]:
    """Return systemd's lines when the container has ended, by how it ended."""
    code = container.exit_code or 0
    if container.reason == "OOMKilled":
        return [
            f"{UNIT}: A process of this unit has been killed by the OOM killer.",
            f"{UNIT}: Main process exited, code=killed, status=9/KILL",
            f"{UNIT}: Failed with result 'oom-kill'.",
        ]
    if code in (0, 143):
        return [f"{UNIT}: Deactivated successfully.", f"Stopped {UNIT} - {DESCRIPTION}."]
    how = "code=killed, status=9/KILL" if code == 137 else f"code=exited, status={code}/FAILURE"
    result = "signal" if code == 137 else "exit-code"
    return [f"{UNIT}: Main process exited, {how}", f"{UNIT}: Failed with result '{result}'."]


def proxy_units(proxy: KubeProxy) -> list[Unit]:
    """Return kube-proxy.service and, if the node has one, the remediation timer and its service."""
    container = proxy.container
    now = proxy.env.now
    units: list[Unit] = []
    if container is not None:
        running = container.state == "running"
        killed = container.reason == "OOMKilled"
        units.append(
            Unit(
                UNIT,
                DESCRIPTION,
                active="active" if running else "activating",
                sub="running" if running else "auto-restart",
                since=(container.started_at if running else container.finished_at) or 0,
                main_pid=container.pid if running else 0,
                memory_bytes=container.memory_bytes,
                memory_max=container.limit,
                result="success" if running else "oom-kill" if killed else "exit-code",
                exit_code=container.exit_code or 0,
                tasks=8 if running else 0,
                cpu_ms=proxy.cpu_ms(),
                exec_start=container.command_line,
                path=f"/etc/systemd/system/{UNIT}",
                docs=DOCS,
                cgroup=container.cgroup,
                text=UNIT_TEXT,
                main_started_at=container.started_at,
            )
        )
    heal = proxy.heal
    if heal is not None:
        name, plan = heal.plan.unit, heal.plan
        following = heal.next_tick(now + 1)
        last = following - plan.every_ms
        minutes = plan.every_ms // 60_000
        units.append(
            Unit(
                f"{name}.service",
                HEAL_DESCRIPTION,
                active="inactive",
                sub="dead",
                since=last + 181,
                tasks=0,
                exec_start=f"/usr/local/sbin/{name}",
                path=f"/etc/systemd/system/{name}.service",
                enabled="static",
                triggered_by=f"{name}.timer",
                last_at=last,
                text=_heal_service(name, plan.idle_ms),
            )
        )
        units.append(
            Unit(
                f"{name}.timer",
                f"{HEAL_DESCRIPTION} every {minutes} min",
                active="active" if heal.enabled else "inactive",
                sub="waiting" if heal.enabled else "dead",
                since=heal.switched_at,
                tasks=0,
                path=f"/etc/systemd/system/{name}.timer",
                triggers=f"{name}.service",
                next_at=following if heal.enabled else None,
                last_at=last,
                text=(
                    f"[Unit]\nDescription={HEAL_DESCRIPTION} every {minutes} min\n\n[Timer]\n"
                    f"OnCalendar=*:0/{minutes}\nFixedRandomDelay=yes\n"
                    f"RandomizedDelaySec={minutes}min\n\n[Install]\nWantedBy=timers.target\n"
                ),
            )
        )
    return units


def _heal_service(name: str, idle_ms: int) -> str:
    return (
        f"[Unit]\nDescription={HEAL_DESCRIPTION}\n\n[Service]\nType=oneshot\n"
        f"Environment=IDLE_SECONDS={idle_ms // 1000}\n"
        f"ExecStart=/usr/local/sbin/{name}\n"
        "# When kube-proxy is down and has not synced for IDLE_SECONDS:\n"
        "# flush KUBE-* chains (nat, filter) and drop the page cache, so that it starts clean.\n"
    )
