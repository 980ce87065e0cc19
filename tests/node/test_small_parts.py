"""Pure parts: back-off, environment variables, images, OOM lines, limits."""

import pytest

from sim.node.container import expand
from sim.node.images import ImageCatalog, ImageSpec, canonical, split_image
from sim.node.kubelet.backoff import BackOff, go_seconds
from sim.node.kubelet.pulling import go_duration
from sim.node.oom import Task, cgroup_path, comm_of, oom_lines
from sim.node.resources import memory_limit, oom_score_adjust
from tests.node.world import build


def test_back_off_is_0_then_doubles_to_its_cap_and_resets_after_ten_minutes():
    backoff = BackOff()
    assert [backoff.after(1_000) // 1000 for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert backoff.after(600_000) == 0
    assert backoff.after(1_000) == 10_000


@pytest.mark.parametrize(("ms", "text"), [(10_000, "10s"), (80_000, "1m20s"), (300_000, "5m0s")])
def test_back_off_is_printed_as_go_does(ms, text):
    assert go_seconds(ms) == text


@pytest.mark.parametrize(("ms", "text"), [(412, "412ms"), (4_710, "4.71s"), (65_000, "1m5s")])
def test_durations_are_printed_as_go_does(ms, text):
    assert go_duration(ms) == text


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("--n=$(A)", "--n=1"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$5 $(A", "$5 $(A"), ("x", "x")],
)
def test_references_to_variables_are_expanded_as_the_kubelet_does(text, expanded):
    assert expand(text, {"A": "1"}) == expanded


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("nginx", "docker.io/library/nginx", "latest"),
        ("nicolaka/netshoot:v1", "docker.io/nicolaka/netshoot", "v1"),
        ("registry:5000/a/b", "registry:5000/a/b", "latest"),
    ],
)
def test_image_names_are_completed_as_containerd_does(image, name, tag):
    assert (canonical(split_image(image)[0]), split_image(image)[1]) == (name, tag)


def test_catalogue_knows_repositories_their_tags_and_public_images():
    own = ImageSpec("busybox", tags=frozenset({"v1"}))
    catalog = ImageCatalog({"registry.example.net/app": own}, ("registry.example.net/",))
    assert catalog.find("registry.example.net/app:v1") is own
    assert catalog.find("registry.example.net/app:v2") is None
    assert catalog.find("docker.io/library/busybox:1.36").tools == "busybox"
    assert catalog.find("nobody/nothing") is None
    assert catalog.pull_error("registry.example.net/app:v2").endswith("app:v2: not found")
    assert "pull access denied" in catalog.pull_error("nobody/nothing")


def test_kernel_names_are_cut_to_fifteen_characters():
    assert comm_of("/usr/sbin/iptables-restore -w") == "iptables-restor"


@pytest.mark.parametrize(
    ("qos", "middle"),
    [
        ("Burstable", "/kubepods-burstable.slice/kubepods-burstable-poda_b.slice"),
        ("BestEffort", "/kubepods-besteffort.slice/kubepods-besteffort-poda_b.slice"),
        ("Guaranteed", "/kubepods-poda_b.slice"),
    ],
)
def test_cgroup_path_is_that_of_the_systemd_driver(qos, middle):
    assert cgroup_path("a-b", qos, "f0") == f"/kubepods.slice{middle}/cri-containerd-f0.scope"


def test_oom_report_names_every_task_of_the_group():
    tasks = [Task(10, "app", 1 << 30, 120 << 20, 1 << 20), Task(11, "child", 1 << 20, 1 << 20, 0)]
    lines = oom_lines(
        invoker=tasks[1],
        tasks=tasks,
        cgroup="/kubepods.slice/x.scope",
        limit_bytes=128 << 20,
        adjust=-999,
        failures=3,
        kernel="6.1",
    )
    assert lines[0].startswith("child invoked oom-killer: ")
    assert "memory: usage 131072kB, limit 131072kB, failcnt 3" in lines
    killed = [one for one in lines if one.startswith("Memory cgroup out of memory: Killed process")]
    assert [one.split()[8] for one in killed] == ["(app)", "(app)", "(child)"]


def test_limits_and_oom_scores():
    container = {"resources": {"limits": {"memory": "128Mi"}}}
    pod = {"spec": {"priorityClassName": "system-node-critical"}}
    assert memory_limit(container) == 128 << 20
    assert memory_limit({}) == 0
    assert oom_score_adjust(pod, container, "Burstable", 64 << 30) == -997
    assert oom_score_adjust({"spec": {}}, container, "Burstable", 64 << 30) == 999
    assert oom_score_adjust({"spec": {}}, {}, "BestEffort", 64 << 30) == 1000


def test_environment_holds_services_fields_and_secrets():
    world = build(services=5)
    metadata = {"name": "db", "namespace": "payments"}
    world.api.create("secrets", {"metadata": metadata, "data": {"password": "aHVudGVy"}})
    env = [
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "URL", "value": "http://$(POSTGRES_SERVICE_HOST):$(POSTGRES_SERVICE_PORT_TCP)"},
    ]
    world.run(
        "web",
        "node-worker-1",
        "busybox",
        labels={"app": "web"},
        container={
            "command": ["sleep", "99"],
            "env": env,
            "envFrom": [{"secretRef": {"name": "db"}}],
        },
    )
    world.env.advance(9_000)
    environ = world.container("web").environ
    assert environ["PASSWORD"] == environ["password"] == "hunter"
    assert (environ["NODE"], environ["APP"]) == ("node-worker-1", "web")
    assert environ["URL"] == "http://10.96.45.12:5432"


def test_machine_adds_up_what_runs_on_it():
    world = build(services=5)
    world.env.advance(1_000)
    machine = world.machines["node-worker-1"]
    processes = machine.processes()
    assert [one.pid for one in processes] == sorted(one.pid for one in processes)
    commands = " ".join(one.command for one in processes)
    assert "kube-proxy --v=2" in commands
    assert "containerd-shim-runc-v2" in commands
    memory = machine.memory()
    assert memory.total == memory.used + memory.free + memory.buffcache
    assert sum(machine.load()) > 0


def test_metrics_measure_pods_and_nodes():
    from sim.node.metrics import NodeMetrics

    world = build(services=5)
    world.env.advance(1_000)
    metrics = NodeMetrics(world.kubelets)
    usage = metrics.pod_usage(world.pod("kube-proxy-1", "kube-system"))
    assert [name for name, _, _ in usage] == ["kube-proxy"]
    assert abs(usage[0][2] - (60 << 20)) <= 2 << 20
    cores, size = metrics.node_usage(world.api.get("nodes", "", "node-worker-1"))
    assert cores > 0
    assert size > 300 << 20
