"""Feedback and disputes: who shares, who disputes, who decides, and which figures a decision changes."""

from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select

from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.agreement_results import agreement_result
from scorecards.dispute_decisions import Decision, Finding, check_decision
from scorecards.dispute_queries import DisputeRow, disputes_of, disputes_seen, disputes_to_decide
from scorecards.disputes import decide_dispute, raise_dispute
from scorecards.feedback import record_comments, share_feedback
from scorecards.feedback_sheets import FeedbackSheet, feedback_sheet, feedback_sheets
from scorecards.open_results import open_results
from scorecards.requirements import Kind, ResponseValue, Severity
from scorecards.results import sample_result
from scorecards.tables import Review, Revision, SecondScoring
from scorecards.tables_feedback import Dispute

HEAD, QA, SECOND_QA, THEME = "Hedda Head", "Quinn Qua", "Robin Qua", "Thea Theme"
NORTH, SOUTH, OTTO = "Nora North", "Sue South", "Otto Owner"
EVERYBODY = (HEAD, QA, SECOND_QA, THEME, NORTH, SOUTH)
MET, NOT_MET = Finding(ResponseValue.MET), Finding(ResponseValue.NOT_MET)


def closed_review(office: ScoredOffice) -> int:
    """QA's review of a closed case of North, not met, submitted today."""
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        with office.reading() as session:
            frozen = session.get_one(SampledCase, sampled_id).frame_case
            team = frozen.team.name if frozen.team else None
        if team == "North":
            return office.score(QA, sampled_id, not_met=Kind.OUTCOME)
    raise AssertionError("No case of North is left.")


def share(office: ScoredOffice, name: str, review_id: int, day: date | None = None) -> None:
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, name)
        share_feedback(session, review, shared_on=day or office.now.date(), by=by)


def dispute(office: ScoredOffice, name: str, review_id: int, *keys: str, grounds: str = "It was so.") -> int:
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, name)
        return raise_dispute(session, review, requirement_keys=keys, grounds=grounds, by=by).id


def decide(
    office: ScoredOffice,
    name: str,
    dispute_id: int,
    decision: Decision = Decision.UPHELD,
    reason: str = "The second letter answers it.",
    **findings: Finding,
) -> None:
    with office.writing() as session:
        decide_dispute(
            session,
            session.get_one(Dispute, dispute_id),
            decision=decision,
            reason=reason,
            findings=findings,
            evidence={},
            by=office.person(session, name),
        )


def comment(office: ScoredOffice, name: str, review_id: int, comments: str, day: date) -> None:
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, name)
        record_comments(session, review, comments=comments, commented_on=day, by=by)


def sheet_of(office: ScoredOffice, name: str, review_id: int) -> FeedbackSheet | None:
    with office.reading() as session:
        return feedback_sheet(session, review_id, office.person(session, name))


def disputes_on(office: ScoredOffice, name: str, review_id: int) -> list[DisputeRow]:
    with office.reading() as session:
        return disputes_of(session, review_id, office.person(session, name))


def to_decide(office: ScoredOffice, name: str) -> list[int]:
    return [row.dispute_id for row in office.ask(disputes_to_decide, name)]


def met_of(office: ScoredOffice, draw_id: int) -> int:
    measures = office.ask(sample_result, HEAD, draw_id).measures
    return next(row.judgement.met for row in measures if row.measure == "outcome")


