"""What is kept of the risks of casework: what was noted of a case, and who signed a month off."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person


class RiskRecord(Base):
    """The risks that somebody saw in a case at a moment; the newest record of a case counts.

    A case without any record is blank, which is not the same as one with "none identified".
    """

    __tablename__ = "risk_record"
    __table_args__ = (Index("ix_risk_record_case", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    categories: Mapped[list[str]]
    high_risk: Mapped[list[str]]  # the reasons for which it is a high-risk case
    note: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    case: Mapped[Case] = relationship()
    recorded_by: Mapped[Person] = relationship()


class RiskSignOff(Base):
    """An assistant director has looked at the risks of a month and signed its report off."""

    __tablename__ = "risk_sign_off"

    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    figures: Mapped[dict[str, Any]]
    note: Mapped[str]
    signed_at: Mapped[datetime]
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    signed_by: Mapped[Person] = relationship()
