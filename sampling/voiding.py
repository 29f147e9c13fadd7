"""Voiding a plan or its draw: asked for with a reason, granted by somebody else, never deleted."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.frames import check_may_plan
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused
from sampling.register import add_line
from sampling.register_chain import Event
from sampling.registering import check_may_draw
from sampling.tables import Draw, Frame, Plan, RegisterEntry, Route


def ask_to_void(session: Session, plan: Plan, *, reason: str, reviewed: int, by: Person) -> None:
    """Ask that a plan, drawn or not, be voided. It counts until somebody else agrees.

    `reviewed` is how many of its cases have been reviewed: the register shows whether results were known.
    """
    check_may_draw(session, plan.frame, by)
    if plan.frame.route == Route.SECOND and is_drawn(session, plan):
        raise Refused(
            "A second scoring that was drawn is scored to its end: its reviews cannot be scored a third "
            "time, and nobody may put its disagreements away."
        )
    if not reason.strip():
        raise Refused("Say why the plan is to be voided, for example “drawn from the wrong extract”.")
    if request_to_void(session, plan) is not None:
        raise Refused("Somebody has asked already that this plan be voided. It waits for a second person.")
    add_line(session, plan, Event.VOID_ASKED, by=by, details={"reason": reason.strip(), "reviewed": reviewed})


def is_drawn(session: Session, plan: Plan) -> bool:
    """Whether the cases of a plan have been drawn."""
    drawn = select(Draw.id).where(Draw.plan_id == plan.id, Draw.drawn_at.is_not(None))
    return session.scalars(drawn).first() is not None


def void_plan(session: Session, plan: Plan, *, by: Person) -> None:
    """Agree that a plan is voided, with its late strata: nothing more is drawn by it, and it counts nowhere.

    Submitted reviews of its cases stay on record; they leave the results and the lists of work.
    """
    asked = _check_may_answer(session, plan, by)
    late = session.scalars(
        select(Plan)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.late_to_id == plan.frame_id, Plan.voided_at.is_(None))
    )
    for each in (plan, *late.all()):
        line = add_line(session, each, Event.VOIDED, by=by, details={"asked_in_line": asked.number})
        each.voided_at = line.at
        session.flush()


def decline_to_void(session: Session, plan: Plan, *, reason: str, by: Person) -> None:
    """Decline to void a plan, with the reason. It stays as it is."""
    asked = _check_may_answer(session, plan, by)
    if not reason.strip():
        raise Refused("Say why the plan is not voided.")
    add_line(
        session,
        plan,
        Event.VOID_DECLINED,
        by=by,
        details={"asked_in_line": asked.number, "reason": reason.strip()},
    )


def request_to_void(session: Session, plan: Plan) -> RegisterEntry | None:
    """The request to void a plan that waits for an answer."""
    answers = (Event.VOID_ASKED, Event.VOID_DECLINED, Event.VOIDED)
    newest = session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.plan_id == plan.id, RegisterEntry.event.in_(answers))
        .order_by(RegisterEntry.number.desc())
        .limit(1)
    ).first()
    return newest if newest is not None and newest.event == Event.VOID_ASKED else None


def may_answer_request(session: Session, plan: Plan, person: Person) -> bool:
    """Whether a request to void waits for an answer, and this person may give it."""
    try:
        _check_may_answer(session, plan, person)
    except Refused:
        return False
    return True


def _check_may_answer(session: Session, plan: Plan, by: Person) -> RegisterEntry:
    asked = request_to_void(session, plan)
    if asked is None:
        raise Refused(
            "Nobody has asked that this plan be voided, or the request was answered. Reload the page."
        )
    if plan.frame.route == Route.OPEN:
        check_may_act_as(session, by, Role.HEAD, Role.QA_REVIEWER)
    else:
        check_may_plan(session, by, Route(plan.frame.route))
    if asked.by_id == by.id:
        raise Refused("You asked for this yourself, so somebody else has to answer it.")
    return asked


def close_draw(session: Session, draw: Draw, *, by: Person) -> datetime:
    """Close a draw of which nothing waits to be reviewed any more. What was sealed opens then."""
    if draw.closed_at is None:
        draw.closed_at = add_line(session, draw.plan, Event.CLOSED, by=by).at
    return draw.closed_at
