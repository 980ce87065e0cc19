"""What counts as seen: asked, on the screen, not typed by oneself, and from which moment on."""

import pytest

from sim.scenario import Quote
from sim.scoring.sights import LONG_OUTPUT, count_looks, read_part, was_typed
from tests.scoring.evening import Evening, ms, shows

FACT = "rules-sparse"


def test_fact_is_known_from_the_moment_an_output_shows_it():
    evening = Evening()
    evening.look(3, FACT)
    known = evening.story().known[FACT]
    assert (known.at, known.quote.lines) == (ms(3), (f"it shows {FACT}",))


def test_fact_in_a_stream_is_known_when_its_line_comes_and_not_at_the_end():
    evening = Evening()
    number = evening.types(1, "kubectl get pods -w")
    evening.prints(1, number, "nothing\n")
    evening.prints(2, number, shows(FACT))
    evening.prints(9, number, "more\n")
    story = evening.story()
    assert story.known[FACT].at == ms(2)
    assert story.sights[0].at == ms(9)


def test_line_that_comes_in_two_pieces_is_read_whole():
    evening = Evening()
    number = evening.types(1, "kubectl get pods -w")
    evening.prints(1, number, "it shows rules")
    evening.prints(2, number, "-sparse\n")
    assert evening.story().known[FACT].at == ms(2)


def test_output_that_asked_nobody_shows_nothing():
    evening = Evening()
    evening.look(3, FACT, line="cat notes.txt", asked=False)
    assert not evening.story().known


def test_long_output_shows_its_last_screen_only():
    filler = "".join(f"line {number}\n" for number in range(LONG_OUTPUT))
    top, end = Evening(), Evening()
    top.look(3, text=shows(FACT) + filler)
    end.look(3, text=filler + shows(FACT))
    assert FACT not in top.story().known
    assert FACT in end.story().known


def test_two_hundred_lines_are_read():
    assert read_part("x\n" * 200) == "x\n" * 200
    assert read_part("x\n" * 201).count("x") == 40


def test_what_the_command_line_brought_along_is_not_news():
    evening = Evening()
    evening.look(3, FACT, line=f"kubectl get ns >/dev/null; echo 'it shows' '{FACT}'")
    evening.look(4, FACT, line=f'ssh node-worker-3 "echo it shows {FACT}"')
    assert not evening.story().known


@pytest.mark.parametrize(
    ("shown", "line", "typed"),
    [
        ("FATAL: no route", "echo 'FATAL:' 'no route'", True),
        ("FATAL: no route", 'printf "FA""TAL: no route"', True),
        ("payment-a 1/1 Running 0 6m", "kubectl get pod payment-a", False),
        ("413", "kubectl get svc | grep -c 413", False),
    ],
)
def test_repeating_words_is_told_from_showing_them(shown, line, typed):
    assert was_typed(Quote((shown,)), line) is typed


# -- panels ---------------------------------------------------------------------------------------


def test_panel_of_the_room_counts_as_seen():
    evening = Evening()
    evening.panel(3, FACT, name="changes")
    assert evening.story().known[FACT].sight.source == "panel:0"


def test_panel_on_a_terminal_shows_what_was_printed():
    evening = Evening()
    number = evening.types(3, "incident changes | head -1")
    evening.panel(3, FACT, "proxy-oom-killed", name="changes", command=number)
    evening.prints(3, number, shows(FACT))
    assert set(evening.story().known) == {FACT}


def test_panel_that_was_redirected_shows_nothing():
    evening = Evening()
    number = evening.types(3, "incident changes > out.txt")
    evening.panel(3, FACT, name="changes", command=number)
    assert not evening.story().known
    assert not evening.story().sights


# -- counting -------------------------------------------------------------------------------------


def counted(evening: Evening) -> list[int]:
    return [glance.weight for glance in evening.story().looks]


def test_command_with_its_panels_is_one_look():
    evening = Evening()
    number = evening.types(3, "incident dashboard errors ready")
    for name in ("errors", "ready"):
        evening.panel(3, FACT, name=name, command=number)
    evening.prints(3, number, shows(FACT))
    assert counted(evening) == [1]


def test_action_is_no_look_and_a_debug_pod_is_one():
    evening = Evening()
    evening.cordon(2)
    evening.prints(2, 0, "node cordoned\n")
    evening.act(3, "create", "pods/default/debug")
    evening.prints(3.1, 1, "timed out\n")
    assert counted(evening) == [1]


@pytest.mark.parametrize(
    ("line", "looks"),
    [
        ("kubectl get pods | grep a | wc -l", 1),
        ("kubectl get pods; kubectl get nodes", 2),
        ("a=1 kubectl get pods && ssh n uptime || incident alerts", 3),
        ("for p in a b; do kubectl logs $p; done", 1),
        ("for p in $(kubectl get pods -o name); do kubectl logs $p; done", 2),
        ("kubectl get pods -l app=kubectl", 1),
    ],
)
def test_line_is_as_many_looks_as_questions_stand_in_it(line, looks):
    evening = Evening()
    evening.look(3, line=line)
    assert counted(evening) == [looks]


def test_looks_before_the_page_do_not_count():
    evening = Evening()
    evening.look(-1)
    assert counted(evening) == []


def test_same_panel_later_is_no_further_look():
    evening = Evening()
    for minute in (1, 2, 3):
        evening.panel(minute, name="errors")
    evening.panel(4, name="errors", by="node")
    assert len(count_looks(evening.story().sights, ())) == 2
