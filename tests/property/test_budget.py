"""The number of examples is a promise of docs/reliability.md."""

from tests.property.budget import EXAMPLES


def test_all_properties_together_get_ten_thousand_examples():
    assert sum(EXAMPLES.values()) >= 10_000
