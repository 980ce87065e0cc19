"""What is admitted: quotas, limit ranges, priorities, classes, service accounts."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import MERGE, Place, pod


def quota(place: Place, **hard: str) -> str:
    """Create a ResourceQuota `q` and wait until it counts; return its path."""
    path = place.at("resourcequotas")
    hard = {name.replace("_", "."): value for name, value in hard.items()}
    place.ok("POST", path, {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    place.wait(lambda: set(place.ok("GET", f"{path}/q")["status"].get("used", ())) == set(hard))
    return f"{path}/q"


def sized(name: str, **limits: str) -> Obj:
    """Return a pod with limits that no node takes."""
    body = pod(name, nodeSelector={"nowhere": "x"})
    body["spec"]["containers"][0]["resources"] = {"limits": limits}
    return body


def test_a_quota_of_pods(place: Place) -> None:
    path = quota(place, pods="1")
    place.ok("POST", place.at("pods"), sized("a"))
    status = place.no(403, "POST", place.at("pods"), sized("b"))
    assert status["reason"] == "Forbidden"
    assert status["message"] == (
        'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )
    assert place.ok("GET", path)["status"] == {"hard": {"pods": "1"}, "used": {"pods": "1"}}
    place.ok("DELETE", place.at("pods", "a"), {"gracePeriodSeconds": 0})
    place.wait(lambda: place.ok("GET", path)["status"]["used"] == {"pods": "0"})
    place.ok("POST", place.at("pods"), sized("b"))


def test_a_quota_of_cpu_wants_to_know(place: Place) -> None:
    quota(place, requests_cpu="1", limits_memory="1Gi")
    status = place.no(403, "POST", place.at("pods"), sized("a"))
    assert status["message"].startswith(
        'pods "a" is forbidden: failed quota: q: must specify limits.memory'
    )
    assert "requests.cpu" in status["message"]
    place.ok("POST", place.at("pods"), sized("b", cpu="600m", memory="512Mi"))
    status = place.no(403, "POST", place.at("pods"), sized("c", cpu="600m", memory="256Mi"))
    assert status["message"].endswith(
        "exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1"
    )


def test_a_quota_of_objects(place: Place) -> None:
    # two are there from the beginning since 1.20: the root certificates
    path = place.at("resourcequotas")
    place.ok(
        "POST",
        path,
        {"metadata": {"name": "q"}, "spec": {"hard": {"count/secrets": "0", "services": "1"}}},
    )
    place.wait(lambda: place.ok("GET", f"{path}/q")["status"].get("used"))
    status = place.no(403, "POST", place.at("secrets"), {"metadata": {"name": "s"}})
    assert "exceeded quota: q, requested: count/secrets=1" in status["message"]


def limits(place: Place, **rules: Obj) -> None:
    body = {"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", **rules}]}}
    place.ok("POST", place.at("limitranges"), body)
    place.wait(
        lambda: place.send("GET", place.at("limitranges", "l"), resourceVersion="0").code == 200
    )
    place.server.pause(0.3)


def test_a_range_gives_defaults(place: Place) -> None:
    limits(place, default={"cpu": "200m", "memory": "64Mi"}, defaultRequest={"cpu": "50m"})
    made = place.ok("POST", place.at("pods"), sized("a"))
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "200m", "memory": "64Mi"},
        "requests": {"cpu": "50m", "memory": "64Mi"},
    }
    told = made["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert told == (
        "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main"
    )


def test_a_range_bounds(place: Place) -> None:
    limits(place, max={"memory": "128Mi"}, min={"memory": "8Mi"})
    status = place.no(403, "POST", place.at("pods"), sized("a", memory="1Gi"))
    assert status["message"] == (
        'pods "a" is forbidden: maximum memory usage per Container is 128Mi, but limit is 1Gi'
    )
    status = place.no(403, "POST", place.at("pods"), sized("b", memory="4Mi"))
    assert "minimum memory usage per Container is 8Mi, but " in status["message"]


def test_a_priority_class(place: Place) -> None:
    name = f"{place.name}-high"
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    place.ok("POST", path, {"metadata": {"name": name}, "value": 1000})
    place.server.pause(0.3)
    made = place.ok(
        "POST", place.at("pods"), pod("p", priorityClassName=name, nodeSelector={"nowhere": "x"})
    )
    assert made["spec"]["priority"] == 1000
    status = place.no(403, "POST", place.at("pods"), pod("q", priorityClassName="nope"))
    assert status["message"] == 'pods "q" is forbidden: no PriorityClass with name nope was found'


def test_system_priority_classes_exist(place: Place) -> None:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    assert place.ok("GET", f"{path}/system-node-critical")["value"] == 2000001000
    assert place.ok("GET", f"{path}/system-cluster-critical")["value"] == 2000000000


def test_a_service_account_must_exist(place: Place) -> None:
    status = place.no(403, "POST", place.at("pods"), pod("p", serviceAccountName="nope"))
    assert status["message"].startswith('pods "p" is forbidden: error looking up service account ')
    assert status["message"].endswith(f'{place.name}/nope: serviceaccount "nope" not found')


@pytest.mark.since("1.21")
def test_every_namespace_has_the_root_certificate(place: Place) -> None:
    place.wait(lambda: "kube-root-ca.crt" in place.names(place.at("configmaps")))
    made = place.ok("GET", place.at("configmaps", "kube-root-ca.crt"))
    assert made["data"]["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.since("1.25")
def test_pod_security(place: Place) -> None:
    level = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    place.ok("PATCH", f"/api/v1/namespaces/{place.name}", level, headers=MERGE)
    status = place.no(403, "POST", place.at("pods"), pod("p", hostNetwork=True))
    assert status["message"].startswith(
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": '
    )
    assert "host namespaces (hostNetwork=true)" in status["message"]


def test_a_webhook_that_cannot_be_reached_fails_closed(place: Place) -> None:
    name = f"{place.name}-closed"
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    hook = {
        "name": "closed.example.com",
        "clientConfig": {"service": {"namespace": place.name, "name": "nobody", "path": "/"}},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["configmaps"],
            }
        ],
        "namespaceSelector": {"matchLabels": {"watched": place.name}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
        "timeoutSeconds": 1,
    }
    place.ok("POST", path, {"metadata": {"name": name}, "webhooks": [hook]})
    place.ok(
        "PATCH",
        f"/api/v1/namespaces/{place.name}",
        {"metadata": {"labels": {"watched": place.name}}},
        headers=MERGE,
    )

    def refused() -> Obj | None:
        answer = place.send("POST", place.at("configmaps"), {"metadata": {"generateName": "x-"}})
        return answer.body if answer.code >= 400 else None

    status = place.wait(refused)
    assert status is not None
    assert status["code"] == 500
    assert status["reason"] == "InternalError"
    assert 'failed calling webhook "closed.example.com"' in status["message"]
    assert 'service "nobody" not found' in status["message"]
