"""A disk that fills up: pressure, what the kubelet reclaims, who is evicted, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from sim.bash import Capture, Pipe
from sim.node.livefiles import log_path
from sim.node.machine import Machine
from sim.node.programs import NODE, node_files

from .world import World, build

NODE_NAME = "node-worker-2"


@pytest.fixture
def world() -> World:
    """Return a small cluster whose machines have files and programs."""
    world = build(services=4)
    for machine in world.machines.values():
        machine.programs = NODE
        machine.files = node_files(machine)
    return world


def run(world: World, line: str, name: str = NODE_NAME) -> tuple[int, str, str]:
    """Run a command line on a node; return code, output and errors."""
    out, err = Capture(), Capture()
    shell = world.machines[name].shell()
    job = world.env.spawn(shell.run(line, Pipe(world.env, ""), out, err))
    while not job.processed:
        world.env.step()
    return int(job.value), out.text, err.text


def condition(world: World) -> tuple[str, str]:
    """Return status and reason of the node's DiskPressure."""
    node = world.api.get("nodes", "", NODE_NAME) or {}
    for one in node["status"].get("conditions") or ():
        if one["type"] == "DiskPressure":
            return one["status"], one["reason"]
    return "", ""


def node_events(world: World) -> list[str]:
    """Return `reason message` of the node's events, oldest first."""
    found = [one for one in world.api.list("events") if one["involvedObject"]["name"] == NODE_NAME]
    found.sort(key=lambda one: (one["firstTimestamp"], one["metadata"]["name"]))
    return [f"{one['reason']}: {one['message']}" for one in found]


def fill(world: World, share: float) -> None:
    """Write one file that fills the disk to *share*."""
    disk = world.machines[NODE_NAME].disk
    size = int(disk.total * share) - disk.used
    code, _, err = run(world, f"fallocate -l {size} /var/tmp/big")
    assert (code, err) == (0, "")


def test_an_empty_disk_schedules_nothing(world: World) -> None:
    fill(world, 0.6)
    world.env.advance(world.env.now + 60_000)
    assert condition(world) == ("", "")


def test_a_filled_disk_brings_pressure_and_evictions(world: World) -> None:
    fill(world, 0.9)
    world.env.advance(world.env.now + 60_000)
    assert condition(world) == ("True", "KubeletHasDiskPressure")
    told = node_events(world)
    assert told[0] == "EvictionThresholdMet: Attempting to reclaim ephemeral-storage"
    assert f"NodeHasDiskPressure: Node {NODE_NAME} status is now: NodeHasDiskPressure" in told
    pod = world.pod("cart-2", "retail") or {}
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "Evicted")
    message = pod["status"]["message"]
    assert message.startswith(
        "The node was low on resource: ephemeral-storage. Threshold quantity: 17578125Ki, available: "
    )
    assert "Container app was using " in message
    assert message.endswith(", request is 0, has larger consumption of ephemeral-storage. ")
    assert any(one["type"] == "DisruptionTarget" for one in pod["status"]["conditions"])
    assert [one.split(" ")[0] for one in world.events("cart-2")] == ["Evicted", "Killing"]


def test_critical_pods_stay(world: World) -> None:
    fill(world, 0.97)
    world.env.advance(world.env.now + 120_000)
    assert world.status("kube-proxy-2", "kube-system").startswith("Running")
    journal = "\n".join(
        entry.message for entry in world.machines[NODE_NAME].journal.query("kubelet.service")
    )
    assert "Eviction manager: must evict pod(s) to reclaim" in journal
    assert "Eviction manager: unable to evict any pods from the node" in journal