def test_an_upheld_dispute_changes_quality_and_never_agreement(engine: Engine) -> None:
    office = ScoredOffice(engine)
    # Quality of closed cases: the one case found wanting is met once the dispute is upheld.
    draw_id = office.draw_closed([2])
    reviews = [office.score(QA, sampled, not_met=Kind.OUTCOME) for sampled in office.to_do(QA, Route.CENTRAL)]
    (disputed, manager) = next(
        (row, name) for row in reviews for name in (NORTH, SOUTH) if sheet_of(office, name, row) is not None
    )
    assert met_of(office, draw_id) == 0  # and the sample is complete
    dispute_id = dispute(office, manager, disputed, "answered")
    assert met_of(office, draw_id) == 0
    decide(office, SECOND_QA, dispute_id, answered=MET)
    assert met_of(office, draw_id) == 1
    (row,) = disputes_on(office, manager, disputed)
    assert (row.decision, row.decided_by, row.reason) == (
        Decision.UPHELD,
        SECOND_QA,
        "The second letter answers it.",
    )
    assert (row.answers[0].stood, row.answers[0].became) == (NOT_MET, MET)
    with office.reading() as session:
        kept = session.scalars(
            select(Revision).where(Revision.review_id == disputed).order_by(Revision.number)
        ).all()
    assert [(row.cause, row.overall_met) for row in kept] == [("submitted", False), ("disputed", True)]
    assert kept[0].answers["answered"]["response"] == ResponseValue.NOT_MET

    # Agreement: a manager's review and its second score differ, and go on doing so.
    office.give_role(OTTO, Role.LINE_MANAGER, "North")  # the team has another manager besides
    office.draw_open("North", NORTH)
    for sampled in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled, not_met=Kind.OUTCOME)
    second = office.draw_second()
    for sampled in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled)
    before = office.ask(agreement_result, HEAD, second)
    assert before.counts == (0, 0, 4, 0)
    met_before = sum(row.met for row in office.ask(open_results, HEAD))
    with office.reading() as session:
        review_id = session.scalars(select(SecondScoring.manager_review_id)).first()
    assert review_id is not None
    decide(office, HEAD, dispute(office, OTTO, review_id, "answered"), answered=MET)
    assert sum(row.met for row in office.ask(open_results, HEAD)) == met_before + 1
    assert office.ask(agreement_result, HEAD, second).counts == before.counts


def readers(office: ScoredOffice, review_id: int) -> dict[str, bool]:
    """Who may read a review's sheet, and whether they may share it. The list says the same."""
    found = {name: sheet_of(office, name, review_id) for name in EVERYBODY}
    for name, sheet in found.items():
        listed = set(office.ask(feedback_sheets, name)["review_id"])
        assert (review_id in listed) == (sheet is not None), name
    return {name: sheet.may_share for name, sheet in found.items() if sheet is not None}


def test_the_sheet_of_qas_review_is_for_qa_the_head_and_the_caseworkers_manager(drawn: ScoredOffice) -> None:
    review_id = closed_review(drawn)
    assert readers(drawn, review_id) == {HEAD: True, QA: True, SECOND_QA: True, NORTH: True}
    sheets = {name: sheet_of(drawn, name, review_id) for name in (QA, NORTH)}
    named = {name: (sheet.caseworker, sheet.line_manager) for name, sheet in sheets.items() if sheet}
    assert named[QA] == (None, NORTH)  # QA is told whom to give it to, not who the caseworker is
    assert named[NORTH][0] is not None
    assert named[NORTH][0].startswith("North ")
    sheet = sheets[NORTH]
    assert sheet is not None
    assert [(item.response, item.evidence) for item in sheet.items[:2]] == [
        (ResponseValue.NOT_MET, "As the file shows."),
        (ResponseValue.MET, ""),
    ]
    with pytest.raises(Refused, match="not for you to see"):
        share(drawn, SOUTH, review_id)


