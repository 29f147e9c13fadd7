"""Sharing out against printed apportionments."""

from fractions import Fraction

from sampling.strata import share_optimally, share_proportionally


def test_hamilton_1791() -> None:
    # Hamilton's bill of 1792 for 120 seats by largest remainder, populations of the 1790 census:
    # Balinski and Young, Fair Representation (1982), table of the first apportionment.
    states = {
        "Virginia": (630_560, 21),
        "Massachusetts": (475_327, 16),
        "Pennsylvania": (432_879, 14),
        "North Carolina": (353_523, 12),
        "New York": (331_589, 11),
        "Maryland": (278_514, 9),
        "Connecticut": (236_841, 8),
        "South Carolina": (206_236, 7),
        "New Jersey": (179_570, 6),
        "New Hampshire": (141_822, 5),
        "Vermont": (85_533, 3),
        "Georgia": (70_835, 2),
        "Kentucky": (68_705, 2),
        "Rhode Island": (68_446, 2),
        "Delaware": (55_540, 2),
    }
    sizes = {state: population for state, (population, _) in states.items()}
    assert sum(sizes.values()) == 3_615_920
    assert share_proportionally(sizes, 120) == {state: seats for state, (_, seats) in states.items()}


def test_thirty_seven_of_a_thousand() -> None:
    # Quotas 14.8, 11.1, 7.4, 3.7: the two largest remainders are .8 and .7.
    shares = share_proportionally({"a": 400, "b": 300, "c": 200, "d": 100}, 37)
    assert shares == {"a": 15, "b": 11, "c": 7, "d": 4}


def test_exact_optimal_allocation() -> None:
    # Wright's method (2012, The American Statistician 66, 217-224) on four strata, much the most of the
    # spread in the smallest. No single case moved from one stratum to another makes the total more precise,
    # which is enough: each stratum's gain falls with every case.
    sizes = {"a": 5234, "b": 2586, "c": 649, "d": 157}
    spreads = {"a": 251, "b": 1165, "c": 8035, "d": 24725}
    shares = share_optimally(sizes, spreads, 500)
    assert tuple(shares.values()) == (49, 112, 194, 145)

    def part(stratum: str, n: int) -> Fraction:
        return Fraction((sizes[stratum] * spreads[stratum]) ** 2, n)

    for giver in sizes:
        for taker in sizes:
            if giver != taker:
                lost = part(giver, shares[giver] - 1) - part(giver, shares[giver])
                gained = part(taker, shares[taker]) - part(taker, shares[taker] + 1)
                assert lost >= gained
