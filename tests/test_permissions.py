"""The table of permissions, line by line, tried as every kind of person; and that it leaves no action out."""

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from kept import once
from scored_office import GUIDANCE, JULY, MAPPING, QUARTER, ScoredOffice
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from learning_register.action_queries import follow_up_actions
from learning_register.actions import acknowledge_feedback, feed_back
from learning_register.authorising import authorise_action
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.follow_up import Result
from learning_register.following_up import add_action, move_target_date
from learning_register.no_action import authorise_no_action, propose_no_action
from learning_register.periods_closed import close_period
from learning_register.point_import import may_import_points
from learning_register.point_queries import learning_points
from learning_register.progressing import finish_action
from learning_register.raising import (
    learn_by_hand,
    learn_from_adjudication,
    learn_from_dispute,
    learn_from_finding,
    log_learning,
)
from learning_register.reassigning import held_by
from learning_register.recommendations import act_on_recommendation
from learning_register.recording import Lesson
from learning_register.root_causes import add_root_cause
from learning_register.tables import LearningPoint, Source
from learning_register.tables_actions import FollowUpAction
from learning_register.verifying import close_without_result, monitor_action
from qa_app.audit_queries import EntryFilters, audit_entries
from qa_app.office_queries import people
from qa_app.permissions import PERMISSIONS, Permission, Scope
from qa_app.retention.due import due_records
from qa_app.screen_roles import SCREENS_OF
from sampling.actions import register_sized_plan
from sampling.audited_samples import name_sample
from sampling.drawing import confirm_roll, record_roll
from sampling.frames import check_may_plan, freeze_case_frame, freeze_open_frame
from sampling.queries import samples
from sampling.randomness import from_dice
from sampling.records.appointments import record_absence
from sampling.records.auditor_accounts import move_last_day, open_auditor_account
from sampling.records.case_mappings_saved import save_mapping
from sampling.records.cases import Case
from sampling.records.database import today
from sampling.records.holds import HoldScope, holds, place_hold, release_hold
from sampling.records.office import add_team
from sampling.records.people import Person, Role, Team
from sampling.records.retention import RecordClass
from sampling.records.unfinished import begun, keep_typed
from sampling.refused import Refused
from sampling.registering import ROUTINE, Terms
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from sampling.voiding import void_plan
from scorecards.actions import declare_involvement, set_file_found, start_review
from scorecards.adjudication import Reason, decide_pair, draw_adjudication, start_pair
from scorecards.allocating import allocate_cases
from scorecards.approval_rows import Level
from scorecards.approvals import set_approval_level
from scorecards.calibration import open_calibration, save_calibration_answer
from scorecards.dispute_decisions import Decision
from scorecards.disputes import decide_dispute, raise_dispute
from scorecards.drawn_samples import ask_to_void_plan
from scorecards.evidence import take_evidence
from scorecards.feedback import share_feedback
from scorecards.held_cases import choose_decision
from scorecards.interventions import intervene
from scorecards.queries import review_sheet
from scorecards.recording_risk import may_sign_off_risks, record_risk
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.requirements import Kind, ResponseValue
from scorecards.second_scoring import check_may_plan_by_verdict, plan_second_scoring
from scorecards.submitting import correct_review
from scorecards.tables import Review, ScorecardVersion
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_intervention import HeldCase
from scorecards.tables_themes import Commission, Finding, Recommendation
from scorecards.themes import Decision as OfTheHead
from scorecards.themes import (
    add_finding,
    add_sample,
    commission_review,
    decide_recommendation,
    recommend,
    record_accuracy_response,
)

T = TypeVar("T")

