"""/sys and /proc say what the programs say: interfaces, disk, sockets, processes, control groups."""

from __future__ import annotations

import re

import pytest

from tests.node.programs.conftest import World


@pytest.fixture(scope="module")
def world() -> World:
    """Return a world that is only looked at."""
    return World()


def test_interfaces_count_the_same_everywhere(world: World) -> None:
    rx = world.run("cat /sys/class/net/eth0/statistics/rx_bytes").out.strip()
    assert f"eth0: {rx} " in world.run("cat /proc/net/dev").out
    assert f" {rx} " in world.run("ip -s link show eth0").out
    names = world.run("ls /sys/class/net").lines
    assert names == sorted(re.findall(r"^\d+: ([\w.-]+)", world.run("ip link").out, re.M))
    assert world.run("cat /sys/class/net/nodelocaldns/operstate").out == "down\n"
    assert world.run("cat /sys/class/net/eth0/address").out.strip() in world.run("ip link").out
    assert world.run("cat /sys/class/net/nope/mtu").code == 1


def test_a_pod_has_received_what_its_node_has_sent_it(world: World) -> None:
    pod = world.find(world.bad, "toolbox")
    inside = world.run("cat /sys/class/net/eth0/statistics/{rx,tx}_bytes", pod).lines
    link = world.bad.veth(pod.pod_uid)
    outside = world.run(f"cat /sys/class/net/{link}/statistics/{{tx,rx}}_bytes").lines
    assert inside == outside
    assert int(inside[0]) < int(world.run("cat /sys/class/net/cni0/statistics/rx_bytes").out)
    assert world.run("cat /sys/class/net/lo/statistics/rx_bytes", pod).out == "0\n"
    assert f"eth0: {inside[0]} " in world.run("cat /proc/net/dev", pod).out


def test_the_disk_has_one_size(world: World) -> None:
    whole, part = (int(line.split()[2]) for line in world.run("cat /proc/partitions").lines[2:])
    sizes = [line.split()[3] for line in world.run("lsblk -b").lines[1:]]
    assert [str(whole << 10), str(part << 10)] == sizes
    assert int(world.run("cat /sys/block/vda/size").out) * 512 == whole << 10
    held = int(world.run("df -k /").lines[1].split()[1])
    assert 0.97 < held / part < 1


def test_the_disk_has_done_what_iostat_says(world: World) -> None:
    stats = world.run("cat /proc/diskstats").lines[0].split()
    told = world.run("iostat").lines
    row = next(line.split() for line in told if line.startswith("vda"))
    assert abs(int(stats[5]) // 2 - int(row[5])) <= 1
    assert world.run("cat /sys/block/vda/stat").out.split() == stats[3:]


def test_tables_of_sockets(world: World) -> None:
    tcp = world.run("cat /proc/net/tcp /proc/net/tcp6").out
    assert tcp.count(" 0A ") == len(world.run("ss -ltn").lines) - 1
    assert ":0016 " in tcp
    assert ":280A " in tcp
    assert "[::]:22" in world.run("ss -ltn").out
    assert ":::22 " in world.run("netstat -ltn").out
    assert len(world.run("cat /proc/net/udp").lines) == len(world.run("ss -lun").lines)


def test_links_of_a_process(world: World) -> None:
    pod = world.find(world.bad, "toolbox")
    assert world.run("readlink /proc/1/exe").out == "/lib/systemd/systemd\n"
    assert world.run(f"readlink /proc/{pod.pid}/exe").out == "/toolbox\n"
    assert world.run("readlink /proc/1/exe", pod).out == "/toolbox\n"
    assert (
        world.run("readlink /proc/1/ns/net", pod).out
        == world.run(f"readlink /proc/{pod.pid}/ns/net").out
        != world.run("readlink /proc/1/ns/net").out
    )
    assert world.run("ls -l /proc/1").lines[1].startswith("-r--r--r-- 1 root root 0 ")
    assert world.run("readlink /proc/2/exe").code == 1


def test_groups_hold_the_processes_that_cgls_shows(world: World) -> None:
    base = "/sys/fs/cgroup"
    pid = world.run("pidof kubelet").out.strip()
    assert world.run(f"cat {base}/system.slice/kubelet.service/cgroup.procs").out.strip() == pid
    assert f"{pid} /usr/bin/kubelet" in world.run("systemd-cgls /system.slice/kubelet.service").out
    memory = int(world.run(f"cat {base}/system.slice/kubelet.service/memory.current").out)
    assert f"Memory: {memory / (1 << 20):.1f}M" in world.run("systemctl status kubelet").out
    for line in world.run("cat /proc/*/cgroup | sort -u").lines:
        group = line.removeprefix("0::")
        assert world.run(f"ls {base}{group}").code == 0, group


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("kubelet --version", "Kubernetes v1.37.0"),
        ("containerd --version", "containerd github.com/containerd/containerd/v2 v2.1.4 "),
        ("runc --version", "runc version "),
        ("hostname -I", "172.30.0.13 10.244.3.1 "),
        ("which iptables", "/usr/sbin/iptables"),
        ("ls -l /bin/ls", "-rwxr-xr-x 1 root root "),
    ],
)
def test_what_is_asked_first_on_a_node(world: World, line: str, first: str) -> None:
    assert world.run(line).lines[0].startswith(first)


def test_go_programs_reserve_more_than_a_gigabyte(world: World) -> None:
    sizes = {name: int(size) for size, name in (
        line.split() for line in world.run("ps -eo vsz=,comm=").lines)}  # fmt: skip
    assert sizes["kubelet"] > 1_000_000 < sizes["containerd-shim"]
    assert 900 < sizes["pause"] < 1_200
    assert sizes["cron"] < 10_000


def test_logs_are_as_old_as_their_last_line(world: World) -> None:
    rows = {line.split()[-1]: line for line in world.run("ls -l /var/log").lines[1:]}
    assert "Nov 20 02:" in rows["syslog"]
    assert "Nov 20 02:" in rows["journal"]
    assert "Oct 11" not in rows["pods"]


def test_busybox_runs_its_applets(world: World) -> None:
    box = world.find(world.bad, "busybox")
    assert world.run("busybox echo hi | busybox tr a-z A-Z", box).out == "HI\n"
    listed = world.run("busybox --list", box).lines
    assert listed == sorted(listed)
    assert "wget" in listed
    assert world.run("ls /bin", box).lines == sorted([*listed, "busybox"])
    failed = world.run("busybox nope", box)
    assert (failed.code, failed.err) == (127, "nope: applet not found\n")
    assert "Currently defined functions:\n\t[, " in world.run("busybox", box).out
    assert max(map(len, world.run("busybox", box).lines)) < 73
