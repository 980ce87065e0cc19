"""What a kubelet does with pods: statuses, events and times."""

from itertools import pairwise

import pytest

from tests.node.world import APP_IMAGE, IDLE_IMAGE, build, watch_status

NODE = "node-worker-2"


@pytest.fixture
def world():
    return build(services=5)


def run_command(world, name, script, **options):
    return world.run(name, NODE, "busybox", container={"command": ["sh", "-c", script]}, **options)


def test_pod_bound_to_a_node_is_started_with_the_usual_events(world):
    world.run(
        "web", NODE, APP_IMAGE, container={"env": [{"name": "DB_HOST", "value": "10.96.45.12"}]}
    )
    seen = watch_status(world, "web")
    world.env.advance(10_000)
    assert [what for _, what in seen] == ["ContainerCreating 0", "Running 1/1 0"]
    assert world.events("web") == [
        f'Pulled x1 Container image "{APP_IMAGE}" already present on machine',
        "Created x1 Created container: app",
        "Started x1 Started container app",
    ]


def test_conditions_are_the_five_of_a_kubelet_in_its_order(world):
    world.run("web", NODE, IDLE_IMAGE)
    world.env.advance(10_000)
    conditions = world.pod("web")["status"]["conditions"]
    assert [(one["type"], one["status"]) for one in conditions] == [
        ("PodReadyToStartContainers", "True"),
        ("Initialized", "True"),
        ("Ready", "True"),
        ("ContainersReady", "True"),
        ("PodScheduled", "True"),
    ]


def test_new_pod_gets_the_next_free_address_of_its_node(world):
    world.run("web", NODE, IDLE_IMAGE)
    world.run("web2", NODE, IDLE_IMAGE)
    world.env.advance(10_000)
    ips = {world.pod(name)["status"]["podIP"] for name in ("web", "web2")}
    assert ips == {"10.244.2.31", "10.244.2.32"}


def test_failing_container_restarts_at_once_then_after_10_20_40_seconds(world):
    starts = []
    run_command(world, "crashy", "echo no; exit 3")
    seen = watch_status(world, "crashy")
    world.env.advance(180_000)
    starts = [time for time, what in seen if "Error" in what]
    seconds = [int(time[3:5]) * 60 + int(time[6:8]) for time in starts]
    gaps = [after - before for before, after in pairwise(seconds)]
    assert [round(gap, -1) for gap in gaps] == [0, 10, 20, 40, 80]


def test_crash_loop_names_its_back_off_and_keeps_the_last_state(world):
    run_command(world, "crashy", "echo no; exit 3")
    world.env.advance(75_000)
    status = world.pod("crashy")["status"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    message = status["state"]["waiting"]["message"]
    uid = world.pod("crashy")["metadata"]["uid"]
    assert message == (f"back-off 40s restarting failed container=app pod=crashy_payments({uid})")
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["reason"] == "Error"
    assert status["restartCount"] == 3


def test_back_off_events_go_on_while_the_pod_waits(world):
    run_command(world, "crashy", "exit 3")
    world.env.advance(75_000)
    backoff = next(one for one in world.events("crashy") if one.startswith("BackOff"))
    assert int(backoff.split()[1][1:]) >= 5


def test_pod_that_never_restarts_ends_succeeded_or_failed(world):
    run_command(world, "good", "exit 0", restartPolicy="Never")
    run_command(world, "bad", "exit 2", restartPolicy="Never")
    world.env.advance(20_000)
    assert world.pod("good")["status"]["phase"] == "Succeeded"
    assert world.pod("bad")["status"]["phase"] == "Failed"
    ready = world.pod("good")["status"]["conditions"][2]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "PodCompleted")


def test_deleted_pod_is_told_to_stop_and_leaves_when_its_containers_have(world):
    world.env.advance(1_000)
    world.api.delete("pods", "retail", "cart-2")
    world.env.advance(1_200)
    assert world.status("cart-2", "retail") == "Terminating"
    world.env.advance(6_000)
    assert world.status("cart-2", "retail") == "gone"
    assert world.events("cart-2") == ["Killing x1 Stopping container app"]


def test_container_that_ignores_sigterm_is_killed_when_the_grace_is_over(world):
    run_command(world, "stubborn", "sleep 9999", terminationGracePeriodSeconds=7)
    world.env.advance(10_000)
    container = world.container("stubborn")
    container.terminate = lambda: None
    world.api.delete("pods", "payments", "stubborn")
    world.env.advance(16_900)
    assert container.state == "running"
    world.env.advance(17_100)
    assert (container.state, container.exit_code) == ("exited", 137)


