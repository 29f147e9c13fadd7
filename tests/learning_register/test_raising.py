"""Where learning points come from besides a review, who may raise and see them, and what becomes of them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import Engine, select

from learning_register.actions import acknowledge_feedback, cite_more, correct_point, feed_back
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.duplicates import likely_duplicates, likely_duplicates_of
from learning_register.point_queries import learning_points, told_by_default
from learning_register.raising import (
    learn_by_hand,
    learn_from_adjudication,
    learn_from_dispute,
    learn_from_finding,
    people_to_learn_about,
)
from learning_register.recording import Lesson, RecurrenceRisk, Weight
from learning_register.root_causes import (
    add_root_cause,
    bring_back_root_cause,
    causes_to_choose,
    load_shipped_root_causes,
    rename_root_cause,
    retire_root_cause,
    root_causes,
)
from learning_register.sources import disputes_to_learn_from, findings_to_learn_from, pairs_to_learn_from
from learning_register.tables import LearningPoint, RootCause, Source
from sampling.records.appointments import set_line_manager
from sampling.records.audit_trail import AuditChange, AuditEntry
from sampling.records.people import Team
from sampling.refused import Refused
from sampling.tables import Draw, Route, SampledCase
from scorecards.actions import declare_involvement
from scorecards.adjudication import Reason, decide_pair, draw_adjudication, start_pair
from scorecards.dispute_decisions import Decision
from scorecards.disputes import decide_dispute, raise_dispute
from scorecards.feedback import share_feedback
from scorecards.requirements import Kind, ResponseValue, Severity
from scorecards.tables import Review
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import Commission, Finding
from scorecards.themes import add_finding, add_sample, commission_review

HEAD, QA, ROBIN, THEA = "Hedda Head", "Quinn Qua", "Robin Qua", "Thea Theme"
NORTH, SOUTH, OWNER, ADA = "Nora North", "Sue South", "Otto Owner", "Ada Min"
INDIVIDUAL = Lesson(
    LearningKind.INDIVIDUAL,
    "The reasons did not answer the complaint.",
    citations=[TypedCitation(GUIDANCE, "38")],
    commitments=[5],
)
GAP = Lesson(LearningKind.ORGANISATIONAL, "Nothing says who answers calls.", is_gap=True)
PRAISE = Lesson(LearningKind.GOOD_PRACTICE, "The call was returned the same day.")


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine)


def do(
    office: ScoredOffice,
    action: Callable[..., Any],
    name: str,
    *arguments: Any,
    row: Any = None,
    **given: Any,
) -> Any:
    """An action as one person; a name given for a person or team stands for it. The id of what was made."""
    with office.writing() as session:
        for key, value in given.items():
            if key in ("about", "to") and value is not None:
                given[key] = office.person(session, value)
            if key == "team" and value is not None:
                given[key] = session.scalars(select(Team).where(Team.name == value)).one()
            if key == "review" and value is not None:
                given[key] = session.get_one(Review, value)
        first = () if row is None else (session.get_one(*row),)
        made = action(session, *first, *arguments, by=office.person(session, name), **given)
        return getattr(made, "id", None)


def by_hand(office: ScoredOffice, name: str, lesson: Lesson = GAP, **given: Any) -> int:
    made: int = do(office, learn_by_hand, name, lesson, **({"source": Source.BY_HAND} | given))
    return made


def who_sees(office: ScoredOffice, point_id: int) -> set[str]:
    everybody = (HEAD, QA, ROBIN, THEA, NORTH, SOUTH, OWNER)
    return {
        name for name in everybody if point_id in {row.point_id for row in office.ask(learning_points, name)}
    }


def test_by_hand_a_manager_for_their_team_and_others_for_any(engine: Engine) -> None:
    office = ScoredOffice(engine)
    point_id = by_hand(office, NORTH, INDIVIDUAL, reference="c-000", note="A letter")
    (row,) = office.ask(learning_points, NORTH)
    assert (row.source, row.source_note, row.reference, row.team) == ("by_hand", "A letter", "C-000", "North")
    assert (row.review_id, row.sample, row.requirement, row.may_open_review) == (None, "", "", False)
    assert who_sees(office, point_id) == {NORTH, HEAD, QA, ROBIN, THEA}
    with office.reading() as session:
        kept = session.get_one(LearningPoint, point_id)
        assert kept.caseworker is not None
        assert kept.caseworker.name == "North 0"
    praise = by_hand(office, QA, PRAISE, source=Source.POSITIVE_FEEDBACK, team="South")
    assert who_sees(office, praise) == {SOUTH, HEAD, QA, ROBIN, THEA}
    assert who_sees(office, by_hand(office, QA)) == {HEAD, QA, ROBIN, THEA}
    with office.writing() as session:
        north = office.person(session, NORTH)
        assert set(people_to_learn_about(session, north).values()) == {"North 0", "North 1"}


@pytest.mark.parametrize(
    ("name", "lesson", "given", "words"),
    [
        (OWNER, GAP, {"team": "North"}, "cannot do this"),
        (ADA, GAP, {"team": "North"}, "cannot do this"),
        (NORTH, GAP, {}, "for your own teams"),
        (NORTH, GAP, {"team": "South"}, "South is not your team"),
        (NORTH, GAP, {"reference": "C-001"}, "no case “C-001” that you can name"),  # South's
        (THEA, GAP, {"reference": "C-001"}, "no case “C-001” that you can name"),  # in no theme
        (NORTH, GAP, {"team": "North", "about": "South 0"}, "not one of your people"),
        (QA, GAP, {"reference": "C-999"}, "no case “C-999”"),
        (QA, INDIVIDUAL, {"team": "North"}, "about somebody"),
        (QA, Lesson(LearningKind.INDIVIDUAL, "Late."), {"reference": "C-000"}, "must name the paragraph"),
        (QA, Lesson(LearningKind.GOOD_PRACTICE, "Good.", is_gap=True), {}, "Only learning for the organ"),
        (QA, Lesson(LearningKind.GOOD_PRACTICE, "x" * 10_001), {}, "the most is"),
        (QA, Lesson(LearningKind.GOOD_PRACTICE, "Good.", weight=Weight(99)), {}, "not in the office's list"),
    ],
)
def test_who_may_not_raise_what(
    office: ScoredOffice, name: str, lesson: Lesson, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        by_hand(office, name, lesson, **given)
    assert office.ask(learning_points, HEAD) == []


def test_a_point_about_a_case_tells_nobody_what_is_sealed_from_them(office: ScoredOffice) -> None:
    before = by_hand(office, HEAD, reference="O-000")
    office.draw_open("North", NORTH)
    sampled_id = office.to_do(NORTH, Route.OPEN)[0]
    reference = reference_of(office, sampled_id)
    early = by_hand(office, HEAD, reference=reference)
    office.later(1)
    office.score(NORTH, sampled_id, not_met=Kind.OUTCOME)
    later = by_hand(office, NORTH, reference=reference)
    own = by_hand(office, QA, reference=reference)
    # What was known before the review began stays known: that a point went would tell as much.
    assert {QA, THEA} <= who_sees(office, before) & who_sees(office, early)
    assert who_sees(office, later) == {NORTH, HEAD}
    assert who_sees(office, own) == {NORTH, HEAD, QA}
    lesson = Lesson(LearningKind.ORGANISATIONAL, GAP.description)
    with office.reading() as session:
        alike = likely_duplicates(session, office.person(session, ROBIN), lesson, team_id=None)
    assert {one.point_id for one in alike} == {before, early}
    # Told by hand as by e-mail: what they could see of a reviewed case too, or the answer would tell.
    for kept in (early, later):
        with pytest.raises(Refused, match="reviews for QA"):
            do(office, feed_back, HEAD, row=(LearningPoint, kept), on=office.now.date(), to=QA)
    do(office, feed_back, QA, row=(LearningPoint, own), on=office.now.date(), to=ROBIN)


def reference_of(office: ScoredOffice, sampled_id: int) -> str:
    with office.reading() as session:
        return session.get_one(SampledCase, sampled_id).frame_case.reference


def test_a_decided_dispute_teaches(office: ScoredOffice) -> None:
    office.draw_closed([4])
    review_id = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    with office.reading() as session:
        team = session.get_one(Review, review_id).sampled_case.frame_case.team
        assert team is not None
        manager, other = (NORTH, SOUTH) if team.name == "North" else (SOUTH, NORTH)
    do(office, share_feedback, manager, row=(Review, review_id), shared_on=office.now.date())
    keys = {"requirement_keys": ["answered"], "grounds": "It was so."}
    number = do(office, raise_dispute, manager, row=(Review, review_id), **keys)
    with pytest.raises(Refused, match="not decided yet"):
        do(office, learn_from_dispute, manager, INDIVIDUAL, row=(Dispute, number), about=None)
    decision = {"decision": Decision.NOT_UPHELD, "reason": "It was not.", "findings": {}, "evidence": {}}
    do(office, decide_dispute, HEAD, row=(Dispute, number), **decision)
    assert [one.key for one in office.ask(disputes_to_learn_from, manager)] == [number]
    assert office.ask(disputes_to_learn_from, other) == []
    with pytest.raises(Refused, match="not for you to see"):
        do(office, learn_from_dispute, other, INDIVIDUAL, row=(Dispute, number), about=None)
    do(office, learn_from_dispute, manager, INDIVIDUAL, row=(Dispute, number), about=None)
    (row,) = office.ask(learning_points, manager)
    assert (row.source, row.review_id, row.dispute_id) == ("dispute", review_id, number)


def test_a_decided_pair_teaches_once_nothing_of_it_is_sealed(office: ScoredOffice) -> None:
    office.draw_open("North", NORTH)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    draw_id = office.draw_second()
    for place, sampled_id in enumerate(office.to_do(QA, Route.SECOND)):
        office.score(QA, sampled_id, not_met=None if place else Kind.OUTCOME)
    do(office, draw_adjudication, HEAD, row=(Draw, draw_id), both_met=1)
    with office.reading() as session:
        pair = session.scalars(select(Adjudication).where(Adjudication.is_discordant)).one()
        number = pair.sampled_case_id
    with pytest.raises(Refused, match="not decided yet"):
        do(office, learn_from_adjudication, HEAD, INDIVIDUAL, row=(Adjudication, number), about=NORTH)
    with office.writing() as session:
        by, adjudication = office.person(session, ROBIN), session.get_one(Adjudication, number)
        case = session.get_one(SampledCase, number).frame_case.case
        declare_involvement(session, case, is_involved=False, by=by)
        start_pair(session, adjudication, by=by)
        verdicts = {"answered": ResponseValue.NOT_MET}
        decide_pair(
            session, adjudication, verdicts=verdicts, reason=Reason.EVIDENCE_MISSED, note="So.", by=by
        )
    assert [one.key for one in office.ask(pairs_to_learn_from, ROBIN)] == [number]
    assert office.ask(pairs_to_learn_from, NORTH) == []
    with pytest.raises(Refused, match="cannot do this"):
        do(office, learn_from_adjudication, NORTH, INDIVIDUAL, row=(Adjudication, number), about=None)
    point_id = do(office, learn_from_adjudication, ROBIN, INDIVIDUAL, row=(Adjudication, number), about=NORTH)
    assert {HEAD, QA, ROBIN, NORTH} <= who_sees(office, point_id)
    # It is about the manager, so it is fed back to whoever manages her.
    with office.writing() as session:
        set_line_manager(
            session,
            office.person(session, NORTH),
            manager=office.person(session, HEAD),
            starts_on=START,
            by=office.person(session, ADA),
        )
    with office.reading() as session:
        by = office.person(session, ROBIN)
        assert told_by_default(session, point_id, by, on=office.now.date()) == HEAD
    do(office, feed_back, ROBIN, row=(LearningPoint, point_id), on=office.now.date())
    with office.reading() as session:
        told = session.get_one(LearningPoint, point_id).fed_back_to
        assert told is not None
        assert told.name == HEAD


def test_a_finding_teaches_about_a_case_or_the_office(office: ScoredOffice) -> None:
    draw_id = office.draw_closed([3], route=Route.THEMATIC, name="Delay")
    with office.writing() as session:
        theme = commission_review(
            session,
            name="Delay",
            asked_by="The board",
            question="Why?",
            scope="",
            scorecard_key="short-card",
            reviewers=[office.person(session, QA)],
            due_on=date(2026, 9, 1),
            by=office.person(session, HEAD),
        )
        plan = session.get_one(Draw, draw_id).plan
        add_sample(session, theme, plan, by=office.person(session, QA))
        theme_id = theme.id
    review_id, other_id = (office.score(QA, one) for one in office.to_do(QA, Route.THEMATIC)[:2])
    with office.writing() as session:
        finding_id = add_finding(
            session,
            session.get_one(Commission, theme_id),
            statement="They wait.",
            reviews=[session.get_one(Review, review_id)],
            by=office.person(session, QA),
        ).id
    (found,) = office.ask(findings_to_learn_from, QA)
    assert (found.key, found.said, [one for one, _ in found.reviews]) == (
        finding_id,
        "They wait.",
        [review_id],
    )
    row = (Finding, finding_id)
    with pytest.raises(Refused, match="cannot do this"):
        do(office, learn_from_finding, THEA, GAP, row=row, review=None)
    with pytest.raises(Refused, match="does not cite this review"):
        do(office, learn_from_finding, QA, GAP, row=row, review=other_id)
    with pytest.raises(Refused, match="about somebody"):
        do(office, learn_from_finding, QA, INDIVIDUAL, row=row, review=None)
    office_wide = do(office, learn_from_finding, QA, GAP, row=row, review=None)
    about_case = do(office, learn_from_finding, QA, INDIVIDUAL, row=row, review=review_id)
    rows = {row.point_id: row for row in office.ask(learning_points, HEAD)}
    assert (rows[office_wide].commission_id, rows[office_wide].team) == (theme_id, None)
    assert rows[about_case].review_id == review_id
    assert who_sees(office, office_wide) == {HEAD, QA, ROBIN, THEA}


def test_names_are_shown_before_they_are_kept(office: ScoredOffice) -> None:
    named = Lesson(LearningKind.GOOD_PRACTICE, "Nora North thanked Mr Smith.")
    with pytest.raises(Refused, match="“Nora North”, “Mr Smith”"):
        by_hand(office, QA, named)
    point_id = by_hand(
        office, QA, Lesson(LearningKind.GOOD_PRACTICE, named.description, names_confirmed=True)
    )
    with office.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"learning point {point_id}")
        ).one()
        assert entry.details["names_kept"] == 2


def test_whoever_was_told_sees_it_and_acknowledges_it(office: ScoredOffice) -> None:
    point_id = by_hand(office, NORTH, team="North")
    row, day = (LearningPoint, point_id), office.now.date()
    assert OWNER not in who_sees(office, point_id)
    do(office, feed_back, NORTH, row=row, on=day, to=OWNER)
    assert OWNER in who_sees(office, point_id)
    with pytest.raises(Refused, match="not fed back to you"):
        do(office, acknowledge_feedback, NORTH, row=row)
    do(office, acknowledge_feedback, OWNER, row=row)
    assert office.ask(learning_points, NORTH)[0].acknowledged_on == day
    with pytest.raises(Refused, match="already"):
        do(office, acknowledge_feedback, OWNER, row=row)
    do(office, feed_back, NORTH, row=row, on=day, to=HEAD)
    assert office.ask(learning_points, NORTH)[0].acknowledged_on is None
    assert OWNER not in who_sees(office, point_id)


def test_a_point_is_corrected_with_a_reason_and_cites_more(office: ScoredOffice) -> None:
    point_id = by_hand(office, NORTH, INDIVIDUAL, reference="C-000")
    row = (LearningPoint, point_id)
    cause = do(office, add_root_cause, HEAD, "Haste")
    weight = Weight(cause, RecurrenceRisk.HIGH, Severity.SERIOUS, True)
    fixed = {"description": "The reasons were not given.", "weight": weight, "reason": "As the file shows."}
    for name, changes, words in (
        (SOUTH, {}, "not for you to see"),
        (QA, {}, "not yours to correct"),
        (NORTH, {"reason": " "}, "Say why"),
        (NORTH, {"description": "Priya told Mr Smith."}, "may name people"),
        (NORTH, {"description": INDIVIDUAL.description, "weight": Weight()}, "Nothing is changed"),
    ):
        with pytest.raises(Refused, match=words):
            do(office, correct_point, name, row=row, **(fixed | changes))
    do(office, correct_point, NORTH, row=row, **fixed)
    do(office, retire_root_cause, HEAD, row=(RootCause, cause))
    # The retired cause stays with the point that has it, and no other gets it.
    do(office, correct_point, HEAD, row=row, **(fixed | {"description": "No reasons were given."}))
    more = {"citations": [TypedCitation(GUIDANCE, "14")], "commitments": [5, 17], "reason": "Both apply."}
    do(office, cite_more, NORTH, row=row, **more)
    with pytest.raises(Refused, match="nothing new to cite"):
        do(office, cite_more, NORTH, row=row, **more)
    (found,) = office.ask(learning_points, NORTH)
    assert (found.weight, found.root_cause, found.commitments) == (weight, "Haste", (5, 17))
    assert [paragraph.split()[0] for paragraph in found.paragraphs] == ["38", "14"]
    with office.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "cite_more")).one()
        assert entry.details["added"] == [f"{GUIDANCE} 14", 17]
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "correct_learning_point").order_by(AuditEntry.id)
        ).all()
        assert {"description", "severity"} <= set(entries[0].details["changed"])
        assert entries[1].details["changed"] == ["description"]
        changes = session.scalars(
            select(AuditChange).where(
                AuditChange.table_name == "learning_point", AuditChange.kind == "changed"
            )
        ).all()
        was = [change.before["description"] for change in changes if "description" in (change.before or {})]
        assert was == [INDIVIDUAL.description, "The reasons were not given."]


def test_the_office_keeps_its_root_causes(office: ScoredOffice) -> None:
    with pytest.raises(Refused, match="cannot do this"):
        do(office, add_root_cause, QA, "Haste")
    do(office, load_shipped_root_causes, ADA)
    do(office, load_shipped_root_causes, ADA)  # nothing is doubled
    with office.reading() as session:
        shipped = len(root_causes(session))
        assert shipped == len(causes_to_choose(session)) == 9
    cause = do(office, add_root_cause, HEAD, "  Haste ")
    row = (RootCause, cause)
    with pytest.raises(Refused, match="already"):
        do(office, add_root_cause, HEAD, "haste")
    with pytest.raises(Refused, match="no name"):
        do(office, rename_root_cause, HEAD, " ", row=row)
    do(office, rename_root_cause, HEAD, "haste", row=row)
    do(office, retire_root_cause, HEAD, row=row)
    with pytest.raises(Refused, match="Bring it back instead"):
        do(office, add_root_cause, HEAD, "Haste")
    with pytest.raises(Refused, match="not in the office's list"):
        by_hand(office, QA, Lesson(LearningKind.GOOD_PRACTICE, "Good.", weight=Weight(cause)))
    do(office, bring_back_root_cause, HEAD, row=row)
    by_hand(office, QA, Lesson(LearningKind.GOOD_PRACTICE, "Good.", weight=Weight(cause)))


def test_what_says_the_same_is_found_on_either_database(engine: Engine) -> None:
    office = ScoredOffice(engine)
    first = by_hand(office, QA, INDIVIDUAL, reference="C-000")
    by_hand(office, QA, Lesson(LearningKind.GOOD_PRACTICE, "The call was returned the same day."))
    text = "The complaint was not answered by the reasons given."
    with office.reading() as session:
        by = office.person(session, QA)
        (found,) = likely_duplicates(session, by, Lesson(LearningKind.INDIVIDUAL, text), team_id=None)
        assert (found.point_id, found.team) == (first, "North")
        assert (found.likeness.same_place, found.likeness.same_team) == (False, False)
        lesson = Lesson(LearningKind.INDIVIDUAL, text, INDIVIDUAL.citations)
        team_id = session.get_one(LearningPoint, first).team_id
        (found,) = likely_duplicates(session, by, lesson, team_id=team_id)
        assert (found.likeness.same_place, found.likeness.same_team) == (True, True)
        assert likely_duplicates_of(session, by, session.get_one(LearningPoint, first)) == []
        assert likely_duplicates(session, by, Lesson(LearningKind.INDIVIDUAL, " "), team_id=None) == []
    second = by_hand(office, QA, INDIVIDUAL, reference="C-002")
    with office.reading() as session:
        by = office.person(session, QA)
        alike = likely_duplicates_of(session, by, session.get_one(LearningPoint, second))
    assert [one.point_id for one in alike] == [first]
