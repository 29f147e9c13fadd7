"""Sharing out against printed apportionments."""

from sampling.strata import share_proportionally


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
