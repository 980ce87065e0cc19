"""A night that was drawn, on a real cluster: nothing on the way says which of the family it is."""

import re
from types import SimpleNamespace

import pytest

from sim.backends.kind import backend as backends
from sim.backends.kind.journal import Journal
from sim.backends.kind.undo import OnNode
from sim.faults import real as faults
from sim.faults.real.hand import UNNAMED, Hand, InjectionError
from sim.scenario import Catalogue
from sim.session import kindground
from sim.session.ground import NoGroundError
from sim.session.kind import State
from sim.session.kindground import LEAD_MS, NOT_ALL, find_ground, offer
from sim.session.leaks import leaks
from sim.session.real import UNTOLD
from tests.session.fakekind import FakeKind, Wall, begin

SEEDS = {"payments-0247": 1, "payments-heron": 5, "payments-swift": 11, "payments-wren": 0}
UP = State(up=True, sentence="kind-uncordon is up: v1.35.0, 4 nodes Ready", context="kind-uncordon")
TELLING = re.compile(r"0247|heron|wren|swift|kestrel", re.IGNORECASE)


class Cluster:
    """What is told and asked of the cluster's side while a run begins and ends."""

    def __init__(self):
        self.lines: list[str] = []
        self.held = ""
        self.begins: list[int] = []
        self.looked: list[str] = []

    def on_cluster(self, context, what, progress):
        self.held = what

        def make(scenario, seed, **more):
            progress("everything is ready")
            self.begins.append(scenario.real.begins)
            made = FakeKind(scenario, seed, other=0, **more)
            made.close = lambda: progress("undo: kube-proxy's memory limit 16Mi")
            return made

        return make


@pytest.fixture
def cluster(monkeypatch):
    made = Cluster()
    monkeypatch.setattr(kindground.kind, "state", lambda context="": UP)
    monkeypatch.setattr(backends, "on_cluster", made.on_cluster)
    monkeypatch.setattr(faults, "look_ahead", lambda timeline, _: made.looked.append(len(timeline)))
    return made


@pytest.fixture(scope="module")
def nights():
    return Catalogue().nights("payments")


@pytest.mark.parametrize(("slug", "seed"), SEEDS.items())
def test_nothing_says_which_it_is_and_its_page_comes_when_any_would(
    slug, seed, cluster, nights, store
):
    scenario, family = Catalogue().choose("payments", seed)
    assert (scenario.slug, family) == (slug, "payments")
    ground = find_ground("", f"a run of {family}", nights)
    progress = cluster.lines.append
    session = begin(scenario, store, Wall(), ground, seed, mystery=family, progress=progress)
    assert session.run.paged_at - cluster.begins[0] == LEAD_MS
    assert len(cluster.looked) == len(nights)
    assert session.title == "The 02:47 page"
    session.interrupt("its process has ended")
    session.wait_left()
    told = [*cluster.lines, *ground.notes, cluster.held, session.title, session.over]
    assert "everything is ready" in told
    assert not any(line.startswith("undo") or TELLING.search(line) for line in told)
    assert leaks(session.run) == []
    assert leaks(session.run, iter([("told", line) for line in told])) == []
    session.release()


def test_a_named_night_begins_as_it_says_and_tells_what_is_undone(cluster, nights, store):
    wren = nights[-1]
    ground = find_ground("", f"a run of {wren.slug}")
    session = begin(wren, store, Wall(), ground, progress=cluster.lines.append)
    assert cluster.begins == [wren.real.begins]
    assert cluster.looked == []
    session.release()
    assert ground._backend is not None
    assert "undo: kube-proxy's memory limit 16Mi" in cluster.lines


def test_a_cluster_that_cannot_have_one_of_them_is_refused_whichever_is_drawn(
    cluster, nights, store, monkeypatch
):
    def look_ahead(timeline, _):
        if any(one.fault == "starve-proxy" for one in timeline):
            raise InjectionError("kube-proxy runs in the mode ipvs")

    monkeypatch.setattr(faults, "look_ahead", look_ahead)
    for seed in (SEEDS["payments-0247"], SEEDS["payments-heron"]):
        scenario, family = Catalogue().choose("payments", seed)
        ground = find_ground("", "a run of payments", nights)
        with pytest.raises(NoGroundError, match=re.escape(NOT_ALL)):
            begin(scenario, store, Wall(), ground, seed, mystery=family)


def test_a_family_is_offered_if_all_of_it_can_be_played(cluster, nights):
    assert offer(nights) == (
        True,
        f"{UP.sentence}. It takes some minutes until the page comes.",
    )
    unreal = nights[0].model_copy(update={"real": None})
    assert not offer([*nights[1:], unreal])[0]
    with pytest.raises(NoGroundError, match="has no section `real`"):
        find_ground("", "a run of payments", [*nights[1:], unreal]).factory(nights[1], print)


@pytest.mark.parametrize("mystery", ["", "payments"])
def test_what_could_not_be_done_is_told_only_of_a_named_night(
    mystery, nights, store, cluster, monkeypatch
):
    ground = find_ground("", "a run", nights if mystery else ())
    session = begin(nights[0], store, Wall(), ground, mystery=mystery)
    said = "starve-proxy (proxy-stuck) could not be done: on node-worker-3: no such file"

    def fail(_until):
        raise InjectionError(said)

    monkeypatch.setattr(session.run.guard, "advance", fail)
    session.tick()
    assert session.over == (UNTOLD if mystery else said)
    session.release()


@pytest.mark.parametrize(
    ("drawn", "said"), [(True, UNNAMED), (False, "the rules on node-worker-3")]
)
def test_the_journal_names_no_change_of_a_drawn_night(drawn, said, tmp_path):
    journal = Journal("lab", environ={"XDG_STATE_HOME": str(tmp_path)})
    cluster = SimpleNamespace(journal=journal)
    backend = SimpleNamespace(env=None, world=None, cluster=cluster, drawn=drawn)
    Hand("starve-proxy", backend).did("the rules on node-worker-3", OnNode("n", ("true",)))
    assert [one.what for one in journal.entries()] == [said]
