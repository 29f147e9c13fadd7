"""Versions of a scorecard: drafted, published, retired. None is ever deleted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person, Role, check_may_act_as, may_act_as
from sampling.refused import Refused
from scorecards.card_changes import changes_named, marks_missing, without_idle_marks
from scorecards.card_reading import missing_in, read_draft
from scorecards.card_writing import write_scorecard
from scorecards.cards import check_nothing_missing, keep_as_published, last_published, scorecard_from
from scorecards.requirements import Scorecard
from scorecards.tables import ScorecardUse, ScorecardVersion, VersionState

MOVES: Final[Mapping[VersionState, frozenset[VersionState]]] = {
    VersionState.DRAFT: frozenset({VersionState.PUBLISHED, VersionState.RETIRED}),
    VersionState.PUBLISHED: frozenset({VersionState.RETIRED}),
    VersionState.RETIRED: frozenset(),
}
_MAY_CHANGE: Final = (Role.ADMINISTRATOR, Role.HEAD)


def may_change_scorecards(session: Session, person: Person) -> bool:
    """Whether somebody drafts, publishes and retires scorecards."""
    return may_act_as(session, person, _MAY_CHANGE)


def start_draft(session: Session, card: Scorecard, *, by: Person) -> ScorecardVersion:
    """Start a draft that begins as this card: a blank one, one begun from a published one, or one read.

    It gets the next number of its key, whatever the card says. A key has one draft at a time, so that two
    people who change a scorecard see each other's changes.
    """
    check_may_act_as(session, by, *_MAY_CHANGE)
    drafted = session.scalars(
        select(ScorecardVersion).where(
            ScorecardVersion.key == card.key, ScorecardVersion.state == VersionState.DRAFT
        )
    ).first()
    if drafted is not None:
        raise Refused(
            f"Version {drafted.version} of {card.key} is being drafted already. "
            "Go on with that draft, or retire it first."
        )
    before = last_published(session, card.key)
    if before is not None and not card.requirements:
        raise Refused(
            f"There is a scorecard with the key {card.key} already, “{before.title}”. "
            "Start from its published version, or give the new one another title."
        )
    highest = session.scalar(
        select(func.max(ScorecardVersion.version)).where(ScorecardVersion.key == card.key)
    )
    card = _as_read(without_idle_marks(replace(card, version=(highest or 0) + 1), before))
    version = ScorecardVersion(
        key=card.key,
        version=card.version,
        title=card.title,
        state=VersionState.DRAFT,
        definition=write_scorecard(card),
        changed_at=now(session),
        changed_by_id=by.id,
    )
    session.add(version)
    session.flush()
    audit_trail.record(session, "start_draft", f"scorecard {card.key}", by=by, version=card.version)
    return version


def save_draft(
    session: Session, version: ScorecardVersion, change: Callable[[Scorecard], Scorecard], *, by: Person
) -> Scorecard:
    """Change a draft as it stands now, and keep it as far as it has come. Gives the card as it is kept.

    `change` is given what is kept, so that somebody who works on another part at the same time loses nothing.
    """
    check_may_act_as(session, by, *_MAY_CHANGE)
    _hold(session, version)
    _check_is_draft(version)
    kept = read_draft(version.definition)
    changed = _as_read(replace(change(kept), key=version.key, version=version.version))
    card = without_idle_marks(changed, last_published(session, version.key))
    if card != kept:
        version.definition, version.title = write_scorecard(card), card.title
        version.changed_at, version.changed_by_id = now(session), by.id
        audit_trail.record(
            session,
            "save_draft",
            f"scorecard {version.key}",
            by=by,
            version=version.version,
            changed=changes_named(kept, card),
        )
        session.flush()
    return card


def publish_draft(session: Session, version: ScorecardVersion, *, by: Person) -> ScorecardVersion:
    """Publish a draft under the next number of its key; from then on it is never changed.

    Refused while something is missing, or while it does not say how it differs from the version before.
    """
    check_may_act_as(session, by, *_MAY_CHANGE)
    _hold(session, version)
    _check_move(version, VersionState.PUBLISHED)
    card = read_draft(version.definition)
    before = last_published(session, version.key)
    if before is not None and before.version > version.version:  # one came from a file meanwhile
        card = replace(card, version=before.version + 1)
    check_nothing_missing([*missing_in(card), *marks_missing(card, before)])
    keep_as_published(session, version, card, write_scorecard(card), by=by)
    return version


def retire_version(session: Session, version: ScorecardVersion, *, by: Person) -> None:
    """Retire a version: no review starts on it any more, and those that have stay on it.

    Refused where a type of case would be left without a scorecard. A draft that is given up is retired too.
    """
    check_may_act_as(session, by, *_MAY_CHANGE)
    _hold(session, version)
    _check_move(version, VersionState.RETIRED)
    if version.state == VersionState.PUBLISHED and _is_needed(session, version):
        raise Refused(
            f"“{version.title}” serves a type of case, and this is its only published version. Publish "
            "another version first, or choose another scorecard for those cases."
        )
    version.state = VersionState.RETIRED
    version.retired_at, version.retired_by_id = now(session), by.id
    audit_trail.record(session, "retire_version", f"scorecard {version.key}", by=by, version=version.version)
    session.flush()


def still_missing(session: Session, card: Scorecard) -> tuple[str, ...]:
    """What a draft still needs before it can be published, a sentence each."""
    return (*missing_in(card), *marks_missing(card, last_published(session, card.key)))


@dataclass(frozen=True)
class VersionSheet:
    """A version of a scorecard as a reader sees it, with the card as far as it has come."""

    version_id: int
    state: VersionState
    card: Scorecard
    definition: str
    sha256: str | None
    published_at: datetime | None
    published_by: str | None
    changed_at: datetime | None
    changed_by: str | None
    retired_at: datetime | None
    retired_by: str | None


def scorecard_versions(session: Session, person: Person) -> list[VersionSheet]:
    """The versions a person may see, by title, newest first. Drafts are for those who change scorecards."""
    published_by, changed_by, retired_by = aliased(Person), aliased(Person), aliased(Person)
    query = (
        select(ScorecardVersion, published_by.name, changed_by.name, retired_by.name)
        .outerjoin(published_by, published_by.id == ScorecardVersion.published_by_id)
        .outerjoin(changed_by, changed_by.id == ScorecardVersion.changed_by_id)
        .outerjoin(retired_by, retired_by.id == ScorecardVersion.retired_by_id)
        .order_by(ScorecardVersion.title, ScorecardVersion.key, ScorecardVersion.version.desc())
    )
    if not may_change_scorecards(session, person):
        query = query.where(ScorecardVersion.published_at.is_not(None))
    return [_sheet(*row) for row in session.execute(query)]


def _sheet(
    version: ScorecardVersion, published_by: str | None, changed_by: str | None, retired_by: str | None
) -> VersionSheet:
    was_published = version.published_at is not None
    return VersionSheet(
        version_id=version.id,
        state=VersionState(version.state),
        card=scorecard_from(version.definition) if was_published else read_draft(version.definition),
        definition=version.definition,
        sha256=version.sha256,
        published_at=version.published_at,
        published_by=published_by,
        changed_at=version.changed_at,
        changed_by=changed_by,
        retired_at=version.retired_at,
        retired_by=retired_by,
    )


def _as_read(card: Scorecard) -> Scorecard:
    """The card as it comes back from its text: nothing is kept that could not be read."""
    return read_draft(write_scorecard(card))


def _hold(session: Session, version: ScorecardVersion) -> None:
    """Read a version afresh, and keep others from changing it until this is committed."""
    session.refresh(version, with_for_update=True)


def _check_is_draft(version: ScorecardVersion) -> None:
    if version.state != VersionState.DRAFT:
        raise Refused(
            f"Version {version.version} of “{version.title}” is {version.state}, and stays as it is. "
            "Start a draft from it to change it."
        )


def _check_move(version: ScorecardVersion, wanted: VersionState) -> None:
    if wanted not in MOVES[VersionState(version.state)]:
        raise Refused(
            f"Version {version.version} of “{version.title}” is {version.state} and cannot become {wanted}. "
            "Reload the page to see where it stands."
        )


def _is_needed(session: Session, version: ScorecardVersion) -> bool:
    """Whether it is the last published version of a scorecard that serves, or is to serve, a type of case."""
    others = session.scalars(
        select(ScorecardVersion.id).where(
            ScorecardVersion.key == version.key,
            ScorecardVersion.id != version.id,
            ScorecardVersion.state == VersionState.PUBLISHED,
        )
    ).first()
    if others is not None:
        return False
    later = aliased(ScorecardUse)
    day = today(session)
    replaced = (
        select(later.id)
        .where(
            or_(
                later.case_type == ScorecardUse.case_type,
                later.case_type.is_(None) & ScorecardUse.case_type.is_(None),
            ),
            later.starts_on <= day,
            or_(
                later.starts_on > ScorecardUse.starts_on,
                (later.starts_on == ScorecardUse.starts_on) & (later.id > ScorecardUse.id),
            ),
        )
        .exists()
    )
    serving = select(ScorecardUse.id).where(ScorecardUse.scorecard_key == version.key, ~replaced)
    return session.scalars(serving).first() is not None
