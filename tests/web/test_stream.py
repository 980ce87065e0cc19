"""The WebSocket of a tab: two tabs read the same, a late one misses nothing, a foreign page gets none."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
import websocket

from tests.serving import serving

from .conftest import SLUG


class Browser:
    """Cookies and a token, as far as a socket needs them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.jar = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar)).open
        page = self._open(f"{address}/incident/{SLUG}").read().decode()
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None
        form = urlencode({"csrf_token": found[1], "seed": "0"}).encode()
        answer = self._open(f"{address}/incident/{SLUG}", form)
        self.run = answer.url.split("/run/")[1].strip("/")

    def connect(self, since: int = 0, origin: str | None = None) -> websocket.WebSocket:
        cookie = "; ".join(f"{one.name}={one.value}" for one in self.jar)
        url = f"{self.address.replace('http', 'ws')}/run/{self.run}/stream?since={since}"
        return websocket.create_connection(
            url, cookie=cookie, origin=origin or self.address, timeout=20
        )


class Tab:
    """Reads a socket until something has come."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.records: list[dict] = []
        self.next = 0

    def until(self, holds) -> dict:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            message = json.loads(self.socket.recv())
            if message["type"] == "records":
                self.records += message["records"]
                self.next = message["next"]
            if holds(message):
                return message
        raise AssertionError("did not come")

    def ask(self, **message: object) -> dict:
        self.socket.send(json.dumps({"id": 1, **message}))
        return self.until(lambda answer: answer.get("id") == 1)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with serving(tmp_path_factory.mktemp("stream")) as address:
        yield Browser(address)


def noted(text: str):
    return lambda message: any(record.get("text") == text for record in message.get("records", ()))


def test_two_tabs_see_what_one_of_them_did(browser: Browser):
    one, two = Tab(browser.connect()), Tab(browser.connect())
    note = {"kind": "note", "payload": {"text": "seen by both"}}
    assert one.ask(type="input", **note) == {
        "type": "input",
        "id": 1,
        "answer": "noted",
    }
    two.until(noted("seen by both"))
    one.socket.close()
    two.socket.close()


def test_tab_that_comes_back_gets_what_it_missed_and_nothing_twice(browser: Browser):
    one = Tab(browser.connect())
    one.until(lambda message: message["type"] == "records")
    since = one.next
    one.socket.close()
    two = Tab(browser.connect())
    two.ask(type="input", kind="note", payload={"text": "while away"})
    two.until(noted("while away")) if not noted("while away")({"records": two.records}) else None
    late = Tab(browser.connect(since=since))
    late.until(noted("while away"))
    assert all(record["kind"] != "alert" for record in late.records)
    two.socket.close()
    late.socket.close()


def test_bad_messages_are_answered_and_the_tab_lives_on(browser: Browser):
    tab = Tab(browser.connect())
    tab.socket.send("not json")
    assert tab.until(lambda message: message["type"] == "error")["error"] == "not JSON"
    assert "no such message" in tab.ask(type="nonsense")["error"]
    assert tab.ask(type="chart", panel="errors", by="")["unit"] == "%"
    tab.socket.close()


def test_page_of_another_site_gets_no_stream(browser: Browser):
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        browser.connect(origin="http://evil.example")
    assert refusal.value.status_code == 403
