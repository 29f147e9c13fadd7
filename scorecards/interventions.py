"""Stepping in on an open case: what is to be put right, by whom and by when, and what came of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from sampling.records import audit_trail
from sampling.records.cases import CaseState
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Person, Role, RoleHeld, in_force, roles_of, teams_managed
from sampling.refused import Refused
from sampling.tables import Draw, Plan, Route, SampledCase
from scorecards.actions import LONGEST_TEXT, hold
from scorecards.answers import responses_of
from scorecards.cards import scorecard_from
from scorecards.holding import answers_for, can_change_case, case_of, teams_of, unmet_outcomes
from scorecards.requirements import ResponseValue
from scorecards.submitting import revise
from scorecards.tables import Review, ReviewState, Revision, RevisionCause
from scorecards.tables_intervention import Intervention
from scorecards.visibility import (
    BLIND_ROLES,
    is_sealed_for,
    route_of_review,
    team_of_case,
    team_of_review,
)


@dataclass(frozen=True)
class InterventionRow:
    """An intervention as a reader sees it; overdue is worked out for the day of reading."""

    intervention_id: int
    review_id: int
    reference: str
    requirement_key: str
    requirement: str
    what: str
    owner_id: int
    owner: str
    due_on: date
    made_on: date
    made_by: str
    done_on: date | None
    result: str
    days_overdue: int
    may_finish: bool


def intervene(
    session: Session,
    review: Review,
    *,
    requirement_key: str,
    what: str,
    owner: Person,
    due_on: date,
    by: Person,
) -> Intervention:
    """Say what is to be put right on an open case now, from a requirement that is not met."""
    hold(session, review)
    check_may_intervene(session, review, by)
    if responses_of(review).get(requirement_key) != ResponseValue.NOT_MET:
        raise Refused("This requirement is not answered “not met”, so there is nothing to put right here.")
    what = what.strip()
    if not what:
        raise Refused("Say what is to be put right. Type it in a sentence.")
    if len(what) > LONGEST_TEXT:
        raise Refused(f"The text has {len(what):,} characters; {LONGEST_TEXT:,} fit. Shorten it.")
    if due_on < today(session):
        raise Refused(f"{due_on.day} {due_on:%B %Y} is past. Choose today or a later day.")
    if owner.id not in owners_for(session, review):
        raise Refused(
            f"{owner.name} cannot be asked: they have left, cannot sign in, or review for QA and must not "
            "know of this score. Choose somebody from the list."
        )
    added = Intervention(
        review_id=review.id,
        requirement_key=requirement_key,
        what=what,
        owner_id=owner.id,
        due_on=due_on,
        made_at=now(session),
        made_by_id=by.id,
    )
    session.add(added)
    session.flush()
    audit_trail.record(
        session, "intervene", f"intervention {added.id}", by=by, owner=owner.id, due_on=str(due_on)
    )
    return added


def finish_intervention(
    session: Session, intervention: Intervention, *, result: str, done_on: date, by: Person
) -> None:
    """Record what came of an intervention, and the day it was done."""
    session.refresh(intervention, with_for_update=True)
    seen = select(Review.id).where(Review.id == intervention.review_id, not_(is_sealed_for(session, by)))
    if session.scalars(seen).first() is None or not _may_finish(
        intervention, by, roles=roles_of(session, by), teams=teams_managed(session, by)
    ):
        raise Refused(
            f"{intervention.owner.name}, the reviewer or a manager of the team records the result of this."
        )
    if intervention.done_on is not None:
        raise Refused("The result of this is recorded already, and stays as it is.")
    if not result.strip():
        raise Refused("Say what was done, and what came of it.")
    made_on = intervention.made_at.astimezone(OFFICE_TIME).date()
    if not made_on <= done_on <= today(session):
        raise Refused(
            f"It was asked for on {made_on.day} {made_on:%B %Y} and cannot be done before that, nor in the "
            "future. Enter the day on which it was done."
        )
    intervention.result, intervention.done_on = result.strip(), done_on
    intervention.done_by_id = by.id
    session.flush()
    audit_trail.record(
        session, "finish_intervention", f"intervention {intervention.id}", by=by, done_on=str(done_on)
    )


def put_right(
    session: Session, review: Review, *, requirement_keys: Collection[str], reason: str, by: Person
) -> Revision:
    """Record that requirements of a submitted review are met now: what was found stays beside it.

    What could not be assessed is met when it can be now. A case held back is let go with the last of them.
    """
    hold(session, review)
    check_may_intervene(session, review, by)
    if review.state != ReviewState.SUBMITTED:
        raise Refused("This review is still a draft. Tick “Put right since” on the score sheet.")
    responses = responses_of(review)
    right = {answer.requirement_key for answer in review.answers if answer.put_right}
    changes: dict[str, dict[str, object]] = {}
    for key in requirement_keys:
        if responses.get(key) == ResponseValue.NOT_MET and key not in right:
            changes[key] = {"response": ResponseValue.NOT_MET, "put_right": True}
        elif responses.get(key) == ResponseValue.CANNOT_ASSESS:
            changes[key] = {"response": ResponseValue.MET}
    if not changes:
        raise Refused("Nothing here is left to put right. Reload the page to see how the review stands.")
    return revise(session, review, changes=changes, cause=RevisionCause.CORRECTED, reason=reason, by=by)


def put_outcomes_right(session: Session, review: Review, *, reason: str, by: Person) -> Revision:
    """Record that every outcome requirement which held a case back is met now."""
    hold(session, review)
    keys = [requirement.key for requirement in unmet_outcomes(review)]
    if not review.file_found:
        raise Refused(
            "The case file could not be found, so nothing can be put right here. Once it is found, somebody "
            "of the level releases the case and says so."
        )
    return put_right(session, review, requirement_keys=keys, reason=reason, by=by)


def may_intervene(session: Session, review: Review, person: Person) -> bool:
    """Whether a person may step in on the case of a review now."""
    return _no_intervening_because(session, review, person) is None


def check_may_intervene(session: Session, review: Review, person: Person) -> None:
    """Refuse unless the case is still open and the person answers for what becomes of it."""
    reason = _no_intervening_because(session, review, person)
    if reason is not None:
        raise Refused(reason)


def _no_intervening_because(session: Session, review: Review, person: Person) -> str | None:
    if not answers_for(session, review, person):
        return "The reviewer of the case, or a manager of its team, steps in on it."
    if not can_change_case(review):
        return "Only a manager's or a thematic review of an open case can still change what becomes of it."
    case = case_of(review)
    if case.state != CaseState.OPEN:
        return f"{case.reference} is {case.state} in the case system: it is too late to intervene."
    return None


def owners_for(session: Session, review: Review) -> dict[int, str]:
    """Who may be asked to put something right: who signs in, and the caseworker, by number.

    Nobody who reviews for QA: they must not know of the score. The reviewer themself may.
    """
    day, caseworker_id = today(session), case_of(review).caseworker_id
    blind = select(RoleHeld.person_id).where(RoleHeld.role.in_(BLIND_ROLES), in_force(RoleHeld, day))
    rows = session.scalars(
        select(Person)
        .where(
            Person.disabled_on.is_(None),
            or_(Person.email.is_not(None), Person.id == caseworker_id),
            or_(Person.id.not_in(blind), Person.id == review.reviewer_id),
        )
        .order_by(Person.name, Person.id)
    )
    return {
        who.id: who.name if who.email else f"{who.name} (does not sign in: tell them yourself)"
        for who in rows
    }


def interventions(session: Session, person: Person, *, review_id: int | None = None) -> list[InterventionRow]:
    """The interventions a person may see: what is to be done first, by its date, then the newest done.

    Those they own or asked for, and those on reviews of their teams; the Head's are all of submitted ones.
    """
    roles, teams = roles_of(session, person), teams_managed(session, person)
    seen = [
        Intervention.owner_id == person.id,
        Intervention.made_by_id == person.id,
        Review.reviewer_id == person.id,
    ]
    if Role.HEAD in roles:
        seen.append(Review.state == ReviewState.SUBMITTED)
    if teams:
        seen.append(and_(route_of_review() == Route.OPEN, team_of_review().in_(teams)))
        seen.append(and_(route_of_review() == Route.THEMATIC, team_of_case().in_(teams)))
    query = (
        select(Intervention, Person.name)
        .join(Review, Review.id == Intervention.review_id)
        .join(Person, Person.id == Intervention.made_by_id)
        .where(or_(*seen), not_(is_sealed_for(session, person)))
        .options(
            joinedload(Intervention.owner),
            selectinload(Intervention.review).options(
                selectinload(Review.scorecard_version),
                selectinload(Review.sampled_case).options(
                    selectinload(SampledCase.frame_case),
                    selectinload(SampledCase.draw).selectinload(Draw.plan).selectinload(Plan.frame),
                ),
            ),
        )
        .order_by(
            Intervention.done_on.is_not(None),
            Intervention.done_on.desc(),
            Intervention.due_on,
            Intervention.id,
        )
    )
    if review_id is not None:
        query = query.where(Intervention.review_id == review_id)
    day = today(session)
    return [
        _row(found, made_by, day, may_finish=_may_finish(found, person, roles=roles, teams=teams))
        for found, made_by in session.execute(query)
    ]


def _row(found: Intervention, made_by: str, day: date, *, may_finish: bool) -> InterventionRow:
    card = scorecard_from(found.review.scorecard_version.definition)
    return InterventionRow(
        intervention_id=found.id,
        review_id=found.review_id,
        reference=found.review.sampled_case.frame_case.reference,
        requirement_key=found.requirement_key,
        requirement=next(row.text for row in card.requirements if row.key == found.requirement_key),
        what=found.what,
        owner_id=found.owner_id,
        owner=found.owner.name,
        due_on=found.due_on,
        made_on=found.made_at.astimezone(OFFICE_TIME).date(),
        made_by=made_by,
        done_on=found.done_on,
        result=found.result,
        days_overdue=max(0, (day - found.due_on).days) if found.done_on is None else 0,
        may_finish=may_finish and found.done_on is None,
    )


def _may_finish(
    intervention: Intervention, person: Person, *, roles: frozenset[Role], teams: frozenset[int]
) -> bool:
    """Whether somebody who may know of an intervention records its result."""
    review = intervention.review
    if review.reviewer_id == person.id or teams & teams_of(review):
        return True
    # An owner who has come to review for QA since leaves it to the manager, who could tell from it else.
    return intervention.owner_id == person.id and not roles & BLIND_ROLES
