"""Requirement by requirement: how often each is met, where it is not, and which cases those are.

A requirement is followed through all versions of its scorecard in which it means the same; what was
answered before its meaning changed is about another question, and stays out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.card_changes import same_meaning_since
from scorecards.periods import Grain
from scorecards.requirements import Kind, Requirement, Scorecard, asked_of
from scorecards.result_cells import by_period, part_of, requirement_cells
from scorecards.review_counts import CaseGroup, answer_counts, cases_not_met
from scorecards.standing import versions_by_id

BY_TEAM = "team"


@dataclass(frozen=True)
class FollowedRequirement:
    """A requirement with its number on the newest version, and the version since which it means the same.

    `number` is None for what the newest version does not ask any more.
    """

    requirement: Requirement
    number: int | None
    since: int


@dataclass(frozen=True)
class RequirementResults:
    """The requirements of one scorecard in its order, with the counts of `result_cells.requirement_cells`.

    `together` has one row a requirement, `parts` one for each of them and each `team` or `period`.
    """

    requirements: tuple[FollowedRequirement, ...]
    newest: int
    together: pd.DataFrame
    parts: pd.DataFrame


def requirement_results(
    session: Session,
    group: CaseGroup,
    person: Person,
    *,
    counts: pd.DataFrame,
    scorecard: str,
    by: Grain | None = None,
    months: tuple[int, int],
    confidence: float,
) -> RequirementResults:
    """How often each requirement of a scorecard is met, by team or by month or quarter.

    `counts` are all that `review_counts.review_counts` gives this person of the series; `months` the first
    and the last that count.
    """
    cards = versions_by_id(session, scorecard)
    followed = _followed(cards, scorecard)
    since = {each.requirement.key: each.since for each in followed}
    reviews = part_of(counts, scorecard=scorecard, months=months)
    answers = answer_counts(session, group, person, scorecard=scorecard, months=months)
    column = BY_TEAM
    if by is not None:
        column, reviews, answers = "period", by_period(reviews, by), by_period(answers, by)
    together, parts = (
        requirement_cells(reviews, answers, cards, since=since, by=each, confidence=confidence)
        for each in (None, column)
    )
    seen = set(together["requirement"])
    return RequirementResults(
        tuple(each for each in followed if each.number is not None or each.requirement.key in seen),
        max(card.version for card in cards.values()),
        together,
        parts,
    )


def cases_behind(
    session: Session,
    group: CaseGroup,
    person: Person,
    *,
    scorecard: str,
    requirement: str,
    team: str | None = None,
    months: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """The reviews that count as not met for a requirement: as many as its cell says.

    Columns as in `review_counts.cases_not_met`.
    """
    cards = versions_by_id(session, scorecard)
    since = {each.requirement.key: each.since for each in _followed(cards, scorecard)}
    found = cases_not_met(
        session,
        group,
        person,
        of=requirement,
        is_requirement=True,
        scorecard=scorecard,
        team=team,
        months=months,
    )
    if requirement not in since:
        raise Refused("No version of this scorecard asks that requirement. Reload the page.")
    asked = [
        cards[version].version >= since[requirement] and requirement in _keys(cards[version], case)
        for version, *case in zip(
            *(found[name] for name in ("version_id", "case_type", "stage", "risk")), strict=True
        )
    ]
    return found[asked].reset_index(drop=True)


def _keys(card: Scorecard, case: list[str | None]) -> set[str]:
    case_type, stage, risk = (None if pd.isna(value) else value for value in case)
    asked = asked_of(card, case_type=case_type, stage=stage, risk=risk)
    return {requirement.key for requirement in asked.requirements}


def _followed(cards: Mapping[int, Scorecard], scorecard: str) -> list[FollowedRequirement]:
    """Every requirement there ever was: first those of the newest version, outcome before method."""
    if not cards:
        raise Refused(f"No version of the scorecard {scorecard} was ever published. Choose another.")
    versions = list(cards.values())
    newest = {requirement.key: requirement for requirement in versions[-1].requirements}
    older = {
        requirement.key: requirement for card in versions[:-1] for requirement in card.requirements
    }  # as its last version had it
    in_order = sorted(newest.values(), key=lambda requirement: list(Kind).index(requirement.kind))
    gone = [requirement for key, requirement in older.items() if key not in newest]
    return [
        FollowedRequirement(
            requirement,
            number if requirement.key in newest else None,
            same_meaning_since(versions, requirement.key),
        )
        for number, requirement in enumerate([*in_order, *gone], start=1)
    ]
