"""What the server refuses: unknown fields, wrong types, invalid values, changes of what is fixed."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import MERGE, STRATEGIC, Place, configmap, deployment, pod, service

APPS = "apps/v1"


# -- strictness -----------------------------------------------------------------------------------


@pytest.mark.since("1.27")
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"datta": {"a": "b"}}, 'strict decoding error: unknown field "datta"'),
        (
            {"metadata": {"name": "a", "lables": {}}},
            'strict decoding error: unknown field "metadata.lables"',
        ),
    ],
)
def test_unknown_fields_are_errors_when_strict(place: Place, change: Obj, text: str) -> None:
    body = {**configmap("a"), **change}
    status = place.no(400, "POST", place.at("configmaps"), body, fieldValidation="Strict")
    assert status["reason"] == "BadRequest"
    assert text in status["message"]
    assert 'ConfigMap in version "v1" cannot be handled as a ConfigMap: ' in status["message"]


@pytest.mark.since("1.27")
def test_unknown_fields_deep_inside(place: Place) -> None:
    body = deployment("web", 0)
    body["spec"]["template"]["spec"]["containers"][0]["imag"] = "x"
    body["spec"]["replica"] = 1
    path = place.at("deployments", group=APPS)
    status = place.no(400, "POST", path, body, fieldValidation="Strict")
    assert 'unknown field "spec.replica"' in status["message"]
    assert 'unknown field "spec.template.spec.containers[0].imag"' in status["message"]
    warned = place.send("POST", path, body, fieldValidation="Warn")
    assert warned.code == 201
    assert any('unknown field "spec.replica"' in text for text in warned.warnings)
    assert "replica" not in warned.body["spec"]


@pytest.mark.since("1.27")
def test_by_default_unknown_fields_warn(place: Place) -> None:
    answer = place.send("POST", place.at("configmaps"), {**configmap("a"), "datta": {}})
    assert answer.code == 201
    assert any('unknown field "datta"' in text for text in answer.warnings)
    assert "datta" not in answer.body
    quiet = place.send(
        "POST", place.at("configmaps"), {**configmap("b"), "datta": {}}, fieldValidation="Ignore"
    )
    assert (quiet.code, quiet.warnings) == (201, ())


@pytest.mark.since("1.27")
def test_unknown_fields_of_patches(place: Place, web: str) -> None:
    for headers in (MERGE, STRATEGIC):
        body = {"spec": {"replica": 2}}
        status = place.no(422, "PATCH", web, body, headers=headers, fieldValidation="Strict")
        assert status["message"].startswith(' "" is invalid: patch: Invalid value: ')
        assert status["message"].endswith('strict decoding error: unknown field "spec.replica"')


@pytest.mark.parametrize(
    ("resource", "group", "body", "text"),
    [
        (
            "configmaps",
            "v1",
            {"metadata": {"name": "a"}, "data": {"a": 1}},
            "cannot unmarshal number into Go struct field ConfigMap.data of type string",
        ),
        (
            "configmaps",
            "v1",
            {"metadata": {"name": "a"}, "data": "x"},
            "cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string",
        ),
        (
            "deployments",
            APPS,
            {"metadata": {"name": "a"}, "spec": {"replicas": "three"}},
            "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
    ],
)
def test_values_of_a_wrong_type(
    place: Place, resource: str, group: str, body: Obj, text: str
) -> None:
    status = place.no(400, "POST", place.at(resource, group=group), body)
    assert "cannot be handled as a" in status["message"]
    if place.server.version >= (1, 27):
        assert text in status["message"]


# -- validation -----------------------------------------------------------------------------------

NAME_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character"
)
INVALID = [
    ("configmaps", "v1", configmap("Bad_Name"), "metadata.name", NAME_TEXT),
    ("pods", "v1", pod("x", containers=[]), "spec.containers", "Required value"),
    (
        "pods",
        "v1",
        pod("x", restartPolicy="Sometimes"),
        "spec.restartPolicy",
        'Unsupported value: "Sometimes"',
    ),
    (
        "pods",
        "v1",
        pod("x", containers=[{"name": "a"}]),
        "spec.containers[0].image",
        "Required value",
    ),
    (
        "pods",
        "v1",
        pod("x", containers=[{"name": "A", "image": "x"}]),
        "spec.containers[0].name",
        "a lowercase RFC 1123 label must consist of",
    ),
    (
        "pods",
        "v1",
        pod("x", containers=[{"name": "a", "image": "x"}] * 2),
        "spec.containers[1].name",
        'Duplicate value: "a"',
    ),
    (
        "pods",
        "v1",
        pod(
            "x",
            containers=[
                {"name": "a", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
            ],
        ),
        "spec.containers[0].volumeMounts[0].name",
        'Not found: "v"',
    ),
    (
        "pods",
        "v1",
        pod("x", containers=[{"name": "a", "image": "x", "ports": [{"containerPort": 70000}]}]),
        "spec.containers[0].ports[0].containerPort",
        "must be between 1 and 65535, inclusive",
    ),
    (
        "pods",
        "v1",
        pod(
            "x",
            containers=[
                {
                    "name": "a",
                    "image": "x",
                    "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
                }
            ],
        ),
        "spec.containers[0].resources.requests",
        "must be less than or equal to cpu limit",
    ),
    (
        "deployments",
        APPS,
        deployment("web", -1),
        "spec.replicas",
        "must be greater than or equal to 0",
    ),
    (
        "deployments",
        APPS,
        deployment("web", selector={"matchLabels": {"app": "other"}}),
        "spec.template.metadata.labels",
        "`selector` does not match template `labels`",
    ),
    ("services", "v1", service(ports=[]), "spec.ports", "Required value"),
    (
        "services",
        "v1",
        service(ports=[{"port": 0}]),
        "spec.ports[0].port",
        "must be between 1 and 65535, inclusive",
    ),
    (
        "services",
        "v1",
        service(ports=[{"port": 80}, {"port": 81}]),
        "spec.ports[0].name",
        "Required value",
    ),
    (
        "services",
        "v1",
        service("Bad"),
        "metadata.name",
        "must consist of lower case alphanumeric characters",
    ),
    ("services", "v1", service(type="Odd"), "spec.type", 'Unsupported value: "Odd"'),
    (
        "jobs",
        "batch/v1",
        {
            "metadata": {"name": "j"},
            "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}},
        },
        "spec.template.spec.restartPolicy",
        'valid values: "OnFailure", "Never"',
    ),
    (
        "configmaps",
        "v1",
        configmap("a", metadata={"labels": {"a b": "c"}}),
        "metadata.labels",
        'Invalid value: "a b"',
    ),
    (
        "configmaps",
        "v1",
        configmap("a", metadata={"labels": {"a": "c d"}}),
        "metadata.labels",
        'Invalid value: "c d"',
    ),
    (
        "configmaps",
        "v1",
        configmap("a", data={"a/b": "c"}),
        "data[a/b]",
        "a valid config key must consist of",
    ),
]


@pytest.mark.parametrize(
    ("resource", "group", "body", "field", "text"),
    INVALID,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_is_invalid(
    place: Place, resource: str, group: str, body: Obj, field: str, text: str
) -> None:
    status = place.no(422, "POST", place.at(resource, group=group), body)
    assert status["reason"] == "Invalid"
    causes = {cause["field"]: cause["message"] for cause in status["details"]["causes"]}
    assert field in causes
    if place.server.version >= (1, 31):
        assert text in causes[field]
    assert field in status["message"]


# -- immutability ---------------------------------------------------------------------------------


def test_a_selector_is_immutable(place: Place, web: str) -> None:
    body = {
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}},
        }
    }
    status = place.no(422, "PATCH", web, body, headers=MERGE)
    assert "field is immutable" in status["message"]
    assert status["details"]["causes"][0]["field"] == "spec.selector"


def test_a_pods_spec_is_immutable_but_for_its_image(place: Place) -> None:
    place.running("p")
    path = place.at("pods", "p")
    status = place.no(422, "PATCH", path, {"spec": {"nodeName": "elsewhere"}}, headers=STRATEGIC)
    assert status["details"]["causes"][0]["field"] == "spec"
    assert (
        "pod updates may not change fields other than `spec.containers[*].image`"
        in status["message"]
    )
    body = {"spec": {"containers": [{"name": "main", "image": "docker.io/library/busybox:1.36"}]}}
    place.ok("PATCH", path, body, headers=STRATEGIC, dryRun="All")


def test_a_cluster_ip_is_immutable(place: Place) -> None:
    place.ok("POST", place.at("services"), service())
    body = {"spec": {"clusterIP": "10.96.7.7", "clusterIPs": ["10.96.7.7"]}}
    status = place.no(422, "PATCH", place.at("services", "s"), body, headers=MERGE)
    assert "spec.clusterIP" in status["message"]
    assert (
        "field is immutable" in status["message"] or "may not change once set" in status["message"]
    )


@pytest.mark.parametrize("resource", ["configmaps", "secrets"])
def test_what_is_marked_immutable_stays(place: Place, resource: str) -> None:
    value, other = ("1", "2") if resource == "configmaps" else ("MQ==", "Mg==")
    place.ok(
        "POST",
        place.at(resource),
        {"metadata": {"name": "a"}, "immutable": True, "data": {"a": value}},
    )
    status = place.no(422, "PATCH", place.at(resource, "a"), {"data": {"a": other}}, headers=MERGE)
    assert "field is immutable when `immutable` is set" in status["message"]


def test_the_type_of_a_secret_is_immutable(place: Place) -> None:
    place.ok("POST", place.at("secrets"), {"metadata": {"name": "a"}})
    status = place.no(422, "PATCH", place.at("secrets", "a"), {"type": "other"}, headers=MERGE)
    assert "field is immutable" in status["message"]


def test_what_a_statefulset_may_change(place: Place) -> None:
    path = place.at("statefulsets", group=APPS)
    body = {**deployment("db", 0), "kind": "StatefulSet"}
    body["spec"] = {**body["spec"], "serviceName": "db"}
    place.ok("POST", path, body)
    status = place.no(422, "PATCH", f"{path}/db", {"spec": {"serviceName": "x"}}, headers=MERGE)
    assert "updates to statefulset spec for fields other than" in status["message"]
    place.ok(
        "PATCH",
        f"{path}/db",
        {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}},
        headers=MERGE,
    )


def test_the_template_of_a_job_is_immutable(place: Place) -> None:
    spec = {**pod()["spec"], "restartPolicy": "Never"}
    path = place.at("jobs", group="batch/v1")
    place.ok(
        "POST",
        path,
        {"metadata": {"name": "j"}, "spec": {"parallelism": 0, "template": {"spec": spec}}},
    )
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "other"}]}}}}
    status = place.no(422, "PATCH", f"{path}/j", body, headers=STRATEGIC)
    assert "spec.template" in status["message"]
    assert "field is immutable" in status["message"]


def test_a_role_reference_cannot_change(place: Place) -> None:
    path = place.at("rolebindings", group="rbac.authorization.k8s.io/v1")
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}
    place.ok("POST", path, {"metadata": {"name": "b"}, "roleRef": ref})
    status = place.no(422, "PATCH", f"{path}/b", {"roleRef": {"name": "z"}}, headers=MERGE)
    assert "cannot change roleRef" in status["message"]