def test_nothing_of_feedback_or_a_dispute_breaks_blindness(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.give_role(OTTO, Role.LINE_MANAGER, "North")
    office.draw_open("North", NORTH)
    for sampled in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled, not_met=Kind.OUTCOME)
    office.draw_second()
    first, *others = office.to_do(QA, Route.SECOND)
    second_id = office.score(QA, first)
    with office.reading() as session:
        pairs = {row.sampled_case_id: row.manager_review_id for row in session.scalars(select(SecondScoring))}
    scored, sealed = pairs[first], pairs[others[0]]
    # The scored one's second score is in: QA may see the review, and so its sheet. The other is sealed.
    assert readers(office, sealed) == {HEAD: False, NORTH: True}
    assert readers(office, scored) == {HEAD: False, NORTH: True, QA: False, SECOND_QA: False}
    assert readers(office, second_id) == {}  # its own reviewer has no sheet either
    waiting = [dispute(office, OTTO, review_id, "answered") for review_id in (scored, sealed)]
    # A QA name under a decision would tell the manager which of the two is in the second scoring.
    assert [to_decide(office, name) for name in (HEAD, QA, SECOND_QA)] == [waiting, [], []]
    assert [row.dispute_id for row in office.ask(disputes_seen, SECOND_QA)] == waiting[:1]
    with pytest.raises(Refused, match="second scoring of this case is under way"):
        decide(office, SECOND_QA, waiting[0], answered=MET)
    with pytest.raises(Refused, match="not for you to see"):
        decide(office, SECOND_QA, waiting[1], answered=MET)
    for sampled in others:
        office.score(QA, sampled)
    assert readers(office, second_id) == {HEAD: True, QA: True, SECOND_QA: True, NORTH: True}
    assert to_decide(office, QA) == []  # QA scored the case
    assert to_decide(office, SECOND_QA) == waiting


def test_a_sheet_is_shared_once_and_the_caseworkers_comments_stay(drawn: ScoredOffice) -> None:
    review_id = closed_review(drawn)
    drawn.later(2)
    with pytest.raises(Refused, match="5 July 2026 is before the review was submitted, on 6 July 2026"):
        share(drawn, NORTH, review_id, date(2026, 7, 5))
    with pytest.raises(Refused, match="9 July 2026 is still to come"):
        share(drawn, NORTH, review_id, date(2026, 7, 9))
    with pytest.raises(Refused, match="has not been shared yet"):
        comment(drawn, NORTH, review_id, "I agree.", date(2026, 7, 8))
    share(drawn, NORTH, review_id, date(2026, 7, 7))
    with pytest.raises(Refused, match="Nora North shared this sheet on 7 July 2026"):
        share(drawn, QA, review_id)
    with pytest.raises(Refused, match="before the sheet was shared, on 7 July 2026"):
        comment(drawn, NORTH, review_id, "I agree.", date(2026, 7, 6))
    comment(drawn, NORTH, review_id, " I agree. ", date(2026, 7, 8))
    with pytest.raises(Refused, match="stay as they were entered"):
        comment(drawn, QA, review_id, "They do not.", date(2026, 7, 8))
    sheet = sheet_of(drawn, HEAD, review_id)
    assert sheet is not None
    assert (sheet.shared_on, sheet.shared_by) == (date(2026, 7, 7), NORTH)
    assert (sheet.comments, sheet.commented_on) == ("I agree.", date(2026, 7, 8))


def test_a_dispute_is_in_time_until_so_many_working_days_after_sharing(drawn: ScoredOffice) -> None:
    review_id = closed_review(drawn)  # on Monday 6 July
    drawn.later(15)
    late = r"could be disputed until 20 July 2026: it was submitted on 6 July 2026"
    with pytest.raises(Refused, match=late):
        dispute(drawn, NORTH, review_id, "answered")
    drawn.set_standard("dispute_window", "3")
    share(drawn, QA, review_id)  # on Tuesday 21 July
    drawn.later(4)
    with pytest.raises(Refused, match=r"until 24 July 2026: its feedback was shared on 21 July 2026"):
        dispute(drawn, NORTH, review_id, "answered")
    drawn.later(-1)  # Friday, the last day
    assert dispute(drawn, NORTH, review_id, "answered")


