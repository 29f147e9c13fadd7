"""What is kept of the e-mails that the product writes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from learning_register.tables import LearningPoint
from sampling.records.database import Base
from sampling.records.people import Person


class Mail(Base):
    """An e-mail to one person: the feedback of a learning point, or the digest of a day.

    It waits until it is sent by SMTP or taken as a file. Whoever begins to send it claims it first, so
    that nobody sends it a second time meanwhile. A failed attempt leaves its reason and gives the claim
    up; a claim without an end says that nobody knows whether the e-mail went.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("kind IN ('feedback', 'digest')", name="kind_known"),
        CheckConstraint("(kind = 'feedback') = (learning_point_id IS NOT NULL)", name="feedback_has_point"),
        CheckConstraint("(kind = 'digest') = (for_day IS NOT NULL)", name="digest_has_day"),
        CheckConstraint("sent_at IS NULL OR claimed_at IS NOT NULL", name="sent_by_claim"),
        CheckConstraint("sent_at IS NULL OR failure = ''", name="sent_or_failed"),
        UniqueConstraint("to_id", "for_day"),
        Index("ix_mail_point", "learning_point_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    learning_point_id: Mapped[int | None] = mapped_column(ForeignKey("learning_point.id"))
    for_day: Mapped[date | None]
    told: Mapped[list[str]] = mapped_column(default=list)  # of a digest: each thing, and how pressing it was
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]  # as a file, to be sent by the person's own program
    failure: Mapped[str] = mapped_column(default="")

    to: Mapped[Person] = relationship(foreign_keys=[to_id])
    written_by: Mapped[Person | None] = relationship(foreign_keys=[written_by_id])
    learning_point: Mapped[LearningPoint | None] = relationship()
