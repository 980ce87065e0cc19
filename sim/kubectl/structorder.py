"""Objects that kubectl holds in Go's structs print their fields in the structs' order.

Most commands hold plain JSON, whose keys are sorted; `create`, `expose`, `events` and a few others do
not. The orders are those of k8s.io/api; it must not know what the fields mean.
"""

from __future__ import annotations

from typing import Any

_TOP = (
    "kind apiVersion metadata spec status items immutable data binaryData stringData involvedObject "
    "reason message source firstTimestamp lastTimestamp count type eventTime series action related "
    "reportingComponent reportingInstance rules aggregationRule subjects roleRef value globalDefault "
    "description preemptionPolicy secrets imagePullSecrets key path fieldRef resourceFieldRef mode"
)
_META = (
    "name generateName namespace selfLink uid resourceVersion generation creationTimestamp "
    "deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers "
    "managedFields"
)
_CONTAINER = (
    "name image command args workingDir ports envFrom env resources resizePolicy restartPolicy "
    "volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle "
    "terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce "
    "tty"
)
_SPEC = (
    "volumes initContainers containers ephemeralContainers restartPolicy scaleTargetRef minReplicas "
    "maxReplicas metrics behavior replicas ports parallelism completions activeDeadlineSeconds "
    "podFailurePolicy backoffLimit schedule timeZone startingDeadlineSeconds concurrencyPolicy "
    "jobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit minAvailable selector clusterIP "
    "clusterIPs maxUnavailable manualSelector template strategy minReadySeconds revisionHistoryLimit "
    "paused progressDeadlineSeconds ttlSecondsAfterFinished completionMode suspend podReplacementPolicy type "
    "externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName "
    "externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig "
    "ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts internalTrafficPolicy ingressClassName "
    "defaultBackend tls rules hard scopes terminationGracePeriodSeconds dnsPolicy nodeSelector "
    "serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID "
    "hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity "
    "schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates "
    "runtimeClassName enableServiceLinks preemptionPolicy finalizers"
)
_ORDERS = {
    parent: {name: place for place, name in enumerate(order.split())}
    for parent, order in {
        "": _TOP,
        "items": _TOP,
        "metadata": _META,
        "managedFields": "manager operation apiVersion time fieldsType fieldsV1 subresource",
        "involvedObject": "kind namespace name uid apiVersion resourceVersion fieldPath",
        "related": "kind namespace name uid apiVersion resourceVersion fieldPath",
        "ownerReferences": "apiVersion kind name uid controller blockOwnerDeletion",
        "source": "component host",
        "spec": _SPEC,
        "template": "metadata spec",
        "jobTemplate": "metadata spec",
        "containers": _CONTAINER,
        "initContainers": _CONTAINER,
        "env": "name value valueFrom",
        "ports": "name hostPort containerPort protocol appProtocol port targetPort nodePort hostIP",
        "resources": "limits requests claims",
        "strategy": "type rollingUpdate",
        "rollingUpdate": "maxUnavailable maxSurge",
        "rules": "verbs apiGroups resources resourceNames nonResourceURLs host http",
        "subjects": "kind apiGroup name namespace",
        "roleRef": "apiGroup kind name",
        "status": "disruptionsAllowed currentHealthy desiredHealthy expectedPods userInfo",
        "userInfo": "username uid groups extra",
        "scaleTargetRef": "kind name apiVersion",
        "paths": "path pathType backend",
        "service": "name port",
        "port": "name number",
        "tls": "hosts secretName",
        "volumeMounts": "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr",
        "tolerations": "key operator value effect tolerationSeconds",
        "projected": "sources defaultMode",
        "serviceAccountToken": "audience expirationSeconds path",
        "configMap": "name items defaultMode optional",
        "metrics": "type object pods resource containerResource external",
        "resource": "name target",
        "target": "type value averageValue averageUtilization",
    }.items()
}
_CRON = {
    name: place
    for place, name in enumerate(
        [
            "schedule",
            "timeZone",
            "startingDeadlineSeconds",
            "concurrencyPolicy",
            "suspend",
            "jobTemplate",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
        ]
    )
}
"""The spec of a CronJob: the one kind that has `suspend` in another place than a Job."""
_MAPS = frozenset(
    {"annotations", "binaryData", "data", "fieldsV1", "hard", "labels", "limits", "matchLabels",
     "nodeSelector", "requests", "stringData", "used"}
)  # fmt: skip


class Typed(dict[str, Any]):
    """An object whose keys stand in the order in which they print."""


def typed(obj: dict[str, Any]) -> Typed:
    """Return *obj* as Go prints it out of its struct."""
    return Typed(_ordered(obj, ""))


def _ordered(value: Any, parent: str) -> Any:
    if isinstance(value, list):
        return [_ordered(one, parent) for one in value]
    if not isinstance(value, dict):
        return value
    is_map = parent in _MAPS or (parent == "selector" and "matchLabels" not in value)
    order = {} if is_map else _ORDERS.get(parent, {})
    if parent == "spec" and "jobTemplate" in value:
        order = _CRON
    last = len(order)
    keys = sorted(value)
    keys.sort(key=lambda key: order.get(key, last))
    return {key: _ordered(value[key], parent if is_map else key) for key in keys}
