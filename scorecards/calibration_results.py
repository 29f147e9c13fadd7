"""What a person may see of calibration sessions, and how far the reviewers of one agreed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import not_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from sampling.records.cases import Case, CaseState
from sampling.records.database import today
from sampling.records.people import Person, Role, RoleHeld, in_force, roles_of
from sampling.records.readings import note_reading
from sampling.refused import Refused
from scorecards.agreement import Reliability, reliability
from scorecards.calibration import (
    agreed_answers,
    card_for,
    is_sampled,
    member_scores,
    open_differences,
)
from scorecards.requirements import ResponseValue, Scorecard
from scorecards.scoring import score_case
from scorecards.tables_agreement import CalibrationScore, CalibrationSession


class Stage(StrEnum):
    """How far a calibration session is."""

    SCORING = "scoring"  # everybody blind
    TALKING = "talking"  # all scores are in
    CLOSED = "closed"


@dataclass(frozen=True)
class CalibrationRow:
    """A calibration session in a list; `left` counts the cases the person still has to hand in."""

    id: int
    name: str
    card: str
    due_on: date
    stage: Stage
    cases: int
    members: int
    left: int


@dataclass(frozen=True)
class CalibrationCaseSheet:
    """One case of a session, with the person's own answers, and everybody's once all are in."""

    id: int
    reference: str
    card: Scorecard
    responses: dict[str, ResponseValue]
    evidence: dict[str, str]
    is_handed_in: bool
    given: dict[str, dict[str, tuple[ResponseValue, str]]]  # requirement: reviewer: response, evidence
    agreed: dict[str, tuple[ResponseValue, str]]  # requirement: response, what the guidance should say


@dataclass(frozen=True)
class CalibrationSheet:
    """A session as one person may see it."""

    id: int
    name: str
    card: str
    due_on: date
    stage: Stage
    takes_part: bool
    may_close: bool
    members: tuple[tuple[int, str, int], ...]  # person, name, cases handed in
    cases: tuple[CalibrationCaseSheet, ...]
    differences: int  # without an agreed answer


@dataclass(frozen=True)
class RequirementReliability:
    """How far the reviewers agreed on one requirement, over the cases, or on whole cases (key None)."""

    requirement_key: str | None
    text: str
    figures: Reliability


def calibrations(session: Session, person: Person) -> list[CalibrationRow]:
    """The sessions a person takes part in, or may look after; the newest first."""
    rows = session.scalars(
        select(CalibrationSession)
        .options(
            selectinload(CalibrationSession.cases),
            selectinload(CalibrationSession.members),
            joinedload(CalibrationSession.scorecard_version),
        )
        .order_by(CalibrationSession.opened_at.desc(), CalibrationSession.id.desc())
    ).all()
    looks_after = _looks_after(session, person)
    own = set(
        session.scalars(
            select(CalibrationScore.calibration_case_id).where(
                CalibrationScore.person_id == person.id, CalibrationScore.submitted_at.is_not(None)
            )
        )
    )
    return [
        CalibrationRow(
            id=row.id,
            name=row.name,
            card=f"{row.scorecard_version.title}, version {row.scorecard_version.version}",
            due_on=row.due_on,
            stage=_stage(row),
            cases=len(row.cases),
            members=len(row.members),
            left=sum(chosen.id not in own for chosen in row.cases) if _takes_part(row, person) else 0,
        )
        for row in rows
        if looks_after or _takes_part(row, person)
    ]


def calibration_sheet(session: Session, calibration_id: int, person: Person) -> CalibrationSheet:
    """A session for whoever takes part or looks after it: one's own answers alone until all are in."""
    calibration = session.get(CalibrationSession, calibration_id)
    looks_after = _looks_after(session, person)
    if calibration is None or not (looks_after or _takes_part(calibration, person)):
        raise Refused("There is no such session, or you do not take part in it. Go back to the list.")
    names = {member.person_id: member.person.name for member in calibration.members}
    scores = member_scores(session, calibration)
    own = {
        score.calibration_case_id: score
        for score in session.scalars(
            select(CalibrationScore).where(
                CalibrationScore.person_id == person.id,
                CalibrationScore.calibration_case_id.in_([chosen.id for chosen in calibration.cases]),
            )
        )
    }
    agreed = agreed_answers(session, calibration)
    is_revealed = calibration.revealed_at is not None
    if is_revealed:
        note_reading(session, names, by=person)
    cases = []
    for chosen in calibration.cases:
        card = card_for(calibration, chosen)
        score = own.get(chosen.id)
        answers = score.answers if score else {}
        cases.append(
            CalibrationCaseSheet(
                id=chosen.id,
                reference=chosen.case.reference,
                card=card,
                responses={
                    key: ResponseValue(it["response"]) for key, it in answers.items() if it["response"]
                },
                evidence={key: it["evidence"] for key, it in answers.items()},
                is_handed_in=score is not None and score.submitted_at is not None,
                given={
                    requirement.key: {
                        names[other.person_id]: (
                            ResponseValue(other.answers[requirement.key]["response"]),
                            other.answers[requirement.key]["evidence"],
                        )
                        for other in scores
                        if other.calibration_case_id == chosen.id
                    }
                    for requirement in card.requirements
                }
                if is_revealed
                else {},
                agreed={
                    answer.requirement_key: (ResponseValue(answer.response), answer.guidance_change)
                    for answer in agreed
                    if answer.calibration_case_id == chosen.id
                },
            )
        )
    return CalibrationSheet(
        id=calibration.id,
        name=calibration.name,
        card=f"{calibration.scorecard_version.title}, version {calibration.scorecard_version.version}",
        due_on=calibration.due_on,
        stage=_stage(calibration),
        takes_part=_takes_part(calibration, person),
        may_close=looks_after,
        members=tuple(
            (person_id, name, sum(score.person_id == person_id for score in scores))
            for person_id, name in sorted(names.items(), key=lambda item: item[1])
        ),
        cases=tuple(cases),
        differences=len(open_differences(session, calibration)) if is_revealed else 0,
    )