def test_pods_that_come_under_pressure_are_rejected(world: World) -> None:
    fill(world, 0.97)
    world.env.advance(world.env.now + 60_000)
    world.run("late", NODE_NAME, "registry.example.net/retail/cart:v1", namespace="retail")
    world.env.advance(world.env.now + 1_000)
    status = (world.pod("late", "retail") or {})["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert status["message"] == "Pod was rejected: The node had condition: [DiskPressure]. "


def test_pressure_ends_five_minutes_after_its_cause(world: World) -> None:
    fill(world, 0.9)
    world.env.advance(world.env.now + 60_000)
    assert run(world, "rm /var/tmp/big")[0] == 0
    world.env.advance(world.env.now + 240_000)
    assert condition(world)[0] == "True"
    world.env.advance(world.env.now + 80_000)
    assert condition(world) == ("False", "KubeletHasNoDiskPressure")
    assert world.env.now < 600_000
    pending = world.machines[NODE_NAME].kubelet.pressure
    assert not pending.active


def test_unused_images_go_before_pods(world: World) -> None:
    machine = world.machines[NODE_NAME]
    fill(world, 0.795)
    for number in range(40):
        machine.kubelet.image_pulled(f"docker.io/library/debian:{number}")
    assert machine.kubelet.unused_images()
    world.env.advance(world.env.now + 30_000)
    assert machine.kubelet.unused_images() == []
    assert world.status("cart-2", "retail").startswith("Running")


def test_a_full_disk_takes_no_more(world: World) -> None:
    fill(world, 0.999)
    code, _, err = run(world, "dd if=/dev/zero of=/var/tmp/more bs=1M count=5000 status=none")
    assert (code, err) == (1, "dd: error writing '/var/tmp/more': No space left on device\n")
    code, _, err = run(world, "fallocate -l 1G /var/tmp/x")
    assert (code, err) == (1, "fallocate: fallocate failed: No space left on device\n")
    assert "100%" in run(world, "df -h /")[1]
    code, _, err = run(world, "echo hello > /var/tmp/note")
    assert "No space left on device" in err


def test_what_du_finds_is_what_df_says(world: World) -> None:
    machine: Machine = world.machines[NODE_NAME]
    run(world, "dd if=/dev/zero of=/var/tmp/x bs=1M count=300 status=none")
    used = int(run(world, "df -k --total / | tail -1 | tr -s ' ' | cut -d' ' -f3")[1])
    found = int(run(world, "du -sxk / | cut -f1")[1])
    assert abs(found - used) < 4096, (found, used)
    assert machine.disk.used // 1024 == pytest.approx(used, abs=2)


def test_emptied_logs_give_room_back(world: World) -> None:
    machine: Any = world.machines[NODE_NAME]
    before = machine.disk.used
    for container in list(machine.containers.values()):
        assert run(world, f"truncate -s 0 {log_path(container)}") == (0, "", "")
        assert run(world, f"wc -l < {log_path(container)}")[1] == "0\n"
    assert machine.disk.used < before


def test_thresholds_are_read_when_the_kubelet_starts(world: World) -> None:
    machine = world.machines[NODE_NAME]
    line = 'sed -i \'s/imagefs.available: "15%"/imagefs.available: "45%"/\' /var/lib/kubelet/config.yaml'
    assert run(world, line)[0] == 0
    fill(world, 0.6)
    world.env.advance(world.env.now + 30_000)
    assert condition(world) == ("", "")
    run(world, "systemctl restart kubelet")
    world.env.advance(world.env.now + 30_000)
    assert condition(world)[0] == "True"
    assert dict(machine.kubelet.pressure.thresholds)["imagefs.available"] == 45


@pytest.mark.parametrize(
    ("fields", "line", "told"),
    [
        (
            {"container": {"resources": {"limits": {"ephemeral-storage": "100Mi"}}}},
            "dd if=/dev/zero of=/tmp/x bs=1M count=150",
            "Pod ephemeral local storage usage exceeds the total limit of containers 100Mi. ",
        ),
        (
            {
                "container": {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]},
                "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "50Mi"}}],
            },
            "dd if=/dev/zero of=/scratch/x bs=1M count=60",
            'Usage of EmptyDir volume "scratch" exceeds the limit "50Mi". ',
        ),
    ],
)
def test_a_pod_over_its_own_limit_is_evicted(
    world: World, fields: dict[str, Any], line: str, told: str
) -> None:
    world.run("greedy", NODE_NAME, "busybox", **{**fields, "container": {
        "command": ["sleep", "9999"], **fields["container"]}})  # fmt: skip
    world.env.advance(world.env.now + 20_000)
    container = world.container("greedy")
    job = world.env.spawn(container.shell().run(line, Pipe(world.env, ""), Capture(), Capture()))
    world.env.advance(world.env.now + 30_000)
    assert job.value == 0
    status = (world.pod("greedy") or {})["status"]
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Evicted", told)
    assert condition(world)[0] != "True"
