import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.app import create_app

SLUG = "payments-0247"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    data: Path = tmp_path_factory.mktemp("web")
    made = create_app({"DATA": str(data), "TESTING": True})
    yield made
    made.extensions["hub"].close()
    made.extensions["hub"].store.close()


class Visitor:
    """A browser without scripts: keeps its cookie and sends the token of the last page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = self.token("/guide")

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def get(self, path: str):
        return self.client.get(path)

    def post(self, path: str, **form: str):
        return self.client.post(path, data={"csrf_token": self._token, **form})

    def take_pager(self, seed: int = 0) -> str:
        """Start a run and return its id."""
        answer = self.post(f"/incident/{SLUG}", seed=str(seed))
        assert answer.status_code == 302, answer.text
        return answer.location.split("/run/")[1].strip("/")

    def input(self, run: str, kind: str, **payload: object):
        return self.client.post(
            f"/api/run/{run}/input",
            json={"kind": kind, "payload": payload},
            headers={"X-CSRFToken": self._token},
        )


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture(scope="module")
def player(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture(scope="module")
def run(player: Visitor) -> str:
    return player.take_pager()
