"""The e-mail that feeds a learning point back: proposed in our words, kept before anything is sent."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.mail import TO_SEND, MailKind, state_of
from learning_register.mail_message import check_address, check_subject, checked_body
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from learning_register.tables_policy import CharterCommitment, PolicyVersion
from learning_register.telling import check_may_tell
from learning_register.visibility import check_may_see_point
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.office import the_office
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.cards import scorecard_from

_OPENINGS: Final = {
    LearningKind.INDIVIDUAL: (
        "Something was learned from a case that somebody you manage worked on. Please talk it over with them."
    ),
    LearningKind.ORGANISATIONAL: (
        "Something was learned from a case that concerns how we work, and not one person. "
        "Please make it known where it helps."
    ),
    LearningKind.GOOD_PRACTICE: (
        "Something was done well in a case. Please thank whoever did it, and let others learn from it."
    ),
}


@dataclass(frozen=True)
class Wording:
    """Subject and text of an e-mail."""

    subject: str
    body: str


def proposed_feedback(
    session: Session, point: LearningPoint, to: Person, *, by: Person, address: str | None
) -> Wording:
    """What the product would write of a learning point; nobody is named in it but whom it greets.

    `address` is where the app is, for the link back; None leaves the link out.
    """
    check_may_see_point(session, point, by)
    reference, office = _reference(point), the_office(session)
    subject = f"Learning point {point.id}" + (f", case {reference}" if reference else "")
    rests_on = [*_paragraphs(session, point), *_commitments(session, point)]
    if point.is_gap:
        rests_on.append("A gap in the guidance: no paragraph covers it")
    parts = [
        f"Dear {to.name},",
        _OPENINGS[LearningKind(point.kind)],
        f"What was learned\n{point.description}",
        f"The requirement\n{requirement}" if (requirement := _requirement(point)) else "",
        "What it rests on\n" + "\n".join(f"- {line}" for line in rests_on) if rests_on else "",
        f"The case\n{reference}" if reference else "",
        _answer(point, address),
        office.name if office else "",
    ]
    return Wording(subject=subject, body="\n\n".join(part for part in parts if part) + "\n")


def write_feedback(
    session: Session,
    point: LearningPoint,
    *,
    to: Person,
    subject: str,
    body: str,
    after: int | None,
    by: Person,
) -> Mail:
    """Keep an e-mail about a learning point, to be sent or taken. One that did not go yet is written anew.

    `after` is the number of the newest e-mail about the point that the writer has seen, None for none:
    what was written in another window is neither overwritten nor doubled.
    """
    session.refresh(point, with_for_update=True)
    check_may_tell(session, point, to, by=by)
    assert to.email is not None
    check_address(to.email)
    subject, text = subject.strip(), checked_body(body)
    check_subject(subject)
    newest = session.scalars(
        select(Mail).where(Mail.learning_point_id == point.id).order_by(Mail.id.desc()).limit(1)
    ).first()
    if (newest.id if newest else None) != after:
        raise Refused(
            "Another e-mail about this learning point was written meanwhile. Look at it first: "
            "it may say the same."
        )
    mail = newest
    if mail is None or state_of(mail, now(session)) not in TO_SEND:
        _check_not_claimed(mail)
        mail = Mail(kind=MailKind.FEEDBACK, learning_point_id=point.id)
        session.add(mail)
    mail.to_id, mail.to_address, mail.subject, mail.body = to.id, to.email, subject, text
    mail.written_at, mail.written_by_id = now(session), by.id
    session.flush()
    session.expire(mail, ["to", "written_by", "learning_point"])
    audit_trail.record(session, "write_feedback", f"mail {mail.id}", by=by, point=point.id, to=to.id)
    session.flush()
    return mail


def _check_not_claimed(mail: Mail | None) -> None:
    if mail is not None and mail.sent_at is None and mail.taken_at is None:
        raise Refused(
            "It is not known yet whether the e-mail before this one went. Wait, or say whether it arrived."
        )


def _reference(point: LearningPoint) -> str | None:
    if point.review is not None:
        return point.review.sampled_case.frame_case.reference
    return point.case.reference if point.case else None


def _requirement(point: LearningPoint) -> str | None:
    if point.review is None or point.requirement_key is None:
        return None
    card = scorecard_from(point.review.scorecard_version.definition)
    return next((row.text for row in card.requirements if row.key == point.requirement_key), None)


def _paragraphs(session: Session, point: LearningPoint) -> list[str]:
    cited = {(row.document, row.version) for row in point.citations}
    titles = {
        (row.document, row.version): f"{row.title} {row.version}"
        for row in session.scalars(
            select(PolicyVersion).where(tuple_(PolicyVersion.document, PolicyVersion.version).in_(cited))
        )
    }
    return [
        f"{titles.get((row.document, row.version), row.document)}, {row.reference}: {row.title}"
        for row in point.citations
    ]


def _commitments(session: Session, point: LearningPoint) -> list[str]:
    numbers = [row.number for row in point.commitments]
    rows = session.scalars(
        select(CharterCommitment)
        .where(CharterCommitment.number.in_(numbers))
        .order_by(CharterCommitment.number)
    )
    return [f"Service Charter, commitment {row.number}: {row.summary}" for row in rows]


def _answer(point: LearningPoint, address: str | None) -> str:
    ask = (
        "When you have read this, please acknowledge it in Casework QA. If you cannot sign in there, answer "
        "this e-mail instead."
    )
    where = f"Learning point {point.id}" if address is None else f"{address}/learning?point={point.id}"
    return f"{ask}\n{where}"
