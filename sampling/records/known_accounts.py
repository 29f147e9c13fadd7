"""Which account of the organisation's sign-in is whose: kept from the first sign-in on.

People are found by their e-mail address once. From then on the provider's own name for the account counts
(issuer and subject, which are never given out again), so that an address that changes, or is given to
somebody new, opens nobody else's account.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from sampling.records import audit_trail
from sampling.records.database import Base, now
from sampling.records.people import Person, Role, check_may_act_as
from sampling.records.sign_in import check_is_open, check_may_sign_in, end_sessions
from sampling.refused import Refused


class KnownAccount(Base):
    """An account of a provider of OpenID Connect, and whose it is. One for each person and provider."""

    __tablename__ = "known_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("person_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    known_since: Mapped[datetime]

    person: Mapped[Person] = relationship()


def person_of_account(session: Session, *, issuer: str, subject: str) -> Person | None:
    """Whose account it is, None while nobody has signed in with it; refuses whose place here is closed."""
    known = session.scalars(
        select(KnownAccount).where(KnownAccount.issuer == issuer, KnownAccount.subject == subject)
    ).first()
    if known is None:
        return None
    check_is_open(session, known.person)
    return known.person


def connect_account(session: Session, *, issuer: str, subject: str, email: str) -> Person:
    """The first sign-in with an account: it is that of the person with its e-mail address from now on.

    Refused where that person has another account there: the address may have been given to somebody new.
    """
    person = check_may_sign_in(session, email)
    if has_account(session, person, issuer=issuer):
        raise Refused(
            f"The address {email} belongs to somebody here who signs in with another account of your "
            "organisation. If it is yours, ask an administrator of the office to forget the old account."
        )
    session.add(KnownAccount(person_id=person.id, issuer=issuer, subject=subject, known_since=now(session)))
    session.flush()
    audit_trail.record(session, "connect_account", f"person {person.id}", by=person, issuer=issuer)
    return person


def forget_account(session: Session, person: Person, *, by: Person) -> None:
    """Let the organisation's sign-in find a person by e-mail address again, and sign them out everywhere."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    known = session.scalars(select(KnownAccount).where(KnownAccount.person_id == person.id)).all()
    if not known:
        raise Refused(f"No account of the organisation is known for {person.name}: there is none to forget.")
    for account in known:
        session.delete(account)
    session.flush()
    end_sessions(session, person)
    audit_trail.record(session, "forget_account", f"person {person.id}", by=by)


def has_account(session: Session, person: Person, *, issuer: str | None = None) -> bool:
    """Whether an account of the organisation is known for a person, of one issuer if asked."""
    known = select(KnownAccount.id).where(KnownAccount.person_id == person.id)
    if issuer is not None:
        known = known.where(KnownAccount.issuer == issuer)
    return session.scalars(known).first() is not None
