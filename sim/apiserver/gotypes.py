"""The fields of Kubernetes' types and theirs, as far as people write them by hand.

Taken from k8s.io/api's Go structs. `any` passes, `object` is a map of anything, `amounts` are quantities,
`intstr` a number or text, and `*` lets fields stand that are not listed. Data only.
"""

from __future__ import annotations

_META = "labels:map annotations:map name:string namespace:string generateName:string"
TYPES: dict[str, str] = {
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
        "imagePullSecrets:[LocalObjectReference] hostname:string subdomain:string affinity:Affinity "
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
        "ports:[ContainerPort] envFrom:[EnvFromSource] env:[EnvVar] resources:ResourceRequirements "
        "resizePolicy:[any] restartPolicy:string restartPolicyRules:[any] "
        "volumeMounts:[VolumeMount] volumeDevices:[object] livenessProbe:Probe readinessProbe:Probe "
        "startupProbe:Probe lifecycle:Lifecycle terminationMessagePath:string "
        "terminationMessagePolicy:string imagePullPolicy:string securityContext:object stdin:bool "
        "stdinOnce:bool tty:bool targetContainerName:string"
    ),
    "ContainerPort": (
        "name:string hostPort:int32 containerPort:int32 protocol:string hostIP:string"
    ),
    "EnvVarSource": (
        "fieldRef:FieldRef resourceFieldRef:ResourceFieldRef configMapKeyRef:KeyRef "
        "secretKeyRef:KeyRef fileKeyRef:object"
    ),
    "FieldRef": "apiVersion:string fieldPath:string",
    "ResourceFieldRef": "containerName:string resource:string divisor:any",
    "KeyRef": "name:string key:string optional:bool",
    "EnvFromSource": "prefix:string configMapRef:ConfigSource secretRef:ConfigSource",
    "ConfigSource": "name:string optional:bool",
    "Lifecycle": "postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string",
    "LifecycleHandler": (
        "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction"
    ),
    "ExecAction": "command:[string]",
    "SleepAction": "seconds:int64",
    "GRPCAction": "port:int32 service:string",
    "ConfigMapVolume": "name:string items:[KeyToPath] defaultMode:int32 optional:bool",
    "SecretVolume": "secretName:string items:[KeyToPath] defaultMode:int32 optional:bool",
    "KeyToPath": "key:string path:string mode:int32",
    "HostPathVolume": "path:string type:string",
    "EmptyDirVolume": "medium:string sizeLimit:any",
    "ClaimVolume": "claimName:string readOnly:bool",
    "DownwardAPIVolume": "items:[object] defaultMode:int32",
    "ProjectedVolume": "sources:[VolumeProjection] defaultMode:int32",
    "VolumeProjection": (
        "secret:object configMap:object downwardAPI:object serviceAccountToken:object "
        "clusterTrustBundle:object podCertificate:object"
    ),
    "EnvVar": "name:string value:string valueFrom:EnvVarSource",
    "ResourceRequirements": "limits:amounts requests:amounts claims:[any]",
    "VolumeMount": (
        "name:string readOnly:bool recursiveReadOnly:string mountPath:string subPath:string "
        "mountPropagation:string subPathExpr:string"
    ),
    "Probe": (
        "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds:int32 "
        "timeoutSeconds:int32 periodSeconds:int32 successThreshold:int32 failureThreshold:int32 "
        "terminationGracePeriodSeconds:int64"
    ),
    "TCPSocketAction": "port:intstr host:string",
    "Affinity": "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity",
    "NodeAffinity": (
        "requiredDuringSchedulingIgnoredDuringExecution:NodeSelector "
        "preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]"
    ),
    "NodeSelector": "nodeSelectorTerms:[NodeSelectorTerm]",
    "NodeSelectorTerm": (
        "matchExpressions:[LabelSelectorRequirement] matchFields:[LabelSelectorRequirement]"
    ),
    "PreferredSchedulingTerm": "weight:int32 preference:NodeSelectorTerm",
    "PodAffinity": (
        "requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm] "
        "preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]"
    ),
    "PodAffinityTerm": (
        "labelSelector:LabelSelector namespaces:[string] topologyKey:string "
        "namespaceSelector:LabelSelector matchLabelKeys:[string] mismatchLabelKeys:[string]"
    ),
    "WeightedPodAffinityTerm": "weight:int32 podAffinityTerm:PodAffinityTerm",
    "HTTPGetAction": "path:string port:intstr host:string scheme:string httpHeaders:[object]",
    "Volume": (
        "name:string hostPath:HostPathVolume emptyDir:EmptyDirVolume secret:SecretVolume "
        "configMap:ConfigMapVolume projected:ProjectedVolume persistentVolumeClaim:ClaimVolume "
        "downwardAPI:DownwardAPIVolume csi:object ephemeral:object nfs:object iscsi:any "
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
    "RollingUpdate": "maxUnavailable:intstr maxSurge:intstr partition:int32",
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
        "name:string protocol:string appProtocol:string port:int32 targetPort:intstr nodePort:int32"
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
    "VolumeAttachment": "metadata:ObjectMeta spec:VolumeAttachmentSpec status:object",
    "VolumeAttachmentSpec": "attacher:string nodeName:string source:object",
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
        "minAvailable:intstr selector:LabelSelector maxUnavailable:intstr "
        "unhealthyPodEvictionPolicy:string"
    ),
}
"""Type -> its fields as `name:type`, lists in brackets."""
