import gzip
import json
from typing import Any

import pytest
from werkzeug.test import Client

from sim.apimachinery.wire import ApiResponse
from tests.web.kubeapi.scripted import SECRET, Scripted
from web.kubeapi import Door, OneCluster

BEARER = {"Authorization": f"Bearer {SECRET}"}
PODS = "/api/v1/pods"


def test_secret_in_the_path_opens_the_cluster(client: Client, access: Scripted):
    answer = client.get(f"/k/{SECRET}{PODS}?labelSelector=a%3Db&limit=500")
    assert answer.status_code == 200
    assert answer.json == {"kind": "PodList", "items": []}
    assert access.last.path == PODS
    assert access.last.query == (("labelSelector", "a=b"), ("limit", "500"))


def test_secret_as_a_bearer_token_opens_the_cluster(client: Client, access: Scripted):
    assert client.get(PODS, headers=BEARER).status_code == 200
    assert "authorization" not in access.last.headers


@pytest.mark.parametrize("path", [PODS, "/apis", "/openapi/v3", "/version", "/healthz"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no"}, {"Authorization": "x"}])
def test_without_the_secret_nothing_opens(
    client: Client, access: Scripted, path: str, headers: Any
):
    for answer in (client.get(path, headers=headers), client.get(f"/k/wrong{path}")):
        assert answer.status_code == 401
        assert answer.json is not None
        assert (answer.json["kind"], answer.json["reason"]) == ("Status", "Unauthorized")
    assert access.asked == []


def test_token_beside_the_secret_says_who_asks(client: Client, access: Scripted):
    client.get(f"/k/{SECRET}{PODS}", headers={"Authorization": "Bearer a.b.c"})
    assert access.last.headers["authorization"] == "Bearer a.b.c"


def test_path_reaches_the_cluster_as_it_was_meant(client: Client, access: Scripted):
    client.get(f"/k/{SECRET}/api/v1//namespaces/%C3%BC%20x/pods/")
    assert access.last.path == "/api/v1//namespaces/ü x/pods/"
    client.get(f"/k/{SECRET}")
    assert access.last.path == "/"


def test_other_paths_are_the_pages(access: Scripted):
    def pages(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    client = Client(Door(OneCluster(access, SECRET), pages))
    for path in ("/", "/api/run/x/state", "/run/x/", "/apiary", "/k"):
        assert client.get(path, headers=BEARER).text == path
    assert access.asked == []


def test_other_paths_without_pages_are_not_there(client: Client):
    answer = client.get("/run/x/")
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")
    assert answer.content_type == "text/plain; charset=utf-8"


def test_headers_are_an_api_servers(client: Client, access: Scripted):
    access.answer = ApiResponse(200, {}, "application/json;g=a;v=v2;as=B", ('say "x"\n', "ü"))
    answer = client.get(PODS, headers=BEARER)
    assert answer.headers["Content-Type"] == "application/json;g=a;v=v2;as=B"
    assert answer.headers["Cache-Control"] == "no-cache, private"
    assert len(answer.headers["Audit-Id"]) == 36
    warnings = answer.headers.getlist("Warning")
    assert warnings == ['299 - "say \\"x\\" "', '299 - "Ã¼"']
    assert "Set-Cookie" not in answer.headers


def test_too_many_requests_says_when_to_come_back(client: Client, access: Scripted):
    status = {"kind": "Status", "code": 429, "details": {"retryAfterSeconds": 10}}
    access.answer = ApiResponse(429, status)
    assert client.post(f"{PODS}/x/eviction", headers=BEARER).headers["Retry-After"] == "10"
    access.answer = ApiResponse(429, {"kind": "Status", "code": 429, "details": {}})
    assert "Retry-After" not in client.post(PODS, headers=BEARER).headers


def test_large_answers_are_compressed_for_who_takes_that(client: Client, access: Scripted):
    access.answer = ApiResponse(200, {"data": "x" * 200_000})
    plain = client.get(PODS, headers=BEARER)
    packed = client.get(PODS, headers={**BEARER, "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < 10_000
    assert gzip.decompress(packed.data) == plain.data
    access.answer = ApiResponse(200, {"data": "x"})
    small = client.get(PODS, headers={**BEARER, "Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_text_keeps_its_bytes(client: Client, access: Scripted):
    access.answer = ApiResponse(200, b"\xff\n".decode("utf-8", "surrogateescape"), "text/plain")
    assert client.get(f"{PODS}/x/log", headers=BEARER).data == b"\xff\n"


@pytest.mark.parametrize(
    ("path", "agent", "pretty"),
    [
        (PODS, "curl/8.5", True),
        (PODS, "kubectl/v1.37.1", False),
        (f"{PODS}?pretty=true", "kubectl/v1.37.1", True),
        (f"{PODS}?pretty=false", "curl/8.5", False),
    ],
)
def test_people_get_lines(client: Client, path: str, agent: str, pretty: bool):
    answer = client.get(path, headers={**BEARER, "User-Agent": agent})
    assert (answer.data.count(b"\n") > 1) == pretty
    assert answer.data.endswith(b"}\n")


def test_head_has_the_length_and_no_body(client: Client, access: Scripted):
    answer = client.head(PODS, headers=BEARER)
    assert answer.data == b""
    assert int(answer.headers["Content-Length"]) > 10
    assert access.last.method == "GET"


def test_method_that_is_none_is_not_allowed(client: Client, access: Scripted):
    answer = client.open(PODS, method="TRACE", headers=BEARER)
    assert (answer.status_code, access.asked) == (405, [])


def test_body_is_handed_on_as_objects(client: Client, access: Scripted):
    raw = b"kind: Pod\n"
    client.post(PODS, data=raw, content_type="application/yaml", headers=BEARER)
    assert access.last.body == {"kind": "Pod"}
    assert access.last.headers["content-type"] == "application/json"


def test_bad_body_never_reaches_the_cluster(client: Client, access: Scripted):
    answer = client.post(PODS, data=b"{", content_type="application/json", headers=BEARER)
    assert answer.json is not None
    assert (answer.status_code, answer.json["reason"]) == (400, "BadRequest")
    large = client.post(PODS, data=b" " * (3 * 2**20 + 1), headers=BEARER)
    assert large.json is not None
    assert (large.status_code, large.json["reason"]) == (413, "RequestEntityTooLarge")
    assert access.asked == []


@pytest.mark.parametrize(
    ("query", "code", "warned"), [("", 200, True), ("Ignore", 200, False), ("Strict", 400, False)]
)
def test_field_that_stands_twice(client: Client, query: str, code: int, warned: bool):
    raw = b'{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"paused": 1, "paused": 2}}'
    path = f"{PODS}?fieldValidation={query}" if query else PODS
    answer = client.post(path, data=raw, content_type="application/json", headers=BEARER)
    assert answer.status_code == code
    assert answer.headers.getlist("Warning") == (
        ['299 - "duplicate field \\"spec.paused\\""'] if warned else []
    )
    if code == 400:
        assert json.loads(answer.data)["message"] == (
            'Deployment in version "v1" cannot be handled as a Deployment: '
            'strict decoding error: duplicate field "spec.paused"'
        )


def test_defect_is_a_500_that_tells_nothing(
    client: Client, access: Scripted, caplog: pytest.LogCaptureFixture
):
    access.answer = RuntimeError("inner")
    answer = client.get(f"/k/{SECRET}{PODS}")
    assert answer.status_code == 500
    assert b"inner" not in answer.data
    assert SECRET not in caplog.text
    assert "inner" in caplog.text


def test_plain_request_for_a_program_is_told_to_upgrade(access: Scripted):
    door = Door(OneCluster(access, SECRET))
    path = f"/api/v1/namespaces/a/pods/b/exec?{'command=ls&stdout=true'}"
    answer = Client(door).post(
        path, headers=BEARER, environ_overrides={"werkzeug.socket": object()}
    )
    assert (answer.status_code, access.asked) == (400, [])
    assert b"Upgrade request required" in answer.data
