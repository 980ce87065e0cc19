"""A list in pages is the list, byte for byte."""

from tests.bench.tables import crowded, encoded, get_all, merged


def test_pages_of_500_are_the_whole_table_byte_for_byte():
    api = crowded(1_201)
    assert encoded(merged(api)) == encoded(get_all(api))
