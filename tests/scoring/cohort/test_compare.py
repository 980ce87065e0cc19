"""Groups side by side, and what is written and drawn of them."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from sim.scoring.cohort.compare import compare
from sim.scoring.cohort.page import document
from sim.scoring.cohort.sample import Sample
from sim.scoring.cohort.tables import as_csv, as_json, as_text
from tests.scoring.cohort.made import crowd, sample

JUNIORS = crowd("j", [41.0, 45.0, 38.0, 50.0, 44.0], [1200.0, 1100.0, None, 1300.0, 1250.0])
SENIORS = crowd("s", [80.0, 84.0, 79.0, 90.0, 83.0], [400.0, 420.0, 380.0, 450.0, 410.0])


@pytest.fixture(scope="module")
def found():
    return compare({"junior": JUNIORS, "senior": SENIORS}, [("x", "still open")])


def test_spreads_and_survival(found) -> None:
    spread = found.spreads["total"]["junior"]
    assert (spread.n, spread.median, spread.least, spread.most) == (5, 44.0, 38.0, 50.0)
    curve = found.survival["mitigate"]["junior"]
    assert (curve.happened, curve.n, curve.median) == (4, 5, 1250.0)


def test_text_says_how_many_were_looked_at(found) -> None:
    text = as_text(found)
    assert "9 differences were looked at" in text
    assert "left out: x: still open" in text
    assert "* junior had 39.6 points less in total than senior (95 % CI " in text


def test_csv_has_a_row_for_each_run_and_no_formula() -> None:
    odd = compare({'=HYPERLINK("x")': [sample("-r", mitigate=None)]})
    (row,) = csv.DictReader(io.StringIO(as_csv(odd)))
    assert (row["group"][:2], row["run"], row["mitigate_s"]) == ("'=", "'-r", "")


def test_long_names_are_written_whole() -> None:
    titles = {"users-loss": "Temporary measures undone and checked", "updates": "Updates"}
    long = "those who were trained in the spring"
    groups = {
        name: [replace(one, titles=titles) for one in group]
        for name, group in ((long, JUNIORS), (f"{long}, again", SENIORS))
    }
    whole = compare(groups)
    text = as_text(whole)
    assert f"\nTemporary measures undone and checked  {long} " in text
    assert "…" not in document(whole)
    assert ">undone and checked</tspan>" in document(whole)


def test_json_holds_the_samples(found) -> None:
    whole = json.loads(as_json(found))
    assert Sample.loaded(whole["groups"]["junior"][0]) == JUNIORS[0]
    assert whole["pairs"][0]["level"] == "night"
    assert as_json(found) == as_json(
        compare({"junior": JUNIORS, "senior": SENIORS}, [("x", "still open")])
    )


def test_the_report_is_one_page_by_itself_and_escapes_names() -> None:
    html = document(compare({"<b>": JUNIORS, "s&s": SENIORS}))
    assert "<b>:" not in html.replace("<b>&lt;b&gt;</b>", "")
    assert "http" not in html
    assert "src=" not in html
    pictures = html.split("<svg")[1:]
    assert len(pictures) > 7
    for picture in pictures:
        ET.fromstring(f"<svg{picture.partition('</svg>')[0]}</svg>")


def test_first_looks_are_counted_once_a_run() -> None:
    one = sample("a", looks=((10, "get"), (20, "get"), (30, "logs"), (40, "changes")))
    other = sample("b", looks=((50, "changes"),))
    rows = {row.kind: row for row in compare({"g": [one, other]}).looks["g"]}
    assert (rows["get"].share, rows["get"].early, rows["get"].median_s) == (0.5, 0.5, 10)
    assert (rows["changes"].share, rows["changes"].early, rows["changes"].median_s) == (1, 0.5, 45)


def test_more_than_four_groups_are_held_against_the_first() -> None:
    groups = {name: crowd(name, [50.0]) for name in "abcde"}
    pairs = [(pair.first, pair.second) for pair in compare(groups).pairs]
    assert pairs == [("b", "a"), ("c", "a"), ("d", "a"), ("e", "a")]


def test_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="no run"):
        compare({"a": []})
