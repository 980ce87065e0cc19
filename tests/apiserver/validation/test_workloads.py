"""Deployments, sets, Jobs, CronJobs: counts, selectors, strategies, what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apiserver.validation.asking import changed, made, new

LABELS = {"app": "web"}
TEMPLATE = {
    "metadata": {"labels": LABELS},
    "spec": {"containers": [{"name": "app", "image": "a:1"}]},
}
ONCE = {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
SELECTOR = {"matchLabels": LABELS}
SPEC = {"selector": SELECTOR, "template": TEMPLATE}
JOB = {"selector": {}, "template": ONCE}
CRON = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": ONCE}}}
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')"
)
MISMATCH = (
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template '
    "`labels`"
)


def rolling(**fields: Any) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": fields}


@pytest.mark.parametrize(
    ("plural", "spec", "causes"),
    [
        (
            "deployments",
            {"strategy": rolling(maxSurge="x%")},
            [f'spec.strategy.rollingUpdate.maxSurge: Invalid value: "x%": {PERCENT}'],
        ),
        (
            "deployments",
            {"strategy": rolling(maxUnavailable="101%")},
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be '
                "greater than 100%"
            ],
        ),
        (
            "deployments",
            {"minReadySeconds": 700},
            [
                "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"
            ],
        ),
        (
            "deployments",
            {"selector": {}},
            ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        ),
        (
            "deployments",
            {"template": {**TEMPLATE, **ONCE}},
            [
                'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: '
                '"Always"'
            ],
        ),
        (
            "deployments",
            {"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            [
                "spec.selector.matchExpressions[0].values: Required value: must be specified when "
                "`operator` is 'In' or 'NotIn'",
                'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"In"}]}: '
                "invalid label selector",
            ],
        ),
        ("replicasets", {"selector": {"matchLabels": {"app": "api"}}}, [MISMATCH]),
        ("daemonsets", {"selector": {"matchLabels": {"app": "api"}}}, [MISMATCH]),
        (
            "daemonsets",
            {"updateStrategy": rolling(maxSurge=1, maxUnavailable=1)},
            [
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when "
                "maxUnavailable is non-zero"
            ],
        ),
        (
            "daemonsets",
            {"selector": {}},
            ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
        ),
        (
            "statefulsets",
            {"podManagementPolicy": "Any"},
            [
                "spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or "
                "'Parallel'"
            ],
        ),
        (
            "statefulsets",
            {"updateStrategy": {"type": "Recreate"}},
            [
                'spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must '
                "be 'RollingUpdate' or 'OnDelete'"
            ],
        ),
        (
            "statefulsets",
            {"replicas": -1},
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        ("deployments", {}, []),
        ("replicasets", {}, []),
        ("daemonsets", {}, []),
        ("statefulsets", {"volumeClaimTemplates": []}, []),
    ],
)
def test_workload(plural: str, spec: dict[str, Any], causes: list[str]) -> None:
    assert new(plural, spec={**SPEC, **spec}) == causes


def test_a_sets_claims_are_volumes_of_its_pods() -> None:
    container = {"name": "a", "image": "a", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    template = {**TEMPLATE, "spec": {"containers": [container]}}
    spec = {**SPEC, "template": template, "volumeClaimTemplates": [claim]}
    assert new("statefulsets", spec=spec) == []


@pytest.mark.parametrize(
    ("spec", "causes"),
    [
        ({}, []),
        (
            {"template": {"spec": TEMPLATE["spec"]}},
            [
                'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'
            ],
        ),
        (
            {"completions": -1},
            ["spec.completions: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"completionMode": "Indexed", "completions": None, "parallelism": 2},
            ["spec.completions: Required value: when completion mode is Indexed"],
        ),
        (
            {"backoffLimitPerIndex": 1},
            ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
        ),
        (
            {"completionMode": "Some"},
            [
                'spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", '
                '"Indexed"'
            ],
        ),
    ],
)
def test_job(spec: dict[str, Any], causes: list[str]) -> None:
    assert new("jobs", spec={**JOB, **spec}) == causes


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("*/15 9-17 * jan-MAR mon,fri", ""),
        ("@daily", ""),
        ("@every 5m", ""),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* 5-3 * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        (
            "a * * * *",
            'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
        ),
        ("@reboot", "unrecognized descriptor: @reboot"),
        ("TZ=UTC * * * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ],
)
def test_cron_schedule(schedule: str, why: str) -> None:
    wanted = [f'spec.schedule: Invalid value: "{schedule}": {why}'] if why else []
    assert new("cronjobs", spec={**CRON, "schedule": schedule}) == wanted


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"schedule": ""}, "spec.schedule: Required value"),
        (
            {"concurrencyPolicy": "Never"},
            'spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", '
            '"Forbid", "Replace"',
        ),
        (
            {"timeZone": "Mars/Base"},
            'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
        ),
        (
            {"jobTemplate": {"spec": {"template": ONCE, "selector": {"matchLabels": {"a": "b"}}}}},
            'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` '
            "will be auto-generated",
        ),
    ],
)
def test_cronjob(spec: dict[str, Any], cause: str) -> None:
    assert new("cronjobs", spec={**CRON, **spec}) == [cause]


def test_a_cronjobs_name_leaves_room_for_its_jobs() -> None:
    name = "n" * 53
    assert new("cronjobs", name, spec=CRON) == [
        f'metadata.name: Invalid value: "{name}": must be no more than 52 characters'
    ]


@pytest.mark.parametrize(
    ("plural", "spec", "patch", "causes"),
    [
        (
            "deployments",
            SPEC,
            {
                "selector": {"matchLabels": {"tier": "a"}},
                "template": {"metadata": {"labels": {"tier": "a"}}},
            },
            [
                'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: field is '
                "immutable"
            ],
        ),
        ("deployments", SPEC, {"replicas": 4, "paused": True}, []),
        (
            "statefulsets",
            SPEC,
            {"serviceName": "db"},
            [
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
                "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
                "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            ],
        ),
        (
            "jobs",
            JOB,
            {"completions": 3},
            ["spec.completions: Invalid value: 3: field is immutable"],
        ),
        ("jobs", JOB, {"parallelism": 3, "backoffLimit": 2, "suspend": True}, []),
        (
            "jobs",
            JOB,
            {"completionMode": "Indexed"},
            ['spec.completionMode: Invalid value: "Indexed": field is immutable'],
        ),
    ],
)
def test_what_is_kept(
    plural: str, spec: dict[str, Any], patch: dict[str, Any], causes: list[str]
) -> None:
    assert changed(plural, made(plural, spec=spec), {"spec": patch}) == causes


def test_a_jobs_template_is_kept_but_for_scheduling_while_it_waits() -> None:
    job = made("jobs", spec={**JOB, "suspend": True})
    assert (
        changed("jobs", job, {"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}}) == []
    )
    (cause,) = changed("jobs", job, {"spec": {"template": {"spec": {"hostname": "h"}}}})
    assert cause.startswith("spec.template: Invalid value: {")
    assert cause.endswith(": field is immutable")
