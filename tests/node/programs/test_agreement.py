"""What one tool says another says too, because they read one state."""

from __future__ import annotations

import json
import re

import pytest

from sim.node.metrics import NodeMetrics

from .conftest import World


def test_memory_of_a_container_is_one_number(world: World) -> None:
    proxy = world.find(world.bad, "kube-proxy")
    current = int(world.run(f"cat /sys/fs/cgroup{proxy.cgroup}/memory.current").out)
    assert current == proxy.memory_bytes
    pod = {
        "metadata": {"namespace": "kube-system", "name": "kube-proxy-3"},
        "spec": {"nodeName": world.bad.name},
    }
    assert NodeMetrics(world.kubelets).pod_usage(pod)[0][2] == current
    shown = world.run(f"crictl stats {proxy.id[:13]}").lines[1].split()
    assert shown[3] == f"{current / 1e6:.3g}MB"
    rss = int(world.run(f"ps -o rss= -p {proxy.pid}").out)
    status = world.run(f"grep VmRSS /proc/{proxy.pid}/status").out
    assert int(re.findall(r"\d+", status)[0]) == rss
    assert world.run(f"ps aux | awk '$2 == {proxy.pid} {{print $6}}'").out == f"{rss}\n"
    below = int(world.run("cat /sys/fs/cgroup/kubepods.slice/memory.current").out)
    assert below == sum(one.memory_bytes for one in world.bad.containers.values())


def test_memory_of_the_machine_is_one_number(world: World) -> None:
    total, used = (int(word) for word in world.run("free -k").lines[1].split()[1:3])
    assert world.run("grep MemTotal /proc/meminfo").out.split()[1] == str(total)
    assert f"{used / 1024:.1f} used" in world.run("top -bn1").out
    assert world.run("vmstat").lines[2].split()[3] == world.run("free -k").lines[1].split()[3]


def test_disk_is_one_number(world: World) -> None:
    world.run("dd if=/dev/zero of=/var/tmp/x bs=1M count=200 status=none")
    used = int(world.run("df -k / | tail -1").out.split()[2])
    assert used == -(-world.bad.disk.used // 1024)
    inside = int(world.run("df -k /", world.find(world.bad, "busybox")).lines[1].split()[2])
    assert abs(inside - used) <= 1


@pytest.mark.parametrize("name", ["fs.inotify.max_user_watches", "vm.swappiness"])
def test_settings_are_one_table(world: World, name: str) -> None:
    path = f"/proc/sys/{name.replace('.', '/')}"
    assert world.run(f"sysctl -w {name}=77").out == f"{name} = 77\n"
    assert world.run(f"cat {path}").out == "77\n"
    assert world.run(f"echo 78 > {path}; sysctl -n {name}").out == "78\n"
    assert (
        world.run(f"sysctl -w {name}=x").err == f'sysctl: setting key "{name}": Invalid argument\n'
    )
    assert (
        world.run(f"sysctl -w {name}=1", user="oncall").err
        == f'sysctl: permission denied on key "{name}"\n'
    )


def test_size_of_the_conntrack_table_acts(world: World) -> None:
    assert world.run("sysctl -w net.netfilter.nf_conntrack_max=65536").code == 0
    assert world.bad.flows.maximum == 65_536


def test_status_ends_with_the_journals_lines(world: World) -> None:
    world.run("systemctl kill -s KILL chrony; sleep 2")
    lines = world.run("journalctl -u chrony --no-pager").lines
    assert len(lines) == 5
    assert world.run("systemctl status chrony").lines[-5:] == lines
    as_json = [json.loads(line) for line in world.run("journalctl -u chrony -o json").lines]
    assert [one["MESSAGE"] for one in as_json] == [line.split(": ", 1)[1] for line in lines]


def test_pids_are_those_of_every_tool(world: World) -> None:
    pid = world.run("pidof kubelet").out.strip()
    assert world.run("systemctl show -p MainPID --value kubelet").out.strip() == pid
    assert world.run("pgrep -x kubelet").out.strip() == pid
    assert world.run("ps -C kubelet -o pid=").out.strip() == pid
    assert f"Main PID: {pid} (kubelet)" in world.run("systemctl status kubelet").out
    assert world.run(f"cat /proc/{pid}/comm").out == "kubelet\n"


def test_boot_is_one_moment(world: World) -> None:
    boot = world.run("cat /proc/sys/kernel/random/boot_id").out.strip()
    assert boot.replace("-", "") in world.run("journalctl --list-boots").out
    assert boot.replace("-", "") in world.run("hostnamectl").out
    since = world.run("uptime -s").out.strip()
    assert world.run("who -b").out.split()[2:] == since[:16].split()
    unix = world.epoch_of_boot()
    assert world.run("grep btime /proc/stat").out == f"btime {unix}\n"


def test_packages_and_their_logs_are_one_history(world: World) -> None:
    kernel = world.bad.facts.kernel_version
    version = world.run(f"dpkg-query -l linux-image-{kernel} | tail -1").out.split()[2]
    assert (
        f"linux-image-{kernel}:amd64 ({version})"
        in world.run("zcat /var/log/apt/history.log.1.gz").out
    )
    assert (
        f"install linux-image-{kernel}:amd64 <none> {version}"
        in world.run("cat /var/log/dpkg.log.1").out
    )
    assert version in world.run("uname -v").out


def test_mounts_are_one_table(world: World) -> None:
    listed = world.run("mount").lines
    assert len(listed) == len(world.run("cat /proc/mounts").lines)
    assert world.run("findmnt -n -o SOURCE /").out == "/dev/vda1\n"
