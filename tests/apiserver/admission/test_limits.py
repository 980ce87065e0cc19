"""LimitRanger and ResourceQuota: what is given, what is refused, in which words."""

import pytest

from tests.apiserver.world import PODS, pod

CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"


def limits(world, type_="Container", **item):
    spec = {"limits": [{"type": type_, **item}]}
    world.api.create(
        "limitranges", {"metadata": {"name": "r", "namespace": "default"}, "spec": spec}
    )


def quota(world, name="q", *, scopes=None, **hard):
    spec = {"hard": {key.replace("_", "."): value for key, value in hard.items()}}
    if scopes:
        spec["scopes"] = scopes
    metadata = {"name": name, "namespace": "default"}
    world.api.create("resourcequotas", {"metadata": metadata, "spec": spec})


def asking(requests=None, limits=None, name="p"):
    made = pod(name)
    resources = {"requests": requests or {}, "limits": limits or {}}
    made["spec"]["containers"][0]["resources"] = resources
    return made


def claim(storage):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return {"metadata": {"name": "data"}, "spec": spec}


def test_container_that_asks_for_nothing_gets_the_defaults(world):
    limits(world, default={"cpu": "500m", "memory": "256Mi"}, defaultRequest={"cpu": "100m"})
    made = world.ok("POST", PODS, pod())
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "500m", "memory": "256Mi"},
        "requests": {"cpu": "100m", "memory": "256Mi"},
    }
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container app; "
        "cpu, memory limit for container app"
    )
    assert made["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    ("type_", "item", "requests", "held", "why"),
    [
        (
            "Container",
            {"max": {"cpu": "1"}},
            {"cpu": "2"},
            {"cpu": "2"},
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            "Container",
            {"min": {"memory": "64Mi"}},
            {"memory": "32Mi"},
            {"memory": "128Mi"},
            "minimum memory usage per Container is 64Mi, but request is 32Mi",
        ),
        (
            "Container",
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "100m"},
            {"cpu": "500m"},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000",
        ),
        (
            "Pod",
            {"max": {"cpu": "1"}},
            {},
            {},
            "maximum cpu usage per Pod is 1.  No limit is specified",
        ),
        (
            "Pod",
            {"min": {"cpu": "1"}, "max": {"cpu": "2"}},
            {},
            {},
            "[minimum cpu usage per Pod is 1.  No request is specified, maximum cpu usage per Pod "
            "is 2.  No limit is specified]",
        ),
    ],
)
def test_pod_out_of_bounds_is_refused(world, type_, item, requests, held, why):
    limits(world, type_, **item)
    status = world.refused("POST", PODS, asking(requests, held))
    assert status["code"] == 403
    assert status["message"] == f'pods "p" is forbidden: {why}'


def test_claim_out_of_bounds_is_refused(world):
    limits(world, "PersistentVolumeClaim", min={"storage": "1Gi"}, max={"storage": "5Gi"})
    assert world.refused("POST", CLAIMS, claim("500Mi"))["message"] == (
        'persistentvolumeclaims "data" is forbidden: minimum storage usage per '
        "PersistentVolumeClaim is 1Gi, but request is 500Mi"
    )
    assert (
        "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi"
        in (world.refused("POST", CLAIMS, claim("6Gi"))["message"])
    )
    world.ok("POST", CLAIMS, claim("5Gi"))


def test_quota_is_kept_and_its_refusal_says_how_much_is_used(world):
    quota(world, pods="1", requests_cpu="1", limits_memory="1Gi")
    world.ok("POST", PODS, asking({"cpu": "600m"}, {"memory": "512Mi"}))
    more = asking({"cpu": "600m"}, {"memory": "768Mi"}, name="more")
    assert world.refused("POST", PODS, more)["message"] == (
        'pods "more" is forbidden: exceeded quota: q, requested: '
        "limits.memory=768Mi,pods=1,requests.cpu=600m, used: "
        "limits.memory=512Mi,pods=1,requests.cpu=600m, limited: "
        "limits.memory=1Gi,pods=1,requests.cpu=1"
    )
    world.ok("DELETE", f"{PODS}/p")
    world.ok("POST", PODS, more)


def test_containers_have_to_say_what_a_quota_counts(world):
    quota(world, limits_cpu="1", requests_memory="1Gi")
    assert world.refused("POST", PODS, pod())["message"] == (
        'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: app; '
        "requests.memory for: app"
    )


@pytest.mark.parametrize(
    ("scopes", "body", "refused"),
    [
        (["BestEffort"], pod(), True),
        (["BestEffort"], asking({"cpu": "1"}), False),
        (["NotBestEffort"], asking({"cpu": "1"}), True),
        (["Terminating"], pod(activeDeadlineSeconds=60), True),
        (["Terminating"], pod(), False),
        (["NotTerminating"], pod(), True),
    ],
)
def test_scopes_decide_whom_a_quota_counts(world, scopes, body, refused):
    quota(world, scopes=scopes, pods="0")
    assert (world.send("POST", PODS, body).code == 403) is refused


@pytest.mark.parametrize(
    ("hard", "path", "body"),
    [
        ({"configmaps": "0"}, "/api/v1/namespaces/default/configmaps", {}),
        ({"count/configmaps": "0"}, "/api/v1/namespaces/default/configmaps", {}),
        (
            {"services.nodeports": "0"},
            "/api/v1/namespaces/default/services",
            {"spec": {"type": "NodePort", "ports": [{"port": 80}]}},
        ),
        (
            {"count/roles.rbac.authorization.k8s.io": "0"},
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            {"rules": []},
        ),
        ({"requests.storage": "1Gi"}, CLAIMS, claim("2Gi")),
    ],
)
def test_other_objects_are_counted_too(world, hard, path, body):
    quota(world, **hard)
    status = world.refused("POST", path, {**body, "metadata": {"name": "x"}})
    key = next(iter(hard))
    assert "exceeded quota: q, requested: " in status["message"]
    assert f"{key}=" in status["message"]


def test_quota_holds_for_components_and_dry_runs_alike(world):
    quota(world, pods="0")
    assert world.send("POST", PODS, pod(), dryRun="All").code == 403
    assert world.send("POST", PODS, pod(), user="system").code == 403
