"""The evidence log and its JSON lines."""

import pytest

from sim.evidence import EvidenceLog, ImpactRecord, NoteRecord, OutputRecord, UpdateRecord


def test_a_log_is_read_back_as_it_was_written():
    log = EvidenceLog(
        [
            OutputRecord(at=1, input=0, command=0, stream="stdout", text="ü\n\x1b[1m"),
            UpdateRecord(at=2, input=1, text="t", fields={"impact": "12 %"}),
            ImpactRecord(at=3, application="a", arrivals=1.5, failed=0.1, errors=0.1),
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


def test_an_unknown_kind_is_refused():
    text = EvidenceLog().dumps() + '{"kind":"nope"}\n'
    with pytest.raises(ValueError, match="unknown kind"):
        EvidenceLog.loads(text)
