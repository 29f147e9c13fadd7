"""Start, Reviews and the score sheet: empty, something done, something refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from learning_register.citations import LearningKind
from learning_register.point_queries import learning_points
from learning_register.tables_actions import FollowUpAction
from qa_app.screens import reviews
from sampling.records.audit_trail import record
from sampling.records.database import today, writing
from sampling.tables import Route, SampledCase
from scorecards.actions import declare_involvement, save_answer, start_review
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.queries import review_sheet, submitted_reviews
from scorecards.recorded_facts import record_fact
from scorecards.requirements import Kind, ResponseValue, Severity
from scorecards.submitting import submit_review
from scorecards.tables import Answer, Declaration, Review, ReviewState, Revision, ScorecardUse
from scorecards.tables_agreement import FirstSight
from scorecards.tables_themes import ReviewAttribute
from scorecards.work_list import work_of

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, ADA = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Ada Min"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=8)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.caption, *app.success, *app.warning, *app.error]
    return " ".join(str(element.value) for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not found.exception
    return found


def test_start_tells_each_role_what_is_theirs(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "Choose which scorecard serves" in words(see(office, open_screen, ADA, "start"))
    manager = words(see(office, open_screen, NORTH, "start"))
    assert "this month's sample is not drawn yet. 4 reviews are required by" in manager
    assert "counted from the cases that are open now" in manager
    head = words(see(office, open_screen, HEAD, "start"))
    assert "0 of 2 teams complete. North: 0 of 4 required reviews done (not drawn yet)." in head
    assert "0 follow-up actions are open" in head
    assert "You have no role here yet" in words(see(office, open_screen, "Otto Owner", "start"))
    office.draw_closed([2])
    assert "2 of “Review for QA”, due 3 August 2026" in words(see(office, open_screen, QA, "start"))


def test_start_says_one_day_and_one_action(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([1])
    review_id = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    action_id = office.act_on(QA, office.learn(QA, review_id))
    assert "1 follow-up action is open, " in words(see(office, open_screen, HEAD, "start"))
    with writing(office.engine) as session:  # by the clock that the screens go by
        session.get_one(FollowUpAction, action_id).target_date = today(session) - timedelta(days=1)
        record(session, "set_up", "test", by=None)
    assert "**overdue by 1 day**" in words(see(office, open_screen, "Otto Owner", "start"))


def test_no_case_to_review_says_when_there_will_be(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, QA, "reviews")
    assert "You have no case to review now. Cases appear here once a sample has been drawn." in words(app)
    assert "No review has been submitted yet" in words(app)


def test_cases_to_review_come_with_their_dates(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([4])
    first = office.to_do(QA, Route.CENTRAL)[0]
    office.score(QA, first, submit=False)
    app = see(office, open_screen, QA, "reviews")
    assert "4 to do, 1 of them started" in words(app)
    assert "due 3 August 2026" in words(app)
    assert [button.label for button in app.button if button.label.startswith("Go on with")]


def test_declaring_an_involvement_leaves_the_case_to_a_colleague(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    app = press(see(office, open_screen, QA, "review", sampled=sampled), "Yes, I was involved")
    app = press(app, "Leave it to a colleague")
    assert "Say in a few words how you were involved" in words(app)
    app.text_area[0].set_value("I took a call about it.")
    press(app, "Leave it to a colleague")
    with office.reading() as session:
        assert session.scalars(select(Declaration.is_involved)).one()
    assert office.to_do(QA, Route.CENTRAL) == []
    assert "you declared an involvement" in words(see(office, open_screen, QA, "review", sampled=sampled))


def test_every_answer_is_kept_and_submitting_locks(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    press(see(office, open_screen, NORTH, "review", sampled=sampled), "No, start the review")
    with office.reading() as session:
        review_id = session.scalars(select(Review.id)).one()
    app = see(office, open_screen, NORTH, "review", review=review_id)
    app.radio[0].set_value(ResponseValue.NOT_MET)
    app.run()
    app = press(app, "Submit review")
    assert "answers are not complete" in words(app)
    assert "Enter the evidence for “not met”." in words(app)  # beside the field as well
    next(box for box in app.selectbox if box.label == "Severity").set_value(Severity.SERIOUS)
    app.run()
    next(area for area in app.text_area if area.label == "Evidence").set_value("It is left out.")
    app.run()

    again = see(office, open_screen, NORTH, "review", review=review_id)  # another session: nothing is lost
    assert again.radio[0].value == ResponseValue.NOT_MET
    assert next(area for area in again.text_area if area.label == "Evidence").value == "It is left out."
    for radio in again.radio[1:]:
        if "Met" in radio.options:
            radio.set_value(ResponseValue.MET)
    again.run()
    again = press(again, "Submit review")
    assert "is submitted" in words(again)
    assert "Overall: **Not met**" in words(again)
    assert "**Not met, serious**" in words(again)
    assert not [button for button in again.button if button.label == "Submit review"]
    with office.reading() as session:
        assert session.scalars(select(Review.state)).one() == ReviewState.SUBMITTED


@pytest.mark.parametrize("submitted", [False, True])
def test_good_practice_is_logged_from_a_met_answer(
    office: ScoredOffice, open_screen: OpenScreen, submitted: bool
) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    review_id = office.score(NORTH, sampled, not_met=Kind.OUTCOME, submit=submitted)
    app = see(office, open_screen, NORTH, "review", review=review_id)
    chosen = next(box for box in app.selectbox if box.label == "Requirement that was met well")
    assert chosen.options == ["2. The remedy was right.", "3. The person was told what happens next."]
    app = press(app, "Log the good practice")
    assert "Something is missing: the requirement that was met well" in words(app)
    next(box for box in app.selectbox if box.label == "Requirement that was met well").select_index(1)
    app = press(app.run(), "Log the good practice")
    assert "The learning point says nothing" in words(app)
    next(area for area in app.text_area if area.label == "What was done well").set_value("Rang at once.")
    app = press(app.run(), "Log the good practice")
    assert "The good practice is logged." in words(app)
    assert "Good practice logged from this review so far: 1." in words(app)
    assert "It stays on record" not in words(app)  # nothing was learned from a requirement not met
    (point,) = office.ask(learning_points, NORTH)
    assert (point.kind, point.requirement_key, point.description) == (
        LearningKind.GOOD_PRACTICE,
        "told",
        "Rang at once.",
    )


def test_good_practice_is_for_the_reviewer_and_for_what_is_met(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    first, second, third, *_ = office.to_do(NORTH, Route.OPEN)
    submitted = office.score(NORTH, first)
    not_found = office.score(NORTH, second, file_found=False)
    nothing_met = office.score(NORTH, third, everything=ResponseValue.NOT_APPLICABLE, submit=False)
    for name, review_id in ((HEAD, submitted), (NORTH, not_found), (NORTH, nothing_met)):
        app = see(office, open_screen, name, "review", review=review_id)
        assert "Log good practice" not in [expander.label for expander in app.expander]


def test_a_file_that_is_not_found_needs_no_answers(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    review_id = office.score(QA, sampled, submit=False)
    app = see(office, open_screen, QA, "review", review=review_id)
    app.checkbox[0].check()
    app = press(app.run(), "Submit review")
    assert "The case file could not be found, so the case counts as not met." in words(app)
    sheet = office.ask(lambda session, person: review_sheet(session, review_id, person), QA)
    assert (sheet.outcome_met, len(sheet.responses)) == (False, 3)  # the answers are kept


def test_a_file_that_turns_up_is_corrected_on_the_review(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([1])
    review_id = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], file_found=False)
    app = see(office, open_screen, QA, "review", review=review_id)
    next(box for box in app.checkbox if box.label == "The case file was found after all").check()
    app = press(app.run(), "Correct the review")
    assert "Say why the review is changed." in words(app)
    next(area for area in app.text_area if area.label.startswith("Why, in a few")).set_value("In the post.")
    app = press(app.run(), "Correct the review")
    assert "The review is corrected. This is its revision 2." in words(app)
    assert "the case file could not be found, so outcome not met" in words(app)
    with office.reading() as session:
        assert session.get_one(Review, review_id).overall_met
    # What is typed into a correction stays when something else on the page is done.
    next(area for area in app.text_area if area.label.startswith("Why, in a few")).set_value("Typed.")
    app = press(app.run(), "Record that it was shared")
    assert "Recorded: the feedback was shared" in words(app)
    assert next(area.value for area in app.text_area if area.label.startswith("Why, in a few")) == "Typed."


def test_nobody_opens_what_is_not_theirs(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    review_id = office.score(NORTH, sampled)
    for name in (SOUTH, QA):
        assert "not for you to see" in words(see(office, open_screen, name, "review", review=review_id))
    assert "cannot draw or review open cases" in words(
        see(office, open_screen, SOUTH, "review", sampled=sampled)
    )
    for nonsense in ("x", "-1", "9" * 30):
        assert "is not complete" in words(see(office, open_screen, QA, "review", review=nonsense))
    assert "No case is chosen" in words(see(office, open_screen, QA, "review"))


def test_a_second_scorer_is_told_of_the_moment_not_of_the_score(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    for sampled in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled, not_met=Kind.OUTCOME)
    office.draw_second()
    sampled = office.to_do(QA, Route.SECOND)[0]
    review_id = office.score(QA, sampled, submit=False)
    app = see(office, open_screen, QA, "review", review=review_id)
    assert "Score the case as its file stood on 6 July 2026" in words(app)
    assert NORTH not in words(app)
    assert not [button for button in app.button if "read the file again" in button.label]
    assert all(item.caseworker is None for item in office.ask(work_of, QA))


def test_no_scorecard_means_no_review(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    with office.writing() as session:
        for use in session.scalars(select(ScorecardUse)):
            session.delete(use)
        record(session, "set_up", "test", by=None)
    app = press(see(office, open_screen, QA, "review", sampled=sampled), "No, start the review")
    assert "No scorecard serves cases without a type" in words(app)


MARKED = """
key = "marked-card"
title = "Marked card"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "1"
asks = ["assurance_outcome", "referral_trigger"]

