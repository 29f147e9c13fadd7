"""Which scorecards are published, and which serves which type of case from when."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.cases import Case
from sampling.records.database import frame_of, now
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused
from scorecards.card_changes import compare, marks_missing
from scorecards.card_reading import read_scorecard, toml_table
from scorecards.case_facts import shipped_case_facts
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


def shipped_scorecards() -> list[str]:
    """The texts of the scorecards that come with the product; other lists lie in the same folder."""
    folder = files("scorecards") / "shipped"
    texts = [entry.read_text("utf-8") for entry in sorted(folder.iterdir(), key=lambda found: found.name)]
    return [text for text in texts if "requirement" in toml_table(text, what="A shipped file")]


def publish_scorecard(session: Session, definition: str, *, by: Person) -> ScorecardVersion:
    """Publish a scorecard from its text. A version that is published is never changed."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    card = read_scorecard(definition)
    taken = session.scalars(
        select(ScorecardVersion).where(
            ScorecardVersion.key == card.key, ScorecardVersion.version == card.version
        )
    ).first()
    if taken is not None:
        state = "a draft" if taken.state == VersionState.DRAFT else "published"
        raise Refused(
            f"“{card.title}” version {card.version} is {state} already. Give the changed card a new number."
        )
    version = ScorecardVersion(key=card.key, version=card.version)
    keep_as_published(session, version, card, definition, by=by)
    return version


def keep_as_published(
    session: Session, version: ScorecardVersion, card: Scorecard, definition: str, *, by: Person
) -> None:
    """Make a version that card, published. The card must say how it differs from the one before."""
    before = last_published(session, card.key)
    if before is not None and card.version < before.version:
        raise Refused(
            f"Version {before.version} of “{card.title}” is published, and {card.version} would come before "
            f"it. Give the card the number {before.version + 1}."
        )
    check_nothing_missing(marks_missing(card, before))
    known = [fact.key for fact in shipped_case_facts()]
    unknown = next((key for key in card.asks if key not in known), None)
    if unknown is not None:
        raise Refused(
            f"“{card.title}” asks for the list of facts “{unknown}”, which there is not. "
            f"Name one of {', '.join(known)}, or leave it out."
        )
    version.version, version.title, version.definition = card.version, card.title, definition
    version.state = VersionState.PUBLISHED
    version.sha256 = scorecard_sha256(card)
    version.published_at, version.published_by_id = now(session), by.id
    session.add(version)
    session.flush()
    removed = compare(before, card).removed if before is not None else ()
    audit_trail.record(
        session,
        "publish_scorecard",
        f"scorecard {card.key}",
        by=by,
        version=card.version,
        sha256=version.sha256,
        **({"removed": [requirement.key for requirement in removed]} if removed else {}),
    )


def check_nothing_missing(missing: Sequence[str]) -> None:
    """Refuse a card of which something is missing, naming the first."""
    if missing:
        raise Refused(
            missing[0] if len(missing) == 1 else f"{len(missing)} things are missing. The first: {missing[0]}"
        )


def versions_published(session: Session, key: str) -> list[Scorecard]:
    """Every version of a scorecard that was ever published, retired ones too, oldest first."""
    definitions = session.scalars(
        select(ScorecardVersion.definition)
        .where(ScorecardVersion.key == key, ScorecardVersion.published_at.is_not(None))
        .order_by(ScorecardVersion.version)
    )
    return [scorecard_from(definition) for definition in definitions]


def last_published(session: Session, key: str) -> Scorecard | None:
    """The version of a scorecard that was published last, whether or not it is retired since."""
    published = versions_published(session, key)
    return published[-1] if published else None


def use_scorecard(
    session: Session, case_type: str | None, *, scorecard_key: str, starts_on: date, by: Person
) -> None:
    """Say which scorecard serves a type of case from a day on; None is for every other type."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    published = select(ScorecardVersion.id).where(
        ScorecardVersion.key == scorecard_key, ScorecardVersion.state == VersionState.PUBLISHED
    )
    if session.scalars(published).first() is None:
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
    return newest_published(session, use.scorecard_key)


def newest_published(session: Session, key: str) -> ScorecardVersion:
    """The newest version of a scorecard that is published and not retired."""
    version = session.scalars(
        select(ScorecardVersion)
        .where(ScorecardVersion.key == key, ScorecardVersion.state == VersionState.PUBLISHED)
        .order_by(ScorecardVersion.version.desc())
    ).first()
    if version is None:
        raise Refused(f"No version of the scorecard {key} is published any more. Publish one.")
    return version


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