NORA, SUE, QUINN, ROBIN = "Nora North", "Sue South", "Quinn Qua", "Robin Qua"
THEA, HEAD, ADA, OTTO, MIRA = "Thea Theme", "Hedda Head", "Ada Min", "Otto Owner", "Mira Audit"
# Everything below is North's: Sue, who manages South, may do none of what is for a team's own manager.
PEOPLE: Final[dict[str, Role | None]] = {
    NORA: Role.LINE_MANAGER,
    SUE: Role.LINE_MANAGER,
    QUINN: Role.QA_REVIEWER,
    ROBIN: Role.QA_REVIEWER,
    THEA: Role.THEMATIC_REVIEWER,
    HEAD: Role.HEAD,
    ADA: Role.ADMINISTRATOR,
    MIRA: Role.AUDITOR,
    OTTO: None,
}
SOON: Final = date(2026, 7, 20)


@dataclass(frozen=True)
class Stage:
    """The office within one transaction, which is undone afterwards, and what stands in it by name."""

    session: Session
    office: ScoredOffice
    ids: dict[str, int]

    def person(self, name: str) -> Person:
        return self.office.person(self.session, name)

    def team(self) -> Team:
        return self.session.scalars(select(Team).where(Team.name == "North")).one()

    def get(self, kind: type[T], name: str) -> T:
        return self.session.get_one(kind, self.ids[name])


Try = Callable[[Stage, Person], object]
# How each line of the table is tried, and whose the thing is where it is for those whose it is.
TRIES: Final[dict[str, tuple[tuple[str, ...], Try]]] = {}


def trying(what: str, *whose: str) -> Callable[[Try], Try]:
    def keep(attempt: Try) -> Try:
        TRIES[what] = (whose, attempt)
        return attempt

    return keep


@pytest.fixture
def stage(engine: Engine) -> tuple[ScoredOffice, dict[str, int]]:
    ids: dict[str, int] = {}

    def make() -> None:
        office = ScoredOffice(engine)
        ids["open draw"] = office.draw_open("North", NORA)
        to_do = office.to_do(NORA, Route.OPEN)
        ids["held review"] = office.score(NORA, to_do[0], not_met=Kind.OUTCOME)
        ids["draft"] = office.score(NORA, to_do[1], submit=False)
        ids["open case"] = to_do[2]
        ids["closed draw"] = office.draw_closed([8])
        of_closed = office.to_do(QUINN, Route.CENTRAL)
        with office.reading() as session:
            sampled = [session.get_one(SampledCase, one) for one in of_closed]
            norths = [one.id for one in sampled if one.frame_case.team_id == 1]
        ids["closed review"] = office.score(QUINN, norths[0], not_met=Kind.OUTCOME)
        ids["closed case"] = norths[1]
        ids["theme draw"] = office.draw_closed([2], route=Route.THEMATIC, name="Theme")
        ids["point"] = office.learn(NORA, ids["held review"])
        ids["action"] = office.act_on(NORA, ids["point"])
        ids["draft action"] = office.act_on(NORA, ids["point"], begun=False, owner=OTTO, authoriser=HEAD)
        with office.writing() as session:
            ids["theme"] = commission(session, office).id
            ids["theme case"] = (
                session.scalars(
                    select(SampledCase.id).where(SampledCase.draw_id == ids["theme draw"])
                ).first()
                or 0
            )
            add_sample(
                session,
                session.get_one(Commission, ids["theme"]),
                session.get_one(Draw, ids["theme draw"]).plan,
                by=office.person(session, HEAD),
            )
        let_audit(office, ids["open draw"], ids["closed draw"])
        ids["theme review"] = office.score(THEA, ids.pop("theme case"), not_met=Kind.OUTCOME)
        with office.reading() as session:
            ids["theme case"] = session.scalars(
                select(SampledCase.id)
                .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
                .where(SampledCase.draw_id == ids["theme draw"], Review.id.is_(None))
            ).one()
        _IDS[engine.dialect.name] = ids

    once(engine, "every line of the table", make)
    return ScoredOffice.found_in(engine), _IDS[engine.dialect.name]


_IDS: dict[str, dict[str, int]] = {}


def let_audit(office: ScoredOffice, *draw_ids: int) -> None:
    with office.writing() as session:
        ada = office.person(session, ADA)
        auditor = open_auditor_account(
            session,
            MIRA,
            email="mira@audit.example",
            password=None,
            starts_on=JULY[0],
            ends_on=JULY[1],
            by=ada,
        )
        for draw_id in draw_ids:
            name_sample(session, session.get_one(Draw, draw_id), auditor=auditor, by=ada)


