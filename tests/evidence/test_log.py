"""The evidence log and its JSON lines."""

import pytest

from sim.evidence import (
    BetRecord,
    EvidenceLog,
    FreezeRecord,
    ImpactRecord,
    NoteRecord,
    OutcomeRecord,
    OutputRecord,
    ThinkRecord,
    UpdateRecord,
)


def test_a_log_is_read_back_as_it_was_written():
    log = EvidenceLog(
        [
            OutputRecord(at=1, input=0, command=0, stream="stdout", text="ü\n\x1b[1m"),
            UpdateRecord(at=2, input=1, text="t", fields={"impact": "12 %"}),
            ImpactRecord(at=3, application="a", arrivals=1.5, failed=0.1, errors=0.1),
            ThinkRecord(at=4, input=2, text="a node"),
            BetRecord(at=5, input=3, text="t", metric="errors", below=0.01, within_ms=9, sure=80),
            OutcomeRecord(at=14, input=3, value=0.1, right=False),
            FreezeRecord(at=15, input=4, point="p", ranking=["b", "a"]),
        ]
    )
    assert list(EvidenceLog.loads(log.dumps())) == list(log)


def test_listeners_hear_each_record_once():
    log, heard = EvidenceLog(), []
    log.listen(heard.append)
    log.append(NoteRecord(at=1, text="x"))
    assert heard == [NoteRecord(at=1, text="x")]


def test_a_log_of_another_version_is_refused():
    with pytest.raises(ValueError, match="not an evidence log"):
        EvidenceLog.loads('{"schema":"uncordon.evidence","version":99}\n')


def test_a_log_of_the_first_version_is_still_read():
    text = (
        '{"schema": "uncordon.evidence", "version": 1}\n'
        '{"application":"a","arrivals":1.5,"at":3,"by":{},"errors":0.1,"failed":0.1,"input":-1,"kind":"impact"}\n'
        '{"amount_ms":0,"at":4,"input":0,"kind":"time","what":"paused"}\n'
    )
    impact, time = EvidenceLog.loads(text)
    assert (impact.by_call, time.point) == ({}, "")


def test_an_unknown_kind_is_refused():
    text = EvidenceLog().dumps() + '{"kind":"nope"}\n'
    with pytest.raises(ValueError, match="unknown kind"):
        EvidenceLog.loads(text)
