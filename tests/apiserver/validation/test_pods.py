"""Pods: what a spec must say, and what may change later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apiserver.validation.asking import changed, made, new

APP = {"name": "app", "image": "a:1"}
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SIDECARS = "may not be set for init containers without restartPolicy=Always"


def probe(**fields: Any) -> dict[str, Any]:
    return {"livenessProbe": {"httpGet": {"port": 80}, **fields}}


@pytest.mark.parametrize(
    ("container", "cause"),
    [
        ({"name": "A_b"}, f'.name: Invalid value: "A_b": {LABEL}'),
        (
            {"image": " a"},
            '.image: Invalid value: " a": must not have leading or trailing whitespace',
        ),
        (
            {"imagePullPolicy": "Once"},
            '.imagePullPolicy: Unsupported value: "Once": supported values: "Always", '
            '"IfNotPresent", "Never"',
        ),
        (
            {"ports": [{"containerPort": 80, "name": "Web"}]},
            '.ports[0].name: Invalid value: "Web": must contain only alpha-numeric characters '
            "(a-z, 0-9), and hyphens (-)",
        ),
        (
            {"ports": [{"containerPort": 80, "protocol": "HTTP"}]},
            '.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        ),
        ({"ports": [{"name": "web"}]}, ".ports[0].containerPort: Required value"),
        (
            {"env": [{"name": "A=B"}]},
            '.env[0].name: Invalid value: "A=B": a valid environment variable name must consist '
            "only of printable ASCII characters other than '='",
        ),
        (
            {
                "env": [
                    {
                        "name": "A",
                        "value": "1",
                        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
                    }
                ]
            },
            '.env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.color"}}}]},
            '.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.color": error converting '
            "fieldPath: field label not supported: spec.color",
        ),
        (
            {"envFrom": [{}]},
            '.envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
        ),
        (
            {"resources": {"limits": {"cpus": "1"}}},
            '.resources.limits[cpus]: Invalid value: "cpus": must be a standard resource for containers',
        ),
        (
            {"resources": {"requests": {"memory": "-1"}}},
            '.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        (
            {"resources": {"requests": {"example.com/gpu": "1"}}},
            ".resources.limits: Required value: Limit must be set for non overcommitable resources",
        ),
        (probe(httpGet=None), ".livenessProbe: Required value: must specify a handler type"),
        (
            probe(exec={"command": ["true"]}),
            ".livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type",
        ),
        (probe(successThreshold=2), ".livenessProbe.successThreshold: Invalid value: 2: must be 1"),
        (
            probe(periodSeconds=-1),
            ".livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            probe(httpGet={"port": 99999}),
            ".livenessProbe.httpGet.port: Invalid value: 99999: must be between 1 and 65535, inclusive",
        ),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]},
            '.volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
        ),
        (
            {"securityContext": {"allowPrivilegeEscalation": False, "privileged": True}},
            '.securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}: '
            "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
        ),
    ],
)
def test_container(container: dict[str, Any], cause: str) -> None:
    spec = {"containers": [{**APP, **container}], "volumes": [{"name": "v", "emptyDir": {}}]}
    assert f"spec.containers[0]{cause}" in new("pods", spec=spec)


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"initContainers": [APP]}, 'spec.initContainers[0].name: Duplicate value: "app"'),
        (
            {
                "initContainers": [
                    {**APP, "name": "i", "readinessProbe": {"exec": {"command": ["a"]}}}
                ]
            },
            f"spec.initContainers[0].readinessProbe: Forbidden: {SIDECARS}",
        ),
        ({"volumes": [{"emptyDir": {}}]}, "spec.volumes[0].name: Required value"),
        (
            {"volumes": [{"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}]},
            "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
        ),
        (
            {"volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 8888}}]},
            "spec.volumes[0].configMap.defaultMode: Invalid value: 8888: must be a number between "
            "0 and 0777 (octal), both inclusive",
        ),
        (
            {"dnsPolicy": "Mine"},
            'spec.dnsPolicy: Unsupported value: "Mine": supported values: '
            '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
        ),
        (
            {"dnsPolicy": "None"},
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            {"activeDeadlineSeconds": 0},
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
            'spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` '
            "is 'Exists'",
        ),
        (
            {"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 3}]},
            "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' "
            "when `tolerationSeconds` is set",
        ),
        (
            {
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {"weight": 101, "podAffinityTerm": {"topologyKey": "a"}}
                        ]
                    }
                }
            },
            "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]."
            "weight: Invalid value: 101: must be in the range 1-100",
        ),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "X"}
                ]
            },
            'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported '
            'values: "DoNotSchedule", "ScheduleAnyway"',
        ),
        (
            {
                "hostNetwork": True,
                "containers": [{**APP, "ports": [{"containerPort": 80, "hostPort": 81}]}],
            },
            "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
            "`hostNetwork` is true",
        ),
        (
            {"ephemeralContainers": [{"name": "e", "image": "a"}]},
            "spec.ephemeralContainers: Forbidden: cannot be set on create",
        ),
    ],
)
def test_pod(spec: dict[str, Any], cause: str) -> None:
    assert cause in new("pods", spec={"containers": [APP], **spec})


def test_a_good_pod_passes() -> None:
    spec = {
        "containers": [{**APP, **probe(), "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "initContainers": [{"name": "i", "image": "a:1", "restartPolicy": "Always", **probe()}],
        "volumes": [
            {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        ],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchFields": [
                                {"key": "metadata.name", "operator": "In", "values": ["n"]}
                            ]
                        }
                    ]
                }
            }
        },
    }
    assert new("pods", spec=spec) == []


@pytest.mark.parametrize(
    ("spec", "causes"),
    [
        ({"containers": [{**APP, "image": "b:2"}]}, []),
        ({"activeDeadlineSeconds": 5}, []),
        ({"tolerations": [{"operator": "Exists"}, {"key": "a", "operator": "Exists"}]}, []),
        (
            {"containers": [APP, {**APP, "name": "b"}]},
            ["spec.containers: Forbidden: pod updates may not add or remove containers"],
        ),
        (
            {"tolerations": []},
            [
                "spec.tolerations: Forbidden: existing toleration can not be modified except its "
                "tolerationSeconds"
            ],
        ),
    ],
)
def test_what_may_change_of_a_pod(spec: dict[str, Any], causes: list[str]) -> None:
    held = {"containers": [APP], "tolerations": [{"operator": "Exists"}], "nodeName": "n1"}
    assert changed("pods", made("pods", spec=held), {"spec": spec}) == causes


def test_a_refused_change_is_shown_as_the_server_compares() -> None:
    held = made(
        "pods", spec={"containers": [APP], "nodeName": "n1", "serviceAccountName": "default"}
    )
    (cause,) = changed("pods", held, {"spec": {"nodeName": "n2"}})
    assert cause.startswith(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    )
    assert cause.endswith(
        "\n  core.PodSpec{\n"
        "  \t... // 9 identical fields\n"
        '  \tServiceAccountName:           "default",\n'
        "  \tAutomountServiceAccountToken: nil,\n"
        '- \tNodeName:                     "n1",\n'
        '+ \tNodeName:                     "n2",\n'
        "  \tSecurityContext:              &{},\n"
        "  \tImagePullSecrets:             nil,\n"
        "  \t... // 22 identical fields\n"
        "  }\n"
    )
