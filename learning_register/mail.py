"""E-mails in the books: claimed, sent or not, taken as a file. No server is spoken to here.

Sending is two transactions with the server between them: one claims the e-mail, the other says what
came of it. If the second never comes, the claim stays and says that nobody knows whether it went.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from learning_register.actions import feed_back
from learning_register.mail_message import Outgoing
from learning_register.tables_mail import Mail
from learning_register.telling import check_may_tell
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.refused import Refused

# A server answers within seconds at each step. After five minutes nobody is at it any more.
STILL_BEING_SENT: Final = timedelta(minutes=5)


class MailKind(StrEnum):
    """What an e-mail is."""

    FEEDBACK = "feedback"
    DIGEST = "digest"


class MailState(StrEnum):
    """Where an e-mail stands."""

    WAITING = "waiting"
    SENDING = "sending"
    NOT_KNOWN = "not_known"  # claimed, and nobody said what came of it
    FAILED = "failed"
    SENT = "sent"
    TAKEN = "taken"


TO_SEND: Final = frozenset({MailState.WAITING, MailState.FAILED})

_NOT_TO_SEND: Final = {
    MailState.SENDING: "This e-mail is being sent already. Look again in some minutes.",
    MailState.NOT_KNOWN: "It is not known whether this e-mail went. Say first whether it arrived.",
    MailState.SENT: (
        "This e-mail was sent already, and goes only once. Write another one if more is to be said."
    ),
    MailState.TAKEN: (
        "This e-mail was taken as a file, to be sent by somebody's own program. Sent from here too it would "
        "come twice. Write another one if it never went."
    ),
}


def state_of(mail: Mail, at: datetime) -> MailState:
    """Where an e-mail stands at a moment."""
    if mail.sent_at is not None:
        return MailState.SENT
    if mail.taken_at is not None:
        return MailState.TAKEN
    if mail.claimed_at is not None:
        # A reason beside a claim: the server broke off, and may have taken the e-mail or not.
        is_over = bool(mail.failure) or at - mail.claimed_at >= STILL_BEING_SENT
        return MailState.NOT_KNOWN if is_over else MailState.SENDING
    return MailState.FAILED if mail.failure else MailState.WAITING


def claim_mail(session: Session, mail: Mail, *, by: Person | None) -> Outgoing:
    """Take an e-mail to send it; refuses one that somebody else is sending, or that went already.

    `by` is None for the digests, which nobody in particular sends.
    """
    _check_may_act(session, mail, by)
    claimed = session.scalar(
        update(Mail)
        .where(Mail.id == mail.id, Mail.claimed_at.is_(None), Mail.sent_at.is_(None), Mail.taken_at.is_(None))
        .values(claimed_at=now(session), failure="")
        .returning(Mail.id)
    )
    session.refresh(mail)
    if claimed is None:
        raise Refused(_NOT_TO_SEND[state_of(mail, now(session))])
    audit_trail.record(session, "claim_mail", f"mail {mail.id}", by=by)
    return _outgoing(session, mail)


def record_sent(session: Session, mail: Mail, *, by: Person | None) -> None:
    """Record that the server took a claimed e-mail: of a learning point, that it was fed back today."""
    _check_claimed(session, mail)
    mail.sent_at, mail.failure = now(session), ""
    _feed_back(session, mail, by)
    audit_trail.record(session, "send_mail", f"mail {mail.id}", by=by, kind=mail.kind, to=mail.to_id)
    session.flush()


def record_failure(session: Session, mail: Mail, reason: str, *, is_certain: bool) -> None:
    """Record why a claimed e-mail was not sent. Uncertain, it stays claimed: it may have gone."""
    _check_claimed(session, mail)
    mail.failure = reason
    if is_certain:
        mail.claimed_at = None
    audit_trail.record(session, "record_failure", f"mail {mail.id}", by=None, reason=reason)
    session.flush()


def settle_mail(session: Session, mail: Mail, *, arrived: bool, by: Person) -> None:
    """Say whether an e-mail arrived of which nobody knew. One that did not can be sent again."""
    _check_may_act(session, mail, by)
    session.refresh(mail, with_for_update=True)
    if state_of(mail, now(session)) is not MailState.NOT_KNOWN:
        raise Refused("Whether this e-mail went is known, or it is being sent just now. Look at it again.")
    if arrived:
        record_sent(session, mail, by=by)
    else:
        mail.claimed_at, mail.failure = None, "It did not arrive."
        audit_trail.record(session, "settle_mail", f"mail {mail.id}", by=by, arrived=False)
        session.flush()


def take_mail(session: Session, mail: Mail, *, by: Person) -> None:
    """Record that somebody takes an e-mail as a file, to send it with their own program."""
    _check_may_act(session, mail, by)
    session.refresh(mail, with_for_update=True)
    state = state_of(mail, now(session))
    if state is MailState.TAKEN:
        return  # the same file again
    if state not in TO_SEND:
        raise Refused(_NOT_TO_SEND[state])
    mail.taken_at, mail.failure = now(session), ""
    _feed_back(session, mail, by)
    audit_trail.record(session, "take_mail", f"mail {mail.id}", by=by, kind=mail.kind, to=mail.to_id)
    session.flush()


def mail_to_take(session: Session, mail: Mail, *, by: Person) -> Outgoing:
    """The e-mail for the file that somebody may take."""
    _check_may_act(session, mail, by)
    return _outgoing(session, mail)


def _outgoing(session: Session, mail: Mail) -> Outgoing:
    return Outgoing(
        mail_id=mail.id,
        to_address=mail.to_address,
        subject=mail.subject,
        body=mail.body,
        reply_to=mail.written_by.email if mail.written_by else None,
        is_automatic=mail.kind == MailKind.DIGEST,
        written_at=mail.written_at,
        made_at=now(session),
    )


def _check_may_act(session: Session, mail: Mail, by: Person | None) -> None:
    """Feedback is for those who may tell of it, asked again each time; digests are for `qa digest` alone."""
    if mail.learning_point is not None and by is not None:
        check_may_tell(session, mail.learning_point, mail.to, by=by)
    elif by is not None:
        raise Refused("Digests are sent by “qa digest”, which tries again by itself.")


def _check_claimed(session: Session, mail: Mail) -> None:
    session.refresh(mail, with_for_update=True)
    if mail.claimed_at is None or mail.sent_at is not None:
        raise Refused("Somebody has settled meanwhile what became of this e-mail. Look at it again.")


def _feed_back(session: Session, mail: Mail, by: Person | None) -> None:
    if mail.learning_point is not None and by is not None:
        feed_back(session, mail.learning_point, on=today(session), to=mail.to, by=by)