def test_shorter_grace_given_later_hurries_the_end(world):
    run_command(world, "stubborn", "sleep 9999")
    world.env.advance(10_000)
    container = world.container("stubborn")
    container.terminate = lambda: None
    world.api.delete("pods", "payments", "stubborn", grace_s=300)
    world.env.advance(20_000)
    world.api.delete("pods", "payments", "stubborn", grace_s=1)
    world.env.advance(22_000)
    assert container.exit_code == 137


def test_force_deleted_pod_is_gone_at_once_and_its_container_soon_after(world):
    world.env.advance(1_000)
    container = world.container("cart-2", "retail")
    world.api.delete("pods", "retail", "cart-2", grace_s=0)
    assert world.status("cart-2", "retail") == "gone"
    world.env.advance(4_000)
    assert container.state == "exited"


def test_unknown_tag_alternates_between_errimagepull_and_backoff(world):
    image = APP_IMAGE.replace("v2.14.0", "v9")
    world.run("bad", NODE, image)
    seen = watch_status(world, "bad")
    world.env.advance(60_000)
    assert [what for _, what in seen][:5] == [
        "ContainerCreating 0",
        "ErrImagePull 0",
        "ImagePullBackOff 0",
        "ErrImagePull 0",
        "ImagePullBackOff 0",
    ]
    error = f'failed to pull and unpack image "{image}"'
    assert any(error in one and one.startswith("Failed") for one in world.events("bad"))


def test_image_of_another_node_is_pulled_with_its_size(world):
    world.run("web", "node-worker-3", "registry.example.net/data/postgres:16.4")
    world.env.advance(15_000)
    pulled = world.events("web")[1]
    assert pulled.startswith('Pulled x1 Successfully pulled image "registry.example.net/data/')
    assert pulled.endswith("Image size: 150000000 bytes.")


def test_missing_config_map_keeps_the_container_from_being_created(world):
    source = {"configMapKeyRef": {"name": "settings", "key": "mode"}}
    world.run("web", NODE, IDLE_IMAGE, container={"env": [{"name": "MODE", "valueFrom": source}]})
    world.env.advance(5_000)
    assert world.status("web") == "CreateContainerConfigError 0"
    assert 'Failed x1 Error: configmap "settings" not found' in world.events("web")
    metadata = {"name": "settings", "namespace": "payments"}
    world.api.create("configmaps", {"metadata": metadata, "data": {"mode": "fast"}})
    world.env.advance(30_000)
    assert world.status("web") == "Running 1/1 0"
    assert world.container("web").environ["MODE"] == "fast"


def test_missing_volume_keeps_the_pod_creating(world):
    volume = {"name": "v", "configMap": {"name": "c"}}
    world.run("web", NODE, IDLE_IMAGE, volumes=[volume])
    world.env.advance(3_000)
    assert world.status("web") == "ContainerCreating 0"
    expected = 'MountVolume.SetUp failed for volume "v" : configmap "c" not found'
    assert world.events("web")[0].endswith(expected)


def test_readiness_is_seen_at_the_next_tick_of_the_probe(world):
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5}
    env = [{"name": "DB_HOST", "value": "10.96.45.12"}]
    world.run("web", NODE, APP_IMAGE, container={"readinessProbe": probe, "env": env})
    seen = watch_status(world, "web")
    world.env.advance(15_000)
    assert [what for _, what in seen][-2:] == ["Running 0/1 0", "Running 1/1 0"]
    started = world.container("web").started_at
    ready = next(at for at, what in seen if what == "Running 1/1 0")
    ticks = {world.clock(started + 5_000 + latency) for latency in range(15, 91)}
    assert ready in ticks
    refused = "connect: connection refused"
    assert any(one.startswith("Unhealthy") and one.endswith(refused) for one in world.events("web"))


def test_failed_liveness_restarts_the_container(world):
    probe = {"tcpSocket": {"port": 5432}, "periodSeconds": 5, "failureThreshold": 2}
    image = "registry.example.net/data/postgres:16.4"
    world.run("db", NODE, image, container={"livenessProbe": probe})
    world.env.advance(20_000)
    container = world.container("db")
    container.behaviour.accepting = False
    container.health_changed()
    world.env.advance(60_000)
    assert world.status("db") == "Running 1/1 1"
    assert "Killing x1 Container app failed liveness probe, will be restarted" in world.events("db")


