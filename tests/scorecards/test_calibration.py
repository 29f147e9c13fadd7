"""Calibration sessions: blind until all are in, agreed answers, and nothing of it in any figure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import select

from sampling.records.cases import Case
from sampling.records.readings import take_noted
from sampling.refused import Refused
from scorecards.calibration import (
    agree_answer,
    close_calibration,
    excuse_member,
    open_calibration,
    save_calibration_answer,
    submit_calibration_score,
)
from scorecards.calibration_results import (
    CalibrationSheet,
    Stage,
    calibration_candidates,
    calibration_reliability,
    calibration_sheet,
    calibrations,
)
from scorecards.cards import published_scorecards
from scorecards.queries import submitted_reviews
from scorecards.requirements import ResponseValue
from scorecards.tables_agreement import CalibrationCase, CalibrationSession

QUINN, ROBIN, NORA, HEAD = "Quinn Qua", "Robin Qua", "Nora North", "Hedda Head"
ALL_MET = {"answered": "met", "remedy": "met", "told": "met"}


def opened(
    office: ScoredOffice, *, members: Sequence[str] = (QUINN, NORA), cases: int = 5, also: Sequence[int] = ()
) -> int:
    """A session on the short card about cases of which no review is outstanding."""
    with office.writing() as session:
        (version,) = (card for card in published_scorecards(session) if card.key == "short-card")
        chosen = [case_id for case_id, _ in calibration_candidates(session)][:cases]
        return open_calibration(
            session,
            name="July",
            version=version,
            cases=[session.get_one(Case, case_id) for case_id in [*chosen, *also]],
            members=[office.person(session, name) for name in members],
            due_on=date(2026, 12, 1),
            by=office.person(session, QUINN),
        ).id


def act(
    office: ScoredOffice, action: Callable[..., Any], name: str, calibration: int, *args: Any, **options: Any
) -> None:
    with office.writing() as session:
        found = session.get_one(CalibrationSession, calibration)
        given = [
            session.get_one(CalibrationCase, one) if type(one) is int else office.person(session, one)
            for one in args
        ]
        action(session, found, *given, **options, by=office.person(session, name))


def sees(office: ScoredOffice, name: str, calibration: int) -> CalibrationSheet:
    with office.reading() as session:
        return calibration_sheet(session, calibration, office.person(session, name))


def hand_in(office: ScoredOffice, name: str, calibration: int, case: int, **responses: str) -> None:
    for key, response in (ALL_MET | responses).items():
        act(
            office,
            save_calibration_answer,
            name,
            calibration,
            case,
            requirement_key=key,
            response=ResponseValue(response),
            evidence="" if response == "met" else f"Seen by {name}",
        )
    act(office, submit_calibration_score, name, calibration, case)


def test_nobody_sees_anybodys_answers_before_all_are_in(drawn: ScoredOffice) -> None:
    session_id = opened(drawn)
    cases = [chosen.id for chosen in sees(drawn, QUINN, session_id).cases]
    for case in cases:
        hand_in(drawn, QUINN, session_id, case)
    for case in cases[1:]:
        hand_in(drawn, NORA, session_id, case)
    for name in (NORA, HEAD, QUINN):
        sheet = sees(drawn, name, session_id)
        assert sheet.stage is Stage.SCORING
        assert all(not chosen.given for chosen in sheet.cases)
        assert calibration_reliability(sheet) == []
    with pytest.raises(Refused, match="Not everybody's scores are in"):
        act(
            drawn,
            agree_answer,
            QUINN,
            session_id,
            cases[0],
            requirement_key="told",
            response=ResponseValue.MET,
            guidance_change="",
            instead_of=None,
        )
    hand_in(drawn, NORA, session_id, cases[0], remedy="not_met")
    sheet = sees(drawn, NORA, session_id)
    assert sheet.stage is Stage.TALKING
    assert sheet.cases[0].given["remedy"] == {
        QUINN: (ResponseValue.MET, ""),
        NORA: (ResponseValue.NOT_MET, f"Seen by {NORA}"),
    }
    with drawn.reading() as session:  # answers by name: each that somebody reads of another is noted
        quinn, nora = drawn.person(session, QUINN), drawn.person(session, NORA)
        calibration_sheet(session, session_id, quinn)
        assert {one.person_id for one in take_noted(session)} == {nora.id}
    whole, *each = calibration_reliability(sheet)
    assert (whole.figures.cases, whole.figures.percent) == (5, 0.8)
    assert {row.requirement_key: row.figures.percent for row in each} == {
        "answered": 1.0,
        "remedy": 0.8,
        "told": 1.0,
    }
    with pytest.raises(Refused, match="stay as they were"):
        hand_in(drawn, NORA, session_id, cases[0])
    with pytest.raises(Refused, match="without an agreed answer: 1"):
        act(drawn, close_calibration, QUINN, session_id)
    act(
        drawn,
        agree_answer,
        NORA,
        session_id,
        cases[0],
        requirement_key="remedy",
        response=ResponseValue.NOT_MET,
        guidance_change="Say what a small remedy is.",
        instead_of=None,
    )
    with pytest.raises(Refused, match="another answer meanwhile"):
        act(
            drawn,
            agree_answer,
            QUINN,
            session_id,
            cases[0],
            requirement_key="remedy",
            response=ResponseValue.MET,
            guidance_change="",
            instead_of=None,
        )
    act(drawn, close_calibration, HEAD, session_id)
    sheet = sees(drawn, ROBIN, session_id)
    assert (sheet.stage, sheet.cases[0].agreed) == (
        Stage.CLOSED,
        {"remedy": (ResponseValue.NOT_MET, "Say what a small remedy is.")},
    )
    with drawn.reading() as session:  # and nothing of it is a review
        assert submitted_reviews(session, drawn.person(session, HEAD)).empty


def test_a_session_goes_on_without_somebody_who_is_waited_for(drawn: ScoredOffice) -> None:
    session_id = opened(drawn, members=(QUINN, ROBIN, NORA))
    for case in [chosen.id for chosen in sees(drawn, QUINN, session_id).cases]:
        hand_in(drawn, QUINN, session_id, case)
        hand_in(drawn, ROBIN, session_id, case)
    with drawn.reading() as session:
        rows = {
            name: [(row.stage, row.left) for row in calibrations(session, drawn.person(session, name))]
            for name in (QUINN, NORA, "Sue South")
        }
    assert rows == {QUINN: [(Stage.SCORING, 0)], NORA: [(Stage.SCORING, 5)], "Sue South": []}
    with pytest.raises(Refused, match="There is no such session"):
        sees(drawn, "Sue South", session_id)
    act(drawn, excuse_member, HEAD, session_id, NORA, reason="On leave")
    assert sees(drawn, HEAD, session_id).stage is Stage.TALKING
    with pytest.raises(Refused, match="All scores are in"):
        act(drawn, excuse_member, HEAD, session_id, ROBIN, reason="On leave")


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"cases": 4}, "Choose 5 to 10"),
        ({"members": (QUINN,)}, "At least two reviewers"),
        ({"members": (QUINN, HEAD)}, "reviews no cases"),
    ],
)
def test_a_session_that_could_say_nothing_is_refused(
    drawn: ScoredOffice, chosen: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        opened(drawn, **chosen)


def test_what_is_in_a_sample_is_not_talked_about(drawn: ScoredOffice) -> None:
    with drawn.reading() as session:
        free = {case_id for case_id, _ in calibration_candidates(session)}
        closed = session.scalars(select(Case).where(Case.state == "closed")).all()
        busy = next(case.id for case in closed if case.id not in free)
    with pytest.raises(Refused, match="is in a sample"):
        opened(drawn, cases=4, also=[busy])