def commission(session: Session, office: ScoredOffice, name: str = "Updates", by: str = HEAD) -> Commission:
    return commission_review(
        session,
        name=name,
        asked_by="The board",
        question="Are people told in time?",
        scope="",
        scorecard_key="short-card",
        reviewers=[office.person(session, THEA)],
        due_on=SOON,
        by=office.person(session, by),
    )


class _Undo(Exception):
    """What was tried is not kept."""


def tried(office: ScoredOffice, ids: dict[str, int], name: str, attempt: Try) -> tuple[bool, str]:
    """Whether somebody may do it, and the refusal."""
    try:
        with office.writing() as session:
            seen = attempt(Stage(session, office, ids), office.person(session, name))
            session.flush()
            raise _Undo(seen is not False)
    except Refused as refused:
        return False, str(refused)
    except _Undo as undone:
        return undone.args[0], ""


def expected(line: Permission, name: str, whose: tuple[str, ...]) -> bool:
    return {
        Scope.ALL: True,
        Scope.TEAM: name == NORA,
        Scope.THEIRS: name in whose,
        Scope.NAMED: True,  # they are named where it is tried
        Scope.AFTER: False,  # there is no score of their own yet; tests of blindness go on from there
        Scope.NONE: False,
    }[line.scope(PEOPLE[name])]


# These take a second scoring of which the last score is in.
AFTER_SECOND_SCORING: Final = {
    "Adjudication: draw",
    "Adjudication: decide a pair",
    "Learning from adjudication: log",
}


@pytest.fixture
def scored_twice(engine: Engine) -> tuple[ScoredOffice, dict[str, int]]:
    """North's sample reviewed and scored again by Quinn, who finds something in each case."""

    def make() -> None:
        office = ScoredOffice(engine)
        let_audit(office, office.draw_open("North", NORA))
        for sampled_id in office.to_do(NORA, Route.OPEN):
            office.score(NORA, sampled_id)
        _IDS[f"{engine.dialect.name}, twice"] = {"second draw": office.draw_second()}
        for sampled_id in office.to_do(QUINN, Route.SECOND):
            office.score(QUINN, sampled_id, not_met=Kind.OUTCOME)

    once(engine, "every line after a second scoring", make)
    return ScoredOffice.found_in(engine), _IDS[f"{engine.dialect.name}, twice"]


def wrong_cells(stage: tuple[ScoredOffice, dict[str, int]], lines: Collection[Permission]) -> dict[str, str]:
    """The cells of these lines that are not as the table has them, with the refusal."""
    wrong = {}
    for line in lines:
        whose, attempt = TRIES.get(line.what, ((), None))
        for name in PEOPLE if attempt else ():
            may, refusal = tried(*stage, name, attempt)
            if may != expected(line, name, whose):
                wrong[f"{line.what}: {name}"] = refusal or "not refused"
    return wrong


def test_every_cell_of_the_table_is_so(stage: tuple[ScoredOffice, dict[str, int]]) -> None:
    assert wrong_cells(stage, [line for line in PERMISSIONS if line.what not in AFTER_SECOND_SCORING]) == {}


def test_every_cell_is_so_after_a_second_scoring(scored_twice: tuple[ScoredOffice, dict[str, int]]) -> None:
    lines = [line for line in PERMISSIONS if line.what in AFTER_SECOND_SCORING]
    assert len(lines) == len(AFTER_SECOND_SCORING)
    assert wrong_cells(scored_twice, lines) == {}


def test_every_line_is_tried() -> None:
    assert {line.what for line in PERMISSIONS} == set(TRIES)


_ROOT = Path(__file__).parents[1]
# Told by the system itself, or asked within an action that asks on its own; `by` is who it is told of.
_NOT_FOR_A_PERSON: Final = {"record", "claim_mail", "record_sent"}


