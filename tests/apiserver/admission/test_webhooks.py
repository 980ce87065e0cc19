"""Admission webhooks: who is called, and what happens when nobody answers."""

import pytest

from sim.apiserver.admission import Verdict
from tests.apiserver.world import DEPLOYMENTS, MERGE, PODS, deployment, pod

CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


def hook(world, *, mutating=False, **more):
    """Store a webhook on pods."""
    rule = {
        "operations": ["CREATE"],
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["pods"],
    }
    webhook = {
        "name": "check.example.com",
        "clientConfig": {"service": {"namespace": "team", "name": "guard", "path": "/check"}},
        "rules": [rule],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "admissionReviewVersions": ["v1"],
        **more,
    }
    kind = "mutating" if mutating else "validating"
    world.api.create(
        f"{kind}webhookconfigurations", {"metadata": {"name": "guard"}, "webhooks": [webhook]}
    )


def backend(world, *, ready=True):
    metadata = {"name": "guard", "namespace": "team"}
    world.api.create("services", {"metadata": metadata, "spec": {"ports": [{"port": 443}]}})
    labels = {"kubernetes.io/service-name": "guard"}
    endpoints = [{"addresses": ["10.0.0.9"], "conditions": {"ready": ready}}]
    world.api.create(
        "endpointslices",
        {
            "metadata": {"name": "guard-1", "namespace": "team", "labels": labels},
            "addressType": "IPv4",
            "endpoints": endpoints,
        },
    )


def behave(world, verdict):
    asked = []

    def answer(attributes, name):
        asked.append((attributes.verb, attributes.info.plural, attributes.name, name))
        return verdict

    world.api.registry.admission.webhooks.behaviours["team/guard"] = answer
    return asked


def failed(cause):
    return (
        'Internal error occurred: failed calling webhook "check.example.com": failed to call '
        f'webhook: Post "https://guard.team.svc:443/check?timeout=10s": {cause}'
    )


def test_missing_service_fails_closed(world):
    hook(world)
    status = world.refused("POST", PODS, pod())
    assert (status["code"], status["reason"]) == (500, "InternalError")
    assert status["message"] == failed('service "guard" not found')


def test_service_without_ready_endpoints_fails_closed(world):
    hook(world)
    backend(world, ready=False)
    status = world.refused("POST", PODS, pod())
    assert status["message"] == failed('no endpoints available for service "guard"')
    assert world.send("POST", PODS, pod(), user="system").code == 500


def test_ignore_lets_pass_what_cannot_be_asked(world):
    hook(world, failurePolicy="Ignore")
    assert world.send("POST", PODS, pod()).code == 201


def test_reachable_webhook_allows_unless_it_says_otherwise(world):
    hook(world)
    backend(world)
    assert world.send("POST", PODS, pod()).code == 201
    asked = behave(world, Verdict(allowed=False, message="image is not signed"))
    status = world.refused("POST", PODS, pod("q"))
    assert status["code"] == 403
    assert status["message"] == (
        'admission webhook "check.example.com" denied the request: image is not signed'
    )
    assert asked == [("create", "pods", "q", "check.example.com")]


@pytest.mark.parametrize(
    "cause", ["context deadline exceeded", "dial tcp 10.96.0.9:443: connect: connection refused"]
)
def test_backend_that_hangs_or_refuses_fails_with_its_cause(world, cause):
    hook(world)
    backend(world)
    behave(world, Verdict(failure=cause))
    assert world.refused("POST", PODS, pod())["message"] == failed(cause)


def test_mutating_webhook_changes_the_object_and_warns(world):
    hook(world, mutating=True)
    backend(world)
    patch = ({"op": "add", "path": "/metadata/labels/seen", "value": "yes"},)
    behave(world, Verdict(patch=patch, warnings=("be careful",)))
    answer = world.send("POST", PODS, pod())
    assert answer.body["metadata"]["labels"]["seen"] == "yes"
    assert answer.warnings == ("be careful",)


@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}, False),
        (
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}},
            True,
        ),
        ({"objectSelector": {"matchLabels": {"app": "web"}}}, True),
        ({"objectSelector": {"matchLabels": {"app": "other"}}}, False),
    ],
)
def test_selectors_decide_whether_it_is_called(world, more, called):
    hook(world, **more)
    assert (world.send("POST", PODS, pod()).code == 500) is called


@pytest.mark.parametrize(
    ("rule", "called"),
    [
        ({"operations": ["UPDATE"]}, False),
        ({"operations": ["*"]}, True),
        ({"apiGroups": ["apps"]}, False),
        ({"apiVersions": ["v2"]}, True),
        ({"resources": ["*"]}, True),
        ({"resources": ["pods/exec"]}, False),
        ({"scope": "Cluster"}, False),
    ],
)
def test_rules_decide_whether_it_is_called(world, rule, called):
    base = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"]}
    hook(world, rules=[{**base, "resources": ["pods"], **rule}])
    assert (world.send("POST", PODS, pod()).code == 500) is called


def test_exact_matching_minds_the_version(world):
    rule = {"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1beta1"]}
    hook(world, rules=[{**rule, "resources": ["deployments"]}], matchPolicy="Exact")
    assert world.send("POST", DEPLOYMENTS, deployment()).code == 201


def test_changes_and_deletions_are_asked_about_too(world):
    world.api.create("pods", pod())
    rule = {"operations": ["UPDATE", "DELETE"], "apiGroups": [""], "apiVersions": ["v1"]}
    hook(world, rules=[{**rule, "resources": ["pods"]}])
    body = {"metadata": {"labels": {"x": "y"}}}
    assert world.send("PATCH", f"{PODS}/p", body, headers=MERGE).code == 500
    assert world.send("DELETE", f"{PODS}/p").code == 500


def test_a_wrong_configuration_can_always_be_repaired(world):
    rule = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
    hook(world, rules=[rule])
    assert world.send("POST", PODS, pod()).code == 500
    assert world.send("DELETE", f"{CONFIGURATIONS}/guard").code == 200
    assert world.send("POST", PODS, pod()).code == 201


def test_dry_run_asks_no_webhook_with_side_effects(world):
    hook(world, sideEffects="Some")
    assert world.refused("POST", PODS, pod(), dryRun="All")["message"] == (
        'admission webhook "check.example.com" does not support dry run'
    )
