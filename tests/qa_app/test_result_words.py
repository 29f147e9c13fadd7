"""The sentences that read a sample's results."""

from dataclasses import replace

import pytest

from qa_app.result_words import (
    cost_sentence,
    draws_sentence,
    hours_in_words,
    method_sentence,
    order_sentences,
    replaced_sentence,
    rerolls_sentence,
    running_sentence,
    teams_sentence,
)
from sampling.series import Series
from scorecards.running_results import RunningResult
from scorecards.verdicts import judge

RUNNING = RunningResult(
    measure="outcome",
    standard="0.98",
    confidence=0.95,
    population=812,
    drawn=234,
    reviewed=120,
    readable=234,
    is_by_stratum=False,
    waits_for=None,
    would_reach=120,
    low=(0.5,) * 119 + (0.968,),
    high=(1.0,) * 119 + (0.997,),
    met=tuple(range(1, 121)),
    not_assessable=0,
    first_met=None,
    first_missed=None,
    contradicted_at=None,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Not shown yet after 120 of 234: at least 96.8%, at most 99.7%."),
        ({"first_met": 120}, "Already shown to meet after 120 of 234."),
        (
            {"first_met": 99},
            "Already shown to meet after 99 of 234. After 120: at least 96.8%, at most 99.7%.",
        ),
        ({"first_missed": 120}, "Already shown to be missed after 120 of 234."),
        ({"low": (), "high": ()}, "Nothing can be read yet: the first case in the order"),
        ({"contradicted_at": 12, "first_met": 3}, "Nothing can be read after case 12: no number of failing"),
    ],
)
def test_what_shows_while_it_runs(changes: dict[str, object], words: str) -> None:
    assert running_sentence(replace(RUNNING, **changes)).startswith(words)  # type: ignore[arg-type]


def test_what_the_limits_rest_on() -> None:
    assert order_sentences(RUNNING) == []
    one, three = order_sentences(replace(RUNNING, reviewed=121, waits_for="C-001", would_reach=140))
    assert one.endswith("1 case reviewed further on is left out here.")
    assert three == "The next in that order is C-001; once it is reviewed, 140 cases can be read."
    strata, undecided = order_sentences(replace(RUNNING, readable=200, not_assessable=2))
    assert "unbroken up to case 200" in strata
    assert undecided == "In 2 cases nothing applied: not met for “at least”, met for “at most”."
    (each,) = order_sentences(replace(RUNNING, is_by_stratum=True))
    assert "the limits are added up" in each


def test_draws() -> None:
    assert draws_sentence(Series(1, 1, 0), "period") == "Draw 1 of 1 for this period."
    assert draws_sentence(Series(3, 3, 2), "theme") == "Draw 3 of 3 for this theme: 3 draws, 2 voided."
    assert rerolls_sentence(Series(1, 1, 0), "0.95") == ""
    assert "a chance of up to 14.3% instead of 5.0%" in rerolls_sentence(Series(3, 3, 2), "0.95")


def test_replaced() -> None:
    assert replaced_sentence({}) == ""
    words = replaced_sentence({"duplicate": 1, "out_of_scope": 1})
    assert words.startswith("2 cases were out of scope and replaced by the next ticket (1 the same complaint")


def test_what_deciding_costs() -> None:
    assert [hours_in_words(reviews) for reviews in (1, 2, 4, 24, 2000)] == [
        "45 minutes",
        "about 1.5 hours",
        "about 3 hours",
        "about 18 hours",
        "about 1,500 hours",
    ]
    assert cost_sentence(judge(238, 240, 812, standard="0.98")).startswith(
        "Deciding would still cost 24 reviews if all are met: about 18 hours"
    )
    assert cost_sentence(judge(240, 240, 812, standard="0.98")) == ""
    assert cost_sentence(judge(200, 240, 812, standard="0.98")) == ""


def test_a_count_has_no_limit() -> None:
    assert method_sentence(judge(10, 10, 10, standard="0.98")) == ""
    assert method_sentence(judge(9, 9, 10, standard="0.98")).startswith("The limit is exact")


def test_one_team_among_many() -> None:
    assert teams_sentence(1, 0.95) == ""
    assert "78.5%" in teams_sentence(30, 0.95)
    assert "of 20 teams that all meet the standard up to 1 would be expected outside" in teams_sentence(
        20, 0.95
    )
