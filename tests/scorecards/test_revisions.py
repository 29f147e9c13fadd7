"""After submitting: corrections that keep what was, first sights, and what nobody sees too early."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import select

from sampling.records.audit_trail import AuditEntry
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.actions import (
    answer_as_shown,
    declare_involvement,
    note_first_sight,
    save_answer,
    set_file_found,
    start_review,
)
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.recorded_facts import record_fact
from scorecards.requirements import Kind, ResponseValue, Severity
from scorecards.revision_queries import revisions_of
from scorecards.submitting import correct_review, revise, submit_review
from scorecards.tables import Answer, Review, Revision, RevisionCause
from scorecards.tables_agreement import FirstSight

NORA, QUINN, ROBIN, HEAD = "Nora North", "Quinn Qua", "Robin Qua", "Hedda Head"
MET, NOT_MET, NOT_APPLICABLE, NOT_YET_DUE, CANNOT_ASSESS = ResponseValue
FOUND: dict[str, Any] = {"response": NOT_MET, "evidence": "Page 3.", "severity": Severity.MODERATE}


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert words in str(caught.value)


def correct(office: ScoredOffice, name: str, review_id: int, **given: Any) -> None:
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, name)
        correct_review(session, review, **{"reason": "I misread the letter.", **given}, by=by)


def see(office: ScoredOffice, name: str, review_id: int) -> None:
    with office.writing() as session:
        note_first_sight(session, session.get_one(Review, review_id), by=office.person(session, name))


def test_a_correction_is_a_revision_beside_what_was_submitted(drawn: ScoredOffice) -> None:
    review_id = drawn.score(NORA, drawn.to_do(NORA, Route.OPEN)[0], not_met=Kind.METHOD)
    submitted_at = drawn.now
    drawn.later(1)
    changes = {"answered": FOUND | {"put_right": True}, "told": {"response": MET}}
    correct(drawn, NORA, review_id, changes=changes, reason=" I misread the letter. ")
    first, second = drawn.ask(lambda session, person: revisions_of(session, review_id, person), NORA)
    assert (first.number, first.cause, first.made_at, first.changes) == (
        1,
        RevisionCause.SUBMITTED,
        submitted_at,
        (),
    )
    assert (first.outcome_met, first.method_met, first.overall_met) == (True, False, False)
    assert (second.cause, second.reason, second.made_by, second.made_at) == (
        RevisionCause.CORRECTED,
        "I misread the letter.",
        NORA,
        drawn.now,
    )
    assert (second.outcome_met, second.method_met) == (False, True)
    assert [(row.number, row.before.response, row.after.response) for row in second.changes] == [
        (1, MET, NOT_MET),
        (3, NOT_MET, MET),
    ]
    after = second.changes[0].after
    assert (after.evidence, after.severity, after.put_right) == ("Page 3.", Severity.MODERATE, True)
    with drawn.reading() as session:
        review = session.get_one(Review, review_id)
        assert (review.outcome_met, review.overall_met, review.overall_after_correction) == (
            False,
            False,
            True,
        )
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "revise_review")).one()
        assert told.details == {"number": 2}  # neither answers nor results


def test_what_stops_a_correction(drawn: ScoredOffice) -> None:
    first, second = drawn.to_do(QUINN, Route.CENTRAL)[:2]
    review_id = drawn.score(QUINN, first)
    draft_id = drawn.score(QUINN, second, submit=False)
    changes = {"answered": FOUND}
    with refused("belongs to Quinn Qua. Only they can correct it."):
        correct(drawn, ROBIN, review_id, changes=changes)
    with refused("still a draft"):
        correct(drawn, QUINN, draft_id, changes=changes)
    with refused("Say why"):
        correct(drawn, QUINN, review_id, changes=changes, reason=" \n")
    for same in ({}, {"answered": {"response": MET}}, {"answered": {"response": MET, "evidence": ""}}):
        with refused("Nothing is changed"):
            correct(drawn, QUINN, review_id, changes=same)
    with refused("enter the evidence"):
        correct(drawn, QUINN, review_id, changes={"answered": {"response": NOT_MET}})
    with refused("does not ask other"):
        correct(drawn, QUINN, review_id, changes={"other": FOUND})
    with refused("“Not yet due” is for open cases only"):
        correct(drawn, QUINN, review_id, changes={"answered": {"response": NOT_YET_DUE}})
    with drawn.reading() as session:
        assert [row.number for row in session.scalars(select(Revision))] == [1]
        assert session.get_one(Answer, (review_id, "answered")).response == MET


def test_what_a_dispute_has_decided_is_not_corrected_back(drawn: ScoredOffice) -> None:
    review_id = drawn.score(QUINN, drawn.to_do(QUINN, Route.CENTRAL)[0])
    with drawn.writing() as session:
        revise(
            session,
            session.get_one(Review, review_id),
            changes={"answered": FOUND},
            cause=RevisionCause.DISPUTED,
            reason="The second point is left out.",
            by=drawn.person(session, HEAD),
        )
    with refused("changed by the decision on a dispute"):
        correct(drawn, QUINN, review_id, changes={"answered": {"response": MET}})
    with refused("the other answers can still be corrected"):
        correct(drawn, QUINN, review_id, changes={}, file_found=False)
    correct(drawn, QUINN, review_id, changes={"told": FOUND})


def test_a_file_that_turns_up_or_is_missed_is_a_correction(drawn: ScoredOffice) -> None:
    review_id = drawn.score(QUINN, drawn.to_do(QUINN, Route.CENTRAL)[0])
    with refused("Nothing is changed"):
        correct(drawn, QUINN, review_id, changes={}, file_found=True)
    for found in (False, True):
        correct(drawn, QUINN, review_id, changes={}, file_found=found)
        with drawn.reading() as session:
            review = session.get_one(Review, review_id)
            assert (review.file_found, review.overall_met) == (found, found)
    rows = drawn.ask(lambda session, person: revisions_of(session, review_id, person), QUINN)
    assert [(row.file_found, row.overall_met) for row in rows] == [(True, True), (False, False), (True, True)]


def test_a_corrected_review_in_a_second_scoring_tells_neither_side(drawn: ScoredOffice) -> None:
    reviews = [drawn.score(NORA, sampled_id) for sampled_id in drawn.to_do(NORA, Route.OPEN)]
    drawn.draw_second()
    correct(drawn, NORA, reviews[0], changes={"answered": FOUND})

    def seen_by(name: str, review_id: int) -> list[int]:
        rows = drawn.ask(lambda session, person: revisions_of(session, review_id, person), name)
        return [row.number for row in rows]

    assert [seen_by(NORA, reviews[0]), seen_by(QUINN, reviews[0])] == [[1, 2], []]
    *others, last = drawn.to_do(QUINN, Route.SECOND)
    second = [drawn.score(QUINN, sampled_id) for sampled_id in others]
    correct(drawn, QUINN, second[0], changes={"answered": FOUND})
    assert [seen_by(NORA, review_id) for review_id in second] == [[]] * len(second)
    drawn.score(QUINN, last)
    assert seen_by(QUINN, reviews[0]) == [1, 2]
    with drawn.reading() as session:
        # What agreement is measured on stays as each first submitted it.
        first = session.scalars(select(Revision.overall_met).where(Revision.number == 1)).all()
        assert first == [True] * (len(reviews) + len(others) + 1)


def test_the_first_sight_of_a_colleagues_review_is_on_record_once(drawn: ScoredOffice) -> None:
    review_id = drawn.score(NORA, drawn.to_do(NORA, Route.OPEN)[0])
    draft_id = drawn.score(NORA, drawn.to_do(NORA, Route.OPEN)[0], submit=False)
    moment = drawn.now
    see(drawn, HEAD, review_id)
    drawn.later(1)
    see(drawn, HEAD, review_id)
    for name, hidden in ((NORA, review_id), (QUINN, review_id), (HEAD, draft_id)):
        with refused("not for you to see"):
            see(drawn, name, hidden)
    with drawn.reading() as session:
        sight = session.scalars(select(FirstSight)).one()
        assert (sight.review_id, sight.person_id, sight.seen_at) == (
            review_id,
            drawn.person(session, HEAD).id,
            moment,
        )


def test_a_second_score_is_blind_unless_its_reviewer_had_seen_the_first(drawn: ScoredOffice) -> None:
    reviews = [drawn.score(NORA, sampled_id) for sampled_id in drawn.to_do(NORA, Route.OPEN)]
    for review_id in reviews:
        see(drawn, HEAD, review_id)
    drawn.draw_second()
    drawn.give_role(HEAD, Role.QA_REVIEWER)
    first, second, *_ = drawn.to_do(QUINN, Route.SECOND)
    scored = [drawn.score(QUINN, first), drawn.score(HEAD, second)]
    with drawn.reading() as session:
        assert [session.get_one(Review, review_id).is_blind for review_id in scored] == [True, False]
        assert session.get_one(Review, reviews[0]).is_blind is None  # no second score itself


def test_a_key_answers_what_was_shown_and_keeps_the_words(drawn: ScoredOffice) -> None:
    review_id = drawn.score(NORA, drawn.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME, submit=False)

    def press(response: ResponseValue, shown: ResponseValue | None, name: str = NORA) -> bool:
        with drawn.writing() as session:
            return (
                answer_as_shown(
                    session,
                    session.get_one(Review, review_id),
                    requirement_key="answered",
                    response=response,
                    shown=shown,
                    by=drawn.person(session, name),
                )
                is not None
            )

    assert not press(MET, None)  # it was answered since it was shown
    assert not press(MET, CANNOT_ASSESS)
    assert press(CANNOT_ASSESS, NOT_MET)
    assert not press(CANNOT_ASSESS, NOT_MET)  # the same key once more
    with refused("belongs to Nora North"):
        press(MET, CANNOT_ASSESS, QUINN)
    with drawn.reading() as session:
        answer = session.get_one(Answer, (review_id, "answered"))
        assert (answer.response, answer.evidence) == (CANNOT_ASSESS, "As the file shows.")


FACTS_CARD = """
key = "facts-card"
title = "Facts"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "1"
asks = ["assurance_outcome", "referral_trigger"]
""" + "".join(
    f"""
