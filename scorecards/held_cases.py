"""Cases held back: who sees them, who lets them go, and which went out all the same."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, false, not_, or_, select, true
from sqlalchemy.orm import Session, selectinload

from sampling.records import audit_trail
from sampling.records.cases import Case, CaseBefore, CaseState, Import, ever_was
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Person, Role, RoleHeld, Team, in_force, roles_of, teams_managed
from sampling.refused import Refused
from scorecards.actions import hold
from scorecards.approvals import level_for, level_of, reaches
from scorecards.findings_read import note_findings_read
from scorecards.going_out import Standing, standing, went_out
from scorecards.holding import answers_for, case_of, teams_of, unmet_outcomes
from scorecards.requirements import ResponseValue
from scorecards.tables import Review, Revision
from scorecards.tables_intervention import Approver, HeldCase, Level
from scorecards.visibility import BLIND_ROLES, is_sealed_for, may_see_review, team_of_review

_NOT_YOURS: Final = "There is no such held case, or it is not for you to see. Choose one from the list."


@dataclass(frozen=True)
class HeldRow:
    """A case that is or was held back. `closed_on` is the first closing told after it was held.

    A case that was put right and held anew has a row for each time. `went_out` is a breach: it closed
    without having been let go, whatever came later.
    """

    held_id: int
    review_id: int
    reference: str
    team: str | None
    is_own_team: bool
    decision: str
    required_level: Level
    held_at: datetime
    days_held: int
    told_at: datetime | None
    standing: Standing
    went_out: bool
    closed_on: date | None
    let_go_at: datetime | None
    let_go_by: str | None
    let_go_reason: str


@dataclass(frozen=True)
class Finding:
    """An outcome requirement that is not met, or could not be assessed, with the words beside it."""

    requirement: str
    response: ResponseValue
    evidence: str


@dataclass(frozen=True)
class HeldDetail:
    """What a person needs to act on a waiting case. `not_released_because` is None for who may release."""

    findings: tuple[Finding, ...]
    file_found: bool
    releasers: tuple[str, ...]
    not_released_because: str | None
    answers_for_it: bool
    may_choose_decision: bool
    may_open_review: bool


def held_cases(session: Session, person: Person, *, waiting_only: bool = False) -> list[HeldRow]:
    """The held cases a person may see, the longest held first."""
    query = (
        select(HeldCase, Case, Team.name, team_of_review(), Import.as_at, Revision.reason, Person.name)
        .join(Review, Review.id == HeldCase.review_id)
        .join(Case, Case.id == HeldCase.case_id)
        .join(Import, Import.id == Case.last_import_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(Revision, and_(Revision.review_id == Review.id, Revision.made_at == HeldCase.put_right_at))
        .outerjoin(Person, Person.id == Revision.made_by_id)
        .where(_may_see(session, person))
        .options(selectinload(HeldCase.released_by))
        .order_by(HeldCase.held_at, HeldCase.id)
    )
    if waiting_only:
        query = query.where(_is_waiting())
    own, day = teams_managed(session, person), today(session)
    rows = session.execute(query).all()
    earlier = {} if waiting_only or not rows else _earlier_closings(session)
    found = []
    for held, case, team, review_team, as_at, reason, by in rows:
        closed_on = _first_closing(held, case, as_at, earlier.get(case.id, []))
        held_on, put_right_on, released_on = (
            None if moment is None else moment.astimezone(OFFICE_TIME).date()
            for moment in (held.held_at, held.put_right_at, held.released_at)
        )
        assert held_on is not None
        found.append(
            HeldRow(
                held_id=held.id,
                review_id=held.review_id,
                reference=case.reference,
                team=team,
                is_own_team=bool({case.team_id, review_team} & own),
                decision=held.decision,
                required_level=Level(held.required_level),
                held_at=held.held_at,
                days_held=(day - held_on).days,
                told_at=held.told_at,
                standing=standing(
                    held_on=held_on,
                    put_right_on=put_right_on,
                    released_on=released_on,
                    closed_on=closed_on,
                    is_open=case.state == CaseState.OPEN,
                ),
                went_out=went_out(
                    held_on=held_on, let_go_on=put_right_on or released_on, closed_on=closed_on
                ),
                closed_on=closed_on,
                let_go_at=held.put_right_at or held.released_at,
                let_go_by=held.released_by.name if held.released_by else by,
                let_go_reason=held.release_reason or reason or "",
            )
        )
    return found


def held_findings(session: Session, held_id: int, person: Person) -> tuple[Finding, ...]:
    """What stops one held case."""
    review = _seen(session, held_id, person).review
    note_findings_read(session, review, by=person)
    return _findings(review)


def held_detail(session: Session, held_id: int, person: Person) -> HeldDetail:
    """What stops one held case, and who may let it go."""
    held = _seen(session, held_id, person)
    review = held.review
    note_findings_read(session, review, by=person)
    opened = select(Review.id).where(Review.id == review.id, may_see_review(session, person))
    return HeldDetail(
        findings=_findings(review),
        file_found=review.file_found,
        releasers=tuple(
            who.name
            for who in _with_level(session, held)
            if _not_released_because(session, held, who) is None
        ),
        not_released_because=_not_released_because(session, held, person),
        answers_for_it=answers_for(session, review, person),
        may_choose_decision=_may_choose(session, held, person),
        may_open_review=session.scalars(opened).first() is not None,
    )


def _findings(review: Review) -> tuple[Finding, ...]:
    evidence = {answer.requirement_key: answer.evidence for answer in review.answers}
    return tuple(
        Finding(requirement.text, response, evidence[requirement.key])
        for requirement, response in unmet_outcomes(review).items()
    )


def tell_manager(session: Session, shown: Collection[int], *, by: Person) -> int:
    """Note which waiting cases of their teams a manager has been shown; how many were new to them."""
    new = [
        row.held_id
        for row in held_cases(session, by, waiting_only=True)
        if row.held_id in shown and row.is_own_team and row.told_at is None
    ]
    for held_id in new:
        session.get_one(HeldCase, held_id).told_at = now(session)
        audit_trail.record(session, "tell_manager", f"held case {held_id}", by=by)
    return len(new)


def choose_decision(session: Session, held: HeldCase, *, decision: str, by: Person) -> None:
    """Say what kind of decision a waiting case is: the level that may release it follows from that.

    Whoever answers for the case may raise the level. Only who reaches the present one lowers it, and
    somebody else releases the case then.
    """
    _check_waiting(session, held, by)
    if not _may_choose(session, held, by):
        raise Refused(
            "The reviewer of the case, a manager of its team, or who may approve it says what kind of "
            "decision it is."
        )
    before, present, level = held.decision, Level(held.required_level), level_for(session, decision)
    if not reaches(level, present):
        if not _reaches(session, held, by):
            raise Refused(
                f"“{decision}” needs a lower level than this case does now, and that is above yours. Ask "
                "somebody who may release the case to choose it."
            )
        held.lowered_by_id = by.id
    elif level != present:
        held.lowered_by_id = None
    held.decision, held.required_level = decision, level
    audit_trail.record(
        session,
        "choose_decision",
        f"held case {held.id}",
        by=by,
        before=before,
        after=decision,
        level=held.required_level,
    )


def release_case(session: Session, held: HeldCase, *, reason: str, by: Person) -> None:
    """Let a held case go out although not all its outcome requirements are met, with the reason."""
    _check_waiting(session, held, by)
    barred = _not_released_because(session, held, by)
    if barred is not None:
        raise Refused(barred)
    if not reason.strip():
        raise Refused("Say why the case may go out as it is. The reason stays on record.")
    held.released_at, held.released_by_id, held.release_reason = now(session), by.id, reason.strip()
    session.flush()
    audit_trail.record(session, "release_case", f"held case {held.id}", by=by, level=held.required_level)


def _may_choose(session: Session, held: HeldCase, person: Person) -> bool:
    """Whether a person says what kind of decision a case is: who answers for it, or reaches its level."""
    if answers_for(session, held.review, person):
        return True
    return not roles_of(session, person) & BLIND_ROLES and _reaches(session, held, person)


def _reaches(session: Session, held: HeldCase, person: Person) -> bool:
    level = level_of(session, person, teams=teams_of(held.review))
    return reaches(level, Level(held.required_level))


def _not_released_because(session: Session, held: HeldCase, person: Person) -> str | None:
    """Why a person may not release a case, in a sentence; None if they may."""
    review = held.review
    if review.reviewer_id == person.id:
        return "You reviewed this case. Somebody else releases it, or you record that it was put right."
    if roles_of(session, person) & BLIND_ROLES:
        # What they release would tell which cases have been scored a second time.
        return "Somebody who reviews for QA cannot release cases. Leave it to a colleague who approves."
    hand_in_it = select(Case.id).where(
        Case.id == held.case_id,
        or_(ever_was(person, Case.caseworker_id), ever_was(person, Case.decided_by_id)),
    )
    if session.scalars(hand_in_it).first() is not None:
        return "You handled or decided this case. Somebody else releases it."
    if held.lowered_by_id == person.id:
        return "You lowered the level that this case needs. Somebody else releases it."
    if not _reaches(session, held, person):
        return "This case needs a higher level than yours. Ask one of those named here to release it."
    return None


def _with_level(session: Session, held: HeldCase) -> list[Person]:
    """Everybody who might approve at the level of a held case, by name; who is barred is still among them."""
    day, teams = today(session), teams_of(held.review)
    named = select(Approver.person_id)
    by_role = select(RoleHeld.person_id).where(
        in_force(RoleHeld, day), or_(RoleHeld.role == Role.HEAD, RoleHeld.team_id.in_(teams))
    )
    return list(
        session.scalars(
            select(Person)
            .where(Person.disabled_on.is_(None), or_(Person.id.in_(named), Person.id.in_(by_role)))
            .order_by(Person.name)
        )
    )


def _check_waiting(session: Session, held: HeldCase, by: Person) -> None:
    hold(session, held.review)
    session.refresh(_seen(session, held.id, by))
    case = case_of(held.review)
    if held.put_right_at is not None or held.released_at is not None:
        raise Refused(f"{case.reference} has been let go already. The history says by whom, and why.")
    if case.state != CaseState.OPEN:
        raise Refused(
            f"{case.reference} is {case.state} in the case system, so there is nothing left to hold back."
        )


def _seen(session: Session, held_id: int, person: Person) -> HeldCase:
    held = session.scalars(
        select(HeldCase)
        .join(Review, Review.id == HeldCase.review_id)
        .join(Case, Case.id == HeldCase.case_id)
        .where(HeldCase.id == held_id, _may_see(session, person))
    ).first()
    if held is None:
        raise Refused(_NOT_YOURS)
    return held


def _is_waiting() -> ColumnElement[bool]:
    return and_(HeldCase.put_right_at.is_(None), HeldCase.released_at.is_(None), Case.state == CaseState.OPEN)


def _may_see(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition, on a HeldCase with its Review and Case, that a person may know of it now."""
    seen: list[ColumnElement[bool]] = [Review.reviewer_id == person.id]
    if Role.HEAD in roles_of(session, person):
        seen.append(true())
    teams = teams_managed(session, person)
    if teams:
        seen.append(or_(Case.team_id.in_(teams), team_of_review().in_(teams)))
    level = level_of(session, person, teams=())
    seen.append(HeldCase.required_level.in_([other for other in Level if reaches(level, other)]))
    return and_(or_(false(), *seen), not_(is_sealed_for(session, person)))


