"""Which e-mails were written, and what became of them, for those who may see them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from learning_register.mail import MailKind, MailState, state_of
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from learning_register.visibility import check_may_see_point, may_see_point
from sampling.records.database import now, today
from sampling.records.people import Person, Role, manager_of, may_act_as
from sampling.records.readings import note_reading


@dataclass(frozen=True)
class MailRow:
    """An e-mail as a reader sees it. `body` is empty of a digest that is another person's."""

    mail_id: int
    kind: MailKind
    state: MailState
    to_id: int
    to: str
    to_address: str
    subject: str
    body: str
    point_id: int | None
    for_day: date | None
    written_at: datetime
    written_by: str | None
    ended_at: datetime | None  # sent, or taken as a file
    failure: str


def mails_of_point(session: Session, point_id: int, person: Person) -> list[MailRow]:
    """The e-mails about one learning point, the newest first."""
    return _rows(session, person, Mail.learning_point_id == point_id)


def outbox(session: Session, person: Person, *, days: int) -> list[MailRow]:
    """The e-mails of the last days, and whatever did not go: the newest first."""
    since = now(session) - timedelta(days=days)
    not_gone = and_(Mail.kind == MailKind.FEEDBACK, Mail.sent_at.is_(None), Mail.taken_at.is_(None))
    return _rows(session, person, or_(Mail.written_at >= since, not_gone))


def mail_to_read(session: Session, mail_id: int, person: Person) -> MailRow | None:
    """One e-mail to read; None for whom it is not. What it says of one person's work is noted as read."""
    found = _rows(session, person, Mail.id == mail_id)
    if not found:
        return None
    point = session.get(LearningPoint, found[0].point_id) if found[0].point_id else None
    if point is not None and point.logged_by_id != person.id:
        note_reading(session, [point.caseworker_id], by=person)
    return found[0]


def manager_to_tell(session: Session, point_id: int, person: Person) -> int | None:
    """Who is told of a learning point unless somebody else is chosen: the caseworker's manager of today."""
    point = session.get_one(LearningPoint, point_id)
    check_may_see_point(session, point, person)
    if point.caseworker_id is None:
        return None
    manager = manager_of(session, point.caseworker_id, today(session))
    return manager.id if manager else None


def people_with_address(session: Session) -> dict[int, str]:
    """Everybody who works here and has an e-mail address, by number, in the order of their names."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.disabled_on.is_(None), Person.email.is_not(None))
        .order_by(Person.name, Person.id)
    )
    return {row[0]: row[1] for row in rows}


def _rows(session: Session, person: Person, *conditions: ColumnElement[bool]) -> list[MailRow]:
    query = (
        select(Mail)
        .outerjoin(LearningPoint, LearningPoint.id == Mail.learning_point_id)
        .where(_may_see(session, person), *conditions)
        .options(joinedload(Mail.to), joinedload(Mail.written_by))
        .order_by(Mail.id.desc())
    )
    moment = now(session)
    return [_row(mail, person, moment) for mail in session.scalars(query)]


def _may_see(session: Session, person: Person) -> ColumnElement[bool]:
    """Feedback is seen with its learning point. Of digests others see only that there was one."""
    runs_it = may_act_as(session, person, (Role.ADMINISTRATOR, Role.HEAD))
    return or_(
        and_(Mail.kind == MailKind.FEEDBACK, may_see_point(session, person)),
        and_(Mail.kind == MailKind.DIGEST, Mail.to_id == person.id),
        Mail.kind == MailKind.DIGEST if runs_it else false(),
    )


def _row(mail: Mail, person: Person, moment: datetime) -> MailRow:
    is_shown = mail.kind == MailKind.FEEDBACK or mail.to_id == person.id
    return MailRow(
        mail_id=mail.id,
        kind=MailKind(mail.kind),
        state=state_of(mail, moment),
        to_id=mail.to_id,
        to=mail.to.name,
        to_address=mail.to_address,
        subject=mail.subject,
        body=mail.body if is_shown else "",
        point_id=mail.learning_point_id,
        for_day=mail.for_day,
        written_at=mail.written_at,
        written_by=mail.written_by.name if mail.written_by else None,
        ended_at=mail.sent_at or mail.taken_at,
        failure=mail.failure,
    )
