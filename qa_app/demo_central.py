"""What QA does in the demonstration: the central sample, the second scorings, the theme."""

from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from qa_app.demo_actions import STILL_OPEN
from qa_app.demo_agenda import period_in_words
from qa_app.demo_cases import HIGH
from qa_app.demo_people import DECISION, SERVICE
from qa_app.demo_play import Lesson, Play
from qa_app.demo_quality import commission
from qa_app.demo_reviews import HALF_DONE, NO_FILE, NOTHING_WRONG, Findings, found_wanting, wanting
from sampling.actions import register_plan_to_show, register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame
from sampling.records.calendars import working_days_on
from sampling.records.database import reading, today, writing
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.tables import Frame, Route
from scorecards.second_scoring import carry_out_second_scoring, plan_by_verdict, plan_second_scoring
from scorecards.second_scoring_design import Design
from scorecards.work_list import WorkItem, work_of

ALLOWED_FAILURES: Final = 2  # of the central sample
METHOD_FAILURES: Final = 21
LEFT: Final = 6  # cases of the central sample that nobody has finished yet
THEME: Final = 15
THEME_DONE: Final = 8
BY_VERDICT: Final = Design((HIGH,), "1", 32)  # all that managers called not met, and 32 of the others
MISSED: Final = (0, 1, 1)  # the reviewer of each second score that finds what the manager did not
OVERCALLED: Final = 2  # and the other way round
# What QA then finds: requirements that apply to every case, so that both have judged them.
_FOUND_AGAIN: Final = {
    DECISION: ("grounds-asked-for", "challenge-analysed", "tried-to-resolve"),
    SERVICE: ("kept-informed", "courtesy", "no-avoidable-delay", "analysis-on-file"),
}


def play_central_sample(play: Play, day: date) -> None:
    """The closed cases of the quarter, sized to show 98%, reviewed by both reviewers nearly to the end.

    One outcome is not met and one file was not found: as many failures as the plan allows.
    """
    by_id, moment, period = play.cast.reviewers[0], play.agenda.at(day, 9), play.period(0, 2)
    with writing(play.engine, now=moment) as session:
        by = session.get_one(Person, by_id)
        frame = freeze_case_frame(
            session,
            f"Closed cases, {period_in_words(*period)}",
            route=Route.CENTRAL,
            period=period,
            filters={},
            stratify_by="team",
            by=by,
        )
        plan_id = register_plan_to_show(
            session,
            frame,
            standard=setting(session, "outcome_standard", period[1]),
            assurance=setting(session, "assurance", period[1]),
            allowed_failures=ALLOWED_FAILURES,
            due_on=working_days_on(session, today(session), 20),
            by=by,
        ).id
    carry_out_plan(play.engine, plan_id, by_id=by_id, now=moment)
    shared = _shared_out(play, Route.CENTRAL, moment)
    done, left = shared[:-LEFT], shared[-LEFT:]
    failing, missing, *no_method = play.rng.sample(range(len(done)), 2 + METHOD_FAILURES)
    for number, ((item, reviewer_id), when) in enumerate(
        zip(done, _moments(play, day, len(done)), strict=True)
    ):
        case_type = play.cases[item.reference].case_type
        findings, lesson = NOTHING_WRONG, None
        if number == failing:
            findings, lesson = wanting(play.rng, case_type, outcome=True), Lesson((STILL_OPEN,))
        elif number == missing:
            findings = NO_FILE
        elif number in no_method:
            findings = wanting(play.rng, case_type, method=True)
            lesson = Lesson() if play.rng.random() < 0.5 else None
            if number == min(no_method):
                lesson = Lesson(needs_nothing=True)
        elif play.rng.random() < 0.01:
            lesson = Lesson(is_praise=True)
        play.plan_review(
            when, item.sampled_case_id, item.reference, findings, by_id=reviewer_id, lesson=lesson
        )
    item, reviewer_id = next(((item, by) for item, by in left if by == by_id), left[0])
    play.plan_review(play.agenda.now, item.sampled_case_id, item.reference, HALF_DONE, by_id=reviewer_id)


