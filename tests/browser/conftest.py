"""Real Chromium against a real server; whatever a page throws fails the test that saw it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import missing
from tests.serving import ROOT, serving

SLUG = "payments-0247"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VENDOR = ROOT / "web" / "static" / "vendor" / "xterm.mjs"

PATIENCE_MS = 120_000
"""A machine that runs other tests beside this one may take long; one that is done is not waited for."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing("browser", "no chromium on PATH")
    if not VENDOR.exists():
        missing("browser", "no browser libraries: make web/static/vendor/.done")
    # A container's Chromium has neither a sandbox nor much shared memory.
    return {"executable_path": chromium, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def address(
    tmp_path_factory: pytest.TempPathFactory, browser_type_launch_args: dict[str, Any]
) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="session")
def base_url(address: str) -> str:
    """Stand in for pytest-base-url's fixture, which warns with a new pytest."""
    return address


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that must not throw."""
    page.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert wrong == []


class Room:
    """The incident room as a person at the keyboard has it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def take_pager(self) -> None:
        """Choose seed 0 on the briefing and wait for the room."""
        self.page.goto(f"{self.address}/incident/{SLUG}")
        self.page.get_by_text("Choose the night").click()
        self.page.get_by_role("button", name="Take seed 0").click()
        self.ready()

    def ready(self) -> None:
        expect(self.page.locator("body")).to_have_class(re.compile(r"\bready\b"))

    def screen(self, name: str = "t1") -> Locator:
        return self.page.locator(f"#screen-{name} .xterm-rows")

    def text(self, name: str = "t1") -> str:
        """Return what the terminal shows, lines joined where the screen broke them."""
        rows = self.page.locator(f"#screen-{name} .xterm-rows > div").all_text_contents()
        return "\n".join(rows).replace("\u00a0", " ")

    def type(self, line: str) -> None:
        self.page.locator("#screen-t1").click()
        self.page.keyboard.type(line)

    def enter(self, line: str, *, shows: str = "") -> None:
        """Type a line and wait until the prompt is back, and for *shows* on the screen."""
        self.type(line)
        self.page.keyboard.press("Enter")
        self.idle()
        if shows:
            expect(self.screen()).to_contain_text(re.compile(shows.replace(" ", r"[ \u00a0]")))

    def idle(self) -> None:
        """Wait until what was entered has ended and a prompt is the last line."""
        self.page.wait_for_function(
            """() => {
                const rows = [...document.querySelectorAll("#screen-t1 .xterm-rows > div")];
                const text = rows.map(row => row.textContent.replaceAll("\\u00a0", " ").trimEnd());
                const last = text.filter(Boolean).at(-1) ?? "";
                return document.querySelector("#tab-t1 .running").hidden && last.endsWith("~$");
            }"""
        )

    def skip(self, minutes: int) -> None:
        self.page.locator("#time-menu summary").click()
        self.page.get_by_role("button", name=f"Skip {minutes} min").click()

    def tab(self, name: str) -> None:
        self.page.locator("#desk").get_by_role("tab", name=name).click()


@pytest.fixture
def room(page: Page, address: str) -> Room:
    return Room(page, address)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong on the page as it stands."""
    if not AXE.exists():
        missing("browser", "no axe-core: make web/static/vendor/.done")
    page.evaluate("source => { (0, eval)(source); }", _source())
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
    )
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def _source() -> str:
    return Path(AXE).read_text()
