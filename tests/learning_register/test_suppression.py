"""Small counts in what is published: in all small worlds nobody can work one out, even knowing the rule."""

from collections import defaultdict
from itertools import product

import pytest

from learning_register.suppression import SMALLEST_SHOWN, published_counts, published_total


@pytest.mark.parametrize(("kinds", "most"), [(1, 30), (2, 16), (3, 11), (4, 8)])
def test_what_is_hidden_cannot_be_worked_out(kinds: int, most: int) -> None:
    behind = defaultdict(list)
    for counts in product(range(most + 1), repeat=kinds):
        behind[tuple(published_counts(counts)), published_total(counts)].append(counts)
    for (shown, total), possible in behind.items():
        for place, count in enumerate(shown):
            values = {counts[place] for counts in possible}
            if count is not None:
                assert values == {count}
                assert count == 0 or count >= SMALLEST_SHOWN
                continue
            assert len(values) > 1
            # Beside a total it may even be large; without one, how small it is stays open.
            assert total is None or max(values) >= SMALLEST_SHOWN


def test_what_is_large_enough_is_shown_with_its_total() -> None:
    assert published_counts([0, 7, 12]) == [0, 7, 12]
    assert published_total([0, 7, 12]) == 19
    assert published_counts([2, 7, 12, 7]) == [None, None, 12, None]
    assert published_total([2, 7, 12, 7]) == 28
    assert published_total([2, 3]) is None
    with pytest.raises(ValueError, match="below zero"):
        published_counts([-1])
