"""A theme from its commission to an action: own card and reviewers, findings, recommendations."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine, select

from learning_register.recommendations import (
    act_on_recommendation,
    actions_of_recommendations,
    close_theme,
)
from learning_register.tables_actions import FollowUpAction
from sampling.records.audit_trail import AuditEntry
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Draw, Route, SampledCase
from scorecards.allocating import allocate_cases, reassign_case
from scorecards.allocation_queries import AllocatedSample, allocated_sample
from scorecards.cards import publish_scorecard
from scorecards.requirements import Kind
from scorecards.tables import Review
from scorecards.tables_themes import Commission, Finding, Recommendation
from scorecards.theme_queries import ThemeSheet, theme_reviewers, theme_sheet, themes
from scorecards.themes import (
    Decision,
    add_finding,
    add_sample,
    change_reviewers,
    cite_reviews,
    commission_review,
    decide_recommendation,
    recommend,
    record_accuracy_response,
)
from scorecards.work_list import work_of

QUINN, ROBIN, HEAD = "Quinn Qua", "Robin Qua", "Hedda Head"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    """An office with a thematic sample of three cases, not begun."""
    return ScoredOffice(engine)


def begun(office: ScoredOffice, **changes: Any) -> int:
    """A theme that Quinn reviews, on a card of its own; its id."""
    office.give_role(QUINN, Role.THEMATIC_REVIEWER)
    with office.writing() as session:
        card = CARD.replace('key = "short-card"', 'key = "theme-card"').replace("Short card", "Theme card")
        publish_scorecard(session, card, by=office.person(session, HEAD))
        given: dict[str, Any] = {
            "name": "Delay",
            "asked_by": "The board",
            "question": "Why do cases wait?",
            "scope": "Closed in the quarter",
            "scorecard_key": "theme-card",
            "reviewers": [QUINN],
            "due_on": date(2026, 9, 1),
            **changes,
        }
        given["reviewers"] = [office.person(session, name) for name in given["reviewers"]]
        return commission_review(session, **given, by=office.person(session, HEAD)).id


def do(
    office: ScoredOffice, action: Callable[..., Any], name: str, row: tuple[type, int], **given: Any
) -> Any:
    with office.writing() as session:
        if "reviews" in given:
            given["reviews"] = [session.get_one(Review, one) for one in given["reviews"]]
        made = action(session, session.get_one(*row), **given, by=office.person(session, name))
        return getattr(made, "id", None)


def sheet_of(office: ScoredOffice, theme: int, name: str = HEAD) -> ThemeSheet:
    with office.reading() as session:
        return theme_sheet(session, theme, office.person(session, name))


def test_a_theme_from_its_question_to_an_action(office: ScoredOffice) -> None:
    theme = begun(office)
    draw = office.draw_closed([3], route=Route.THEMATIC, name="Delay")
    belongs(office, theme, draw)
    first, second, _ = office.to_do(QUINN, Route.THEMATIC)
    with pytest.raises(Refused, match="is reviewed by Quinn Qua"):
        office.score(ROBIN, first)
    assert office.to_do(ROBIN, Route.THEMATIC) == []
    late = office.score(QUINN, first, not_met=Kind.OUTCOME)
    office.score(QUINN, second, submit=False)
    with office.reading() as session:
        assert session.get_one(Review, late).scorecard_version.key == "theme-card"
    sheet = sheet_of(office, theme)
    assert sheet.samples == ((sheet.samples[0][0], "Delay", 3, 1),)
    assert [review for review, _ in sheet.reviews] == [late]

    finding = do(office, add_finding, QUINN, (Commission, theme), statement="They wait.", reviews=[late])
    with pytest.raises(Refused, match="Nobody has responded to the facts"):
        do(office, recommend, QUINN, (Finding, finding), wording="Allocate daily.")
    do(office, record_accuracy_response, QUINN, (Finding, finding), response="Correct.")
    advice = do(office, recommend, QUINN, (Finding, finding), wording="Allocate daily.")
    with pytest.raises(Refused, match=r"1 recommendation is not decided yet\. The Head decides on it first"):
        do(office, close_theme, QUINN, (Commission, theme))
    with pytest.raises(Refused, match="Only a recommendation that was accepted"):
        do_act(office, advice)
    do(
        office,
        decide_recommendation,
        HEAD,
        (Recommendation, advice),
        decision=Decision.ACCEPTED,
        reason="",
    )
    with pytest.raises(Refused, match=r"1 accepted recommendation is not an action yet\. Turn it into one"):
        do(office, close_theme, QUINN, (Commission, theme))
    action = do_act(office, advice)
    with office.reading() as session:
        made = session.get_one(FollowUpAction, action)
        assert (made.description, made.learning_point.review_id) == ("Allocate daily.", late)
        assert actions_of_recommendations(session, [advice]) == {advice: action}
    with pytest.raises(Refused, match="is an action already"):
        do_act(office, advice)
    do(office, close_theme, QUINN, (Commission, theme))
    (row,) = office.ask(themes, HEAD)
    assert (row.name, row.is_closed, row.cases, row.reviewed) == ("Delay", True, 3, 1)
    with pytest.raises(Refused, match="is closed"):
        do(office, add_finding, QUINN, (Commission, theme), statement="More.", reviews=[late])


def test_a_finding_that_shows_nothing_not_met_may_cite_another_review(office: ScoredOffice) -> None:
    theme = begun(office)
    belongs(office, theme, office.draw_closed([3], route=Route.THEMATIC, name="Delay"))
    first, second, _ = office.to_do(QUINN, Route.THEMATIC)
    met = office.score(QUINN, first)
    finding = do(office, add_finding, QUINN, (Commission, theme), statement="They wait.", reviews=[met])
    do(office, record_accuracy_response, QUINN, (Finding, finding), response="Correct.")
    advice = do(office, recommend, QUINN, (Finding, finding), wording="Allocate daily.")
    accept = {"decision": Decision.ACCEPTED, "reason": ""}
    do(office, decide_recommendation, HEAD, (Recommendation, advice), **accept)
    with pytest.raises(Refused, match="Let the finding cite one that shows it"):
        do_act(office, advice)
    late = office.score(QUINN, second, not_met=Kind.OUTCOME)
    with pytest.raises(Refused, match="1 accepted recommendation is not an action yet"):
        do(office, close_theme, QUINN, (Commission, theme))
    for reviews, words in (([], "rests on reviews"), ([met], "cites these reviews already")):
        with pytest.raises(Refused, match=words):
            do(office, cite_reviews, QUINN, (Finding, finding), reviews=reviews)
    with pytest.raises(Refused, match="Robin Qua"):
        do(office, cite_reviews, ROBIN, (Finding, finding), reviews=[late])
    do(office, cite_reviews, QUINN, (Finding, finding), reviews=[met, late])
    do_act(office, advice)
    do(office, close_theme, QUINN, (Commission, theme))


def test_a_theme_where_all_is_met_can_be_closed_without_an_action(office: ScoredOffice) -> None:
    theme = begun(office)
    belongs(office, theme, office.draw_closed([3], route=Route.THEMATIC, name="Delay"))
    met = office.score(QUINN, office.to_do(QUINN, Route.THEMATIC)[0])
    finding = do(office, add_finding, QUINN, (Commission, theme), statement="All is well.", reviews=[met])
    do(office, record_accuracy_response, QUINN, (Finding, finding), response="Correct.")
    advice = do(office, recommend, QUINN, (Finding, finding), wording="Go on so.")
    accept = {"decision": Decision.ACCEPTED, "reason": ""}
    do(office, decide_recommendation, HEAD, (Recommendation, advice), **accept)
    do(office, close_theme, QUINN, (Commission, theme))


def test_the_cases_of_a_theme_go_to_its_reviewers_who_can_change(office: ScoredOffice) -> None:
    theme = begun(office)
    draw = office.draw_closed([3], route=Route.THEMATIC, name="Delay")
    belongs(office, theme, draw)
    assert [load.name for load in sample_of(office, draw).reviewers] == [QUINN]
    with pytest.raises(Refused, match="The theme “Delay” is reviewed by Quinn Qua"):
        share(office, draw, ROBIN)
    share(office, draw, QUINN)
    first, second, third = office.to_do(QUINN, Route.THEMATIC)
    office.score(QUINN, first, submit=False)
    with pytest.raises(Refused, match="The theme “Delay” is reviewed by Quinn Qua"):
        move(office, first, ROBIN)
    for name, reviewers, words in (
        (ROBIN, [ROBIN], "Robin Qua cannot do this"),
        (QUINN, [], "No reviewer is chosen"),
        (QUINN, ["Nora North"], "neither a thematic nor a QA reviewer"),
        (QUINN, [QUINN], "These are its reviewers already"),
    ):
        with pytest.raises(Refused, match=words):
            change(office, theme, reviewers, by=name)
    change(office, theme, [QUINN, ROBIN], by=QUINN)
    move(office, first, ROBIN)
    (item,) = [item for item in office.ask(work_of, ROBIN) if item.sampled_case_id == first]
    assert item.state == "draft"
    office.score(QUINN, second, submit=False)
    # What Quinn has begun and what waits for Quinn are Robin's to take once Quinn is out.
    change(office, theme, [ROBIN], by=HEAD)
    assert office.to_do(QUINN, Route.THEMATIC) == []
    assert set(office.to_do(ROBIN, Route.THEMATIC)) == {first, second, third}
    for sampled_id in (first, second, third):
        office.score(ROBIN, sampled_id)
    with office.reading() as session:
        entries = select(AuditEntry).where(AuditEntry.action == "change_reviewers")
        entry = session.scalars(entries.order_by(AuditEntry.number)).all()[-1]
        assert [len(entry.details[key]) for key in ("before", "after")] == [2, 1]


def change(office: ScoredOffice, theme: int, reviewers: list[str], *, by: str) -> None:
    with office.writing() as session:
        people = [office.person(session, name) for name in reviewers]
        commission = session.get_one(Commission, theme)
        change_reviewers(session, commission, reviewers=people, by=office.person(session, by))


def sample_of(office: ScoredOffice, draw: int) -> AllocatedSample:
    with office.reading() as session:
        return allocated_sample(session, draw, office.person(session, HEAD))


def share(office: ScoredOffice, draw: int, name: str) -> None:
    with office.writing() as session:
        capacities = {office.person(session, name).id: None}
        by = office.person(session, HEAD)
        allocate_cases(session, session.get_one(Draw, draw), capacities=capacities, by=by)


def move(office: ScoredOffice, sampled_id: int, to: str) -> None:
    with office.writing() as session:
        sampled = session.get_one(SampledCase, sampled_id)
        reassign_case(session, sampled, to=office.person(session, to), by=office.person(session, HEAD))


def belongs(office: ScoredOffice, theme: int, draw: int) -> None:
    with office.writing() as session:
        plan = session.get_one(Draw, draw).plan
        add_sample(session, session.get_one(Commission, theme), plan, by=office.person(session, QUINN))


def do_act(office: ScoredOffice, advice: int) -> int:
    with office.writing() as session:
        return act_on_recommendation(
            session,
            session.get_one(Recommendation, advice),
            citations=[],
            is_gap=True,
            owner=office.person(session, "Nora North"),
            authoriser=office.person(session, HEAD),
            target_date=date(2026, 9, 30),
            by=office.person(session, QUINN),
        ).id


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"question": " "}, "Something is missing: the question"),
        ({"scorecard_key": "nowhere"}, "is not published"),
        ({"reviewers": []}, "No reviewer is chosen"),
        ({"reviewers": ["Nora North"]}, "neither a thematic nor a QA reviewer"),
        ({"due_on": date(2026, 7, 1)}, "has passed"),
    ],
)
def test_a_theme_that_cannot_be_is_refused(
    office: ScoredOffice, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        begun(office, **changes)


def test_a_theme_is_not_for_line_managers_and_declining_has_a_reason(office: ScoredOffice) -> None:
    theme = begun(office)
    assert office.ask(themes, "Nora North") == []
    with pytest.raises(Refused, match="not for you to see"):
        sheet_of(office, theme, "Nora North")
    with office.reading() as session:
        assert [name for _, name in theme_reviewers(session)] == [QUINN, ROBIN, "Thea Theme"]
    draw = office.draw_closed([3], route=Route.THEMATIC, name="Delay")
    first = office.to_do(QUINN, Route.THEMATIC)[0]
    office.score(QUINN, first)
    with pytest.raises(Refused, match="has begun on another scorecard"):
        belongs(office, theme, draw)
