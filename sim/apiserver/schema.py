"""The fields of the kinds that people write by hand, with their types: what decoding would refuse.

Taken from k8s.io/api's Go types. `any` passes, `object` is a map of anything, `*` lets fields pass
that are not listed; this file must not judge values, only shapes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.apimachinery.wire import Obj

_META = "labels:map annotations:map name:string namespace:string generateName:string"
_TEXT: dict[str, str] = {
    "ObjectMeta": (
        f"{_META} uid:string resourceVersion:string generation:int64 selfLink:string "
        "creationTimestamp:string deletionTimestamp:string deletionGracePeriodSeconds:int64 "
        "finalizers:[string] ownerReferences:[OwnerReference] managedFields:[object]"
    ),
    "OwnerReference": (
        "apiVersion:string kind:string name:string uid:string controller:bool "
        "blockOwnerDeletion:bool"
    ),
    "LabelSelector": "matchLabels:map matchExpressions:[LabelSelectorRequirement]",
    "LabelSelectorRequirement": "key:string operator:string values:[string]",
    "ConfigMap": "metadata:ObjectMeta data:map binaryData:map immutable:bool",
    "Secret": "metadata:ObjectMeta data:map stringData:map type:string immutable:bool",
    "Namespace": "metadata:ObjectMeta spec:NamespaceSpec status:Status",
    "NamespaceSpec": "finalizers:[string]",
    "Node": "metadata:ObjectMeta spec:NodeSpec status:Status",
    "NodeSpec": (
        "podCIDR:string podCIDRs:[string] providerID:string unschedulable:bool taints:[Taint] "
        "configSource:any externalID:string"
    ),
    "Taint": "key:string value:string effect:string timeAdded:string",
    "Pod": "metadata:ObjectMeta spec:PodSpec status:Status",
    "PodTemplateSpec": "metadata:ObjectMeta spec:PodSpec",
    "PodSpec": (
        "volumes:[Volume] initContainers:[Container] containers:[Container] "
        "ephemeralContainers:[Container] restartPolicy:string terminationGracePeriodSeconds:int64 "
        "activeDeadlineSeconds:int64 dnsPolicy:string nodeSelector:map serviceAccountName:string "
        "serviceAccount:string automountServiceAccountToken:bool nodeName:string hostNetwork:bool "
        "hostPID:bool hostIPC:bool shareProcessNamespace:bool securityContext:object "
        "imagePullSecrets:[LocalObjectReference] hostname:string subdomain:string affinity:object "
        "schedulerName:string tolerations:[Toleration] hostAliases:[object] priorityClassName:string "
        "priority:int32 dnsConfig:object readinessGates:[object] runtimeClassName:string "
        "enableServiceLinks:bool preemptionPolicy:string overhead:object "
        "topologySpreadConstraints:[TopologySpreadConstraint] setHostnameAsFQDN:bool os:any "
        "hostUsers:bool schedulingGates:[object] resourceClaims:[object] resources:ResourceRequirements "
        "hostnameOverride:string workloadRef:any schedulingGroup:any"
    ),
    "LocalObjectReference": "name:string",
    "Toleration": ("key:string operator:string value:string effect:string tolerationSeconds:int64"),
    "TopologySpreadConstraint": (
        "maxSkew:int32 topologyKey:string whenUnsatisfiable:string labelSelector:LabelSelector "
        "minDomains:int32 nodeAffinityPolicy:string nodeTaintsPolicy:string matchLabelKeys:[string]"
    ),
    "Container": (
        "name:string image:string command:[string] args:[string] workingDir:string "
        "ports:[ContainerPort] envFrom:[object] env:[EnvVar] resources:ResourceRequirements "
        "resizePolicy:[any] restartPolicy:string restartPolicyRules:[any] "
        "volumeMounts:[VolumeMount] volumeDevices:[object] livenessProbe:Probe readinessProbe:Probe "
        "startupProbe:Probe lifecycle:object terminationMessagePath:string "
        "terminationMessagePolicy:string imagePullPolicy:string securityContext:object stdin:bool "
        "stdinOnce:bool tty:bool targetContainerName:string"
    ),
    "ContainerPort": (
        "name:string hostPort:int32 containerPort:int32 protocol:string hostIP:string"
    ),
    "EnvVar": "name:string value:string valueFrom:object",
    "ResourceRequirements": "limits:amounts requests:amounts claims:[any]",
    "VolumeMount": (
        "name:string readOnly:bool recursiveReadOnly:string mountPath:string subPath:string "
        "mountPropagation:string subPathExpr:string"
    ),
    "Probe": (
        "exec:object httpGet:HTTPGetAction tcpSocket:object grpc:object initialDelaySeconds:int32 "
        "timeoutSeconds:int32 periodSeconds:int32 successThreshold:int32 failureThreshold:int32 "
        "terminationGracePeriodSeconds:int64"
    ),
    "HTTPGetAction": "path:string port:any host:string scheme:string httpHeaders:[object]",
    "Volume": (
        "name:string hostPath:object emptyDir:object secret:object configMap:object projected:object "
        "persistentVolumeClaim:object downwardAPI:object csi:object ephemeral:object nfs:object iscsi:any "
        "fc:any image:any gcePersistentDisk:any awsElasticBlockStore:any gitRepo:any "
        "glusterfs:any rbd:any flexVolume:any cinder:any cephfs:any flocker:any azureFile:any "
        "vsphereVolume:any quobyte:any azureDisk:any photonPersistentDisk:any "
        "portworxVolume:any scaleIO:any storageos:any"
    ),
    "Deployment": "metadata:ObjectMeta spec:DeploymentSpec status:Status",
    "DeploymentSpec": (
        "replicas:int32 selector:LabelSelector template:PodTemplateSpec "
        "strategy:DeploymentStrategy minReadySeconds:int32 revisionHistoryLimit:int32 paused:bool "
        "progressDeadlineSeconds:int32"
    ),
    "DeploymentStrategy": "type:string rollingUpdate:RollingUpdate",
    "RollingUpdate": "maxUnavailable:any maxSurge:any partition:int32",
    "ReplicaSet": "metadata:ObjectMeta spec:ReplicaSetSpec status:Status",
    "ReplicaSetSpec": (
        "replicas:int32 minReadySeconds:int32 selector:LabelSelector template:PodTemplateSpec"
    ),
    "DaemonSet": "metadata:ObjectMeta spec:DaemonSetSpec status:Status",
    "DaemonSetSpec": (
        "selector:LabelSelector template:PodTemplateSpec updateStrategy:DeploymentStrategy "
        "minReadySeconds:int32 revisionHistoryLimit:int32"
    ),
    "StatefulSet": "metadata:ObjectMeta spec:StatefulSetSpec status:Status",
    "StatefulSetSpec": (
        "replicas:int32 selector:LabelSelector template:PodTemplateSpec "
        "volumeClaimTemplates:[object] serviceName:string podManagementPolicy:string "
        "updateStrategy:DeploymentStrategy revisionHistoryLimit:int32 minReadySeconds:int32 "
        "persistentVolumeClaimRetentionPolicy:object ordinals:any"
    ),
    "Job": "metadata:ObjectMeta spec:JobSpec status:Status",
    "JobSpec": (
        "parallelism:int32 completions:int32 activeDeadlineSeconds:int64 podFailurePolicy:any "
        "successPolicy:any backoffLimit:int32 backoffLimitPerIndex:int32 maxFailedIndexes:int32 "
        "selector:LabelSelector manualSelector:bool template:PodTemplateSpec "
        "ttlSecondsAfterFinished:int32 completionMode:string suspend:bool "
        "podReplacementPolicy:string managedBy:string"
    ),
    "CronJob": "metadata:ObjectMeta spec:CronJobSpec status:Status",
    "CronJobSpec": (
        "schedule:string timeZone:string startingDeadlineSeconds:int64 concurrencyPolicy:string "
        "suspend:bool jobTemplate:JobTemplateSpec successfulJobsHistoryLimit:int32 "
        "failedJobsHistoryLimit:int32"
    ),
    "JobTemplateSpec": "metadata:ObjectMeta spec:JobSpec",
    "Service": "metadata:ObjectMeta spec:ServiceSpec status:Status",
    "ServiceSpec": (
        "ports:[ServicePort] selector:map clusterIP:string clusterIPs:[string] type:string "
        "externalIPs:[string] sessionAffinity:string loadBalancerIP:string "
        "loadBalancerSourceRanges:[string] externalName:string externalTrafficPolicy:string "
        "healthCheckNodePort:int32 publishNotReadyAddresses:bool sessionAffinityConfig:any "
        "ipFamilies:[string] ipFamilyPolicy:string allocateLoadBalancerNodePorts:bool "
        "loadBalancerClass:string internalTrafficPolicy:string trafficDistribution:string"
    ),
    "ServicePort": (
        "name:string protocol:string appProtocol:string port:int32 targetPort:any nodePort:int32"
    ),
    "Status": (
        "phase:string reason:string message:string conditions:[Condition] addresses:[object] "
        "podIPs:[object] hostIPs:[object] containerStatuses:[ContainerStatus] "
        "initContainerStatuses:[ContainerStatus] ephemeralContainerStatuses:[ContainerStatus] "
        "capacity:amounts allocatable:amounts nodeInfo:object images:[object] "
        "daemonEndpoints:object loadBalancer:LoadBalancer replicas:int32 readyReplicas:int32 "
        "updatedReplicas:int32 availableReplicas:int32 unavailableReplicas:int32 "
        "observedGeneration:int64 currentReplicas:int32 currentMetrics:[object] active:any "
        "succeeded:int32 failed:int32 startTime:string completionTime:string "
        "lastScheduleTime:string accessModes:[string] disruptionsAllowed:int32 "
        "currentNumberScheduled:int32 desiredNumberScheduled:int32 numberReady:int32 "
        "numberAvailable:int32 updatedNumberScheduled:int32 *"
    ),
    "Condition": "type:string status:string reason:string message:string *",
    "ContainerStatus": (
        "name:string ready:bool restartCount:int32 state:object lastState:object image:string "
        "imageID:string containerID:string started:bool *"
    ),
    "LoadBalancer": "ingress:[object]",
    "CertificateSigningRequest": "metadata:ObjectMeta spec:RequestSpec status:Status",
    "RequestSpec": "signerName:string username:string expirationSeconds:int32 *",
    "ClusterRoleBinding": "metadata:ObjectMeta subjects:[Subject] roleRef:RoleRef",
    "RoleBinding": "metadata:ObjectMeta subjects:[Subject] roleRef:RoleRef",
    "Subject": "kind:string apiGroup:string name:string namespace:string",
    "RoleRef": "apiGroup:string kind:string name:string",
    "CSINode": "metadata:ObjectMeta spec:CSINodeSpec",
    "CSINodeSpec": "drivers:[object]",
    "Endpoints": "metadata:ObjectMeta subsets:[EndpointSubset]",
    "EndpointSubset": (
        "addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]"
    ),
    "EndpointAddress": "ip:string hostname:string nodeName:string targetRef:object",
    "EndpointPort": "name:string port:int32 protocol:string appProtocol:string",
    "EndpointSlice": (
        "metadata:ObjectMeta addressType:string endpoints:[Endpoint] ports:[EndpointPort]"
    ),
    "Endpoint": (
        "addresses:[string] conditions:object hostname:string targetRef:object "
        "deprecatedTopology:map nodeName:string zone:string hints:object"
    ),
    "Event": (
        "metadata:ObjectMeta involvedObject:EventReference reason:string message:string "
        "source:EventSource firstTimestamp:string lastTimestamp:string count:int32 type:string "
        "eventTime:string series:EventSeries action:string related:object "
        "reportingComponent:string reportingInstance:string"
    ),
    "EventReference": (
        "kind:string namespace:string name:string uid:string apiVersion:string "
        "resourceVersion:string fieldPath:string"
    ),
    "EventSeries": "count:int32 lastObservedTime:string",
    "EventSource": "component:string host:string",
    "HorizontalPodAutoscaler": "metadata:ObjectMeta spec:AutoscalerSpec status:Status",
    "AutoscalerSpec": (
        "scaleTargetRef:TargetReference minReplicas:int32 maxReplicas:int32 metrics:[object] "
        "behavior:object"
    ),
    "TargetReference": "kind:string name:string apiVersion:string",
    "IPAddress": "metadata:ObjectMeta spec:IPAddressSpec",
    "IPAddressSpec": "parentRef:ParentReference",
    "ParentReference": "group:string resource:string namespace:string name:string",
    "Ingress": "metadata:ObjectMeta spec:IngressSpec status:Status",
    "IngressSpec": (
        "ingressClassName:string defaultBackend:object tls:[object] rules:[IngressRule]"
    ),
    "IngressRule": "host:string http:object",
    "IngressClass": "metadata:ObjectMeta spec:IngressClassSpec",
    "IngressClassSpec": "controller:string parameters:Parameters",
    "Parameters": "apiGroup:string kind:string name:string scope:string namespace:string",
    "Lease": "metadata:ObjectMeta spec:LeaseSpec",
    "LeaseSpec": "holderIdentity:string renewTime:string acquireTime:string *",
    "MutatingWebhookConfiguration": "metadata:ObjectMeta webhooks:[object]",
    "ValidatingWebhookConfiguration": "metadata:ObjectMeta webhooks:[object]",
    "NetworkPolicy": "metadata:ObjectMeta spec:NetworkPolicySpec",
    "NetworkPolicySpec": (
        "podSelector:LabelSelector ingress:[object] egress:[object] policyTypes:[string]"
    ),
    "PersistentVolume": "metadata:ObjectMeta spec:PersistentVolumeSpec status:Status",
    "PersistentVolumeSpec": "capacity:amounts accessModes:[string] claimRef:EventReference *",
    "PersistentVolumeClaim": "metadata:ObjectMeta spec:ClaimSpec status:Status",
    "ClaimSpec": "accessModes:[string] resources:ResourceRequirements *",
    "PodTemplate": "metadata:ObjectMeta template:PodTemplateSpec",
    "ReplicationController": "metadata:ObjectMeta spec:ReplicationControllerSpec status:Status",
    "ReplicationControllerSpec": (
        "replicas:int32 minReadySeconds:int32 selector:map template:PodTemplateSpec"
    ),
    "ResourceQuota": "metadata:ObjectMeta spec:ResourceQuotaSpec status:QuotaStatus",
    "ResourceQuotaSpec": "hard:amounts scopes:[string] scopeSelector:object",
    "QuotaStatus": "hard:amounts used:amounts",
    "ServiceAccount": (
        "metadata:ObjectMeta secrets:[object] imagePullSecrets:[LocalObjectReference] "
        "automountServiceAccountToken:bool"
    ),
    "ServiceCIDR": "metadata:ObjectMeta spec:ServiceCIDRSpec status:Status",
    "ServiceCIDRSpec": "cidrs:[string]",
    "PodDisruptionBudget": "metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:Status",
    "PodDisruptionBudgetSpec": (
        "minAvailable:any selector:LabelSelector maxUnavailable:any "
        "unhealthyPodEvictionPolicy:string"
    ),
}


def _parsed(text: str) -> dict[str, str]:
    return dict(field.partition(":")[::2] for field in text.split())


SCHEMA: dict[str, dict[str, str]] = {name: _parsed(text) for name, text in _TEXT.items()}
_ANY_KIND = _parsed("metadata:ObjectMeta spec:object status:object *")

_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int32": (int,),
    "int64": (int,),
    "bool": (bool,),
}
_GO = {
    "map": "map[string]string",
    "amounts": "v1.ResourceList",
    "object": "map[string]interface {}",
}
_OPEN = "*"
"""In a list of fields: others may stand there too."""


def has_spec(kind: str) -> bool:
    """True for kinds whose objects always have a spec, if an empty one."""
    return "spec" in SCHEMA.get(kind, ())


class ShapeError(NamedTuple):
    """Something that does not decode."""

    text: str
    strict: bool
    """True for what only strict decoding refuses: an unknown field."""


def _json_name(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _go_type(type_: str) -> str:
    if type_.startswith("["):
        return f"[]{_go_type(type_[1:-1])}"
    return _GO.get(type_, type_ if type_ in _PYTHON else f"v1.{type_}")


def check_shape(kind: str, obj: Obj) -> list[ShapeError]:
    """Return what does not decode into *kind*, in document order."""
    found: list[ShapeError] = []
    known = {**SCHEMA.get(kind, _ANY_KIND), "apiVersion": "string", "kind": "string"}
    _check_fields(kind, known, obj, "", "", found)
    return found


def _check_fields(
    struct: str, known: dict[str, str], obj: Obj, path: str, shown: str, found: list[ShapeError]
) -> None:
    for field, value in obj.items():
        here = f"{path}.{field}" if path else field
        there = f"{shown}.{field}" if shown else field
        type_ = known.get(field)
        if type_ is None and _OPEN not in known:
            found.append(ShapeError(f'unknown field "{there}"', strict=True))
        elif value is not None and type_ is not None:
            _check_value(struct, type_, value, here, there, found)


def _check_value(
    struct: str, type_: str, value: Any, path: str, shown: str, found: list[ShapeError]
) -> None:
    """Check one value; *path* is Go's (without indices), *shown* names the list item too."""
    if type_ == "any":
        return
    if type_.startswith("["):
        if isinstance(value, list):
            for index, one in enumerate(value):
                _check_value(struct, type_[1:-1], one, path, f"{shown}[{index}]", found)
            return
    elif type_ in ("map", "amounts"):
        if isinstance(value, dict):
            for one in value.values():
                plain = isinstance(one, str) or (
                    type_ == "amounts" and isinstance(one, int | float) and one is not True
                )
                if not plain and one is not None:
                    _refuse(struct, "string", one, path, found)
            return
    elif type_ in _PYTHON:
        is_bool = isinstance(value, bool)
        if isinstance(value, _PYTHON[type_]) and is_bool == (type_ == "bool"):
            return
    elif isinstance(value, dict):
        if type_ == "object":
            return
        _check_fields(type_, SCHEMA[type_], value, path, shown, found)
        return
    _refuse(struct, _go_type(type_), value, path, found)


def _refuse(struct: str, go_type: str, value: Any, path: str, found: list[ShapeError]) -> None:
    text = (
        f"json: cannot unmarshal {_json_name(value)} into Go struct field "
        f"{struct}.{path} of type {go_type}"
    )
    found.append(ShapeError(text, strict=False))
