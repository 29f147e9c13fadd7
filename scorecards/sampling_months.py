"""The months whose required sampling can be looked at, and the teams that had cases in them."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from sampling.records.cases import Case, CaseBefore, CaseState, Import
from sampling.records.database import OFFICE_TIME, today
from sampling.records.people import Membership


def sampling_months(session: Session) -> list[date]:
    """The months whose sampling can be looked at, newest first: this one, back to the first import's.

    That is the month of its as-at moment. Whether a month was drawn makes no difference.
    """
    months = [today(session).replace(day=1)]
    of_first_import = select(Import.as_at).where(Import.undone_at.is_(None)).order_by(Import.id).limit(1)
    as_at = session.scalars(of_first_import).first()
    while as_at is not None and months[-1] > as_at.astimezone(OFFICE_TIME).date():
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


def teams_at_work(session: Session, month: date) -> frozenset[int]:
    """Ids of the teams that had a caseworker or an open case in a month, as far as the books tell.

    Teams have no dates of their own. One without either had nobody whose cases could be required,
    though it may have had a line manager: it owes nothing for that month, and is not among them.
    """
    next_month = (month + timedelta(days=31)).replace(day=1)
    begins, ends = (datetime.combine(first, time(), OFFICE_TIME) for first in (month, next_month))
    members = select(Membership.team_id).where(
        Membership.starts_on < next_month, or_(Membership.ends_on.is_(None), Membership.ends_on >= month)
    )
    # What a case was before an import of that month, or a later one, changed it.
    before = (
        select(CaseBefore.id)
        .join(Import, Import.id == CaseBefore.import_id)
        .where(CaseBefore.case_id == Case.id, Import.as_at >= begins)
        .order_by(CaseBefore.import_id)
        .correlate(Case)
    )
    state_before = CaseBefore.before["state"].as_string()
    team_before = CaseBefore.before["team_id"].as_integer()
    moved_from = before.with_only_columns(team_before).where(team_before.is_not(None)).limit(1)
    cases = (
        select(func.coalesce(moved_from.scalar_subquery(), Case.team_id))
        .join(Import, Import.id == Case.first_import_id)
        .where(
            or_(Case.received_on < next_month, and_(Case.received_on.is_(None), Import.as_at < ends)),
            or_(
                Case.state == CaseState.OPEN,
                Case.closed_on >= month,
                and_(Case.closed_on.is_(None), before.where(state_before == CaseState.OPEN).exists()),
            ),
        )
        .distinct()
    )
    return frozenset(
        team_id for team_id in (*session.scalars(members), *session.scalars(cases)) if team_id is not None
    )
