"""Before and after against Fisher's own tables."""

from fractions import Fraction

import pytest

from learning_register.effectiveness import Effect, compare


@pytest.mark.parametrize(
    ("before", "after", "chance", "verdict"),
    [
        # Fisher (1935), The Design of Experiments, chapter II: eight cups of tea, four with the milk first.
        # All told apart: 1 way in 70. One of each mistaken: 16 more.
        ((4, 4), (0, 4), Fraction(1, 70), Effect.WORKED),
        ((3, 4), (1, 4), Fraction(17, 70), Effect.NOT_SHOWN),
        ((0, 4), (4, 4), Fraction(1), Effect.WORSE),
        # Fisher (1934), Statistical Methods for Research Workers, 5th ed., section 21.02: the brothers of
        # criminal twins, 10 of 13 convicted when alike and 2 of 17 when not.
        ((10, 13), (2, 17), Fraction(619, 1330665), Effect.WORKED),
    ],
)
def test_fishers_tea_and_twins(
    before: tuple[int, int], after: tuple[int, int], chance: Fraction, verdict: Effect
) -> None:
    result = compare(before, after)
    assert result.p_value == pytest.approx(float(chance), rel=1e-12)
    assert result.verdict is verdict