def play_second_scoring(play: Play, day: date, *, months: tuple[int, int], is_first: bool) -> None:
    """Managers' reviews of some months scored again.

    The first by the managers' verdicts, as the Head plans it, and to its end; another plain, and half way.
    """
    by_id = play.cast.head if is_first else play.cast.reviewers[1]
    moment, period = play.agenda.at(day, 9, 30), play.period(*months)
    with writing(play.engine, now=moment) as session:
        by = session.get_one(Person, by_id)
        plan_id = (
            plan_by_verdict(session, period=period, design=BY_VERDICT, by=by)
            if is_first
            else plan_second_scoring(session, period=period, allowed_failures=0, by=by)
        ).id
    carry_out_second_scoring(play.engine, plan_id, by_id=by_id, now=moment)
    shared = _shared_out(play, Route.SECOND, moment)
    done = shared if is_first else shared[: len(shared) // 2]
    scores = [play.first_scores[item.reference] for item, _ in done]
    scores = _disagreeing(play, done, scores) if is_first else scores
    moments = _moments(play, day, len(done))
    for (item, reviewer_id), findings, when in zip(done, scores, moments, strict=True):
        play.plan_review(when, item.sampled_case_id, item.reference, findings, by_id=reviewer_id)


def _disagreeing(play: Play, shared: list[tuple[WorkItem, int]], scores: list[Findings]) -> list[Findings]:
    # What was put right before closing, and QA finds met, is no disagreement.
    not_met = [number for number, found in enumerate(scores) if found.not_met and not found.put_right]
    changed = dict.fromkeys(play.rng.sample(not_met, min(OVERCALLED, len(not_met))), NOTHING_WRONG)
    for who in MISSED:
        met = [
            number
            for number, (_, reviewer_id) in enumerate(shared)
            if reviewer_id == play.cast.reviewers[who]
            and not scores[number].not_met
            and number not in changed
        ]
        number = play.rng.choice(met)
        case_type = play.cases[shared[number][0].reference].case_type
        changed[number] = found_wanting(case_type, play.rng.choice(_FOUND_AGAIN[case_type]))
    return [changed.get(number, found) for number, found in enumerate(scores)]


def play_theme(play: Play, day: date) -> None:
    """Upheld service complaints in depth, by the thematic reviewer, half way."""
    by_id, moment, period = play.cast.thematic, play.agenda.at(day, 9), play.period(0, 1)
    with writing(play.engine, now=moment) as session:
        by = session.get_one(Person, by_id)
        frame = freeze_case_frame(
            session,
            f"Upheld service complaints, {period_in_words(*period)}",
            route=Route.THEMATIC,
            period=period,
            filters={"case_type": [SERVICE], "outcome": ["Upheld", "Partly upheld"]},
            stratify_by=None,
            by=by,
        )
        plan_id, name = _register_theme(session, frame, by), frame.name
        commission(play, session, plan_id)
    carry_out_plan(play.engine, plan_id, by_id=by_id, now=moment)
    with reading(play.engine, now=moment) as session:
        work = work_of(session, session.get_one(Person, by_id))
    done = [item for item in work if item.sample == name][:THEME_DONE]
    for number, (item, when) in enumerate(zip(done, _moments(play, day, len(done)), strict=True)):
        findings = wanting(play.rng, SERVICE, method=True) if number < 2 else NOTHING_WRONG
        play.plan_review(
            when,
            item.sampled_case_id,
            item.reference,
            findings,
            by_id=by_id,
            lesson=Lesson() if number < 2 else None,
        )


def _register_theme(session: Session, frame: Frame, by: Person) -> int:
    sizes = {stratum.code: min(THEME, stratum.population) for stratum in frame.strata}
    due_on = working_days_on(session, today(session), 40)
    return register_sized_plan(session, frame, sizes=sizes, due_on=due_on, by=by).id


def _shared_out(play: Play, route: Route, moment: datetime) -> list[tuple[WorkItem, int]]:
    """The cases of the central sample, or of a second scoring, shared out evenly among the reviewers.

    Each with the reviewer's id. Whoever is barred from a case leaves it to the other.
    """
    shares: dict[int, tuple[WorkItem, list[int]]] = {}
    with reading(play.engine, now=moment) as session:
        for reviewer_id in play.cast.reviewers:
            for item in work_of(session, session.get_one(Person, reviewer_id)):
                # Nobody scores a case whom another sample has given it to.
                had = any(
                    reference == item.reference and (who == reviewer_id or sampled == item.sampled_case_id)
                    for reference, who, sampled in play.shared_out
                )
                if item.route == route and item.state == "to do" and not had:
                    shares.setdefault(item.sampled_case_id, (item, []))[1].append(reviewer_id)
    # In the order of the lists; what only the second reviewer may have comes first, and is not left over.
    ordered = sorted(shares.values(), key=lambda share: len(share[1]))
    shared = [(item, able[number % len(able)]) for number, (item, able) in enumerate(ordered)]
    play.shared_out |= {(item.reference, who, item.sampled_case_id) for item, who in shared}
    return shared


def _moments(play: Play, day: date, number: int) -> list[datetime]:
    days = [later for later in play.agenda.days(day.replace(day=1)) if later > day][:15] or [day]
    return play.agenda.spread(days, number, rng=play.rng)
