"""The trainee's own kubectl: the file that the room hands out opens the run, and dies with it."""

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.kubectl.gateway import real_kubectl

from .conftest import SLUG, Room, violations

pytestmark = pytest.mark.browser


def kubectl(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [real_kubectl(), "--kubeconfig", config, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"HOME": str(config.parent)},
    )


def downloaded(page: Page, folder: Path) -> Path:
    """Open the dialog and save its file."""
    page.get_by_role("button", name="Own kubectl").click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download the kubeconfig").click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def test_downloaded_file_opens_this_run_until_it_is_closed(room: Room, page: Page, tmp_path: Path):
    room.take_pager()
    config = downloaded(page, tmp_path)
    assert re.fullmatch(r"uncordon-[\w-]+\.yaml", config.name)
    expect(page.locator("#outside-export")).to_contain_text(f"Downloads/{config.name}")
    expect(page.locator("#outside")).to_contain_text("This night is dated")
    page.keyboard.press("Escape")
    expect(page.locator("#outside")).to_be_hidden()

    done = kubectl(config, "cordon", "node-worker-3")
    assert (done.returncode, done.stdout) == (0, "node/node-worker-3 cordoned\n"), done.stderr
    room.enter("kubectl get node node-worker-3", shows="SchedulingDisabled")

    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    page.locator("#closing-send").click()
    page.wait_for_url(re.compile(r"/debrief$"))
    expect(page.locator(".ledger")).to_contain_text("cordon")
    after = kubectl(config, "get", "nodes")
    assert after.returncode == 1
    assert "You must be logged in to the server" in after.stderr


def test_todays_clock_is_chosen_on_the_briefing(room: Room, page: Page):
    page.goto(f"{room.address}/incident/{SLUG}")
    page.get_by_text("Choose the night").click()
    page.get_by_label("Start on today's clock").check()
    page.get_by_role("button", name="Take seed 0").click()
    room.ready()
    page.get_by_role("button", name="Own kubectl").click()
    expect(page.locator("#outside")).to_be_visible()
    expect(page.locator("#outside")).not_to_contain_text("This night is dated")
    assert violations(page) == []


def test_text_and_line_are_copied(room: Room, page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    room.take_pager()
    page.get_by_role("button", name="Own kubectl").click()
    page.get_by_role("button", name="Copy its text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("() => navigator.clipboard.readText()")
    assert text.startswith("apiVersion: v1\nkind: Config\n")
    expect(page.get_by_role("button", name="Copy its text")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()").startswith("export KUBECONFIG=")
