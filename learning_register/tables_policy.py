"""What is kept of policy documents: each version whole, and where its paragraphs went in a later one."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.database import Base


class PolicyVersion(Base):
    """One version of a policy document. Earlier versions stay: points were made under them.

    `version_date` is None for a document that bears no date.
    """

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("document", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    title: Mapped[str]
    short_name: Mapped[str]
    version: Mapped[str]
    version_date: Mapped[date | None]
    loaded_at: Mapped[datetime]
    loaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    paragraphs: Mapped[list["PolicyParagraph"]] = relationship(order_by="PolicyParagraph.place")


class PolicyParagraph(Base):
    """A paragraph or annex of a version: number, title, one-line summary, how binding it is."""

    __tablename__ = "policy_paragraph"
    __table_args__ = (
        UniqueConstraint("version_id", "number"),
        CheckConstraint("number <> ''", name="has_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    place: Mapped[int]
    number: Mapped[str]
    section: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    force: Mapped[str]

    version: Mapped[PolicyVersion] = relationship(back_populates="paragraphs")


class ParagraphMove(Base):
    """Where a paragraph went in another version, because a person says so."""

    __tablename__ = "paragraph_move"
    __table_args__ = (CheckConstraint("from_id <> to_id", name="not_to_itself"),)

    from_id: Mapped[int] = mapped_column(ForeignKey("policy_paragraph.id"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("policy_paragraph.id"), primary_key=True)
    said_at: Mapped[datetime]
    said_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class CharterCommitment(Base):
    """A commitment of the Service Charter; some numbers are known only by continuation."""

    __tablename__ = "charter_commitment"

    number: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[str]
    summary: Mapped[str]
    number_inferred: Mapped[bool]
