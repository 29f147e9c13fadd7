"""How many reviews met, and what was not met: counted in the database, by all that a screen tells apart.

Only reviews that this person may see: submitted, in a sample that is not voided, not replaced, and not
sealed. Of a plan in two stages it is the first that counts, since whether there is a second depends on the
results. Second scores are in none of it: they are for agreement.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    extract,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from sampling.records.cases import CaseState
from sampling.records.database import frame_of, total
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.tables import Cause, Frame, FrameCase, Route, SampledCase, in_sample
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review, ReviewState, ScorecardVersion
from scorecards.team_results import NO_TEAM
from scorecards.visibility import may_see_review


class CaseGroup(StrEnum):
    """The series that are never mixed."""

    CLOSED = "closed"  # the central sample of closed cases
    OPEN = "open"  # what managers sampled while it was open
    THEME_CLOSED = "theme-closed"  # a theme's closed cases, as they were when the frame was frozen
    THEME_OPEN = "theme-open"


MEASURES_OF: Final = {
    CaseGroup.CLOSED: ("outcome", "method"),
    CaseGroup.OPEN: ("overall",),
    CaseGroup.THEME_CLOSED: ("outcome", "method"),
    CaseGroup.THEME_OPEN: ("outcome", "method"),
}
_RESULTS: Final = {
    "outcome": (Review.outcome_met, Review.outcome_if_assessed),
    "method": (Review.method_met, Review.method_if_assessed),
    "overall": (Review.overall_met, Review.overall_if_assessed),
}
_FAILS: Final = (ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS)


def groups_seen(session: Session, person: Person) -> tuple[CaseGroup, ...]:
    """The series whose results a person may look at, whether or not there are any."""
    roles = roles_of(session, person)
    if roles & {Role.HEAD, Role.QA_REVIEWER}:
        return tuple(CaseGroup)
    themes = (CaseGroup.THEME_CLOSED, CaseGroup.THEME_OPEN) if Role.THEMATIC_REVIEWER in roles else ()
    return (CaseGroup.OPEN, *themes) if teams_managed(session, person) else themes


def review_counts(session: Session, group: CaseGroup, person: Person) -> pd.DataFrame:
    """The reviews of one series, counted by everything by which a screen may put them together.

    One row for each `version_id`, `case_type`, `stage`, `risk`, `team` (the one the case had when its frame
    was frozen), `month` (a number, see `scorecards.periods`; of closed cases that of closing, of open ones
    that of the sample) and `scorecard` (its key). Counts: `reviewed`, `not_found`, and for each measure
    `…_n` (with a result), `…_met`, `…_if` (met, had everything been assessed and found). Of central
    samples also `stratum_id`.
    """
    columns = _told_apart(group)
    if group is CaseGroup.CLOSED:
        columns["stratum_id"] = SampledCase.stratum_id
    counts: dict[str, SQLColumnExpression[Any]] = {
        "reviewed": func.count(),
        "not_found": total(Review.file_found.is_(False)),
    }
    for measure in MEASURES_OF[group]:
        met, if_assessed = _RESULTS[measure]
        counts[f"{measure}_n"] = total(met.is_not(None))
        counts[f"{measure}_met"] = total(met.is_(True))
        counts[f"{measure}_if"] = total(if_assessed.is_(True))
    query = _reviews(session, group, person, columns | counts).group_by(*columns.values())
    return _with_names(session, frame_of(session, query))


def answer_counts(
    session: Session, group: CaseGroup, person: Person, *, scorecard: str, months: tuple[int, int]
) -> pd.DataFrame:
    """The answers on one scorecard that are something else than met, counted alike; of files that were found.

    Of the months from one to another. Columns: those of `review_counts` that tell reviews apart,
    `requirement`, `response`, `answers`.
    """
    told = _told_apart(group)
    reviews = _reviews(session, group, person, {"id": Review.id, **told}).where(
        Review.file_found, _is_on(scorecard), told["month"].between(*months)
    )
    # Worked out once for each review, and not again for each of its answers.
    seen = reviews.cte("seen").prefix_with("MATERIALIZED")
    columns = [*(seen.c[name] for name in told), Answer.requirement_key, Answer.response]
    query = (
        select(*columns, func.count().label("answers"))
        .select_from(seen)
        .join(Answer, Answer.review_id == seen.c.id)
        # A literal, as in the index of these few answers: only then are the others never looked at.
        .where(Answer.response != literal_column(f"'{ResponseValue.MET}'"))
        .group_by(*columns)
    )
    return _with_names(session, frame_of(session, query)).rename(columns={"requirement_key": "requirement"})


def cases_not_met(
    session: Session,
    group: CaseGroup,
    person: Person,
    *,
    of: str,
    is_requirement: bool = False,
    scorecard: str | None = None,
    team: str | None = None,
    months: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """The reviews in which a measure, or one requirement, is not met: what a count of them stands for.

    `of` names the measure or the requirement, `months` the first and the last. Columns: `review_id`,
    `reference`, `team`, `month`, `response` (of a requirement, empty when the file was not found),
    `severity`, `put_right`, `file_found`, and what decides whether a requirement is asked: `version_id`,
    `case_type`, `stage`, `risk`. By team and reference.
    """
    told = _told_apart(group)
    columns: dict[str, SQLColumnExpression[Any]] = {
        "review_id": Review.id,
        "reference": FrameCase.reference,
        **told,
        "response": Answer.response,
        "severity": Answer.severity,
        "put_right": func.coalesce(Answer.put_right, false()),
        "file_found": Review.file_found,
    }
    of_answer = and_(
        Answer.review_id == Review.id,
        Answer.requirement_key == (of if is_requirement else None),
        Review.file_found,
    )
    failed = or_(not_(Review.file_found), Answer.response.in_(_FAILS))
    query = (
        _reviews(session, group, person, columns)
        .outerjoin(Answer, of_answer)
        .where(failed if is_requirement else _RESULTS[of][0].is_(False))
    )
    if scorecard is not None:
        query = query.where(_is_on(scorecard))
    if team is not None:
        of_team = select(Team.id).where(Team.name == team)
        query = query.where(
            FrameCase.team_id.is_(None) if team == NO_TEAM else FrameCase.team_id.in_(of_team)
        )
    if months is not None:
        query = query.where(told["month"].between(*months))
    found = _with_names(session, frame_of(session, query))
    return found.sort_values(["team", "reference", "review_id"], ignore_index=True)


def _told_apart(group: CaseGroup) -> dict[str, SQLColumnExpression[Any]]:
    """What reviews are told apart by."""
    frozen = func.coalesce(Frame.period_from, func.date(Frame.frozen_at))
    is_open = group in (CaseGroup.OPEN, CaseGroup.THEME_OPEN)
    day = frozen if is_open else func.coalesce(FrameCase.closed_on, frozen)
    return {
        "version_id": Review.scorecard_version_id,
        "case_type": Review.case_type,
        "stage": Review.stage,
        "risk": Review.risk,
        "team_id": FrameCase.team_id,
        "month": _month(day),
    }


def _is_on(scorecard: str) -> ColumnElement[bool]:
    """The condition on Review that it is on a version of this scorecard."""
    versions = select(ScorecardVersion.id).where(ScorecardVersion.key == scorecard)
    return Review.scorecard_version_id.in_(versions)


def _month(day: ColumnElement[date]) -> ColumnElement[int]:
    """As `periods.month_number`. Literals, since PostgreSQL groups by no expression that has parameters."""
    twelve, one = literal_column("12", Integer), literal_column("1", Integer)
    return cast(extract("year", day) * twelve + extract("month", day) - one, Integer)


def _reviews(
    session: Session, group: CaseGroup, person: Person, columns: Mapping[str, SQLColumnExpression[Any]]
) -> Select[*tuple[Any, ...]]:
    """These columns of the reviews of a series, which are the only ones that count."""
    labelled: list[Any] = [column.label(name) for name, column in columns.items()]
    of_theme = Frame.route == Route.THEMATIC
    belongs = {
        CaseGroup.CLOSED: Frame.route == Route.CENTRAL,
        CaseGroup.OPEN: Frame.route == Route.OPEN,
        CaseGroup.THEME_CLOSED: and_(of_theme, FrameCase.state == CaseState.CLOSED),
        CaseGroup.THEME_OPEN: and_(of_theme, FrameCase.state != CaseState.CLOSED),
    }
    return (
        select(*labelled)
        .select_from(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .where(
            belongs[group],
            Review.state == ReviewState.SUBMITTED,
            in_sample(),
            _is_of_first_stage(session),
            may_see_review(session, person),
        )
    )


def _is_of_first_stage(session: Session) -> ColumnElement[bool]:
    """The condition on SampledCase that it is not of a second stage, nor in the place of one that was."""
    extended = session.execute(
        select(SampledCase.draw_id, func.min(SampledCase.position))
        .where(SampledCase.cause == Cause.EXTENSION)
        .group_by(SampledCase.draw_id)
    ).all()
    later = [and_(SampledCase.draw_id == draw, SampledCase.position >= first) for draw, first in extended]
    return not_(or_(*later)) if later else true()


def _with_names(session: Session, found: pd.DataFrame) -> pd.DataFrame:
    """Names of teams in the place of their ids, and the keys of scorecards."""
    teams = {row[0]: row[1] for row in session.execute(select(Team.id, Team.name))}
    keys = {row[0]: row[1] for row in session.execute(select(ScorecardVersion.id, ScorecardVersion.key))}
    named = found.assign(
        team=[NO_TEAM if pd.isna(team) else teams[int(team)] for team in found["team_id"]],
        scorecard=[keys[int(version)] for version in found["version_id"]],
    )
    return named.drop(columns="team_id")
