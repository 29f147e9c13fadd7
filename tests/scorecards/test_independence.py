"""Who may not review a case: every combination, against the rule said the other way round."""

from dataclasses import fields
from itertools import product

import pytest

from scorecards.independence import Involvement, barred_because

NAMES = [field.name for field in fields(Involvement)]
WORLDS = [dict(zip(NAMES, values, strict=True)) for values in product((False, True), repeat=len(NAMES))]
WORDS = {
    "handled": "handled this case",
    "decided": "decided this case",
    "approved": "approved this case",
    "declared": "declared an involvement in this case",
    "scored": "scored this case before",
}


def test_the_five_ways_of_being_involved() -> None:
    assert set(NAMES) == set(WORDS)
    assert len(WORLDS) == 32


@pytest.mark.parametrize("open_sampling", [True, False])
def test_who_may_review(open_sampling: bool) -> None:
    # Free are those who had nothing to do with the case, and a manager sampling open cases who approved it.
    free = [set()] + ([{"approved"}] if open_sampling else [])
    for world in WORLDS:
        involved = {name for name, is_so in world.items() if is_so}
        reason = barred_because(Involvement(**world), open_sampling=open_sampling)
        assert (reason is None) == (involved in free), world
        if reason is not None:
            # The reason is a true one, and never the approval where an approval does not bar.
            named = next(name for name, words in WORDS.items() if words == reason)
            assert named in involved
            assert not (open_sampling and named == "approved")


def test_nobody_is_involved_until_something_says_so() -> None:
    assert barred_because(Involvement(), open_sampling=False) is None
