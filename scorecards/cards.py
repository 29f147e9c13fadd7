"""Which scorecards are published, and which serves which type of case from when."""

from datetime import date
from functools import cache

import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.cases import Case
from sampling.records.database import frame_of, now
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused
from scorecards.card_reading import read_scorecard
from scorecards.requirements import Scorecard, scorecard_sha256
from scorecards.tables import (
    ScorecardUse,
    ScorecardVersion,
    VersionState,
)


@cache
def scorecard_from(definition: str) -> Scorecard:
    """The scorecard of a stored definition (versions never change, so each is read once)."""
    return read_scorecard(definition)


def publish_scorecard(session: Session, definition: str, *, by: Person) -> ScorecardVersion:
    """Publish a scorecard from its text. A version that is published is never changed."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    card = read_scorecard(definition)
    existing = session.scalars(
        select(ScorecardVersion).where(
            ScorecardVersion.key == card.key, ScorecardVersion.version == card.version
        )
    ).first()
    if existing is not None:
        raise Refused(
            f"“{card.title}” version {card.version} is published already. Give the changed card a new number."
        )
    version = ScorecardVersion(
        key=card.key,
        version=card.version,
        title=card.title,
        definition=definition,
        sha256=scorecard_sha256(card),
        published_at=now(session),
        published_by_id=by.id,
    )
    session.add(version)
    session.flush()
    audit_trail.record(
        session,
        "publish_scorecard",
        f"scorecard {card.key}",
        by=by,
        version=card.version,
        sha256=version.sha256,
    )
    return version


def use_scorecard(
    session: Session, case_type: str | None, *, scorecard_key: str, starts_on: date, by: Person
) -> None:
    """Say which scorecard serves a type of case from a day on; None is for every other type."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    if (
        session.scalars(select(ScorecardVersion.id).where(ScorecardVersion.key == scorecard_key)).first()
        is None
    ):
        raise Refused(f"No scorecard {scorecard_key} is published. Publish it first.")
    session.add(ScorecardUse(case_type=case_type, scorecard_key=scorecard_key, starts_on=starts_on))
    session.flush()
    audit_trail.record(
        session,
        "use_scorecard",
        f"scorecard {scorecard_key}",
        by=by,
        case_type=case_type,
        starts_on=str(starts_on),
    )


def scorecard_for(session: Session, case_type: str | None, on: date) -> ScorecardVersion:
    """The newest version of the scorecard that serves a type of case on a day."""
    use = session.scalars(
        select(ScorecardUse)
        .where(
            or_(ScorecardUse.case_type == case_type, ScorecardUse.case_type.is_(None)),
            ScorecardUse.starts_on <= on,
        )
        .order_by(ScorecardUse.case_type.is_(None), ScorecardUse.starts_on.desc(), ScorecardUse.id.desc())
    ).first()
    if use is None:
        what = f"cases of the type {case_type}" if case_type else "cases without a type"
        raise Refused(f"No scorecard serves {what}. An administrator chooses one on the screen “Scorecards”.")
    return session.scalars(
        select(ScorecardVersion)
        .where(ScorecardVersion.key == use.scorecard_key, ScorecardVersion.state == VersionState.PUBLISHED)
        .order_by(ScorecardVersion.version.desc())
    ).first() or _missing("the scorecard")


def _missing(what: str) -> ScorecardVersion:
    raise Refused(f"{what.capitalize()} is not in this database. Reload the page.")


def case_types(session: Session) -> list[str]:
    """The types of case that extracts have brought."""
    found = session.scalars(select(Case.case_type).where(Case.case_type.is_not(None)).distinct()).all()
    return sorted(kind for kind in found if kind is not None)


def scorecard_uses(session: Session) -> pd.DataFrame:
    """Which scorecard serves which type of case, from when."""
    return frame_of(
        session,
        select(
            ScorecardUse.case_type.label("case_type"),
            ScorecardUse.scorecard_key.label("scorecard"),
            ScorecardUse.starts_on.label("starts_on"),
        ).order_by(ScorecardUse.starts_on.desc(), ScorecardUse.id.desc()),
    )


def published_scorecards(session: Session) -> list[ScorecardVersion]:
    """Every published version, by title, newest first."""
    return list(
        session.scalars(
            select(ScorecardVersion)
            .where(ScorecardVersion.state == VersionState.PUBLISHED)
            .order_by(ScorecardVersion.title, ScorecardVersion.version.desc())
        )
    )
