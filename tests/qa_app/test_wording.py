"""The sentences that read results."""

from fractions import Fraction
from typing import Any

import pytest

from qa_app.wording import (
    ACTION_STATES,
    LEARNING_KINDS,
    RESPONSES,
    REVISION_CAUSES,
    ROUTES,
    SEVERITIES,
    VERDICTS,
    alternative_sentence,
    open_sentence,
    percent,
    range_sentence,
    time_in_words,
    verdict_sentence,
    whole_percent,
)
from scorecards.verdicts import judge

STANDARD = Fraction("0.98")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.992, "99.2%"),
        (0.9796, "97.96%"),  # one decimal would make it 98.0%
        (Fraction(97999, 100000), "97.999%"),
        (0.98, "98.0%"),  # a float just below 98/100, and 98% all the same
        (Fraction(49, 50), "98.0%"),
        (0.9804, "98.0%"),
        (1999 / 2000, "99.95%"),
        (Fraction(1, 3000), "0.03%"),
        (1.0, "100%"),
        (0.0, "0%"),
    ],
)
def test_a_share_is_never_rounded_up_to_what_it_does_not_reach(share: float | Fraction, words: str) -> None:
    assert percent(share, against=STANDARD) == words


def test_every_share_keeps_its_side_of_every_standard() -> None:
    for standard in (Fraction("0.98"), Fraction("0.9"), Fraction("0.975"), Fraction("0.8")):
        for n in range(1, 120):
            for met in range(n + 1):
                shown = Fraction(percent(met / n, against=standard).removesuffix("%")) / 100
                assert (shown < standard) == (Fraction(met, n) < standard)
                assert (shown < 1, shown > 0) == (met < n, met > 0)


def test_a_standard_is_written_as_it_was_set() -> None:
    assert [whole_percent(text) for text in ("0.98", "0.80", "0.975", "0.95")] == [
        "98%",
        "80%",
        "97.5%",
        "95%",
    ]


def test_not_shown_yet_and_what_would_show_it() -> None:
    judgement = judge(238, 240, 812, standard="0.98")
    assert verdict_sentence(judgement) == (
        "Not shown yet: 238 of 240 met, 99.2% of the sample. With 95% assurance at least "
        f"{percent(judgement.lower, against=STANDARD)} of all 812 cases meet; the standard is 98%. "
        f"{judgement.still_needed} more cases, all met, would show it."
    )
    assert judgement.still_needed is not None


def test_met_and_missed() -> None:
    met = verdict_sentence(judge(240, 240, 812, standard="0.98"))
    assert met.startswith("Met: 240 of 240 met, 100% of the sample. With 95% assurance at least ")
    assert met.endswith("of all 812 cases meet; the standard is 98%.")
    missed = verdict_sentence(judge(200, 240, 812, standard="0.98"))
    assert missed.startswith("Missed: 200 of 240 met, 83.3% of the sample. With 95% assurance at most ")


def test_a_whole_population_is_no_estimate() -> None:
    assert verdict_sentence(judge(19, 20, 20, standard="0.98")) == (
        "Missed: 19 of 20 met, 95.0% of the sample. Every one of the 20 cases was reviewed, "
        "so this is no estimate; the standard is 98%."
    )


def test_an_incomplete_sample_counts_against_it_until_it_is_in() -> None:
    words = verdict_sentence(judge(60, 87, 100, standard="0.98", undecided=27), outstanding=27)
    assert "60 of 60 met, 100% of those with a result so far." in words
    assert (
        "60 of 87 cases reviewed; the verdict counts the 27 outstanding against it until they are in."
        in words
    )
    assert words.endswith("would show it; 27 are still to come.")
    beyond = verdict_sentence(judge(20, 30, 812, standard="0.98", undecided=10), outstanding=10)
    assert "the 10 outstanding and " in beyond
    assert beyond.endswith(" beyond the sample.")
    decided = verdict_sentence(judge(90, 87 + 13, 100, standard="0.80", undecided=5), outstanding=5)
    assert decided.startswith("Met: ")
    assert "the verdict holds however the 5 outstanding turn out" in decided


def test_nothing_reviewed_and_nothing_that_could_show_it() -> None:
    words = verdict_sentence(judge(0, 10, 100, standard="0.98", undecided=10), outstanding=10)
    assert words.startswith("Not shown yet: no case has a result yet. 0 of 10 cases reviewed;")
    unassessable = judge(8, 10, 10, standard="0.98", undecided=2)
    assert "In 2 cases nothing applied; the verdict allows for either result." in verdict_sentence(
        unassessable, not_assessable=2
    )


def test_one_more_case_is_one() -> None:
    judgement = next(
        found for n in range(1, 300) if (found := judge(n, n, 300, standard="0.98")).still_needed == 1
    )
    assert verdict_sentence(judgement).endswith("1 more case, met, would show it.")


def test_the_likely_range_and_the_weighted_estimate() -> None:
    given: dict[str, Any] = {"population": 812, "assurance": "0.95", "against": STANDARD}
    assert range_sentence(0.9704, 0.998, **given) == (
        "Likely range: 97.0% to 99.8% of all 812 cases, with 95% confidence."
    )
    assert range_sentence(0.9704, 0.998, weighted=0.991, **given) == (
        "Each stratum counted by its size, the estimate is 99.1%, likely range 97.0% to 99.8% of all "
        "812 cases, with 95% confidence."
    )
    assert range_sentence(None, None, **given) == ""


def test_had_those_that_could_not_be_assessed_met() -> None:
    assert alternative_sentence(114, 117, 120, against=STANDARD) == (
        "Not met includes 3 cases that could not be assessed or found. Had they met: 97.5%."
    )
    assert alternative_sentence(114, 115, 120, against=STANDARD).startswith("Not met includes 1 case that")
    assert alternative_sentence(114, 114, 120, against=STANDARD) == ""


def test_open_cases_are_counted() -> None:
    standard = Fraction("0.80")
    assert open_sentence(41, 52, standard=standard) == (
        "Not reached: 41 of 52 reviewed open cases meet requirements overall, 78.8%; the standard is 80%."
    )
    assert open_sentence(4, 5, standard=standard).startswith("Reached: 4 of 5")
    assert open_sentence(0, 0, standard=standard) == "No open case has a result yet."


def test_every_code_has_its_word() -> None:
    for words in (
        VERDICTS,
        ROUTES,
        RESPONSES,
        SEVERITIES,
        REVISION_CAUSES,
        LEARNING_KINDS,
        ACTION_STATES,
    ):
        kinds = type(next(iter(words)))
        assert set(words) == set(kinds)


def test_how_long_something_took_is_told_in_minutes() -> None:
    told = [time_in_words(seconds) for seconds in (0, 59, 60, 119, 120, 3599, 3600, 3900, 7320)]
    assert told == [
        "less than a minute",
        "less than a minute",
        "1 minute",
        "1 minute",
        "2 minutes",
        "59 minutes",
        "1 hour",
        "1 hour 5 minutes",
        "2 hours 2 minutes",
    ]
