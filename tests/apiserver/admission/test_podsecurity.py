"""Pod Security: what a namespace's labels refuse, and what they only warn of."""

import pytest

from tests.apiserver.world import DEPLOYMENTS, MERGE, PODS, deployment, pod

LABEL = "pod-security.kubernetes.io/"
SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
PLAIN = (
    'allowPrivilegeEscalation != false (container "app" must set '
    "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "
    '"app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or '
    'container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or '
    'container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
    '"Localhost")'
)


def label(world, **modes):
    labels = {f"{LABEL}{mode.replace('_', '-')}": level for mode, level in modes.items()}
    body = {"metadata": {"labels": labels}}
    return world.send("PATCH", "/api/v1/namespaces/default", body, headers=MERGE)


def secured(context, **spec):
    made = pod(**spec)
    made["spec"]["containers"][0]["securityContext"] = context
    return made


def test_restricted_refuses_a_plain_pod_and_takes_a_safe_one(world):
    label(world, enforce="restricted")
    assert world.refused("POST", PODS, pod())["message"] == (
        f'pods "p" is forbidden: violates PodSecurity "restricted:latest": {PLAIN}'
    )
    world.ok("POST", PODS, secured(SAFE))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            secured({"privileged": True}),
            'privileged (container "app" must not set securityContext.privileged=true)',
        ),
        (
            pod(hostNetwork=True, hostPID=True),
            "host namespaces (hostNetwork=true, hostPID=true)",
        ),
        (
            pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
            'hostPath volumes (volume "v")',
        ),
        (
            secured({"capabilities": {"add": ["NET_ADMIN", "CHOWN"]}}),
            'non-default capabilities (container "app" must not include "NET_ADMIN" in '
            "securityContext.capabilities.add)",
        ),
        (
            secured({"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (container "app" must not set securityContext.seccompProfile.type to '
            '"Unconfined")',
        ),
    ],
)
def test_baseline_names_what_it_does_not_take(world, body, why):
    label(world, enforce="baseline", enforce_version="v1.30")
    assert world.refused("POST", PODS, body)["message"] == (
        f'pods "p" is forbidden: violates PodSecurity "baseline:v1.30": {why}'
    )
    assert world.send("POST", PODS, pod()).code == 201


def test_warnings_come_with_the_object(world):
    label(world, warn="restricted")
    expected = f'would violate PodSecurity "restricted:latest": {PLAIN}'
    for path, body in ((PODS, pod()), (DEPLOYMENTS, deployment())):
        answer = world.send("POST", path, body)
        assert (answer.code, answer.warnings) == (201, (expected,))


def test_enforcing_is_for_pods_not_for_what_makes_them(world):
    label(world, enforce="restricted")
    assert world.send("POST", DEPLOYMENTS, deployment()).code == 201
    assert world.send("POST", PODS, pod(), user="system").code == 403


def test_raising_the_level_warns_of_pods_that_are_there(world):
    world.api.create("pods", pod(hostNetwork=True))
    answer = label(world, enforce="baseline")
    assert answer.warnings == (
        'existing pods in namespace "default" violate the new PodSecurity enforce level '
        '"baseline:latest"',
        "p: host namespaces",
    )
