"""Learning points as a table to take away: a row each, everything that a reader may know of them."""

from collections import defaultdict
from typing import Final

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from learning_register.point_queries import requirements_of
from learning_register.point_search import PointFilters, fits, in_text
from learning_register.tables import (
    LearningCitation,
    LearningCommitment,
    LearningImport,
    LearningPoint,
    RootCause,
)
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import may_see_point
from sampling.records.cases import Case
from sampling.records.database import frame_of
from sampling.records.people import Person, Team
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from scorecards.tables import Review

# The columns as they are named in a file, in their order.
COLUMNS: Final = (
    *("Number", "Kind", "Source", "Where from", "What was learned", "Gap in the guidance", "Requirement"),
    *("Paragraphs", "Unverified", "Commitments", "Root cause", "Risk of recurrence", "Severity"),
    *("May be published", "Case", "Team", "Sample", "Logged", "Logged by", "Fed back", "Fed back to"),
    *("Acknowledged", "Actions"),
)


def points_frame(session: Session, person: Person, wanted: PointFilters) -> pd.DataFrame:
    """The points that a person wants and may see, the newest first, with the columns of `COLUMNS`.

    Kinds, sources, risks and severities are codes; a point's citations are one text, its commitments too.
    """
    conditions = [
        *fits(session, wanted),
        *in_text(session, wanted.words),
        may_see_point(session, person, among_all=True),
    ]
    logger, told = aliased(Person), aliased(Person)
    found = frame_of(
        session,
        select(
            LearningPoint.id,
            LearningPoint.kind,
            LearningPoint.source,
            func.coalesce(LearningImport.file_name, LearningPoint.source_note).label("where_from"),
            LearningPoint.description,
            LearningPoint.is_gap,
            Review.scorecard_version_id,
            LearningPoint.requirement_key,
            RootCause.name.label("root_cause"),
            LearningPoint.recurrence_risk,
            LearningPoint.severity,
            LearningPoint.may_be_published,
            func.coalesce(FrameCase.reference, Case.reference, "").label("reference"),
            func.coalesce(Team.name, "").label("team"),
            Frame.route,
            Frame.name.label("sample"),
            LearningPoint.logged_at,
            logger.name.label("logged_by"),
            LearningPoint.fed_back_on,
            told.name.label("fed_back_to"),
            LearningPoint.acknowledged_on,
        )
        .select_from(LearningPoint)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Draw, Draw.id == SampledCase.draw_id)
        .outerjoin(Plan, Plan.id == Draw.plan_id)
        .outerjoin(Frame, Frame.id == Plan.frame_id)
        .outerjoin(Case, Case.id == LearningPoint.case_id)
        .outerjoin(Team, Team.id == LearningPoint.team_id)
        .outerjoin(RootCause, RootCause.id == LearningPoint.root_cause_id)
        .outerjoin(LearningImport, LearningImport.id == LearningPoint.import_id)
        .join(logger, logger.id == LearningPoint.logged_by_id)
        .outerjoin(told, told.id == LearningPoint.fed_back_to_id)
        .where(*conditions)
        .order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc()),
    )
    ids = select(LearningPoint.id).where(*conditions)
    cited = frame_of(
        session,
        select(
            LearningCitation.learning_point_id.label("id"),
            LearningCitation.document,
            LearningCitation.reference,
            LearningCitation.title,
            LearningCitation.is_verified,
        )
        .where(LearningCitation.learning_point_id.in_(ids))
        .order_by(LearningCitation.id),
    )
    named = frame_of(
        session,
        select(LearningCommitment.learning_point_id.label("id"), LearningCommitment.number)
        .where(LearningCommitment.learning_point_id.in_(ids))
        .order_by(LearningCommitment.number),
    )
    acted = frame_of(
        session,
        select(FollowUpAction.learning_point_id.label("id"), func.count().label("actions"))
        .where(FollowUpAction.learning_point_id.in_(ids))
        .group_by(FollowUpAction.learning_point_id),
    )
    return _named(session, found, cited, named, acted)


def _named(
    session: Session, found: pd.DataFrame, cited: pd.DataFrame, named: pd.DataFrame, acted: pd.DataFrame
) -> pd.DataFrame:
    versions = {int(version) for version in found["scorecard_version_id"].dropna().unique()}
    texts = requirements_of(session, versions)
    asked = zip(found["scorecard_version_id"], found["requirement_key"], strict=True)
    words = cited["document"] + " " + cited["reference"] + " " + cited["title"]
    seconds = found["route"] == Route.SECOND
    made = pd.DataFrame(
        {
            "Number": found["id"],
            "Kind": found["kind"],
            "Source": found["source"],
            "Where from": found["where_from"],
            "What was learned": found["description"],
            "Gap in the guidance": found["is_gap"].astype(bool),
            "Requirement": [texts.get((version, key), "") for version, key in asked],
            "Paragraphs": _joined(found["id"], cited["id"], words),
            "Unverified": found["id"].isin(cited.loc[~cited["is_verified"].astype(bool), "id"]),
            "Commitments": _joined(found["id"], named["id"], named["number"].astype(str)),
            "Root cause": found["root_cause"].fillna(""),
            "Risk of recurrence": found["recurrence_risk"].fillna(""),
            "Severity": found["severity"].fillna(""),
            "May be published": found["may_be_published"].astype(bool),
            "Case": found["reference"],
            "Team": found["team"],
            "Sample": found["sample"].mask(seconds, "Review for QA").fillna(""),
            "Logged": found["logged_at"],
            "Logged by": found["logged_by"],
            "Fed back": found["fed_back_on"],
            "Fed back to": found["fed_back_to"].fillna(""),
            "Acknowledged": found["acknowledged_on"],
            "Actions": found["id"].map(acted.set_index("id")["actions"]).fillna(0).astype(int),
        }
    )
    return made[list(COLUMNS)]


def _joined(ids: pd.Series, of: pd.Series, words: pd.Series) -> list[str]:
    """For each point the words that belong to it, in one text."""
    parts: dict[int, list[str]] = defaultdict(list)
    for point_id, word in zip(of, words, strict=True):
        parts[point_id].append(word)
    return ["; ".join(parts[point_id]) for point_id in ids]