def test_no_action_that_the_app_can_reach_is_left_out() -> None:
    taken = {
        alias.name
        for path in (_ROOT / "qa_app").rglob("*.py")
        if "migrations" not in path.parts and not path.name.startswith("demo")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    actions = {
        node.name
        for package in ("sampling", "scorecards", "learning_register", "qa_app")
        for path in (_ROOT / package).rglob("*.py")
        if not path.name.startswith("demo")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for argument in node.args.kwonlyargs
        if argument.arg == "by" and "Person" in ast.unparse(argument.annotation or ast.Constant(""))
    }
    named = {name for line in PERMISSIONS for name in line.names}
    assert (actions & taken) - named - _NOT_FOR_A_PERSON == set()


def test_every_screen_is_somebodys() -> None:
    from qa_app.runtime import SCREENS

    assert set(SCREENS_OF) == set(SCREENS)


@trying("Teams, people, roles, passwords, approvers, policy documents")
def _(stage: Stage, by: Person) -> object:
    return add_team(stage.session, "East", by=by)


@trying("Settings, scorecards, root causes, where a paragraph went")
def _(stage: Stage, by: Person) -> object:
    return add_root_cause(stage.session, "The weather", by=by)


@trying("Outside auditors: open an account, name samples, end both")
def _(stage: Stage, by: Person) -> object:
    name_sample(
        stage.session, stage.get(Draw, "theme draw"), auditor=stage.person(MIRA), by=stage.person(HEAD)
    )
    return move_last_day(stage.session, stage.person(MIRA), ends_on=SOON, by=by)


@trying("Evidence pack of a sample: take")
def _(stage: Stage, by: Person) -> object:
    return take_evidence(stage.session, stage.ids["closed draw"], by=by)


@trying("Absences and deputies", OTTO)
def _(stage: Stage, by: Person) -> object:
    otto, day = stage.person(OTTO), today(stage.session)
    return record_absence(stage.session, otto, starts_on=day, ends_on=day, deputy=None, by=by)


@trying("Teams and people: read")
def _(stage: Stage, by: Person) -> object:
    return not people(stage.session, by=by).empty


@trying("Retention: see what is due and the log, place and release holds; dispose at the command line")
def _(stage: Stage, by: Person) -> object:
    due_records(stage.session, RecordClass.MAIL, by=by)
    held = place_hold(stage.session, HoldScope(team_id=1), reason="An appeal.", by=by)
    release_hold(stage.session, held, reason="It is over.", by=by)
    return not holds(stage.session, by=by).empty


@trying("Audit trail: read")
def _(stage: Stage, by: Person) -> object:
    wanted = EntryFilters(since=JULY[0], until=JULY[1])
    return audit_entries(stage.session, wanted, page=0, size=25, by=by).total


@trying("Import cases, take an import back")
def _(stage: Stage, by: Person) -> object:
    return save_mapping(stage.session, "Ours", MAPPING, by=by)


@trying("Open cases of a team: sample")
def _(stage: Stage, by: Person) -> object:
    plan = stage.get(Draw, "open draw").plan
    ask_to_void_plan(stage.session, plan, reason="Wrong extract.", by=stage.person(NORA))
    void_plan(stage.session, plan, by=stage.person(HEAD))
    return freeze_open_frame(stage.session, stage.team(), by=by)


@trying("Open cases: approve fewer")
def _(stage: Stage, by: Person) -> object:
    asked = request_reduction(
        stage.session,
        stage.team(),
        caseworker=stage.person(OTTO),
        month=JULY[0],
        required=1,
        reason="On leave.",
        by=stage.person(NORA),
    )
    return approve_reduction(stage.session, asked, by=by)


def _frozen(stage: Stage, route: Route, by: Person) -> Frame:
    return freeze_case_frame(
        stage.session, f"New {route}", route=route, period=QUARTER, filters={}, stratify_by=None, by=by
    )


def _planned(stage: Stage, route: Route, by: Person, terms: Terms = ROUTINE) -> Plan:
    frame = _frozen(stage, route, by)
    return register_sized_plan(stage.session, frame, sizes={"S01": 2}, due_on=SOON, terms=terms, by=by)


@trying("Closed cases: sample")
def _(stage: Stage, by: Person) -> object:
    return _planned(stage, Route.CENTRAL, by)


@trying("Theme: sample")
def _(stage: Stage, by: Person) -> object:
    return _planned(stage, Route.THEMATIC, by)


@trying("A file of cases: sample")
def _(stage: Stage, by: Person) -> object:
    return check_may_plan(stage.session, by, Route.FILE)


@trying("Second scoring: sample")
def _(stage: Stage, by: Person) -> object:
    return plan_second_scoring(stage.session, period=JULY, allowed_failures=None, by=by)


@trying("Second scoring by the managers' verdicts: sample")
def _(stage: Stage, by: Person) -> object:
    return check_may_plan_by_verdict(stage.session, by)


@trying("Open cases: answer a request to void")
def _(stage: Stage, by: Person) -> object:
    plan = stage.get(Draw, "open draw").plan
    ask_to_void_plan(stage.session, plan, reason="Wrong extract.", by=stage.person(NORA))
    return void_plan(stage.session, plan, by=by)


@trying("Closed cases: answer a request to void")
def _(stage: Stage, by: Person) -> object:
    plan = stage.get(Draw, "closed draw").plan
    asker = ROBIN if by.name != ROBIN else QUINN
    ask_to_void_plan(stage.session, plan, reason="Wrong extract.", by=stage.person(asker))
    return void_plan(stage.session, plan, by=by)


@trying("Dice: confirm the roll", ROBIN)
def _(stage: Stage, by: Person) -> object:
    plan = _planned(stage, Route.CENTRAL, stage.person(QUINN), Terms(randomness=from_dice()))
    robin = stage.person(ROBIN)
    robin.email = "robin@example.org"
    roll = "12345612345612345612"
    record_roll(stage.session, plan, roll, second=robin, minute="On Monday", by=stage.person(QUINN))
    return confirm_roll(stage.session, plan, by=by)


@trying("Samples of open cases: read")
def _(stage: Stage, by: Person) -> object:
    return bool(samples(stage.session, by, routes=(Route.OPEN,)))


@trying("Samples of closed cases: read")
def _(stage: Stage, by: Person) -> object:
    return bool(samples(stage.session, by, routes=(Route.CENTRAL,)))


@trying("Declare an involvement")
def _(stage: Stage, by: Person) -> object:
    case = stage.get(SampledCase, "closed case").frame_case.case
    return declare_involvement(stage.session, case, is_involved=False, by=by)


def _reviewed(stage: Stage, which: str, by: Person) -> Review:
    sampled = stage.get(SampledCase, which)
    declare_involvement(stage.session, sampled.frame_case.case, is_involved=False, by=by)
    return start_review(stage.session, sampled, by=by)


@trying("Open cases: review")
def _(stage: Stage, by: Person) -> object:
    return _reviewed(stage, "open case", by)


@trying("Closed cases: review")
def _(stage: Stage, by: Person) -> object:
    return _reviewed(stage, "closed case", by)


@trying("Theme: review", THEA)
def _(stage: Stage, by: Person) -> object:
    return _reviewed(stage, "theme case", by)


@trying("Score sheet: answer, submit", NORA)
def _(stage: Stage, by: Person) -> object:
    return set_file_found(stage.session, stage.get(Review, "draft"), found=False, by=by)


@trying("Submitted review: correct", NORA)
def _(stage: Stage, by: Person) -> object:
    review = stage.get(Review, "held review")
    key = stage.office.requirement(stage.session, Kind.OUTCOME)
    change = {key: {"response": ResponseValue.MET}}
    return correct_review(stage.session, review, changes=change, reason="Overlooked.", by=by)


@trying("Open cases: share out")
def _(stage: Stage, by: Person) -> object:
    nora = stage.person(NORA).id
    return allocate_cases(stage.session, stage.get(Draw, "open draw"), capacities={nora: None}, by=by)


@trying("Closed cases: share out")
def _(stage: Stage, by: Person) -> object:
    robin = stage.person(ROBIN).id
    return allocate_cases(stage.session, stage.get(Draw, "closed draw"), capacities={robin: None}, by=by)


@trying("Theme: share out")
def _(stage: Stage, by: Person) -> object:
    thea = stage.person(THEA).id
    return allocate_cases(stage.session, stage.get(Draw, "theme draw"), capacities={thea: None}, by=by)


@trying("A manager's review of an open case: read")
def _(stage: Stage, by: Person) -> object:
    return review_sheet(stage.session, stage.ids["held review"], by)


@trying("QA's review of a closed case: read")
def _(stage: Stage, by: Person) -> object:
    return review_sheet(stage.session, stage.ids["closed review"], by)


@trying("Open case: step in, put right")
def _(stage: Stage, by: Person) -> object:
    otto = stage.person(OTTO)
    otto.email = "otto@example.org"
    return intervene(
        stage.session,
        stage.get(Review, "held review"),
        requirement_key=stage.office.requirement(stage.session, Kind.OUTCOME),
        what="Write again.",
        owner=otto,
        due_on=SOON,
        by=by,
    )


@trying("Held case: say which decision, let it go")
def _(stage: Stage, by: Person) -> object:
    ada, level = stage.person(ADA), Level.HEAD
    set_approval_level(
        stage.session, decision="Payment", level=level, reference="69", starts_on=JULY[0], by=ada
    )
    held = stage.session.scalars(select(HeldCase)).one()
    return choose_decision(stage.session, held, decision="Payment", by=by)


@trying("Feedback sheet of a closed case: read, share")
def _(stage: Stage, by: Person) -> object:
    review = stage.get(Review, "closed review")
    return share_feedback(stage.session, review, shared_on=today(stage.session), by=by)


def _disputed(stage: Stage, by: Person) -> Dispute:
    review, key = stage.get(Review, "closed review"), stage.office.requirement(stage.session, Kind.OUTCOME)
    return raise_dispute(stage.session, review, requirement_keys=[key], grounds="It was met.", by=by)


def _decided(stage: Stage, by: Person) -> Dispute:
    return decide_dispute(
        stage.session,
        _disputed(stage, stage.person(NORA)),
        decision=Decision.NOT_UPHELD,
        reason="It was not.",
        findings={},
        evidence={},
        by=by,
    )


@trying("Dispute: raise")
def _(stage: Stage, by: Person) -> object:
    return _disputed(stage, by)


@trying("Dispute: decide")
def _(stage: Stage, by: Person) -> object:
    if by.name == QUINN:  # who scored the case; for the table any other QA reviewer does
        by = stage.person(ROBIN)
    return _decided(stage, by)


@trying("What one has typed and not saved yet: keep, read, throw away", OTTO)
def _(stage: Stage, by: Person) -> object:
    otto = stage.person(OTTO)
    keep_typed(stage.session, "form", "why", "Text", instead_of="", shown={}, since=0, by=otto)
    return begun(stage.session, "form", by) is not None


@trying("Risks of a case: record")
def _(stage: Stage, by: Person) -> object:
    case = stage.get(SampledCase, "open case").frame_case.case
    return record_risk(stage.session, case, categories=["none_identified"], by=by)


@trying("Risks of a month: sign off")
def _(stage: Stage, by: Person) -> object:
    return may_sign_off_risks(stage.session, by)


def _to_adjudicate(stage: Stage, by: Person) -> Adjudication:
    draw_adjudication(stage.session, stage.get(Draw, "second draw"), by=by)
    return stage.session.scalars(select(Adjudication).order_by(Adjudication.sampled_case_id)).first()  # type: ignore[return-value]


@trying("Adjudication: draw")
def _(stage: Stage, by: Person) -> object:
    return _to_adjudicate(stage, by)


def _adjudicated(stage: Stage, by: Person) -> Adjudication:
    if by.name == QUINN:  # who scored the cases; for the table any other QA reviewer does
        by = stage.person(ROBIN)
    pair = _to_adjudicate(stage, stage.person(HEAD))
    case = stage.session.get_one(SampledCase, pair.sampled_case_id).frame_case.case
    declare_involvement(stage.session, case, is_involved=False, by=by)
    start_pair(stage.session, pair, by=by)
    key = stage.office.requirement(stage.session, Kind.OUTCOME)
    verdicts = {key: ResponseValue.NOT_MET}
    return decide_pair(stage.session, pair, verdicts=verdicts, reason=Reason.EVIDENCE_MISSED, by=by)


@trying("Adjudication: decide a pair")
def _(stage: Stage, by: Person) -> object:
    return _adjudicated(stage, by)


@trying("Learning from adjudication: log")
def _(stage: Stage, by: Person) -> object:
    decided = _adjudicated(stage, stage.person(ROBIN))
    return learn_from_adjudication(stage.session, decided, _lesson(), about=None, by=by)


def _calibrating(stage: Stage, by: Person) -> Any:
    of_a_sample = select(FrameCase.case_id).join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
    unknown = select(Case).where(Case.state == "closed", Case.id.not_in(of_a_sample)).limit(5)
    cases = stage.session.scalars(unknown).all()
    return open_calibration(
        stage.session,
        name="July",
        version=stage.session.scalars(select(ScorecardVersion)).one(),
        cases=cases,
        members=[stage.person(NORA), stage.person(ROBIN)],
        due_on=SOON,
        by=by,
    )


@trying("Calibration: open, excuse, close")
def _(stage: Stage, by: Person) -> object:
    return _calibrating(stage, by)


@trying("Calibration: score", NORA, ROBIN)
def _(stage: Stage, by: Person) -> object:
    opened = _calibrating(stage, stage.person(QUINN))
    key = stage.office.requirement(stage.session, Kind.OUTCOME)
    return save_calibration_answer(
        stage.session,
        opened,
        opened.cases[0],
        requirement_key=key,
        response=ResponseValue.MET,
        evidence="",
        by=by,
    )


@trying("Theme: commission")
def _(stage: Stage, by: Person) -> object:
    return commission(stage.session, stage.office, "Another", by.name)


def _found(stage: Stage, by: Person) -> Finding:
    theme, review = stage.get(Commission, "theme"), stage.get(Review, "theme review")
    return add_finding(stage.session, theme, statement="They are not.", reviews=[review], by=by)


def _recommended(stage: Stage) -> Recommendation:
    finding = _found(stage, stage.person(THEA))
    record_accuracy_response(stage.session, finding, response="It is so.", by=stage.person(THEA))
    return recommend(
        stage.session,
        finding,
        wording="Write a template.",
        by=stage.person(THEA),
    )


@trying("Theme: work on it, close it", THEA)
def _(stage: Stage, by: Person) -> object:
    return _found(stage, by)


@trying("Recommendation: decide")
def _(stage: Stage, by: Person) -> object:
    made = _recommended(stage)
    return decide_recommendation(stage.session, made, decision=OfTheHead.ACCEPTED, reason="Agreed.", by=by)


@trying("Recommendation: turn into an action", THEA)
def _(stage: Stage, by: Person) -> object:
    made = _recommended(stage)
    head = stage.person(HEAD)
    decide_recommendation(stage.session, made, decision=OfTheHead.ACCEPTED, reason="Agreed.", by=head)
    return act_on_recommendation(
        stage.session,
        made,
        citations=[TypedCitation(GUIDANCE, "38")],
        is_gap=False,
        owner=stage.person(OTTO),
        authoriser=head,
        target_date=SOON,
        by=by,
    )


@trying("Learning from an open case: log", NORA)
def _(stage: Stage, by: Person) -> object:
    return log_learning(
        stage.session,
        stage.get(Review, "held review"),
        requirement_key=stage.office.requirement(stage.session, Kind.OUTCOME),
        kind=LearningKind.INDIVIDUAL,
        description="The reasons did not answer the complaint.",
        citations=[TypedCitation(GUIDANCE, "38")],
        commitments=[5],
        by=by,
    )


def _lesson() -> Lesson:
    return Lesson(LearningKind.ORGANISATIONAL, "Letters are late.", [TypedCitation(GUIDANCE, "38")], [5])


@trying("Learning by hand, for a team: log")
def _(stage: Stage, by: Person) -> object:
    return learn_by_hand(
        stage.session, _lesson(), source=Source.BY_HAND, team=stage.team(), note="Talk.", by=by
    )


@trying("Learning from a decided dispute: log")
def _(stage: Stage, by: Person) -> object:
    decided = _decided(stage, stage.person(HEAD))
    return learn_from_dispute(stage.session, decided, _lesson(), about=None, by=by)


@trying("Learning from a finding: log", THEA)
def _(stage: Stage, by: Person) -> object:
    finding, review = _found(stage, stage.person(THEA)), stage.get(Review, "theme review")
    return learn_from_finding(stage.session, finding, _lesson(), review=review, by=by)


@trying("Learning: import a list")
def _(stage: Stage, by: Person) -> object:
    return may_import_points(stage.session, by)


@trying("Learning from an open case: read")
def _(stage: Stage, by: Person) -> object:
    return bool(learning_points(stage.session, by))


@trying("Learning from an open case: correct, cite more, feed back, act on it")
def _(stage: Stage, by: Person) -> object:
    return add_action(
        stage.session,
        stage.get(LearningPoint, "point"),
        description="Go through the template.",
        owner=stage.person(OTTO),
        authoriser=stage.person(HEAD),
        target_date=SOON,
        by=by,
    )


@trying("Learning: acknowledge", OTTO)
def _(stage: Stage, by: Person) -> object:
    point, day = stage.get(LearningPoint, "point"), today(stage.session)
    feed_back(stage.session, point, on=day, to=stage.person(OTTO), by=stage.person(NORA))
    return acknowledge_feedback(stage.session, point, by=by)


@trying("No action needed: propose")
def _(stage: Stage, by: Person) -> object:
    return propose_no_action(stage.session, stage.get(Review, "held review"), reason="None is.", by=by)


@trying("No action needed: authorise")
def _(stage: Stage, by: Person) -> object:
    proposer = stage.person(HEAD if by.name == NORA else NORA)
    asked = propose_no_action(stage.session, stage.get(Review, "held review"), reason="None.", by=proposer)
    return authorise_no_action(stage.session, asked, by=by)


@trying("Action from an open case: read", OTTO)
def _(stage: Stage, by: Person) -> object:
    return bool(follow_up_actions(stage.session, by))


@trying("Action: authorise, decline")
def _(stage: Stage, by: Person) -> object:
    return authorise_action(stage.session, stage.get(FollowUpAction, "draft action"), by=by)


@trying("Action: carry out", OTTO)
def _(stage: Stage, by: Person) -> object:
    return finish_action(stage.session, stage.get(FollowUpAction, "action"), note="Done.", by=by)


@trying("Action: change its plan and people")
def _(stage: Stage, by: Person) -> object:
    action = stage.get(FollowUpAction, "action")
    return move_target_date(
        stage.session, action, target_date=SOON + timedelta(days=1), reason="Illness.", by=by
    )


@trying("Action: judge its effect, close it", SUE)
def _(stage: Stage, by: Person) -> object:
    action, head = stage.get(FollowUpAction, "action"), stage.person(HEAD)
    finish_action(stage.session, action, note="Done.", by=stage.person(OTTO))
    day = today(stage.session) + timedelta(days=30)
    monitor_action(stage.session, action, verifier=stage.person(SUE), review_on=day, by=head)
    return close_without_result(
        stage.session, action, result=Result.NOT_MEASURABLE, reason="Nothing counts it.", by=by
    )


@trying("Reassign work")
def _(stage: Stage, by: Person) -> object:
    return bool(held_by(stage.session, stage.person(NORA).id, by=by))


@trying("Reports: prepare, approve, issue; close a period")
def _(stage: Stage, by: Person) -> object:
    return close_period(stage.session, date(2026, 6, 1), date(2026, 6, 30), by=by)