def test_a_dispute_is_the_managers_and_one_waits_at_a_time(drawn: ScoredOffice) -> None:
    review_id = closed_review(drawn)
    for name, said in ((SOUTH, "not for you to see"), (HEAD, "entered by the caseworker's line manager")):
        with pytest.raises(Refused, match=said):
            dispute(drawn, name, review_id, "answered")
    with pytest.raises(Refused, match="No requirement is chosen"):
        dispute(drawn, NORTH, review_id)
    with pytest.raises(Refused, match="has no answer to nothing"):
        dispute(drawn, NORTH, review_id, "nothing")
    with pytest.raises(Refused, match="missing: the grounds"):
        dispute(drawn, NORTH, review_id, "answered", grounds=" ")
    own = drawn.score(NORTH, drawn.to_do(NORTH, Route.OPEN)[0])
    with pytest.raises(Refused, match="You wrote this review"):
        dispute(drawn, NORTH, own, "answered")
    dispute_id = dispute(drawn, NORTH, review_id, "told", "answered")
    with pytest.raises(Refused, match="Nora North has disputed this review"):
        dispute(drawn, NORTH, review_id, "answered")

    drawn.give_role(NORTH, Role.QA_REVIEWER)
    for name, said in (
        (THEME, "decided by the Head"),
        (NORTH, "You raised this dispute"),
        (QA, "You have scored this case"),
    ):
        assert to_decide(drawn, name) == []
        with pytest.raises(Refused, match=said):
            decide(drawn, name, dispute_id, answered=MET, told=NOT_MET)
    with pytest.raises(Refused, match="missing: the reason"):
        decide(drawn, HEAD, dispute_id, Decision.NOT_UPHELD, "")
    decide(drawn, HEAD, dispute_id, Decision.NOT_UPHELD)
    with pytest.raises(Refused, match="decided already"):
        decide(drawn, SECOND_QA, dispute_id, Decision.NOT_UPHELD)
    with drawn.reading() as session:
        assert session.scalar(select(func.count(Revision.id)).where(Revision.review_id == review_id)) == 1

    # Another one may follow; both are shown, with what was changed.
    second = dispute(drawn, NORTH, review_id, "answered", "told")
    minor = Finding(ResponseValue.NOT_MET, Severity.MINOR)
    decide(drawn, SECOND_QA, second, Decision.PARTLY_UPHELD, answered=minor)
    rows = disputes_on(drawn, NORTH, review_id)
    assert [row.decision for row in rows] == [Decision.NOT_UPHELD, Decision.PARTLY_UPHELD]
    assert [(answer.key, answer.stood, answer.became) for answer in rows[1].answers] == [
        ("answered", NOT_MET, minor),
        ("told", MET, None),
    ]


@pytest.mark.parametrize(
    ("decision", "decided", "said"),
    [
        (Decision.UPHELD, {"a": MET, "b": NOT_MET}, None),
        (Decision.UPHELD, {"a": MET}, "a disputed answer stays as it was"),
        (Decision.UPHELD, {"a": MET, "b": MET}, "a disputed answer stays as it was"),
        (Decision.PARTLY_UPHELD, {"a": MET}, None),
        (Decision.PARTLY_UPHELD, {"a": NOT_MET._replace(severity=Severity.MINOR), "b": MET}, None),
        (Decision.PARTLY_UPHELD, {"a": NOT_MET}, "nothing is changed"),
        (Decision.PARTLY_UPHELD, {"a": MET, "b": NOT_MET}, "That is “upheld”"),
        (Decision.NOT_UPHELD, {"a": NOT_MET}, None),
        (Decision.NOT_UPHELD, {"a": MET}, "is not upheld, and an answer is changed"),
        (Decision.UPHELD, {"c": MET}, "Only what is disputed"),
    ],
)
def test_a_decision_fits_the_answers_it_leaves(
    decision: Decision, decided: dict[str, Finding], said: str | None
) -> None:
    disputed = {"a": NOT_MET, "b": MET}
    if said is None:
        check_decision(decision, disputed, decided)
    else:
        with pytest.raises(Refused, match=said):
            check_decision(decision, disputed, decided)
