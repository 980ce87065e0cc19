"""What the server fills in."""

from __future__ import annotations

from tests.contract.place import Place, deployment, pod, service

APPS = "apps/v1"


def test_defaults_of_a_deployment(place: Place) -> None:
    body = deployment("web", 0)
    del body["spec"]["replicas"]
    body["spec"]["template"]["spec"]["nodeSelector"] = {"nowhere": "x"}
    spec = place.ok("POST", place.at("deployments", group=APPS), body)["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    inner = spec["template"]["spec"]
    assert inner["restartPolicy"] == "Always"
    assert inner["dnsPolicy"] == "ClusterFirst"
    assert inner["schedulerName"] == "default-scheduler"
    assert inner["securityContext"] == {}
    container = inner["containers"][0]
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["terminationMessagePath"] == "/dev/termination-log"
    assert container["terminationMessagePolicy"] == "File"
    assert container["resources"] == {}


def test_defaults_of_a_pod(place: Place) -> None:
    body = pod("p", nodeSelector={"nowhere": "x"})
    body["spec"]["containers"][0]["image"] = "nowhere.local/x"
    body["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    body["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"port": 80}}
    made = place.ok("POST", place.at("pods"), body)
    container = made["spec"]["containers"][0]
    assert container["imagePullPolicy"] == "Always"
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert container["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert made["spec"]["serviceAccountName"] == "default"
    assert made["spec"]["enableServiceLinks"] is True
    assert made["status"]["phase"] == "Pending"
    assert made["status"]["qosClass"] == "BestEffort"
    tolerated = {one["key"]: one["tolerationSeconds"] for one in made["spec"]["tolerations"]}
    assert tolerated == {"node.kubernetes.io/not-ready": 300, "node.kubernetes.io/unreachable": 300}
    assert made["spec"]["priority"] == 0
    assert made["spec"]["preemptionPolicy"] == "PreemptLowerPriority"


def test_a_token_is_mounted_into_every_container(place: Place) -> None:
    made = place.ok("POST", place.at("pods"), pod("p", nodeSelector={"nowhere": "x"}))
    mount = made["spec"]["containers"][0]["volumeMounts"][0]
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert mount["readOnly"] is True
    assert made["spec"]["volumes"][0]["name"] == mount["name"]
    if place.server.version >= (1, 21):
        sources = made["spec"]["volumes"][0]["projected"]["sources"]
        assert [next(iter(source)) for source in sources] == [
            "serviceAccountToken",
            "configMap",
            "downwardAPI",
        ]


def test_defaults_of_a_service(place: Place) -> None:
    spec = place.ok("POST", place.at("services"), service())["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["clusterIP"].startswith("10.")
    assert spec["sessionAffinity"] == "None"
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    if place.server.version >= (1, 23):
        assert spec["clusterIPs"] == [spec["clusterIP"]]
        assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")
        assert spec["internalTrafficPolicy"] == "Cluster"


def test_a_node_port_is_given(place: Place) -> None:
    spec = place.ok("POST", place.at("services"), service(type="NodePort"))["spec"]
    assert 30000 <= spec["ports"][0]["nodePort"] <= 32767
    assert spec["externalTrafficPolicy"] == "Cluster"


def test_a_taken_cluster_ip_is_refused(place: Place) -> None:
    ip = place.ok("POST", place.at("services"), service("a"))["spec"]["clusterIP"]
    status = place.no(422, "POST", place.at("services"), service("b", clusterIP=ip))
    assert status["details"]["causes"][0]["field"].startswith("spec.clusterIP")
    assert "provided IP is already allocated" in status["message"]


def test_text_of_a_secret_becomes_data(place: Place) -> None:
    body = {"metadata": {"name": "s"}, "stringData": {"a": "b"}}
    made = place.ok("POST", place.at("secrets"), body)
    assert made["type"] == "Opaque"
    assert made["data"] == {"a": "Yg=="}
    assert "stringData" not in made


def test_defaults_of_a_job(place: Place) -> None:
    spec = {**pod()["spec"], "restartPolicy": "Never"}
    body = {
        "metadata": {"name": "j"},
        "spec": {"suspend": False, "parallelism": 0, "template": {"spec": spec}},
    }
    if place.server.version < (1, 21):
        del body["spec"]["suspend"]  # type: ignore[attr-defined]
    made = place.ok("POST", place.at("jobs", group="batch/v1"), body)
    assert made["spec"]["backoffLimit"] == 6
    assert "completions" not in made["spec"]  # given with parallelism alone
    uid = made["metadata"]["uid"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    if place.server.version >= (1, 27):
        assert made["spec"]["completionMode"] == "NonIndexed"
        assert made["spec"]["selector"]["matchLabels"] == {
            "batch.kubernetes.io/controller-uid": uid
        }
        assert labels == {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": "j",
            "controller-uid": uid,
            "job-name": "j",
        }
    else:
        assert labels["job-name"] == "j"


def test_numbers_of_cpu_are_written_plainly(place: Place) -> None:
    body = pod("p", nodeSelector={"nowhere": "x"})
    limits = {"cpu": "0.1", "memory": "1024Mi"}
    body["spec"]["containers"][0]["resources"] = {"limits": limits}
    made = place.ok("POST", place.at("pods"), body)
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "100m", "memory": "1Gi"},
        "requests": {"cpu": "100m", "memory": "1Gi"},
    }
    assert made["status"]["qosClass"] == "Guaranteed"