def test_container_over_its_memory_limit_is_oom_killed(world):
    limits = {"limits": {"memory": "100Mi"}}
    env = [{"name": "DB_HOST", "value": "10.96.45.12"}]
    world.run("web", NODE, APP_IMAGE, container={"resources": limits, "env": env})
    world.env.advance(9_000)
    terminated = world.container("web")
    worker = world.kubelets.worker(world.pod("web"))
    ended = terminated if terminated.state == "exited" else worker.slots[0].previous
    assert (ended.reason, ended.exit_code) == ("OOMKilled", 137)
    kernel = world.machines[NODE].journal.query(kernel=True, now=world.env.now)
    assert any("Memory cgroup out of memory: Killed process" in one.message for one in kernel)


def test_new_image_on_a_running_pod_restarts_its_container(world):
    world.env.advance(1_000)

    def change(pod):
        container = {**pod["spec"]["containers"][0], "image": APP_IMAGE.replace(".0", ".1")}
        return {**pod, "spec": {**pod["spec"], "containers": [container]}}

    world.api.modify("pods", "payments", "payment-2", change)
    world.env.advance(20_000)
    assert world.container("payment-2").image.endswith("v2.14.1")
    message = "Killing x1 Container app definition changed, will be restarted"
    assert message in world.events("payment-2")


def test_init_containers_run_one_after_the_other_before_the_rest(world):
    inits = [
        {"name": "first", "image": "busybox", "command": ["sh", "-c", "sleep 2"]},
        {"name": "second", "image": "busybox", "command": ["true"]},
    ]
    world.run("web", NODE, IDLE_IMAGE, initContainers=inits)
    world.env.advance(4_000)
    assert world.pod("web")["status"]["phase"] == "Pending"
    world.env.advance(15_000)
    assert world.status("web") == "Running 1/1 0"
    codes = [
        one["state"]["terminated"]["exitCode"]
        for one in world.pod("web")["status"]["initContainerStatuses"]
    ]
    assert codes == [0, 0]


@pytest.mark.parametrize("reason", ["NodeNotSchedulable", "NodeSchedulable"])
def test_cordon_and_uncordon_are_told_within_ten_seconds(world, reason):
    cordon = reason == "NodeNotSchedulable"

    def change(node):
        return {**node, "spec": {**node["spec"], "unschedulable": cordon}}

    if not cordon:
        world.api.load("nodes", {"metadata": {"name": NODE}, "spec": {"unschedulable": True}})
    world.api.modify("nodes", "", NODE, change)
    world.env.advance(10_000)
    assert world.events(NODE) == [f"{reason} x1 Node {NODE} status is now: {reason}"]


def test_sleeping_pods_have_neither_workers_nor_pending_kernel_events(world):
    world.env.advance(1_000)
    kubelet = world.kubelets.by_node[NODE]
    assert ("retail", "cart-2") in kubelet.pods
    assert ("retail", "cart-2") not in kubelet.workers
    # what is left to happen belongs to the applications that act by themselves
    assert len(world.env._queue) < 12


def test_sleeping_pod_is_woken_by_whoever_lists_containers(world):
    world.env.advance(1_000)
    names = {one.pod_name for one in world.machines[NODE].containers.values()}
    assert names == {"cart-2", "payment-2", "kube-proxy-2"}


def test_stopped_kubelet_leaves_containers_alone_and_catches_up_when_started(world):
    beats = []
    kubelet = world.kubelets.by_node[NODE]
    kubelet.on_heartbeat = lambda node, last: beats.append((node, last is None))
    world.env.advance(20_000)
    world.machines[NODE].control("stop", "kubelet.service")
    renewed = kubelet.renewed_at(world.env.now)
    world.api.delete("pods", "retail", "cart-2")
    world.env.advance(60_000)
    assert world.status("cart-2", "retail") == "Terminating"
    assert kubelet.renewed_at(world.env.now) == renewed
    world.machines[NODE].control("start", "kubelet.service")
    world.env.advance(70_000)
    assert world.status("cart-2", "retail") == "gone"
    assert beats == [(NODE, False), (NODE, True)]


def test_lease_is_renewed_every_ten_seconds_without_any_event(world):
    kubelet = world.kubelets.by_node[NODE]
    ages = {now - kubelet.renewed_at(now) for now in range(100_000, 200_000, 500)}
    assert min(ages) < 500
    assert 9_000 < max(ages) < 10_000


def test_kubelets_own_log_tells_of_pods_back_offs_and_probes(world):
    run_command(world, "crashy", "exit 1")
    world.env.advance(25_000)
    world.api.delete("pods", "payments", "crashy")
    world.env.advance(30_000)
    lines = [one.message for one in world.machines[NODE].journal.query("kubelet.service")]
    assert '"SyncLoop ADD" source="api" pods=["payments/crashy"]' in lines[0]
    assert any('with CrashLoopBackOff: \\"back-off 10s restarting' in line for line in lines)
    assert '"SyncLoop DELETE" source="api" pods=["payments/crashy"]' in lines[-1]
    assert lines[0].startswith("I1120 01:40:00.")


