from __future__ import annotations

import json

import pytest

from sim.node.programs import BUSYBOX_IMAGE, FULL_IMAGE, NODE, programs_for

from .conftest import World


def test_pod_files_are_the_kubelets(world: World) -> None:
    assert world.run("cat /etc/hosts", world.postgres).out == (
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
        "fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
        "10.244.1.9\tpostgres-0\n"
    )
    assert world.run("cat /etc/resolv.conf", world.postgres).out == (
        "search payments.svc.cluster.local svc.cluster.local cluster.local\n"
        "nameserver 169.254.20.10\noptions ndots:5\n"
    )


def test_cgroup_of_kube_proxy_is_read_from_inside_and_from_the_node(world: World) -> None:
    proxy = world.find(world.bad, "kube-proxy")
    assert world.run("cat /sys/fs/cgroup/memory.max", proxy).out == "134217728\n"
    assert world.run(f"cat /sys/fs/cgroup{proxy.cgroup}/memory.current").out == (
        f"{proxy.memory_bytes}\n"
    )
    assert world.run("cat /sys/fs/cgroup/memory.max", world.postgres).out == "max\n"


def test_proc_is_the_machines(world: World) -> None:
    assert world.run("grep MemTotal /proc/meminfo").out == "MemTotal:       16777216 kB\n"
    assert world.run("cat /proc/sys/net/ipv4/tcp_syn_retries").out == "6\n"
    assert world.run("sysctl net.ipv4.tcp_syn_retries").out == "net.ipv4.tcp_syn_retries = 6\n"
    assert world.run("sysctl -n net.netfilter.nf_conntrack_count").out == "16000\n"
    assert len(world.run("cat /proc/loadavg").out.split()) == 5


def test_missing_and_read_only_files_are_said(world: World) -> None:
    assert world.run("cat /proc/nope").err == "cat: /proc/nope: No such file or directory\n"
    assert world.run("echo 3 > /proc/loadavg").code == 1


def test_debug_container_of_a_node_changes_its_root(world: World) -> None:
    debug = world.find(world.bad, "busybox")
    assert world.run("chroot /host systemctl is-active kubelet", debug).code == 125
    debug.spec["volumeMounts"] = [{"mountPath": "/host", "name": "host-root"}]
    assert world.run("chroot /host systemctl is-active kubelet", debug).lines == ["active"]


def test_kube_proxys_own_container_sees_the_rules(world: World) -> None:
    proxy = world.find(world.bad, "kube-proxy")
    assert world.run("iptables -t nat -L KUBE-SERVICES", proxy).code == 0


def test_sudo_runs_the_rest_of_the_line_as_root(world: World) -> None:
    assert world.run("sudo whoami", user="oncall").lines == ["root"]
    assert world.run("whoami", user="oncall").lines == ["oncall"]
    assert world.run("sudo nope", user="oncall").err == "sudo: nope: command not found\n"
    assert world.run("sudo -i whoami", user="oncall").lines == ["root"]
    assert world.run("id -u", user="oncall").lines == ["1000"]


def test_names_of_the_place(world: World) -> None:
    assert world.run("hostname").lines == ["node-worker-3"]
    assert world.run("hostname", world.postgres).lines == ["postgres-0"]
    assert world.run("hostname -I", world.postgres).lines == ["10.244.1.9 "]
    assert world.run("uname -r").lines == ["6.1.0-28-amd64"]


def test_disks_are_shown(world: World) -> None:
    lines = world.run("df -h").lines
    assert lines[0] == "Filesystem      Size  Used Avail Use% Mounted on"
    assert lines[3].startswith("/dev/vda1       112G ")
    assert world.run("df -h /", world.postgres).lines[1].startswith("overlay")


def test_runtime_lists_containers_pods_and_logs(world: World) -> None:
    proxy = world.find(world.bad, "kube-proxy")
    rows = world.run("sudo crictl ps --name kube-proxy").lines
    assert rows[0].split() == [
        "CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD", "ID", "POD", "NAMESPACE",
    ]  # fmt: skip
    assert rows[1].startswith(f"{proxy.id[:13]}       ")
    assert rows[1].endswith("kube-proxy-3        kube-system")
    assert len(world.run("crictl pods").lines) == 4
    status = json.loads(world.run(f"crictl inspect {proxy.id[:13]}").out)
    assert status["status"]["resources"]["linux"]["memoryLimitInBytes"] == "134217728"
    proxy.log.write(world.env.now, "hello")
    assert world.run(f"crictl logs --tail 1 {proxy.id[:8]}").lines == ["hello"]
    assert "not found" in world.run("crictl logs zzz").err
    assert world.run("crictl ps", user="oncall").code == 1


def test_killed_container_stays_in_the_list_of_all(world: World) -> None:
    proxy = world.find(world.bad, "kube-proxy")
    proxy.kill()
    world.env.settle()
    assert "kube-proxy" not in world.run("crictl ps").out
    assert "Exited" in world.run("crictl ps -a").out


@pytest.mark.parametrize("table", [NODE, FULL_IMAGE, BUSYBOX_IMAGE])
def test_every_program_answers_without_arguments(world: World, table: dict[str, object]) -> None:
    """No program may fall over: whatever it says, it ends with a code and one kind of output."""
    place = world.bad if table is NODE else world.postgres
    waits = {"tcpdump", "yes", "cat", "tac", "tee", "sh", "bash", "su", "watch", "xargs"}
    for name in sorted(set(table) - waits):
        ran = world.run(name, place)
        assert 0 <= ran.code < 256, name


def test_an_image_without_tools_has_no_programs() -> None:
    assert programs_for("none") == {}
    assert "bash" not in programs_for("busybox")


def test_logs_lie_where_the_runtime_writes_them(world: World) -> None:
    container = world.find(world.bad, "kube-proxy")
    container.write("first words")
    folder = f"/var/log/pods/{container.namespace}_{container.pod_name}_{container.pod_uid}"
    assert folder.rpartition("/")[2] in world.run("ls /var/log/pods").lines
    assert world.run(f"ls {folder}/{container.name}").lines == ["0.log"]
    ran = world.run(f"tail -1 {folder}/{container.name}/0.log")
    assert ran.out.endswith("Z stdout F first words\n")


def test_hardware_is_that_of_the_node(world: World) -> None:
    assert world.run("nproc").lines == [str(world.bad.facts.cpu_millicores // 1000)]
    assert len(world.run("vmstat 1 3").lines) == 5
    assert "GenuineIntel" in world.run("lscpu").out


def test_what_is_not_modelled_says_so(world: World) -> None:
    ran = world.run("sudo reboot", user="oncall")
    assert (ran.code, ran.err) == (1, "reboot: not supported in this simulator\n")
    assert "laptop" in world.run("kubectl get nodes").err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo a > /proc/1/foo", "bash: /proc/1/foo: No such file or directory\n"),
        ("touch /proc/1/y", "touch: cannot touch '/proc/1/y': No such file or directory\n"),
        (
            "mkdir -p /proc/1/a/b",
            "mkdir: cannot create directory '/proc/1/a/b': No such file or directory\n",
        ),
        ("gzip /proc/1/status", "gzip: /proc/1/status.gz: No such file or directory\n"),
        ("touch /sys/x", "touch: cannot touch '/sys/x': Permission denied\n"),
    ],
)
def test_nothing_is_made_in_what_the_kernel_shows(world: World, line: str, said: str) -> None:
    ran = world.run(line)
    assert (ran.out, ran.err, ran.code) == ("", said, 1)
