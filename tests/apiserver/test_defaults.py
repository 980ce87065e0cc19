"""Defaults, and that filling them in twice changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from sim.apiserver.defaults import apply_defaults
from tests.apiserver.world import deployment, pod


def test_deployment_reads_back_as_on_a_real_cluster():
    spec = apply_defaults("deployments", deployment())["spec"]
    assert spec["replicas"] == 1
    assert spec["revisionHistoryLimit"] == 10
    assert spec["progressDeadlineSeconds"] == 600
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    assert spec["template"]["spec"] == {
        "containers": [
            {
                "name": "app",
                "image": "registry.local/app:v1",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }


def test_probe_port_and_field_reference_are_filled():
    container = {
        "name": "a",
        "image": "a",
        "ports": [{"containerPort": 80}],
        "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "readinessProbe": {"httpGet": {"port": 80}},
        "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}},
    }
    made = apply_defaults("pods", pod(containers=[container]))["spec"]["containers"][0]
    assert made["imagePullPolicy"] == "Always"
    assert made["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert made["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert made["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    amounts = {"cpu": "500m", "memory": "1Gi"}
    assert made["resources"] == {"limits": amounts, "requests": amounts}


def test_secret_text_is_stored_encoded():
    made = apply_defaults("secrets", {"metadata": {}, "stringData": {"a": "b"}})
    assert made == {"metadata": {}, "type": "Opaque", "data": {"a": "Yg=="}}


kinds = st.sampled_from(["Recreate", "RollingUpdate"])


@given(
    st.builds(
        lambda kind, n: deployment(strategy={"type": kind}, replicas=n), kinds, st.integers(0, 9)
    )
)
def test_defaults_are_a_fixed_point_and_share_the_object(obj):
    once = apply_defaults("deployments", obj)
    assert apply_defaults("deployments", once) is once


def filled(plural, **fields):
    made = apply_defaults(plural, fields)
    assert apply_defaults(plural, made) is made, "what is complete stays the very same object"
    return made


def test_an_autoscaler_looks_at_the_processor_and_may_double_in_a_quarter_of_a_minute():
    spec = filled("horizontalpodautoscalers", spec={"behavior": {"scaleUp": {}}})["spec"]
    assert spec["minReplicas"] == 1
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    assert spec["behavior"]["scaleUp"]["policies"][1]["value"] == 100
    assert "stabilizationWindowSeconds" not in spec["behavior"]["scaleDown"]


def test_storage_is_a_file_system_that_is_retained():
    spec = filled("persistentvolumes", spec={"capacity": {"storage": "1024Mi"}})["spec"]
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"
    assert spec["capacity"] == {"storage": "1Gi"}
    claims = [{"metadata": {"name": "data"}, "spec": {}}]
    (claim,) = filled("statefulsets", spec={"volumeClaimTemplates": claims})["spec"][
        "volumeClaimTemplates"
    ]
    assert claim["kind"] == "PersistentVolumeClaim"
    assert claim["spec"]["volumeMode"] == "Filesystem"
    assert claim["status"] == {"phase": "Pending"}


def test_limits_of_containers_follow_from_maxima_and_minima():
    limit = {"type": "Container", "max": {"cpu": "1"}, "min": {"memory": "1Mi"}}
    (made,) = filled("limitranges", spec={"limits": [limit]})["spec"]["limits"]
    assert made["default"] == {"cpu": "1"}
    assert made["defaultRequest"] == {"cpu": "1", "memory": "1Mi"}


def test_a_network_policy_is_for_what_it_speaks_of():
    rule = {"ports": [{"port": 80}]}
    assert filled("networkpolicies", spec={"ingress": [rule]})["spec"] == {
        "ingress": [{"ports": [{"port": 80, "protocol": "TCP"}]}],
        "policyTypes": ["Ingress"],
    }
    assert filled("networkpolicies", spec={"egress": [rule]})["spec"]["policyTypes"] == [
        "Ingress",
        "Egress",
    ]


def test_bindings_name_their_group_and_webhooks_what_happens_when_they_fail():
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "User", "name": "a"}, {"kind": "ServiceAccount", "name": "b"}]
    made = filled("rolebindings", roleRef={"kind": "Role", "name": "r"}, subjects=subjects)
    assert made["roleRef"]["apiGroup"] == group
    assert [one.get("apiGroup") for one in made["subjects"]] == [group, None]
    hook = {"rules": [{}], "clientConfig": {"service": {"name": "s"}}}
    kind = "MutatingWebhookConfiguration"
    (made,) = filled("mutatingwebhookconfigurations", kind=kind, webhooks=[hook])["webhooks"]
    assert (made["failurePolicy"], made["timeoutSeconds"]) == ("Fail", 10)
    assert made["rules"] == [{"scope": "*"}]
    assert made["clientConfig"]["service"]["port"] == 443


def test_a_volume_without_a_source_is_an_empty_directory():
    spec = {"containers": [], "volumes": [{"name": "v"}], "hostNetwork": True}
    assert filled("pods", spec=spec)["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]
    container = {"name": "a", "image": "a:1", "ports": [{"containerPort": 80}]}
    made = filled("pods", spec={"hostNetwork": True, "containers": [container]})["spec"]
    assert made["containers"][0]["ports"] == [
        {"containerPort": 80, "hostPort": 80, "protocol": "TCP"}
    ]
