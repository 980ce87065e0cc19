"""Pages work from the server, belong to whoever started the run, and take no foreign text for markup."""

import pytest

from web.pages import MAX_SEED

from .conftest import SLUG, Visitor

EVIL = '"><script>alert(1)</script>'


def test_index_lists_the_incident_without_naming_its_cause(visitor: Visitor):
    text = visitor.get("/").text
    assert "The 02:47 page" in text
    assert "kube-proxy" not in text


def test_index_shows_a_visitor_their_own_runs_only(player: Visitor, run: str, stranger: Visitor):
    assert f"/run/{run}/" in player.get("/").text
    assert run not in stranger.get("/").text


def test_briefing_fills_in_names_and_leaves_no_placeholder(visitor: Visitor):
    text = visitor.get(f"/incident/{SLUG}").text
    assert "payment-service takes card payments" in text
    assert "{app" not in text


def test_guide_tells_the_heuristics_but_not_the_answer(visitor: Visitor):
    text = visitor.get("/guide").text
    assert "Blast radius" in text
    assert "kube-proxy" not in text


def test_take_pager_without_seed_draws_one(visitor: Visitor):
    answer = visitor.post(f"/incident/{SLUG}", seed="")
    assert answer.status_code == 302
    assert "/run/" in answer.location


def test_take_pager_from_the_seed_0_button_beside_an_empty_field(app, visitor: Visitor):
    answer = visitor.client.post(
        f"/incident/{SLUG}", data={"csrf_token": visitor.token("/"), "seed": ["", "0"]}
    )
    run = answer.location.split("/run/")[1].strip("/")
    assert app.extensions["hub"].store.find(run).seed == 0


@pytest.mark.parametrize("seed", ["x", "-1", "1.5", str(MAX_SEED), "٣", EVIL])
def test_take_pager_with_a_bad_seed_stays_and_says_why(visitor: Visitor, seed: str):
    answer = visitor.post(f"/incident/{SLUG}", seed=seed)
    assert answer.status_code == 400
    assert "A seed is a whole number" in answer.text
    assert "<script>alert" not in answer.text


def test_take_pager_without_token_is_refused(visitor: Visitor):
    answer = visitor.client.post(f"/incident/{SLUG}", data={"seed": "0"})
    assert answer.status_code == 400
    assert "CSRF" in answer.text


def test_unknown_incident_is_not_found(visitor: Visitor):
    answer = visitor.get("/incident/nope")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_pages_forbid_foreign_and_inline_script(visitor: Visitor):
    answer = visitor.get("/")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script>" not in answer.text


def test_room_shows_the_page_and_the_clock_without_script(player: Visitor, run: str):
    text = player.get(f"/run/{run}/").text
    assert "payment-service 5xx rate &gt; 5% for 3 minutes" in text
    assert "02:47:0" in text
    assert "Resolve the incident" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/run/{run}/",
        "/run/{run}/debrief",
        "/api/run/{run}/state",
        "/api/run/{run}/news",
        "/api/run/{run}/alerts",
        "/api/run/{run}/changes",
        "/api/run/{run}/chart/errors",
        "/api/run/{run}/text/alerts",
        "/api/run/{run}/complete",
        "/api/run/{run}/debrief",
    ],
)
def test_foreign_run_looks_like_one_that_never_was(run: str, stranger: Visitor, path: str):
    foreign = stranger.get(path.format(run=run))
    missing = stranger.get(path.format(run="A" * 16))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.text.replace(run, "") == missing.text.replace("A" * 16, "")


def test_foreign_run_takes_no_input(run: str, stranger: Visitor):
    assert stranger.input(run, "acknowledge").status_code == 404


def test_debrief_of_an_open_run_leads_back_to_the_room(player: Visitor, run: str):
    answer = player.get(f"/run/{run}/debrief")
    assert (answer.status_code, answer.location) == (302, f"/run/{run}/")
    assert player.get(f"/api/run/{run}/debrief").status_code == 409