def side(name, script, **fields):
    return {"name": name, "image": "busybox", "command": ["sh", "-c", script], **fields}


def test_pod_with_a_sidecar_runs_and_ends_with_its_main_container(world):
    sidecar = side("log", "sleep 3600", restartPolicy="Always")
    run_command(world, "job", "sleep 5", restartPolicy="Never", initContainers=[sidecar])
    world.env.advance(6_000)
    status = world.pod("job")["status"]
    assert (status["phase"], status["initContainerStatuses"][0]["started"]) == ("Running", True)
    world.env.advance(60_000)
    status = world.pod("job")["status"]
    assert status["phase"] == "Succeeded"
    assert "terminated" in status["initContainerStatuses"][0]["state"]
    assert "Killing x1 Stopping container log" in world.events("job")


def test_sidecar_is_told_to_stop_after_the_container_it_serves(world):
    sidecar = side("log", "sleep 3600", restartPolicy="Always")
    slow = {"preStop": {"sleep": {"seconds": 3}}}
    container = {"command": ["sleep", "3600"], "lifecycle": slow}
    world.run("app", NODE, "busybox", container=container, initContainers=[sidecar])
    world.env.advance(10_000)
    worker = world.kubelets.worker(world.pod("app"))
    world.api.delete("pods", "payments", "app")
    world.env.advance(60_000)
    main, beside = worker.slots[0].current, worker.inits[0].current
    assert 13_000 < main.finished_at <= beside.finished_at
    assert world.pod("app") is None


def test_failed_init_container_fails_a_pod_that_never_restarts(world):
    run_command(
        world, "app", "true", restartPolicy="Never", initContainers=[side("setup", "exit 4")]
    )
    world.env.advance(10_000)
    status = world.pod("app")["status"]
    assert status["phase"] == "Failed"
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
    assert "waiting" in status["containerStatuses"][0]["state"]


def test_pod_is_failed_at_its_own_deadline(world):
    run_command(world, "app", "sleep 3600", activeDeadlineSeconds=20)
    world.env.advance(60_000)
    status = world.pod("app")["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert status["message"] == "Pod was active on the node longer than the specified deadline"
    assert (
        "DeadlineExceeded x1 Pod was active on the node longer than specified deadline"
        in world.events("app")
    )


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        ({"secret": {"secretName": "gone"}}, 'secret "gone" not found'),
        (
            {"configMap": {"name": "there", "items": [{"key": "b", "path": "b"}]}},
            "configmap references non-existent config key: b",
        ),
        (
            {"projected": {"sources": [{"configMap": {"name": "gone"}}]}},
            'configmap "gone" not found',
        ),
        ({"configMap": {"name": "gone", "optional": True}}, None),
    ],
)
def test_volume_that_lacks_something_says_what(world, volume, why):
    metadata = {"name": "there", "namespace": "payments"}
    world.api.create("configmaps", {"metadata": metadata, "data": {"a": "1"}})
    run_command(world, "app", "sleep 3600", volumes=[{"name": "v", **volume}])
    world.env.advance(2_000)
    told = [text for text in world.events("app") if text.startswith("FailedMount")]
    if why is None:
        assert told == []
    else:
        assert told[0].endswith(f'MountVolume.SetUp failed for volume "v" : {why}')


def hooked(world, when, *command):
    container = {
        "command": ["sleep", "3600"],
        "lifecycle": {when: {"exec": {"command": list(command)}}},
    }
    world.run("app", NODE, "busybox", container=container, terminationGracePeriodSeconds=10)
    world.env.advance(5_000)


@pytest.mark.parametrize(("script", "restarts"), [("exit 0", 0), ("exit 1", 1)])
def test_container_whose_post_start_hook_fails_is_killed(world, script, restarts):
    hooked(world, "postStart", "sh", "-c", script)
    [status] = world.pod("app")["status"]["containerStatuses"]
    assert (status["restartCount"] >= 1) == bool(restarts)
    told = [text for text in world.events("app") if "PostStartHook" in text]
    assert bool(told) == bool(restarts)


@pytest.mark.parametrize(("command", "failed"), [(("true",), False), (("nothing-there",), True)])
def test_failed_pre_stop_hook_is_told_and_the_container_ends_anyway(world, command, failed):
    hooked(world, "preStop", *command)
    world.api.delete("pods", "payments", "app")
    world.env.advance(20_000)
    assert world.pod("app") is None
    told = [text for text in world.events("app") if text.startswith("FailedPreStopHook")]
    assert told == (["FailedPreStopHook x1 PreStopHook failed"] if failed else [])
