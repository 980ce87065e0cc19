"""A sandbox: healthy, quick, at the wall's time; images that nobody describes live in it."""

import time

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.session.channel import AccessClosedError
from sim.session.sandbox import Sandbox, SandboxAccess

DEFAULT = "/api/v1/namespaces/default"
NOW = 1_800_000_000_000


class Place:
    """A sandbox whose wall clock a test moves."""

    def __init__(self, **options):
        self.ms = 0
        self.sandbox = Sandbox(unix_ms=NOW, steady_ms=lambda: self.ms, **options)
        self.access = SandboxAccess(self.sandbox)

    def get(self, path, **query):
        return self.access.handle(ApiRequest("GET", path, tuple(query.items()))).body

    def pod(self, name, image, volumes=(), restart="Always", **container):
        container = {"name": "main", "image": image, **container}
        spec = {"containers": [container], "volumes": list(volumes), "restartPolicy": restart}
        body = {"metadata": {"name": name}, "spec": spec}
        answer = self.access.handle(ApiRequest("POST", f"{DEFAULT}/pods", body=body))
        assert answer.code == 201, answer.body

    def later(self, ms):
        self.ms += ms
        self.sandbox.advance()

    def status(self, name):
        return self.get(f"{DEFAULT}/pods/{name}")["status"]

    def state(self, name):
        """Return (phase, restarts, the container's state with its reason and code)."""
        status = self.status(name)
        one = status["containerStatuses"][0]
        ((state, told),) = one["state"].items()
        known = (state, told.get("reason", ""), told.get("exitCode", ""))
        return status["phase"], one["restartCount"], known

    def run(self, pod, *argv, stdin=None):
        request = ExecRequest("default", pod, "", argv, stdin=stdin is not None)
        channel = self.access.open(request)
        if stdin is not None:
            channel.write(stdin)
            channel.close_stdin()
        self.later(100)
        return drained(channel)


def drained(channel):
    found = []
    while part := channel.read(0):
        found += part
    return found


@pytest.fixture(scope="module")
def place():
    place = Place()
    place.pod("web", "nginx")
    place.pod("app", "acme/app:1.4", ports=[{"containerPort": 8080}])
    place.pod("bare", "gcr.io/distroless/static")
    place.pod("gone", "acme/missing/app:1")
    place.pod("tagless", "nginx:does-not-exist")
    loop = "while true; do echo hi; sleep 1; done"
    place.pod("loop", "busybox", command=["sh", "-c", loop])
    place.pod("fails", "busybox", "", "Never", command=["sh", "-c", "echo bye; exit 3"])
    place.pod("done", "busybox", "", "Never", args=["true"])
    place.pod("unknown", "busybox", command=["nope"])
    healthy = {"exec": {"command": ["cat", "/tmp/healthy"]}, "periodSeconds": 5}
    line = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"
    place.pod("sick", "busybox", args=["sh", "-c", line], livenessProbe=healthy)
    probe = {"httpGet": {"path": "/", "port": 81}, "periodSeconds": 1}
    place.pod("wrong-port", "nginx", readinessProbe=probe)
    place.later(25_000)
    return place


def test_it_is_healthy_and_as_old_as_the_wall_says(place):
    nodes = place.get("/api/v1/nodes")["items"]
    assert [one["metadata"]["name"] for one in nodes][:2] == [
        "sandbox-control-plane",
        "sandbox-worker-1",
    ]
    assert len(nodes) == 4
    system = place.get("/api/v1/namespaces/kube-system/pods")["items"]
    assert {one["status"]["phase"] for one in system} == {"Running"}
    assert {one["metadata"]["name"] for one in place.get("/api/v1/namespaces")["items"]} == {
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    }
    created = place.get(f"{DEFAULT}/pods/web")["metadata"]["creationTimestamp"]
    assert created == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize(("version", "nodes"), [("v1.30.0", 1), ("v1.34.0", 9)])
def test_it_is_of_the_size_and_version_that_was_asked_for(version, nodes):
    place = Place(version=version, nodes=nodes)
    assert place.get("/version")["gitVersion"] == version
    found = place.get("/api/v1/nodes")["items"]
    assert len(found) == nodes + 1
    assert {one["status"]["nodeInfo"]["kubeletVersion"] for one in found} == {version}


@pytest.mark.parametrize(
    ("pod", "phase", "state"),
    [
        ("web", "Running", ("running", "", "")),
        ("app", "Running", ("running", "", "")),
        ("bare", "Running", ("running", "", "")),
        ("loop", "Running", ("running", "", "")),
        ("fails", "Failed", ("terminated", "Error", 3)),
        ("done", "Succeeded", ("terminated", "Completed", 0)),
    ],
)
def test_a_container_idles_or_runs_its_command(place, pod, phase, state):
    assert place.state(pod) == (phase, 0, state)


