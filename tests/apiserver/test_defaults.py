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
