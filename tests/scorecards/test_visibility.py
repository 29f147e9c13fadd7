"""Blindness, query by query, on both databases.

A reviewer for QA learns nothing of a manager's review until the second score of that very review
is in. A manager cannot tell which cases are in a second scoring until its last score is in.
"""

from datetime import date

import pytest
from kept import once
from scored_office import NOW, START, ScoredOffice
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from learning_register.action_queries import follow_up_actions
from learning_register.actions import feed_back
from learning_register.following_up import move_target_date
from learning_register.point_queries import learning_points, told_by_default
from learning_register.progressing import finish_action
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import check_may_see_point
from sampling.queries import drawn_cases, samples
from sampling.records.appointments import record_absence
from sampling.records.people import Person, Role
from sampling.refused import Refused
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.agreement_results import agreement_result, second_scorings
from scorecards.completion import completion
from scorecards.open_results import open_results
from scorecards.queries import review_sheet, submitted_reviews
from scorecards.requirements import Kind
from scorecards.results import result_samples
from scorecards.tables import Review, ReviewState, SecondScoring
from scorecards.work_list import work_of

HEAD, QA, SECOND_QA, THEME = "Hedda Head", "Quinn Qua", "Robin Qua", "Thea Theme"
NORTH, SOUTH = "Nora North", "Sue South"
QUERIES = ("work", "submitted", "sheet", "learning", "actions")


def with_managers_reviews(engine: Engine) -> ScoredOffice:
    """Two reviews of each team, the first not met, with learning from it and an action that QA owns."""
    office = ScoredOffice(engine)

    def review() -> None:
        office.set_standard("monthly_quota", "1")
        for team, manager in (("North", NORTH), ("South", SOUTH)):
            office.draw_open(team, manager)
            for number, sampled_id in enumerate(office.to_do(manager, Route.OPEN)):
                review_id = office.score(manager, sampled_id, not_met=None if number else Kind.OUTCOME)
                if number == 0:
                    point_id = office.learn(manager, review_id)
                    office.act_on(manager, point_id, owner=QA)

    once(engine, "with managers' reviews", review)
    return office


def traces(session: Session, person: Person) -> dict[str, set[int]]:
    """The managers' reviews that a person can learn anything of, by query."""
    managers = set(session.scalars(select(Review.id).where(_is_open(Review))))
    own = set(session.scalars(select(Review.id).where(Review.reviewer_id == person.id)))

    def opens(review_id: int) -> bool:
        try:
            review_sheet(session, review_id, person)
        except Refused:
            return False
        return True

    shown = submitted_reviews(session, person)
    counted = sum(row.reviewed for row in open_results(session, person))
    found = {
        "work": {item.review_id for item in work_of(session, person) if item.review_id},
        "submitted": {int(value) for value in shown["review_id"]},
        "sheet": {review_id for review_id in managers if opens(review_id)},
        "learning": {row.review_id for row in learning_points(session, person)},
        "actions": {row.review_id for row in follow_up_actions(session, person)},
    }
    found = {query: (reviews & managers) - own for query, reviews in found.items()}
    # A count tells too: of the open reviews it holds, those listed account for all.
    assert counted == len((found["submitted"] | own) & managers)
    return found


def _is_open(review: type[Review]):  # type: ignore[no-untyped-def]
    return review.sampled_case_id.in_(
        select(SampledCase.id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.OPEN)
    )


def with_second_score(office: ScoredOffice) -> set[int]:
    with office.reading() as session:
        second = select(Review.sampled_case_id).where(Review.state == ReviewState.SUBMITTED)
        return set(
            session.scalars(
                select(SecondScoring.manager_review_id).where(SecondScoring.sampled_case_id.in_(second))
            )
        )


def see(office: ScoredOffice, name: str) -> dict[str, set[int]]:
    with office.reading() as session:
        return traces(session, office.person(session, name))


def learned_from(office: ScoredOffice) -> set[int]:
    with office.reading() as session:
        return set(session.scalars(select(LearningPoint.review_id)))