def _earlier_closings(session: Session) -> dict[int, list[tuple[datetime, date]]]:
    """Of held cases that were opened again: when an import told so, and the closing it overwrote."""
    rows = session.execute(
        select(CaseBefore.case_id, Import.at, Import.as_at, CaseBefore.before["closed_on"].as_string())
        .join(Import, Import.id == CaseBefore.import_id)
        .where(
            CaseBefore.case_id.in_(select(HeldCase.case_id)),
            CaseBefore.before["state"].as_string() == CaseState.CLOSED,
        )
    )
    found: dict[int, list[tuple[datetime, date]]] = {}
    for case_id, told_at, as_at, closed_on in rows:
        closed = as_at.astimezone(OFFICE_TIME).date() if closed_on is None else date.fromisoformat(closed_on)
        found.setdefault(case_id, []).append((told_at, closed))
    return found


def _first_closing(
    held: HeldCase, case: Case, as_at: datetime, earlier: list[tuple[datetime, date]]
) -> date | None:
    closings = [closed_on for told_at, closed_on in earlier if told_at > held.held_at]
    if case.state == CaseState.CLOSED:
        # An extract may not say when: the day of the newest that changed the case is the latest it can be.
        closings.append(case.closed_on or as_at.astimezone(OFFICE_TIME).date())
    return min(closings, default=None)