[[requirement]]
key = "{kind}"
kind = "{kind}"
section = "Section"
text = "It is right."
citations = ["38"]
commitments = []
quality_standards = []
"""
    for kind in ("outcome", "method")
)


def test_the_facts_that_a_card_asks_for_are_recorded_before_submitting(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, by = drawn.person(session, "Ada Min"), drawn.person(session, QUINN)
        publish_scorecard(session, FACTS_CARD, by=ada)
        use_scorecard(session, None, scorecard_key="facts-card", starts_on=START, by=ada)
        sampled = session.get_one(SampledCase, drawn.to_do(QUINN, Route.CENTRAL)[0])
        declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
        review = start_review(session, sampled, by=by)
        for kind in Kind:
            save_answer(session, review, requirement_key=kind, response=MET, by=by)
        with refused("“Why the assurance team was asked”: choose what holds."):
            record_fact(session, review, "assurance_outcome", ["accepted"], by=by)
            submit_review(session, review, by=by)
        for wrong, values, words in (
            ("colour", ["red"], "does not ask for colour"),
            ("assurance_outcome", ["red"], "has no value red"),
            ("assurance_outcome", ["accepted", "other"], "takes one value"),
        ):
            with refused(words):
                record_fact(session, review, wrong, values, by=by)
        with refused("belongs to Quinn Qua"):
            record_fact(session, review, "referral_trigger", [], by=drawn.person(session, ROBIN))
        record_fact(session, review, "referral_trigger", ["medium_risk", "legal_threat"], by=by)
        record_fact(session, review, "referral_trigger", ["legal_threat"], by=by)
        submit_review(session, review, by=by)
        with refused("is locked"):
            record_fact(session, review, "referral_trigger", ["medium_risk"], by=by)


def test_a_file_that_turns_up_needs_every_answer_and_fact(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, by = drawn.person(session, "Ada Min"), drawn.person(session, QUINN)
        publish_scorecard(session, FACTS_CARD, by=ada)
        use_scorecard(session, None, scorecard_key="facts-card", starts_on=START, by=ada)
        sampled = session.get_one(SampledCase, drawn.to_do(QUINN, Route.CENTRAL)[0])
        declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
        review = start_review(session, sampled, by=by)
        set_file_found(session, review, found=False, by=by)
        review_id = submit_review(session, review, by=by).id
    answers = {str(kind): {"response": MET} for kind in Kind}
    for changes, words in (({}, "not complete"), (answers, "choose what holds")):
        with refused(words):
            correct(drawn, QUINN, review_id, changes=changes, file_found=True)
    chosen = {"assurance_outcome": ["accepted"], "referral_trigger": ["legal_threat"]}
    with drawn.writing() as session:
        review = session.get_one(Review, review_id)
        for name, values in chosen.items():
            with refused("belongs to Quinn Qua"):
                record_fact(session, review, name, values, by=drawn.person(session, ROBIN))
            record_fact(session, review, name, values, by=drawn.person(session, QUINN))
    correct(drawn, QUINN, review_id, changes=answers, file_found=True)
    with drawn.reading() as session:
        assert session.get_one(Review, review_id).overall_met
