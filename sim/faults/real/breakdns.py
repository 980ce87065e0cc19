"""CoreDNS is told to answer wrongly for a zone, as a careless change of its configuration does."""

from __future__ import annotations

import re

from sim.apimachinery.wire import Obj
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import BreakDns

CONFIGMAP = "/api/v1/namespaces/kube-system/configmaps/coredns"
PODS = "/api/v1/namespaces/kube-system/pods"
SELECTOR = "k8s-app=kube-dns"
_SERVER = re.compile(r"^\.:53\s*\{[ \t]*$", re.MULTILINE)
_RELOAD = re.compile(r"^\s*reload\b", re.MULTILINE)


def break_dns(fault: BreakDns, backend: RealBackend, hand: Hand) -> Steps:
    """Change the Corefile and start CoreDNS anew, which would else read it a minute or two later.

    Put back by the journal alone, it takes that minute or two.
    """
    why = preflight(hand)
    if why:
        raise hand.failed(why)

    def spoil(old: Obj) -> Obj:
        data = old.get("data") or {}
        return {**old, "data": {**data, "Corefile": spoiled(data["Corefile"], fault)}}

    entries = hand.change("Corefile of CoreDNS", CONFIGMAP, spoil)
    _restart(hand)
    if fault.lasting is not None:
        yield hand.pause(backend.plan.drawn(f"lasting.{fault.id}", fault.lasting))
        for entry in entries:
            hand.undo(entry)
        _restart(hand)


def preflight(hand: Hand) -> str:
    """Return in one sentence why it cannot be done on this cluster; empty if it can."""
    return obstacle(hand.find(CONFIGMAP))


def obstacle(config: Obj | None) -> str:
    """Return in one sentence why the ConfigMap cannot be used; empty if it can."""
    corefile = ((config or {}).get("data") or {}).get("Corefile", "")
    if not _SERVER.search(corefile):
        return "there is no ConfigMap coredns with a Corefile for `.:53`"
    if not _RELOAD.search(corefile):
        return "CoreDNS does not reload its Corefile here, so it would not hear that it is put back"
    return ""


def spoiled(corefile: str, fault: BreakDns) -> str:
    """Return *corefile* with an answer for the zone before all others; `template` comes before `kubernetes`.

    The order of plugins is that of CoreDNS' own plugin.cfg, not that of the file.
    """
    answer = f"    template ANY ANY {fault.zone} {{\n        rcode {fault.answer}\n    }}"
    return _SERVER.sub(lambda found: f"{found[0]}\n{answer}", corefile, count=1)


def _restart(hand: Hand) -> None:
    for pod in hand.listed(PODS, SELECTOR):
        hand.ask("DELETE", f"{PODS}/{pod['metadata']['name']}")
