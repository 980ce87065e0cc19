"""A run behind TLS: its secret is a bearer token, and every client takes the kubeconfig as it is."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

import kr8s
import lightkube
import pytest
from kubernetes import client, config
from kubernetes.stream import stream
from lightkube.resources.core_v1 import Node

from tests.clients.conftest import LEFT_OPEN, sweep
from tests.conftest import missing
from tests.serving import ROOT, serving

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version v1.37"),  # newer than kr8s knows
    pytest.mark.filterwarnings(LEFT_OPEN),
]
SLUG = "payments-0247"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Start a run on a server with TLS; yield its kubeconfig."""
    folder = tmp_path_factory.mktemp("tls")
    with serving(folder, tls=True) as address:
        name = _take_pager(address)
        words = ["kubeconfig", name, "--server", address, "--data", str(folder / "var")]
        made = subprocess.run(
            [sys.executable, "-m", "sim.cli", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        file = folder / "kubeconfig"
        file.write_text(made.stdout)
        yield file


def _take_pager(address: str) -> str:
    trusting = ssl._create_unverified_context()
    browser = build_opener(HTTPSHandler(context=trusting), HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/guide").read().decode()
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    form = urlencode({"csrf_token": token[1], "seed": "0"}).encode()
    started = browser.open(
        Request(f"{address}/incident/{SLUG}", form, {"Referer": f"{address}/guide"})
    )
    found = re.search(r"/run/([^/]+)", started.url)
    assert found is not None
    return found[1]


def test_the_secret_is_a_token_and_not_in_the_address(run: Path) -> None:
    text = run.read_text()
    assert "certificate-authority-data" in text
    assert "token:" in text
    assert "/k/" not in text


def test_kubectl_asks(run: Path) -> None:
    kubectl = Path(sys.executable).with_name("kubectl")
    if not kubectl.exists():
        missing("kubectl", "make test installs it")
    done = subprocess.run(
        [str(kubectl), "--kubeconfig", str(run), "get", "pods", "-n", "payments"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "payment-service-" in done.stdout


def test_the_python_client_asks_and_runs_a_program(run: Path) -> None:
    api = config.new_client_from_config(str(run))
    core = client.CoreV1Api(api)
    pods = core.list_namespaced_pod("payments", field_selector="status.phase=Running").items
    said = stream(
        core.connect_get_namespaced_pod_exec,
        pods[0].metadata.name,
        "payments",
        command=["hostname"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    assert said.strip() == pods[0].metadata.name


def test_kr8s_asks(run: Path) -> None:
    kube = kr8s.api(kubeconfig=str(run))
    assert list(kube.get("pods", namespace="payments"))
    sweep()


def test_lightkube_asks(run: Path) -> None:
    with lightkube.Client(lightkube.KubeConfig.from_file(str(run))) as kube:
        assert list(kube.list(Node))


def test_another_token_is_refused(run: Path) -> None:
    settings = client.Configuration()
    config.load_kube_config(str(run), client_configuration=settings)
    settings.api_key = {"authorization": "Bearer somebody-else"}
    settings.refresh_api_key_hook = None
    with pytest.raises((client.ApiException, urllib.error.HTTPError)) as refused:
        client.CoreV1Api(client.ApiClient(settings)).list_node()
    assert refused.value.status == 401
