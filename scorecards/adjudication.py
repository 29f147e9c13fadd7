"""Adjudication: a third person decides pairs of reviews, without being told whose is which.

Every pair in which the two gave different verdicts, and a random part of those they both called met:
what both miss shows nowhere else. Agreement stays what it was before. Whoever starts a pair has it to
themselves; what they answer is kept as they give it, and nobody else sees it.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from secrets import randbits, token_hex
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.draw import draw as smallest_tickets
from sampling.draw import seed_from
from sampling.frames import check_may_plan
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Absence, Person, Role, check_may_act_as, in_force
from sampling.records.unfinished import both
from sampling.refused import Refused
from sampling.tables import Draw, Route, SampledCase
from scorecards.actions import LONGEST_TEXT
from scorecards.answers import card_of
from scorecards.first_sights import has_seen
from scorecards.independence import Involvement, barred_because
from scorecards.involvement import check_has_declared, involvement_of
from scorecards.pairs import Pair, Standing, pairs_of
from scorecards.requirements import ResponseValue, allowed_responses
from scorecards.scoring import score_case
from scorecards.tables import Review, SecondScoring
from scorecards.tables_agreement import Adjudication, AdjudicationDraw

BOTH_MET: Final = 59  # with none missed among them, at most 5% of all that both called met are
ADJUDICATORS: Final = (Role.QA_REVIEWER, Role.HEAD)
_ALL: Final = "both met"


class Reason(StrEnum):
    """Why two reviewers came to different answers, or the same wrong one."""

    EVIDENCE_MISSED = "evidence missed"
    GUIDANCE_UNCLEAR = "guidance unclear"
    REQUIREMENT_MISREAD = "requirement misread"
    FILE_CHANGED = "file changed"
    JUDGEMENT_DIFFERS = "judgement differs"
    RECORDING_ERROR = "recording error"
    NONE = "none"


def draw_adjudication(
    session: Session, draw: Draw, *, both_met: int = BOTH_MET, by: Person
) -> AdjudicationDraw:
    """Choose the pairs of a complete second scoring that are adjudicated. Once, and for good.

    All that differ, and of those both called met the `both_met` with the smallest tickets of a seed made
    now: recipe cqa1 with a public value of the operating system, kept for anybody to check.
    """
    check_may_plan(session, by, Route.SECOND)
    # Whoever comes second waits here, and then finds what was drawn.
    session.execute(select(Draw.id).where(Draw.id == draw.id).with_for_update())
    if draw.plan.frame.route != Route.SECOND or draw.closed_at is None:
        raise Refused(
            "Pairs are adjudicated once every case of the second scoring has its second score. Wait for "
            "the last."
        )
    if session.get(AdjudicationDraw, draw.id) is not None:
        raise Refused("The pairs of this second scoring were drawn already. Go on with those.")
    if both_met < 0:
        raise Refused("The number of pairs that both called met cannot be below 0. Type 0 or more.")
    counted = [pair for pair in pairs_of(session, draw.id) if pair.standing == Standing.COUNTED]
    discordant = [pair for pair in counted if pair.is_discordant]
    alike = {pair.reference: pair for pair in counted if not pair.is_discordant and pair.manager.overall}
    size = min(both_met, len(alike))
    if not discordant and not size:
        raise Refused("No pair of this second scoring can be adjudicated: none was counted.")
    seed = seed_from(draw.plan.plan_sha256, token_hex(32))
    chosen = smallest_tickets({_ALL: list(alike)}, {_ALL: size}, seed=seed)[_ALL]
    made = AdjudicationDraw(
        draw_id=draw.id,
        seed=seed,
        discordant=len(discordant),
        both_met=len(alike),
        chosen=size,
        made_at=now(session),
        made_by_id=by.id,
    )
    session.add(made)
    session.flush()
    session.add_all(
        Adjudication(
            sampled_case_id=pair.sampled_case_id,
            draw_id=draw.id,
            is_discordant=pair.is_discordant,
            manager_is_a=bool(randbits(1)),  # not by the seed, which anybody may have
            verdicts={},
        )
        for pair in (*discordant, *(alike[reference] for reference in chosen))
    )
    audit_trail.record(session, "draw_adjudication", f"draw {draw.id}", by=by, seed=seed, both_met=size)
    return made


def not_third(involvement: Involvement, *, is_scorer: bool) -> str | None:
    """Why somebody is no third person to a pair, in words that follow "you"; None if they are one.

    `is_scorer` says that the second score is theirs.
    """
    either = replace(involvement, scored=involvement.scored or is_scorer)
    return barred_because(either, open_sampling=False)


def check_may_adjudicate(session: Session, adjudication: Adjudication, person: Person) -> None:
    """Refuse who is not a third person: scored the case, had a hand in it, or does no adjudication at all."""
    check_may_act_as(session, person, *ADJUDICATORS)
    sampled = session.get_one(SampledCase, adjudication.sampled_case_id)
    second = session.scalars(select(Review.reviewer_id).where(Review.sampled_case_id == sampled.id)).first()
    reason = not_third(involvement_of(session, person, sampled), is_scorer=second == person.id)
    if reason is not None:
        raise Refused(
            f"You cannot decide {sampled.frame_case.reference}: you {reason}. Leave it to a third person."
        )


def is_free(session: Session, adjudication: Adjudication) -> bool:
    """Whether a pair may be started, or taken over: nobody has it, or whoever had it has left it behind.

    Left behind is the draft of somebody who has left, is away today, or may no longer decide the pair.
    """
    holder = adjudication.started_by
    if holder is None:
        return True
    is_away = select(Absence.id).where(Absence.person_id == holder.id, in_force(Absence, today(session)))
    if session.scalars(is_away).first() is not None:
        return True
    try:
        check_may_adjudicate(session, adjudication, holder)
    except Refused:
        return True
    return False


def start_pair(session: Session, adjudication: Adjudication, *, by: Person) -> Adjudication:
    """Have a pair to oneself, and go on with what a colleague has left behind; their answers are kept.

    Refused without a declaration, when the person is no third person, or when a colleague has the pair.
    """
    _hold(session, adjudication)
    check_may_adjudicate(session, adjudication, by)
    sampled = session.get_one(SampledCase, adjudication.sampled_case_id)
    check_has_declared(session, sampled, by)
    _check_undecided(adjudication)
    before = adjudication.started_by
    if before is not None and before.id == by.id:
        return adjudication
    if before is not None and not is_free(session, adjudication):
        raise Refused(f"{before.name} is deciding {sampled.frame_case.reference} already. Take another pair.")
    adjudication.started_by = by
    what = f"sampled case {sampled.id}"
    if before is None:
        audit_trail.record(session, "start_pair", what, by=by)
    else:
        audit_trail.record(session, "take_over_pair", what, by=by, before=before.id)
    session.flush()
    return adjudication


def save_pair_answer(
    session: Session,
    adjudication: Adjudication,
    *,
    requirement_key: str,
    response: ResponseValue,
    by: Person,
) -> None:
    """Keep one answer of a pair that is not decided yet."""
    _hold_own(session, adjudication, by)
    _check_answers(session, adjudication, {requirement_key: response})
    adjudication.verdicts = {**adjudication.verdicts, requirement_key: str(response)}
    what = f"sampled case {adjudication.sampled_case_id}"
    audit_trail.record(session, "save_pair_answer", what, by=by, requirement=requirement_key)


def save_pair_reason(
    session: Session,
    adjudication: Adjudication,
    *,
    reason: Reason | None,
    note: str,
    shown: str | None = None,
    by: Person,
) -> None:
    """Keep the reason and the note of a pair that is not decided yet.

    `shown` is the note as it was before it was changed: what another window stored since stays, in front.
    """
    _hold_own(session, adjudication, by)
    note = note if shown is None else both(shown, adjudication.note, note)
    _check_note(note)
    adjudication.reason_code = reason
    adjudication.note = note
    audit_trail.record(session, "save_pair_reason", f"sampled case {adjudication.sampled_case_id}", by=by)


def decide_pair(
    session: Session,
    adjudication: Adjudication,
    *,
    verdicts: Mapping[str, ResponseValue],
    reason: Reason | None,
    note: str = "",
    by: Person,
) -> Adjudication:
    """Say what a case should have been given, and why the two reviews differ, or miss the same.

    `verdicts` answers every requirement on which they differ, and any other that both got wrong; what is
    not in it stays as both have it. `Reason.NONE` is for a pair that both called met, and that stays met.
    """
    _hold_own(session, adjudication, by)
    _check_note(note)
    _check_answers(session, adjudication, verdicts)
    pair = pair_of(session, adjudication)
    answers = _all_answers(pair, verdicts)
    score = score_case(pair.card, answers)
    _check_reason(reason, is_discordant=adjudication.is_discordant, overall=score.overall)
    adjudication.verdicts = {key: str(value) for key, value in answers.items()}
    adjudication.outcome_met = score.outcome
    adjudication.method_met = score.method
    adjudication.overall_met = score.overall
    adjudication.reason_code = reason
    adjudication.note = note.strip()
    adjudication.decided_at = now(session)
    adjudication.decided_by_id = by.id
    assert pair.qa is not None
    had_seen = has_seen(session, [pair.manager.review_id, pair.qa.review_id], by)
    what = f"sampled case {adjudication.sampled_case_id}"
    audit_trail.record(session, "decide_pair", what, by=by, had_seen_a_review=had_seen)
    session.flush()
    return adjudication


def pair_of(session: Session, adjudication: Adjudication) -> Pair:
    """The two reviews of a pair that is adjudicated."""
    pairs = pairs_of(session, adjudication.draw_id)
    return next(pair for pair in pairs if pair.sampled_case_id == adjudication.sampled_case_id)


def shared_answers(pair: Pair) -> dict[str, ResponseValue]:
    """What both reviews answer alike, by requirement."""
    assert pair.qa is not None
    managers, qas = pair.manager.responses, pair.qa.responses
    return {key: value for key, value in managers.items() if qas.get(key) == value}


def _hold(session: Session, adjudication: Adjudication) -> None:
    """Read a pair afresh, and keep others from changing it until this is committed."""
    session.refresh(adjudication, with_for_update=True)


def _hold_own(session: Session, adjudication: Adjudication, by: Person) -> None:
    """Hold a pair that is not decided yet; refuses whoever has not started it."""
    _hold(session, adjudication)
    check_may_adjudicate(session, adjudication, by)
    _check_undecided(adjudication)
    if adjudication.started_by is None:
        raise Refused("Nobody has started this pair. Start it first.")
    if adjudication.started_by_id != by.id:
        raise Refused(f"{adjudication.started_by.name} has this pair now. Take another from the list.")


def _check_undecided(adjudication: Adjudication) -> None:
    if adjudication.decided_at is not None:
        raise Refused("This pair has been decided already. Go on with the next.")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_TEXT:
        raise Refused(f"The text has {len(note):,} characters; {LONGEST_TEXT:,} fit. Shorten it.")


def _check_answers(
    session: Session, adjudication: Adjudication, verdicts: Mapping[str, ResponseValue]
) -> None:
    review = session.get_one(SecondScoring, adjudication.sampled_case_id).manager_review
    unknown = sorted(set(verdicts) - {requirement.key for requirement in card_of(review).requirements})
    if unknown:
        raise Refused(f"This scorecard does not ask {unknown[0]} of this case. Reload the page.")
    if not set(verdicts.values()) <= set(allowed_responses(open_case=review.is_open_case)):
        raise Refused("“Not yet due” is for open cases only. Choose another response.")


def _all_answers(pair: Pair, verdicts: Mapping[str, ResponseValue]) -> dict[str, ResponseValue]:
    asked = [requirement.key for requirement in pair.card.requirements]
    answers: dict[str, ResponseValue] = {**shared_answers(pair), **verdicts}
    missing = [key for key in asked if key not in answers]
    if missing:
        raise Refused(
            f"The two reviews differ on {len(missing)} requirements that have no answer yet. Answer them all."
            if len(missing) > 1
            else "The two reviews differ on a requirement that has no answer yet. Answer it."
        )
    return {key: answers[key] for key in asked}


def _check_reason(reason: Reason | None, *, is_discordant: bool, overall: bool | None) -> None:
    nothing_wrong = not is_discordant and overall is True
    if reason is None:
        raise Refused("Choose the reason: why the two differ, or what both missed.")
    if reason == Reason.NONE and not nothing_wrong:
        raise Refused("Something was differently seen, or missed, here. Choose what lies behind it.")
    if reason != Reason.NONE and nothing_wrong:
        raise Refused("Both called this case met, and it stays met. Choose “none” as the reason.")
