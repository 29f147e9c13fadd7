"""More cases of a draw that was made: always the next tickets of the same stratum, never another seed."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.draw import draw as draw_references
from sampling.drawing import check_not_voided, keep_cases, members_of
from sampling.receipt import sample_hash
from sampling.records.cases import Case, CaseState
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register import add_line
from sampling.register_chain import Event
from sampling.registering import check_may_draw, plan_contents
from sampling.tables import Cause, Draw, Purpose, Replacement, Route, SampledCase

REPLACED_BY_STATE = {CaseState.CANCELLED: "cancelled", CaseState.MERGED: "merged"}
REPLACED_BY_WORD = ("duplicate", "out_of_scope")


def extend_draw(session: Session, draw: Draw, *, by: Person) -> int:
    """Draw the second stage that a stop-or-go plan foresaw; how many cases. Once, and no other plan may.

    Whether the first stage came out so that the plan goes on is for the caller to check.
    """
    check_may_draw(session, draw.plan.frame, by)
    check_not_voided(draw.plan)
    second_stage = plan_contents(draw.plan)["rule"].get("second_stage")
    if not second_stage:
        raise Refused(
            "This plan foresaw no second stage, so no case can be added to its sample. Plan a new one."
        )
    if is_extended(session, draw):
        raise Refused("The second stage of this plan was drawn already.")
    (stratum,) = draw.plan.frame.strata
    members = members_of(session, draw.plan.frame)
    _hold(session, draw)
    have = _highest(session, draw, stratum.id)
    size = min(have + second_stage, stratum.population)  # cases that were replaced took tickets of it
    order = draw_references(members, {stratum.code: size}, seed=draw.seed)[stratum.code]
    cases = keep_cases(
        session, draw, {stratum.code: order[have:]}, members, cause=Cause.EXTENSION, after=have
    )
    details = {"cases": len(cases), "sample_sha256": sample_hash(cases)}
    add_line(session, draw.plan, Event.EXTENDED, by=by, details=details)
    return len(cases)


def is_extended(session: Session, draw: Draw) -> bool:
    """Whether the second stage of a draw was drawn."""
    count = select(func.count()).where(SampledCase.draw_id == draw.id, SampledCase.cause == Cause.EXTENSION)
    return bool(session.scalar(count))


def replace_case(
    session: Session,
    sampled: SampledCase,
    *,
    code: str,
    reason: str,
    answered: int = 0,
    by: Person,
) -> SampledCase | None:
    """Put the next ticket of its stratum in the place of a case that is out of scope; None if none is left.

    `code` is "duplicate" or "out_of_scope", in the reviewer's words, or "cancelled" or "merged", which the
    newest extract must say. A file that cannot be found is never replaced: it counts as not met. That no
    review of the case was submitted is for the caller to check; `answered` is how many answers of a draft
    there are. A case of a rolling intake has no next ticket, one of a second scoring is never replaced.
    """
    draw, plan = sampled.draw, sampled.draw.plan
    _hold(session, draw)
    check_not_voided(plan)
    if session.get(Replacement, sampled.id) is not None:
        raise Refused(f"{sampled.frame_case.reference} was replaced already. Reload the page.")
    if plan.frame.route == Route.SECOND:
        raise Refused("A case of a second scoring is not replaced: it is scored as its file stood.")
    _check_code(sampled.frame_case.case, code)
    if not reason.strip():
        raise Refused("Say in a few words why the case is out of scope. The reason goes into the register.")
    following = None if plan.purpose == Purpose.ROLLING else _next_case(session, sampled)
    details = {
        "reference": sampled.frame_case.reference,
        "stratum": sampled.stratum.code,
        "code": code,
        "answered": answered,
        "next": following.frame_case.reference if following else None,
    }
    line = add_line(session, plan, Event.REPLACED, by=by, details=details)
    session.add(
        Replacement(
            sampled_case_id=sampled.id,
            next_id=following.id if following else None,
            code=code,
            reason=reason.strip(),
            at=line.at,
            by_id=by.id,
        )
    )
    session.flush()
    session.expire(draw)
    return following


def _hold(session: Session, draw: Draw) -> None:
    """Two who take the next ticket at once wait for each other."""
    session.execute(select(Draw.id).where(Draw.id == draw.id).with_for_update())


def _check_code(case: Case, code: str) -> None:
    if code in REPLACED_BY_WORD:
        return
    state = REPLACED_BY_STATE.get(CaseState(case.state))
    if code != state:
        raise Refused(
            f"{case.reference} is {case.state} in the newest extract, so it cannot be replaced as {code}. "
            "Import a newer extract, or give another reason."
        )


def _next_case(session: Session, sampled: SampledCase) -> SampledCase | None:
    stratum, draw = sampled.stratum, sampled.draw
    have = _highest(session, draw, stratum.id)
    if have == stratum.population:
        return None
    members = {stratum.code: members_of(session, draw.plan.frame)[stratum.code]}
    order = draw_references(members, {stratum.code: have + 1}, seed=draw.seed)[stratum.code]
    keep_cases(session, draw, {stratum.code: order[have:]}, members, cause=Cause.REPLACEMENT, after=have)
    return session.scalars(
        select(SampledCase).where(
            SampledCase.draw_id == draw.id,
            SampledCase.stratum_id == stratum.id,
            SampledCase.position == have + 1,
        )
    ).one()


def _highest(session: Session, draw: Draw, stratum_id: int) -> int:
    highest = select(func.max(SampledCase.position)).where(
        SampledCase.draw_id == draw.id, SampledCase.stratum_id == stratum_id
    )
    return session.scalar(highest) or 0
