"""The demonstration office: loaded once, then looked at by everybody who signs in to it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from learning_register.action_effects import action_effect
from learning_register.action_queries import follow_up_actions
from learning_register.citations import LearningKind
from learning_register.follow_up import ActionState, Result
from learning_register.periods_closed import closed_periods
from learning_register.point_queries import learning_points
from learning_register.report_queries import reports
from learning_register.reporting import ReportState
from learning_register.tables_actions import NoActionNeeded
from qa_app.demo import PASSWORD, SIGN_INS, is_complete, load
from qa_app.migrating import migrate
from sampling.receipt import verify_receipt
from sampling.receipt_queries import check_against_register, receipt_of
from sampling.records.cases import Case, CaseBefore, CaseState, Import
from sampling.records.database import connect, reading, writing
from sampling.records.office import the_office
from sampling.records.passwords import SHORTEST_PASSWORD
from sampling.records.people import Absence, Person, Role, Team, person_by_email, roles_of
from sampling.records.sign_in import sign_in
from sampling.refused import Refused
from sampling.tables import Frame, Route
from scorecards.adjudication_queries import adjudication_result, pairs_to_decide
from scorecards.agreement_results import agreement_result, second_scorings
from scorecards.calibration_results import (
    Stage,
    calibration_reliability,
    calibration_sheet,
    calibrations,
)
from scorecards.completion import completion, team_months
from scorecards.dispute_queries import disputes_to_decide
from scorecards.open_results import open_results
from scorecards.queries import submitted_reviews
from scorecards.reductions import reductions_to_approve
from scorecards.results import result_samples, sample_result
from scorecards.risk_queries import risk_figures, signed_months
from scorecards.tables_agreement import Adjudication
from scorecards.theme_queries import recommendations_to_decide, themes
from scorecards.verdicts import Verdict
from scorecards.work_list import reviews_submitted, work_of

NOW = datetime(2026, 7, 15, 10, 30, tzinfo=UTC)
MONTHS = [date(2026, month, 1) for month in (4, 5, 6)]
JULY = date(2026, 7, 1)
EMAILS = dict(SIGN_INS)


@pytest.fixture(scope="module")
def told() -> list[tuple[float, str]]:
    return []


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, told: list[tuple[float, str]]) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('demonstration') / 'office.sqlite'}")
    migrate(engine)
    load(engine, progress=lambda share, sentence: told.append((share, sentence)), now=NOW)
    yield engine
    engine.dispose()


@pytest.fixture
def session(office: Engine) -> Iterator[Session]:
    with reading(office, now=NOW) as session:
        yield session


def person(session: Session, role: str) -> Person:
    found = person_by_email(session, EMAILS[role])
    assert found is not None
    return found


def test_it_is_marked_as_fictional_and_complete_and_told_how_far_it_was(
    session: Session, told: list[tuple[float, str]]
) -> None:
    office = the_office(session)
    assert office is not None
    assert office.is_demonstration
    assert is_complete(session)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert len(told) > 20


def test_the_cases_open_close_and_change_from_extract_to_extract(session: Session) -> None:
    states = Counter(session.scalars(select(Case.state)))
    assert states == {"closed": 400, "open": 120, "cancelled": 5, "merged": 3}
    assert session.scalar(select(func.count()).select_from(Import)) == 4
    assert (session.scalar(select(func.count()).select_from(CaseBefore)) or 0) > 250
    assert session.scalar(select(func.count()).select_from(Team)) == 4

    def count(*conditions: object) -> int:
        return session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0  # type: ignore[arg-type]

    is_open = Case.state == CaseState.OPEN
    assert count(is_open, Case.caseworker_id.is_(None)) == 8
    assert count(Case.state == CaseState.CLOSED, Case.closed_on.is_(None)) == 4
    assert count(is_open, Case.risk == "High") > 0
    assert count(Case.decided_by_id.is_not(None)) == 400
    assert 0 < count(Case.approved_by_id.is_not(None)) < 400
    assert set(session.scalars(select(Case.case_type))) == {"Complaint about a decision", "Service complaint"}


def test_everybody_signs_in_with_the_one_password(office: Engine) -> None:
    assert len(PASSWORD) >= SHORTEST_PASSWORD
    held: set[Role] = set()
    with writing(office, now=NOW) as session:
        for _, email in SIGN_INS:
            assert sign_in(session, email, PASSWORD) is not None
            someone = person_by_email(session, email)
            assert someone is not None
            held |= roles_of(session, someone)
    assert held == set(Role)


def test_no_address_could_be_somebodys(session: Session) -> None:
    emails = session.scalars(select(Person.email).where(Person.email.is_not(None))).all()
    assert len(emails) == 12
    assert all(email is not None and email.endswith("@example.org") for email in emails)


def test_a_line_manager_is_in_the_middle_of_the_month(session: Session) -> None:
    manager = person(session, "Line manager, North")
    (month,) = team_months(session, manager, month=JULY)
    assert (month.team, month.done, month.required) == ("North", 5, 12)
    states = Counter(item.state for item in work_of(session, manager) if "July" in item.sample)
    assert states == {"to do": 6, "draft": 1}
    assert {result.team for result in open_results(session, manager)} == {"North"}
    (overdue,) = [action for action in follow_up_actions(session, manager) if action.is_overdue]
    assert overdue.owner_id == manager.id


def test_the_months_before_are_complete_one_with_a_reduction(session: Session) -> None:
    head = person(session, "Head of Customer Care")
    for month in MONTHS:
        assert all(team.done == team.required for team in team_months(session, head, month=month))
    rows = [row for month in MONTHS for row in completion(session, head, month=month)]
    (reduced,) = [row for row in rows if row.reduced_to is not None]
    assert (reduced.team, reduced.required, reduced.reviewed) == ("East", 1, 1)
    assert len(reductions_to_approve(session, head)) == 1


def test_a_deputy_did_the_rest_while_a_manager_was_away(session: Session) -> None:
    away = session.scalars(select(Absence)).one()
    reviews = submitted_reviews(session, person(session, "Head of Customer Care"))
    of_south = reviews[reviews["sample"].str.startswith("South, open cases, May")]
    names = {session.get_one(Person, number).name for number in (away.person_id, away.deputy_id or 0)}
    assert set(of_south["reviewer"]) == names


def test_the_central_sample_is_a_few_reviews_short_of_showing_the_outcome(session: Session) -> None:
    qa = person(session, "QA reviewer")
    samples = {name: draw_id for draw_id, name in result_samples(session, qa)}
    result = sample_result(session, samples["Closed cases, April to June 2026"], qa)
    assert (result.population, result.not_found) == (396, 1)
    # Six are left over; what is drawn is left to chance, and may hold a case that neither reviewer may have.
    assert 6 <= result.drawn - result.reviewed <= 10
    outcome, method = result.measures
    assert outcome.judgement.verdict == Verdict.NOT_SHOWN
    assert outcome.assessable - outcome.met == 2
    assert outcome.judgement.still_needed is not None
    assert method.judgement.verdict == Verdict.MET
    theme = sample_result(session, samples["Upheld service complaints, April to May 2026"], qa)
    assert (theme.route, theme.reviewed) == (Route.THEMATIC, 8)
    todo = work_of(session, qa)
    assert {Route.CENTRAL, Route.SECOND} <= {item.route for item in todo}
    assert {item.sample for item in todo if item.route != Route.THEMATIC} == {"Review for QA"}


def test_one_second_scoring_is_complete_and_one_still_blind(session: Session) -> None:
    qa, head = person(session, "QA reviewer"), person(session, "Head of Customer Care")
    running, complete = (agreement_result(session, draw, qa) for draw, _ in second_scorings(session, qa))
    assert complete.outstanding == 0
    assert complete.counts[1:3] == (3, 2)
    assert complete.weighted is not None  # drawn by what managers said first
    assert complete.weighted.population > complete.weighted.pairs
    assert running.weighted is None
    assert running.outstanding > 0
    assert running.outstanding < running.drawn
    seen, all_of_them = (
        sum(result.reviewed for result in open_results(session, reader)) for reader in (qa, head)
    )
    paired = sum(sum(result.counts) + sum(result.set_apart.values()) for result in (running, complete))
    waiting = select(func.count()).where(Adjudication.decided_at.is_(None))
    undecided = session.scalar(waiting) or 0  # pairs that a third person is to decide are sealed again
    assert seen == paired - undecided < all_of_them


def test_a_third_person_has_decided_why_reviewers_differ_but_for_two_pairs(session: Session) -> None:
    qa, head = person(session, "QA reviewer"), person(session, "Head of Customer Care")
    _, complete = (draw_id for draw_id, _ in second_scorings(session, head))
    found = adjudication_result(session, complete, head)
    assert found is not None
    assert (found.discordant, found.decided, found.with_manager, found.with_qa) == (5, 3, 1, 2)
    assert len(found.causes) == 3
    assert (found.chosen, found.chosen_decided, found.shared_misses) == (10, 10, 1)
    assert found.most_missed is not None
    waiting = [pairs_to_decide(session, reader) for reader in (qa, head)]
    assert [len(each.mine) + each.for_others for each in waiting] == [2, 2]
    assert any(each.mine for each in waiting)


def test_calibration_a_theme_and_a_dispute_are_there(session: Session) -> None:
    head, qa = person(session, "Head of Customer Care"), person(session, "QA reviewer")
    (calibration,) = calibrations(session, qa)
    assert calibration.stage is Stage.CLOSED
    whole, *_ = calibration_reliability(calibration_sheet(session, calibration.id, qa))
    assert whole.figures.percent is not None
    assert whole.figures.percent < 1
    (theme,) = themes(session, head)
    assert (theme.cases > theme.reviewed, theme.reviewed) == (True, 8)
    ((_, _, recommended),) = recommendations_to_decide(session, head)
    assert recommended == 1
    assert len(disputes_to_decide(session, head)) == 1


def test_the_thematic_reviewer_has_cases_done_and_cases_to_do(session: Session) -> None:
    reviewer = person(session, "Thematic reviewer")
    assert reviews_submitted(session, reviewer) == 8
    assert work_of(session, reviewer)


def test_the_head_sees_learning_of_every_kind_and_what_became_of_it(session: Session) -> None:
    head = person(session, "Head of Customer Care")
    points = learning_points(session, head)
    assert {point.kind for point in points} == set(LearningKind)
    assert any(point.is_gap for point in points)
    assert [point.unverified for point in points if point.unverified] == [("2.140",)]
    assert all(point.fed_back_on is not None for point in points)
    actions = follow_up_actions(session, head)
    assert {action.state for action in actions} == set(ActionState)
    assert sum(action.is_overdue for action in actions) == 1
    assert any(action.state == ActionState.IN_PROGRESS and not action.is_overdue for action in actions)
    effects = {action.state: action_effect(session, action.action_id, head) for action in actions}
    shown = effects[ActionState.EFFECTIVE]
    assert shown is not None
    assert shown.proposed is Result.EFFECTIVE  # a later sample shows it
    assert {action.result for action in actions} == {
        None,
        Result.EFFECTIVE,
        Result.NOT_EFFECTIVE,
        Result.NOT_SHOWN,
    }
    unneeded = session.scalars(select(NoActionNeeded)).one()
    assert unneeded.authorised_by_id == head.id


def test_risks_are_recorded_and_two_months_are_signed_off(session: Session) -> None:
    head = person(session, "Head of Customer Care")
    assert [month.month for month in signed_months(session, head)] == [MONTHS[1], MONTHS[0]]
    figures = risk_figures(session, JULY)
    assert figures.blank > 0
    assert figures.categories["none_identified"] > 0
    assert 0 < figures.high <= figures.says_high


def test_the_last_quarter_is_closed_and_its_report_issued_by_two_who_head_the_office(
    session: Session,
) -> None:
    head, qa, manager = (
        person(session, role) for role in ("Head of Customer Care", "QA reviewer", "Line manager, North")
    )
    (period,) = closed_periods(session, head)
    assert (period.first_day, period.last_day) == (MONTHS[0], date(2026, 6, 30))
    assert period.figures["reviews_open_overall"].denominator
    ((row,), (for_qa,)) = (reports(session, reader) for reader in (manager, qa))
    assert row.state is ReportState.ISSUED
    assert {file.name.rpartition(".")[2] for file in row.files} == {"docx", "html", "pdf", "xlsx"}
    assert {row.prepared_by, row.approved_by} == {head.name, person(session, "Assistant director").name}
    assert (for_qa.sealed, for_qa.files) == (True, ())  # they still have to score some of June blind


def test_every_draw_can_be_verified(session: Session) -> None:
    head = person(session, "Head of Customer Care")
    for draw_id, _ in result_samples(session, head):
        check_against_register(session, verify_receipt(receipt_of(session, draw_id, head)))
    assert Counter(session.scalars(select(Frame.route))) == {
        "open": 16,
        "second": 2,
        "central": 1,
        "thematic": 1,
    }


def test_a_load_that_was_broken_off_is_not_complete_and_cannot_go_on(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
    migrate(engine)

    def break_off(_share: float, sentence: str) -> None:
        if sentence.startswith("Importing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(engine, progress=break_off, now=NOW)
    with reading(engine, now=NOW) as session:
        assert the_office(session) is not None
        assert not is_complete(session)
    with pytest.raises(Refused, match="already holds an office"):
        load(engine, now=NOW)
    engine.dispose()