def test_nothing_of_a_managers_review_until_its_own_second_score_is_in(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    for name in (HEAD, "Otto Owner"):  # a Head, and somebody with no other role
        office.give_role(name, Role.QA_REVIEWER)
    viewers = (QA, SECOND_QA, HEAD, "Otto Owner")
    nothing: dict[str, set[int]] = {query: set() for query in QUERIES}

    def all_see(expected: dict[str, set[int]]) -> None:
        for viewer in viewers:
            assert see(office, viewer) == expected, viewer

    all_see(nothing)
    draw_id = office.draw_second()
    all_see(nothing)

    first, *others = office.to_do(QA, Route.SECOND)
    office.score(QA, first, submit=False)
    all_see(nothing)  # a draft is no score
    office.score(QA, first)
    (scored,) = with_second_score(office)
    learned = learned_from(office) & {scored}
    all_see(
        {
            "work": set(),
            "submitted": {scored},
            "sheet": {scored},
            "learning": learned,
            "actions": learned,
        }
    )
    for viewer in viewers:
        assert sum(office.ask(agreement_result, viewer, draw_id).counts) == 1

    for sampled_id in others:
        office.score(QA, sampled_id)
    everything = with_second_score(office)
    assert len(everything) == 4
    learned = learned_from(office)
    assert len(learned) == 2
    all_see(
        {
            "work": set(),
            "submitted": everything,
            "sheet": everything,
            "learning": learned,
            "actions": learned,
        }
    )


def test_a_second_scorer_cannot_act_on_what_they_must_not_know(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    with office.writing() as session:
        qa = office.person(session, QA)
        for point in session.scalars(select(LearningPoint)):
            with pytest.raises(Refused):
                check_may_see_point(session, point, qa)
            with pytest.raises(Refused):
                told_by_default(session, point.id, qa, on=date(2026, 7, 6))
        for action in session.scalars(select(FollowUpAction)):  # QA owns them
            with pytest.raises(Refused, match="no such action"):
                finish_action(session, action, note="Done.", by=qa)
            with pytest.raises(Refused, match="no such action"):
                move_target_date(session, action, target_date=date(2026, 9, 1), reason="Later.", by=qa)


def test_a_thematic_reviewer_sees_themes_and_no_managers_review(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    office.draw_closed([2])
    office.draw_closed([2], route=Route.THEMATIC, name="Remedies")
    for route in (Route.CENTRAL, Route.THEMATIC):
        office.score(QA, office.to_do(QA, route)[0])
    office.draw_second()
    for sampled_id in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled_id)
    shown = office.ask(submitted_reviews, THEME)
    assert list(shown["route"]) == ["thematic"]
    assert not any(see(office, THEME).values())


def as_manager(office: ScoredOffice, name: str) -> dict[str, object]:
    """Everything a manager can ask for."""
    with office.reading() as session:
        person = office.person(session, name)
        shown = samples(session, person)
        return {
            "work": work_of(session, person),
            "submitted": submitted_reviews(session, person).to_dict("records"),
            "open": open_results(session, person),
            "completion": completion(session, person, month=date(2026, 7, 1)),
            "learning": learning_points(session, person),
            "actions": follow_up_actions(session, person),
            "samples": shown,
            "drawn": [
                drawn_cases(session, row.draw_id, person).to_dict("records")
                for row in shown
                if row.draw_id is not None
            ],
            "results": result_samples(session, person),
            "second": second_scorings(session, person),
        }


def test_a_manager_cannot_tell_which_cases_are_in_a_running_second_scoring(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    office.set_standard("agreement_standard", "0.50")  # so that a part of the four is enough
    before = as_manager(office, NORTH)
    draw_id = office.draw_second(allowed_failures=0)
    assert as_manager(office, NORTH) == before
    todo = office.to_do(QA, Route.SECOND)
    assert len(todo) == 2
    *some, last = todo
    points = []
    for sampled_id in some:
        review_id = office.score(QA, sampled_id, not_met=Kind.OUTCOME)
        point_id = office.learn(QA, review_id)
        points.append(point_id)
        # Even an action that is to be the manager's own comes to light only afterwards.
        office.act_on(QA, point_id, owner=NORTH)
        with pytest.raises(Refused, match="still under way"):
            tell_manager(office, point_id)
    assert as_manager(office, NORTH) == before
    with pytest.raises(Refused):
        office.ask(agreement_result, NORTH, draw_id)

    office.score(QA, last)
    after = as_manager(office, NORTH)
    for query in ("work", "submitted", "open", "completion", "samples", "drawn", "results", "second"):
        assert after[query] == before[query]
    seen = {row.point_id for row in office.ask(learning_points, NORTH)}
    with office.reading() as session:
        of_north = select(LearningPoint.id).where(LearningPoint.id.in_(points), LearningPoint.team_id == 1)
        assert seen >= set(session.scalars(of_north))
    assert {row.point_id for row in office.ask(follow_up_actions, NORTH)} >= set(points)
    tell_manager(office, points[0])


def tell_manager(office: ScoredOffice, point_id: int) -> None:
    with office.writing() as session:
        by = office.person(session, QA)
        feed_back(session, session.get_one(LearningPoint, point_id), on=date(2026, 7, 6), by=by)


def test_who_manages_a_team_and_reviews_for_qa_waits_for_the_last_score(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.set_standard("monthly_quota", "1")
    with office.writing() as session:
        record_absence(
            session,
            office.person(session, NORTH),
            starts_on=START,
            ends_on=date(2026, 12, 31),
            deputy=office.person(session, "Otto Owner"),
            by=office.person(session, "Ada Min"),
        )
    office.draw_open("North", "Otto Owner")
    for sampled_id in office.to_do("Otto Owner", Route.OPEN):
        office.score("Otto Owner", sampled_id)
    for role in (Role.QA_REVIEWER, Role.HEAD):
        office.give_role(NORTH, role)
    office.draw_second()
    first, *others = office.to_do(QA, Route.SECOND)
    office.score(QA, first)
    assert office.ask(submitted_reviews, NORTH).empty  # either review of the pair would tell which it is
    assert len(office.ask(submitted_reviews, QA)) == 2
    for sampled_id in others:
        office.score(QA, sampled_id)
    assert len(office.ask(submitted_reviews, NORTH)) == 4


def test_a_manager_never_sees_another_team(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    assert see(office, HEAD)["sheet"]
    assert see(office, NORTH) == {query: set() for query in QUERIES}
    found = as_manager(office, NORTH)
    assert {row["team"] for row in found["submitted"]} == {"North"}  # type: ignore[attr-defined]
    assert {row.team for row in office.ask(learning_points, NORTH)} == {"North"}
    assert {row.team for row in office.ask(follow_up_actions, NORTH)} == {"North"}
    assert {row.team for row in office.ask(open_results, NORTH)} == {"North"}
    # Closed cases of their own team: what was learned, and not the review.
    office.draw_closed([3, 3])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.learn(QA, office.score(QA, sampled_id, not_met=Kind.OUTCOME))
    told = [row for row in office.ask(learning_points, NORTH) if row.sample == "Quarter"]
    assert len(told) == 3
    assert {row.team for row in told} == {"North"}
    assert not any(row.may_open_review for row in told)
    assert set(office.ask(submitted_reviews, NORTH)["route"]) == {"open"}


def test_somebody_without_a_role_sees_only_the_actions_that_are_theirs(engine: Engine) -> None:
    office = with_managers_reviews(engine)
    assert office.ask(learning_points, "Otto Owner") == []
    assert office.ask(follow_up_actions, "Otto Owner") == []
    point_id = office.ask(learning_points, NORTH)[0].point_id
    action_id = office.act_on(NORTH, point_id, owner="Otto Owner")
    assert [row.action_id for row in office.ask(follow_up_actions, "Otto Owner")] == [action_id]
    assert office.now == NOW