@pytest.mark.parametrize("pod", ["gone", "tagless"])
def test_an_image_is_made_to_fail_by_its_name(place, pod):
    phase, _, (state, reason, _) = place.state(pod)
    assert (phase, state) == ("Pending", "waiting")
    assert reason in ("ErrImagePull", "ImagePullBackOff")


def test_a_command_that_is_not_there_cannot_be_started(place):
    events = place.get(f"{DEFAULT}/events")["items"]
    told = {one["message"] for one in events if one["involvedObject"]["name"] == "unknown"}
    assert any('exec: "nope": executable file not found in $PATH: unknown' in one for one in told)
    assert place.state("unknown")[1] < 4


def test_output_is_in_the_log(place):
    assert place.get(f"{DEFAULT}/pods/fails/log") == "bye\n"
    lines = place.get(f"{DEFAULT}/pods/loop/log").splitlines()
    assert set(lines) == {"hi"}
    assert 15 < len(lines) < 25
    assert place.get(f"{DEFAULT}/pods/loop/log", tailLines="2") == "hi\nhi\n"


def test_probes_find_what_is_there(place):
    conditions = {one["type"]: one["status"] for one in place.status("wrong-port")["conditions"]}
    assert conditions["Ready"] == "False"
    assert place.state("sick")[1] == 0
    place.later(40_000)
    assert place.state("sick")[1] == 1


def test_files_last_as_long_as_the_container(place):
    assert place.run("app", "sh", "-c", "mkdir -p /srv/a; echo one > /srv/a/f") == [("exit", 0)]
    assert place.run("app", "cat", "/srv/a/f") == [("stdout", b"one\n"), ("exit", 0)]


@pytest.mark.parametrize("pod", ["bare", "app"])
def test_a_program_that_is_not_there_is_the_runtimes_refusal(place, pod):
    program = "sh" if pod == "bare" else "nosuch"
    ((kind, text),) = place.run(pod, program)
    assert kind == "error"
    assert text.endswith(f'exec: "{program}": executable file not found in $PATH: unknown')


def test_a_port_is_forwarded_to_whoever_listens(place):
    channel = place.access.open(ForwardRequest("default", "web", 80))
    channel.write(
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nConnection: close\r\n\r\n"
    )
    place.later(100)
    text = b"".join(value for _, value in drained(channel)).decode()
    assert text.startswith("HTTP/1.1 200 OK\r\n")
    assert "Welcome to nginx" in text
    assert "HTTP/1.1 404 Not Found\r\n" in text
    assert channel.read(0) is None


def test_a_port_without_a_listener_is_refused_in_the_kubelets_words(place):
    channel = place.access.open(ForwardRequest("default", "web", 81))
    ((kind, text),) = drained(channel)
    assert kind == "error"
    assert "failed to connect to localhost:81 inside namespace" in text
    assert isinstance(place.access.open(ForwardRequest("default", "gone", 80)), ApiResponse)


def test_volumes_of_objects_and_scratch_space(place):
    body = {"metadata": {"name": "conf"}, "data": {"a": "A"}}
    place.access.handle(ApiRequest("POST", f"{DEFAULT}/configmaps", body=body))
    volumes = [{"name": "c", "configMap": {"name": "conf"}}, {"name": "e", "emptyDir": {}}]
    mounts = [{"name": "c", "mountPath": "/conf"}, {"name": "e", "mountPath": "/scratch"}]
    place.pod("mounted", "busybox", volumes, command=["sleep", "999"], volumeMounts=mounts)
    place.later(10_000)
    line = "cat /conf/a; echo x > /scratch/f && cat /scratch/f; cat $D/namespace"
    account = "D=/var/run/secrets/kubernetes.io/serviceaccount; "
    out = place.run("mounted", "sh", "-c", account + line)
    assert out == [("stdout", b"Ax\ndefault"), ("exit", 0)]


def test_time_goes_on_by_itself_while_somebody_watches():
    sandbox = Sandbox(unix_ms=NOW, steady_ms=lambda: time.monotonic_ns() // 1_000_000)
    access = SandboxAccess(sandbox)
    channel = access.open(ApiRequest("GET", f"{DEFAULT}/pods", (("watch", "true"),)))
    body = {
        "metadata": {"name": "p"},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]},
    }
    access.handle(ApiRequest("POST", f"{DEFAULT}/pods", body=body))
    phases, end = [], time.monotonic() + 20
    while "Succeeded" not in phases and time.monotonic() < end:
        phases += [value["object"]["status"]["phase"] for _, value in channel.read(1) or ()]
    assert phases[0] == "Pending"
    assert phases[-1] == "Succeeded"
    assert "Running" not in phases
    channel.close()
    sandbox.close()
    with pytest.raises(AccessClosedError):
        access.handle(ApiRequest("GET", "/version"))