[[requirement]]
key = "told"
kind = "method"
section = "On the way"
text = "The person was *told* what happens next."
met = "A note of the call is on the file."
citations = ["38", "999"]
commitments = [5]
quality_standards = [4]

[[requirement]]
key = "answered"
kind = "outcome"
section = "The answer"
text = "Every point was answered."
guidance = "Compare the two letters."
not_met = "A point is left out."
critical = true
evidence = "always"
citations = ["39"]
commitments = [5]
quality_standards = [4]

[[requirement]]
key = "late"
kind = "outcome"
section = "The answer"
text = "A late request was decided."
applies_when = { type = ["Late"] }
citations = ["39"]
commitments = [5]
quality_standards = [4]
"""


def on_the_marked_card(office: ScoredOffice, name: str, route: Route) -> int:
    """A draft on a card with a critical requirement, one that is not asked, and facts; its review."""
    with office.writing() as session:
        by = office.person(session, "Ada Min")
        publish_scorecard(session, MARKED, by=by)
        use_scorecard(session, None, scorecard_key="marked-card", starts_on=START, by=by)
        sampled = session.get_one(SampledCase, office.to_do(name, route)[0])
        case = sampled.frame_case.case
        case.case_type, case.system_id = "Service", "{5F/1}"
        reviewer = office.person(session, name)
        declare_involvement(session, case, is_involved=False, by=reviewer)
        return start_review(session, sampled, by=reviewer).id


def test_the_sheet_shows_what_helps_and_asks_for_what_the_card_wants(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([1])
    office.set_standard("case_link", "https://cases.example.org/{id}?r={reference}")
    review_id = on_the_marked_card(office, QA, Route.CENTRAL)
    app = see(office, open_screen, QA, "review", review=review_id)
    shown = words(app)
    assert [radio.label for radio in app.radio[:2]] == [
        "1. Every point was answered. **(critical)**",  # outcome comes first, whatever the order of the card
        "2. The person was \\*told\\* what happens next.",
    ]
    assert "requirement 1 of 2" in shown
    assert "Compare the two letters." in shown
    assert "**Not met:** A point is left out." in shown
    assert "**Met:** A note of the call is on the file." in shown
    assert "Not asked of this case, by its type, stage or risk (1): A late request was decided." in shown
    assert "**39 " in shown  # the paragraph with its title
    assert "version 12.0" in shown
    (way,) = app.get("link_button")
    assert way.proto.url == f"https://cases.example.org/5F%2F1?r={reference_of(office, review_id)}"

    app = press(app, "Met")  # the button with a key of the requirement to answer now
    assert "requirement 2 of 2" in words(app)
    app = press(app, "Met")
    app = press(app, "Submit review")
    assert "3 answers are not complete." in words(app)  # the evidence always asked for, and the two facts
    next(area for area in app.text_area if area.label == "Evidence").set_value("Seen in both letters.")
    app = press(app.run(), "Submit review")
    assert "“Outcome of the assurance team’s review”: choose what holds." in words(app)
    next(box for box in app.selectbox if box.label.startswith("Outcome of")).set_value("accepted")
    app.run()
    app.multiselect[0].set_value(["legal_threat", "mp_involved"])
    app = press(app.run(), "Submit review")
    assert "is submitted" in words(app)
    assert "Why the assurance team was asked: An MP backs the challenge" in words(app)
    with office.reading() as session:
        kept = session.scalars(select(ReviewAttribute.value).order_by(ReviewAttribute.value)).all()
        assert kept == ["accepted", "legal_threat", "mp_involved"]


def reference_of(office: ScoredOffice, review_id: int) -> str:
    with office.reading() as session:
        return session.get_one(Review, review_id).sampled_case.frame_case.reference


def test_a_critical_failure_and_what_could_not_be_assessed_are_told(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([1])
    review_id = on_the_marked_card(office, QA, Route.CENTRAL)
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, QA)
        for key, response in (("answered", ResponseValue.NOT_MET), ("told", ResponseValue.CANNOT_ASSESS)):
            save_answer(session, review, requirement_key=key, response=response, evidence="Seen.", by=by)
        record_fact(session, review, "assurance_outcome", ["other"], by=by)
        record_fact(session, review, "referral_trigger", ["medium_risk"], by=by)
        submit_review(session, review, by=by)
    shown = words(see(office, open_screen, QA, "review", review=review_id))
    assert "A critical requirement is not met." in shown
    assert "Had it been met, the case would have method met." in shown
    done = see(office, open_screen, QA, "reviews").dataframe[0].value
    assert list(done["Critical requirement"]) == ["Not met"]


def test_a_reviewer_corrects_with_a_reason_and_every_revision_is_told(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0])
    app = see(office, open_screen, NORTH, "review", review=review_id)
    assert "Revision 1" not in words(app)
    box = next(box for box in app.multiselect if box.label == "Which answers are to be corrected?")
    box.set_value(["remedy"])
    app.run()
    app = press(app, "Correct the review")
    assert "Nothing is changed." in words(app)
    next(radio for radio in app.radio if radio.label == "2. The remedy was right.").set_value(
        ResponseValue.NOT_MET
    )
    app.run()
    next(area for area in app.text_area if area.label == "Evidence or reason for 2").set_value("None paid.")
    app = press(app.run(), "Correct the review")
    assert "Say why the review is changed." in words(app)
    next(area for area in app.text_area if area.label.startswith("Why, in a few")).set_value("I misread.")
    app = press(app.run(), "Correct the review")
    assert "The review is corrected. This is its revision 2." in words(app)
    for name in (NORTH, HEAD):
        shown = words(see(office, open_screen, name, "review", review=review_id))
        assert "**Revision 1.** Submitted by Nora North on 6 July 2026" in shown
        assert "Reason: I misread." in shown
        assert "From **met** to **not met**." in shown
        assert "Overall: **Not met**" in shown
    assert not [
        expander
        for expander in see(office, open_screen, HEAD, "review", review=review_id).expander
        if expander.label == "Correct this review"
    ]
    with office.reading() as session:
        assert session.scalars(select(Revision.overall_met).order_by(Revision.number)).all() == [True, False]
        assert session.get_one(Answer, (review_id, "remedy")).evidence == "None paid."
        # The Head has read it, and that is on record; its reviewer has nothing to see first.
        (sight,) = session.scalars(select(FirstSight)).all()
        assert (sight.review_id, sight.person_id) == (review_id, office.person(session, HEAD).id)


def test_keys_can_be_switched_off(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], submit=False)
    app = see(office, open_screen, NORTH, "review", review=review_id)
    app = press(app, "Previous")  # from what is complete, back to the last requirement
    assert "requirement 3 of 3" in words(app)
    assert "4 not yet due" in words(app)
    assert {button.label: button.proto.shortcut for button in app.button if button.proto.shortcut} == {
        "Met": "1",
        "Not met": "2",
        "Not applicable": "3",
        "Not yet due": "4",
        "Cannot assess": "5",
        "Previous": "left",
        "Next": "right",
        "Submit review": "s",
    }
    app.toggle[0].set_value(False).run()
    assert not [button for button in app.button if button.proto.shortcut]
    assert "requirement 3 of 3" in words(app)


def test_of_many_submitted_reviews_the_newest_are_shown_and_others_found(
    office: ScoredOffice, open_screen: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "_NEWEST", 2)
    office.draw_closed([3])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.later(1)
        office.score(QA, sampled_id)
    app = see(office, open_screen, QA, "reviews")
    opened = app.selectbox[-1]
    assert len(opened.options) == 2
    with office.reading() as session:
        oldest = submitted_reviews(session, office.person(session, QA))["reference"].iloc[-1]
    assert oldest not in opened.options
    app.text_input(key="submitted-reference").input(f" {oldest.lower()} ").run()
    assert app.selectbox[-1].options == [oldest]
