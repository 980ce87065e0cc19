"""Names and hashes that controllers make up."""

from __future__ import annotations

from sim.control.naming import PodNames, draw_suffix, safe_encode, template_hash
from sim.kernel import Stream
from tests.control.world import template


def test_hash_uses_the_alphabet_of_real_hashes() -> None:
    assert set(template_hash(template("web"))) <= set("456789bcdf")
    assert safe_encode("0123456789") == "456789bcdf"


def test_collision_count_changes_the_hash() -> None:
    assert template_hash(template("web")) != template_hash(template("web"), 1)


def test_hash_does_not_depend_on_the_order_of_fields() -> None:
    made = template("web")
    assert template_hash(made) == template_hash(dict(reversed(made.items())))


def test_pinned_suffixes_come_first_then_drawn_ones() -> None:
    names = PodNames(Stream("s"), {"web-1": ["x2k9m"]})
    assert names.next("shop", "web-1") == "web-1-x2k9m"
    assert names.next("shop", "web-1") == f"web-1-{names.suffix('shop', 'web-1', 1)}"


def test_existing_pods_count_as_made() -> None:
    names = PodNames(Stream("s"))
    names.count_existing("shop", "web-1", 4)
    assert names.next("shop", "web-1") == f"web-1-{names.suffix('shop', 'web-1', 4)}"


def test_suffix_has_five_unambiguous_characters() -> None:
    suffix = draw_suffix(Stream("s"))
    assert len(suffix) == 5
    assert set(suffix) <= set("bcdfghjklmnpqrstvwxz2456789")