def calibration_reliability(sheet: CalibrationSheet) -> list[RequirementReliability]:
    """How far the reviewers of a session agreed: on whole cases, then on each requirement.

    Nothing before all scores are in. A case that a requirement was not asked of is left out of it.
    """
    if sheet.stage is Stage.SCORING:
        return []
    members = [name for _, name, _ in sheet.members]
    whole = [[_overall(chosen, name) for name in members] for chosen in sheet.cases]
    found = [RequirementReliability(None, "The whole case: are its requirements met?", reliability(whole))]
    texts = {one.key: one.text for chosen in sheet.cases for one in chosen.card.requirements}
    for key, text in texts.items():
        ratings = [
            [str(chosen.given[key][name][0]) for name in members]
            for chosen in sheet.cases
            if key in chosen.given
        ]
        found.append(RequirementReliability(key, text, reliability(ratings)))
    return found


def _overall(chosen: CalibrationCaseSheet, name: str) -> str:
    met = score_case(chosen.card, {key: given[name][0] for key, given in chosen.given.items()}).overall
    return {True: "met", False: "not met", None: "not assessable"}[met]


def calibration_candidates(session: Session) -> list[tuple[int, str]]:
    """Closed cases that are in no sample, the latest closed first: id and reference."""
    rows = session.execute(
        select(Case.id, Case.reference)
        .where(Case.state == CaseState.CLOSED, not_(is_sampled()))
        .order_by(Case.closed_on.desc(), Case.id)
        .limit(_OFFERED)
    )
    return [(row[0], row[1]) for row in rows]


_OFFERED = 300  # cases to choose from: more than anybody looks through


def calibration_reviewers(session: Session) -> list[tuple[int, str]]:
    """Who may take part: everybody who reviews cases today, by name."""
    reviewing = (Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER)
    rows = session.execute(
        select(Person.id, Person.name)
        .join(RoleHeld, RoleHeld.person_id == Person.id)
        .where(RoleHeld.role.in_(reviewing), in_force(RoleHeld, today(session)), Person.disabled_on.is_(None))
        .distinct()
        .order_by(Person.name)
    )
    return [(row[0], row[1]) for row in rows]


def may_open_calibration(session: Session, person: Person) -> bool:
    """Whether a person may open a session: QA and the Head."""
    return _looks_after(session, person)


def _looks_after(session: Session, person: Person) -> bool:
    return bool(roles_of(session, person) & {Role.QA_REVIEWER, Role.HEAD})


def _takes_part(calibration: CalibrationSession, person: Person) -> bool:
    return person.id in {member.person_id for member in calibration.members}


def _stage(calibration: CalibrationSession) -> Stage:
    if calibration.closed_at is not None:
        return Stage.CLOSED
    return Stage.SCORING if calibration.revealed_at is None else Stage.TALKING
