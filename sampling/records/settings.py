"""The office's rules of the kind that documents disagree about: each with a start date.

A quarter that is past keeps the rules of its day.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Final
from urllib.parse import quote, urlsplit

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records import audit_trail
from sampling.records.database import Base
from sampling.records.people import Person, Role, check_may_act_as
from sampling.records.retention import RETENTION_SETTINGS, check_retention_setting
from sampling.records.service_settings import SERVICE_SETTINGS, check_service_setting
from sampling.refused import Refused

NATIONS: Final = {"ENG": "England", "WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"}

# name: (shipped value, what it is). The values are those of the newest document.
SETTINGS: Final = {
    "outcome_standard": ("0.98", "Share of closed cases whose outcome requirements are all met"),
    "method_standard": ("0.80", "Share of closed cases that meet the method requirements"),
    "overall_standard": ("0.80", "Share of manager-sampled cases that meet requirements"),
    "agreement_standard": ("0.90", "Share of paired reviews in which QA and the manager agree"),
    "assurance": ("0.95", "How sure a statement must be before it counts as shown"),
    "monthly_quota": ("2", "Open cases a line manager reviews per caseworker and month"),
    "dispute_window": ("10", "Working days in which a review can be disputed, once its feedback is shared"),
    "calendar": ("ENG", "Whose bank holidays count: ENG, WLS, SCT or NIR"),
    "case_link": ("", "Address at which the case system shows a case; empty for no link"),
    **SERVICE_SETTINGS,
    **RETENTION_SETTINGS,
}
SHIPPED_FROM: Final = date(2000, 1, 1)

# Plain digits only: of what Decimal and int also take (1e-2, NaN, 0_9, ²) other readers make other things.
_SHARE: Final = re.compile(r"0?\.[0-9]{1,9}")
_QUOTA: Final = re.compile(r"[1-9][0-9]?|100")
_PLACES: Final = ("{reference}", "{id}")


class Setting(Base):
    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("name", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    starts_on: Mapped[date]
    value: Mapped[str]


def setting(session: Session, name: str, on: date) -> str:
    """The value of a setting on a day, as the text that was typed (shares stay exact)."""
    value = session.scalars(
        select(Setting.value)
        .where(Setting.name == name, Setting.starts_on <= on)
        .order_by(Setting.starts_on.desc())
        .limit(1)
    ).first()
    return SETTINGS[name][0] if value is None else value


def setting_over_time(session: Session, name: str) -> list[tuple[date, str]]:
    """Every value a setting has had, with the day from which it holds; the shipped one comes first."""
    rows = session.execute(
        select(Setting.starts_on, Setting.value).where(Setting.name == name).order_by(Setting.starts_on)
    )
    return [(date.min, SETTINGS[name][0]), *((row[0], row[1]) for row in rows)]


def set_setting(session: Session, name: str, value: str, *, starts_on: date, by: Person) -> None:
    """Give a setting a value from a day on; the earlier value keeps the days before."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    value = value.strip()
    check_setting(name, value)
    row = session.scalars(select(Setting).where(Setting.name == name, Setting.starts_on == starts_on)).first()
    before = setting(session, name, starts_on)
    if row is None:
        session.add(Setting(name=name, value=value, starts_on=starts_on))
    else:
        row.value = value
    audit_trail.record(
        session, "set_setting", f"setting {name}", by=by, before=before, after=value, starts_on=str(starts_on)
    )
    session.flush()


def check_setting(name: str, value: str) -> None:
    """Refuse a value that the setting cannot take."""
    if name not in SETTINGS:
        raise Refused(f"There is no setting called {name}. The settings are: {', '.join(SETTINGS)}.")
    if name == "calendar":
        if value not in NATIONS:
            raise Refused(f"The calendar {value!r} is not known. Type one of {', '.join(NATIONS)}.")
        return
    if name == "monthly_quota":
        if not _QUOTA.fullmatch(value):
            raise Refused(f"The monthly quota is {value!r}; it must be a whole number from 1 to 100.")
        return
    if name == "dispute_window":
        if not _QUOTA.fullmatch(value):
            raise Refused(f"The time for a dispute is {value!r}; type 1 to 100 working days.")
        return
    if name == "case_link":
        _check_case_link(value)
        return
    if name in RETENTION_SETTINGS:
        check_retention_setting(name, value)
        return
    if name in SERVICE_SETTINGS and name != "service_share":
        check_service_setting(name, value)
        return
    share = Decimal(value) if _SHARE.fullmatch(value) else Decimal(-1)
    low = Decimal("0.5") if name == "assurance" else Decimal(0)
    if not low < share < 1:
        raise Refused(f"{SETTINGS[name][1]} is {value!r}; type a share between {low} and 1, such as 0.95.")


def _check_case_link(template: str) -> None:
    if not template:
        return
    try:
        address = urlsplit(template)
        # No place may stand in the name of the server: a case could otherwise lead anywhere.
        sound = (
            address.scheme in ("https", "http")
            and bool(address.hostname)
            and not set(address.netloc) & set("{}@\\")
            and template.isascii()
            and not re.search(r"[\s\x00-\x1f\"<>\\]", template)
        )
    except ValueError:
        sound = False
    rest = template
    for place in _PLACES:
        rest = rest.replace(place, "")
    if not sound or rest == template or "{" in rest or "}" in rest:
        raise Refused(
            f"“{template}” is not an address of cases. Type one that begins with https:// and has "
            "{reference} or {id} where the case system expects them, such as "
            "https://cases.example.org/case?id={id}; leave it empty for no link."
        )


def address_of_case(template: str, *, reference: str, system_id: str | None) -> str | None:
    """Where the case system shows a case; None without a link, or when the link needs an id it has not."""
    if not template or ("{id}" in template and not system_id):
        return None
    # Escaped whole, so that nothing in a file of cases can change where the link leads.
    filled = template.replace("{reference}", quote(reference, safe=""))
    return filled.replace("{id}", quote((system_id or "").strip("{}"), safe=""))
