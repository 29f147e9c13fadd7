"""The sentences about agreement, against results made by hand."""

from dataclasses import replace

from qa_app.agreement_words import (
    REASONS,
    agreement_sentence,
    causes_sentence,
    chance_sentence,
    detection_sentence,
    direction_sentence,
    not_met_sentence,
    set_apart_sentence,
    shared_misses_sentence,
)
from sampling.intervals import rate_interval
from scorecards.adjudication import Reason
from scorecards.adjudication_queries import AdjudicationResult
from scorecards.agreement import agreement, weighted_agreement
from scorecards.agreement_by_stratum import cells_of_counts, weighted_cells, weighted_not_met
from scorecards.agreement_results import AgreementResult
from scorecards.pairs import Standing
from scorecards.verdicts import judge, judge_strata


def result_of(
    both_met: int,
    missed: int,
    overcalled: int,
    both_not_met: int,
    *,
    outstanding: int = 0,
    population: int = 60,
) -> AgreementResult:
    counts = (both_met, missed, overcalled, both_not_met)
    pairs = sum(counts)
    detection = rate_interval(both_not_met, missed + both_not_met) if missed + both_not_met else None
    return AgreementResult(
        draw_id=1,
        name="Second scoring",
        population=population,
        drawn=pairs + outstanding,
        outstanding=outstanding,
        not_assessable=0,
        standard="0.90",
        assurance="0.95",
        figures=agreement(*counts, population=population) if pairs else None,
        judgement=judge(
            both_met + both_not_met, pairs + outstanding, population, standard="0.90", undecided=outstanding
        ),
        detection_low=detection.low if detection else None,
        detection_high=detection.high if detection else None,
        counts=counts,
        cells=cells_of_counts(counts),
    )


def test_agreement_with_its_range_and_what_is_outstanding() -> None:
    words = agreement_sentence(result_of(35, 2, 1, 2))
    assert words.startswith(
        "Not shown yet: the manager and QA gave the same verdict in 37 of 40 pairs, 92.5% (likely range "
    )
    assert "of all 60 managers' reviews agree; the standard is 90%." in words
    assert "more pair" in words
    running = agreement_sentence(result_of(20, 0, 0, 0, outstanding=20))
    assert "20 of 40 cases scored again; the verdict counts the 20 outstanding against it" in running
    assert agreement_sentence(result_of(0, 0, 0, 0, outstanding=9)) == (
        "Not shown yet: no pair has both verdicts yet. "
        "9 of 9 cases still to be scored again; the standard is 90%."
    )


def test_what_lies_behind_raw_agreement() -> None:
    result = result_of(36, 1, 1, 2)
    assert "would agree in 86.1%" in chance_sentence(result)  # (37² + 3²)/40²
    assert not_met_sentence(result).startswith("Agreement on not met: 66.7% (")
    assert "from 4 cases that at least one of them called not met; both did in 2." in not_met_sentence(result)
    assert detection_sentence(result).startswith("Of 3 cases that QA called not met, managers had found 2:")
    assert direction_sentence(result) == (
        "They differ in 2 cases: QA was stricter in 1, the manager in 1. "
        "Chance alone would lean as far 100% of the time, so no leaning is shown."
    )
    # 6 to 0: 2 · (1/2)^6 = 3.125%.
    assert direction_sentence(result_of(30, 6, 0, 0)).endswith(
        "Chance alone would lean as far only 3.1% of the time: QA is stricter."
    )
    spotless = result_of(40, 0, 0, 0)
    assert "Nobody has called" in not_met_sentence(spotless)
    assert "QA has called no case not met" in detection_sentence(spotless)
    assert direction_sentence(spotless) == "They differ in no case, so neither is stricter."


def test_a_weighted_result_says_what_all_reviews_would_give() -> None:
    passed, failed = [(1949, 149, 4)], [(51, 51, 32)]
    result = replace(
        result_of(145, 4, 19, 32, population=2000),
        judgement=judge_strata([(1949, 149, 145), (51, 51, 32)], standard="0.90"),
        weighted=weighted_agreement(passed, failed),
        weighted_not_met=weighted_not_met(passed, failed),
        cells=weighted_cells(passed, failed),
        set_apart={Standing.CORRECTED: 2},
    )
    words = agreement_sentence(result)
    # 1 − (1949·4/149 + 19)/2000 = 96.43%, where the 177 of 200 pairs are 88.5%.
    assert words.startswith(
        "Met: the manager and QA gave the same verdict in 177 of 200 pairs, 88.5% of these"
    )
    assert "Each stratum counted by its size, they agree in 96.4% of 2,000 managers' reviews" in words
    found = detection_sentence(result)
    assert "managers find 37.9% (19.5% to 60.8%) of all that QA would call not met" in found
    assert "stricter in 2.6% of all reviews and the manager in 1.0%" in direction_sentence(result)
    # 2·32/(2·32 + 1949·4/149 + 19).
    assert "each stratum counted by its size: 47.3% (" in not_met_sentence(result)
    assert set_apart_sentence(result).startswith("Set apart, and in no figure here: 2 pairs in which the man")
    assert set_apart_sentence(result_of(10, 0, 0, 0)) == ""


def test_what_a_third_person_found() -> None:
    found = AdjudicationResult(
        discordant=4,
        decided=4,
        with_manager=1,
        with_qa=3,
        with_neither=0,
        causes={Reason.EVIDENCE_MISSED: 4},
        both_met=100,
        chosen=59,
        chosen_decided=59,
        shared_misses=0,
        most_missed=0.03,
        assurance="0.95",
        seed="0" * 32,
    )
    assert causes_sentence(found) == (
        "4 of 4 pairs that differ are decided: the manager's verdict stands in 1, QA's in 3."
    )
    assert "With 95% assurance at most 3.0% of them should not have been." in shared_misses_sentence(found)
    assert "is told when the last is decided" in shared_misses_sentence(replace(found, most_missed=None))
    assert set(REASONS) == set(Reason)
