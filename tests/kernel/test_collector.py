"""The garbage collector rests during a build and not after it."""

import gc

import pytest

from sim.kernel import uncollected


@uncollected
def build(error=None):
    if error:
        raise error
    return gc.isenabled()


def test_the_collector_rests_during_a_build():
    assert build() is False
    assert gc.isenabled()


def test_the_collector_works_again_after_a_build_that_failed():
    with pytest.raises(KeyError):
        build(KeyError())
    assert gc.isenabled()
