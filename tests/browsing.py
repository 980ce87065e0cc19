"""A page of a real Chromium at a real server of its own, for what is measured or pictured."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.serving import serving


@contextmanager
def browsing(width: int = 1280, height: int = 720) -> Iterator[tuple[Page, str]]:
    """Yield a page of *width* x *height* pixels and the server's address."""
    with (
        tempfile.TemporaryDirectory() as data,
        serving(Path(data)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            # A container's Chromium has neither a sandbox nor much shared memory.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield browser.new_page(viewport={"width": width, "height": height}), address
        browser.close()
