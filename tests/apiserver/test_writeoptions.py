"""What a write asks for beside its body: dry runs, checks, managers, how to delete."""

import pytest

from tests.apiserver.world import DEPLOYMENTS, JSON_PATCH, MERGE, PODS, deployment, pod

WEB = f"{DEPLOYMENTS}/web"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            {"dryRun": "yes"},
            'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "yes": supported '
            'values: "All"',
        ),
        (
            {"fieldValidation": "Maybe"},
            'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": '
            'supported values: "Ignore", "Strict", "Warn"',
        ),
        (
            {"fieldManager": "x" * 129},
            'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than '
            "128 bytes",
        ),
    ],
)
def test_options_out_of_range_are_invalid(world, query, message):
    status = world.refused("POST", PODS, pod(), **query)
    assert (status["code"], status["message"]) == (422, message)


def test_force_is_for_apply_only(world):
    world.api.create("deployments", deployment())
    status = world.refused("PATCH", WEB, {}, headers=MERGE, force="true")
    assert status["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for '
        "non-apply patch"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"propagationPolicy": "Later"},
            'propagationPolicy: Unsupported value: "Later": supported values: "Foreground", '
            '"Background", "Orphan", "nil"',
        ),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation '
            "cannot be both set",
        ),
    ],
)
def test_delete_options_are_checked(world, options, message):
    world.api.create("deployments", deployment())
    status = world.refused("DELETE", WEB, options)
    assert status["message"] == f'DeleteOptions.meta.k8s.io "" is invalid: {message}'


def test_media_types_that_nobody_reads(world):
    text = {"content-type": "text/plain"}
    status = world.refused("POST", PODS, pod(), headers=text)
    assert (status["code"], status["reason"]) == (415, "UnsupportedMediaType")
    assert status["message"] == (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )
    world.api.create("pods", pod())
    assert world.refused("PATCH", f"{PODS}/p", {}, headers=text)["message"].endswith(
        "application/json-patch+json, application/merge-patch+json, "
        "application/strategic-merge-patch+json, application/apply-patch+yaml"
    )


def test_too_many_operations_are_too_large(world):
    world.api.create("pods", pod())
    patch = [{"op": "test", "path": "/kind", "value": "Pod"}] * 10_001
    status = world.refused("PATCH", f"{PODS}/p", patch, headers=JSON_PATCH)
    assert (status["code"], status["reason"]) == (413, "RequestEntityTooLarge")


def test_a_version_may_not_be_brought_to_a_new_object(world):
    body = pod()
    body["metadata"]["resourceVersion"] = "7"
    assert world.refused("POST", PODS, body)["message"] == (
        "resourceVersion should not be set on objects to be created"
    )


def test_dry_runs_draw_nothing(world):
    """An object that was never made must not change the name or uid of the one that is."""
    other = type(world)()
    body = {**pod(), "metadata": {"generateName": "p-"}}
    world.ok("POST", PODS, body, dryRun="All")
    made, alone = world.ok("POST", PODS, body), other.ok("POST", PODS, body)
    assert made["metadata"]["name"] == alone["metadata"]["name"]
    assert made["metadata"]["uid"] == alone["metadata"]["uid"]


def test_dry_run_of_a_collection_deletes_nothing(world):
    world.api.create("pods", pod())
    world.ok("DELETE", PODS, dryRun="All")
    assert world.api.get("pods", "default", "p")


def test_namespaces_are_not_deleted_together(world):
    assert world.refused("DELETE", "/api/v1/namespaces")["code"] == 405


def test_jobs_keep_their_pods_and_say_so(world):
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}
            }
        },
    }
    path = "/apis/batch/v1/namespaces/default/jobs"
    world.ok("POST", path, job)
    answer = world.send("DELETE", f"{path}/j")
    assert answer.warnings[0].startswith("child pods are preserved by default when jobs")
    assert "orphan" in answer.body["metadata"]["finalizers"]
