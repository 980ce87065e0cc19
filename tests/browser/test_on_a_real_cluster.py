"""A whole run on a real cluster in the room: chosen on the briefing, waited for, worked in, read as measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sim.session import kind
from tests.kubectl.gateway import real_kubectl
from tests.serving import serving

from .conftest import Room

pytestmark = [pytest.mark.browser, pytest.mark.kind, pytest.mark.slow]

NIGHT = "payments-heron"
"""Any will do; of this one the page comes soonest."""
PAGE_MS = 15 * 60_000
"""Within so long the cluster is set up and the page has come."""
SCORED_MS = 10 * 60_000


def uncordon(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "sim.cli", "kind", *words],
        check=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )


@pytest.fixture(scope="session")
def address(kind_context: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that plays on the cluster, whose API server writes an audit log meanwhile."""
    uncordon("up", "--context", kind_context, "--audit")
    try:
        with serving(tmp_path_factory.mktemp("real"), context=kind_context) as found:
            yield found
    finally:
        uncordon("down", "--context", kind_context)
    assert kind.state(kind_context).left == ()


def kubectl(*words: str) -> None:
    subprocess.run([real_kubectl(), *words], check=True, timeout=60)


def test_a_run_in_the_room(room: Room, page: Page, kind_context: str, tmp_path: Path) -> None:
    begin(room, page)
    page.screenshot(path=tmp_path / "setting-up.png")
    page.wait_for_url(re.compile(r"/run/"), timeout=PAGE_MS)
    room.ready()
    expect(page.locator("#time-menu")).to_be_hidden()
    page.screenshot(path=tmp_path / "room.png")
    work(room, page)

    # What somebody else does meanwhile, past the terminal.
    kubectl("--context", kind_context, "cordon", "node-worker-1")
    kubectl("--context", kind_context, "uncordon", "node-worker-1")
    scale = ("scale", "deployment/payment-service", "-n", "payments", "--replicas=5")
    kubectl("--context", kind_context, *scale)

    room.enter("kubectl cordon node-worker-3", shows="cordoned")
    page.get_by_role("tab", name="Prober").click()
    latest = re.compile(r"share of probes that succeed, latest: all [\d.]+\s%")
    expect(page.locator("#chart-prober .plot")).to_have_attribute("aria-label", latest)
    page.screenshot(path=tmp_path / "worked.png")
    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    # At the very last, so that the run ends before its line has come.
    kubectl("--context", kind_context, *scale[:-1], "--replicas=6")
    page.locator("#closing-send").click()
    page.wait_for_url(re.compile(r"/debrief"), timeout=120_000)
    expect(page.locator(".total")).to_contain_text("of 100", timeout=SCORED_MS)
    read(page, tmp_path)


def begin(room: Room, page: Page) -> None:
    page.goto(f"{room.address}/incident/{NIGHT}")
    page.get_by_label("On the real cluster").check()
    page.get_by_text("Choose the night").click()
    page.get_by_label("Seed", exact=True).fill("0")
    page.get_by_role("button", name="Take the pager").click()
    page.wait_for_url(re.compile(r"/beginning/"))
    steps = page.get_by_role("log", name="What has been done")
    expect(steps).to_contain_text("nodes: labels, taints, sudo", timeout=180_000)
    expect(steps).to_contain_text("Services with endpoints", timeout=60_000)
    expect(steps).to_contain_text("are served", timeout=240_000)


def work(room: Room, page: Page) -> None:
    room.enter("kubectl get pods -n payments", shows="payment-service-")
    room.type("kubectl get pods -n payments payment-s")
    page.keyboard.press("Tab")
    expect(room.screen()).to_contain_text(re.compile(r"payments[ \u00a0]payment-service-\w+"))
    page.keyboard.press("Control+c")
    room.idle()
    room.type("ssh node-worker-3")
    page.keyboard.press("Enter")
    expect(room.screen()).to_contain_text(re.compile(r"node-worker-3:~[#$]"))
    page.keyboard.type("echo on $(hostname)\n")
    expect(room.screen()).to_contain_text(re.compile(r"on[ \u00a0]node-worker-3"))
    page.keyboard.press("Control+d")
    room.idle()
    room.type("kubectl get pods -n payments -w")
    page.keyboard.press("Enter")
    page.wait_for_timeout(3_000)
    page.keyboard.press("Control+c")
    room.idle()
    room.enter("kubectl cluster-info", shows="control plane is running at https://")


def read(page: Page, folder: Path) -> None:
    """Look for what has to stand on the debrief of such a run."""
    page.screenshot(path=folder / "debrief.png", full_page=True)
    expect(page.locator("body")).to_contain_text("measured, not exact")
    expect(page.locator("body")).to_contain_text(re.compile(r"The prober failed \d+ of \d+ probes"))
    expect(page.locator("body")).not_to_contain_text("may be missing")
    expect(page.locator(".engine")).to_contain_text("Played on a real cluster (kind)")
    ledger = page.locator(".ledger")
    expect(ledger).to_contain_text("from the simulator", timeout=SCORED_MS)
    expect(ledger).to_contain_text("made outside the terminal by kubernetes-admin (kubectl/")
    expect(ledger).to_contain_text("unschedulable: true")
    expect(ledger).to_contain_text("replicas: 4 -> 5")
    expect(ledger).to_contain_text("replicas: 5 -> 6")
    page.screenshot(path=folder / "scored.png", full_page=True)
