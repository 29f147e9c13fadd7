"""The whole job once, through the actions, on both databases: from an extract to a follow-up action."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from learning_register.action_queries import follow_up_actions
from learning_register.actions import feed_back
from learning_register.authorising import authorise_action
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE, load_shipped_documents
from learning_register.following_up import add_action
from learning_register.point_queries import learning_points
from learning_register.progressing import finish_action, start_action
from learning_register.raising import log_learning
from sampling.actions import register_plan_to_show, register_quota_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame, freeze_open_frame
from sampling.receipt import verify_receipt
from sampling.receipt_queries import check_against_register, receipt_of
from sampling.records.appointments import give_role, set_line_manager
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.tables import Route, SampledCase
from scorecards.actions import declare_involvement, save_answer, start_review
from scorecards.agreement_results import agreement_result
from scorecards.cards import publish_scorecard, scorecard_from, use_scorecard
from scorecards.completion import completion
from scorecards.open_results import open_results
from scorecards.queries import submitted_reviews
from scorecards.requirements import ResponseValue
from scorecards.results import sample_result
from scorecards.second_scoring import carry_out_second_scoring, plan_second_scoring
from scorecards.submitting import submit_review
from scorecards.tables import Review, ScorecardVersion
from scorecards.verdicts import Verdict
from scorecards.work_list import work_of

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
START = date(2026, 1, 1)
PASSWORD = "a long enough password"
MAPPING = Mapping(
    reference="Case",
    state="State",
    states={"Open": "open", "Closed": "closed"},
    team="Team",
    caseworker="Owner",
    received_on="Received",
    closed_on="Closed",
    risk="Risk",
    date_formats={"received_on": "%d/%m/%Y", "closed_on": "%d/%m/%Y"},
)


@dataclass
class Cast:
    """Who plays in the journey, by id."""

    administrator: int
    manager: int
    qa: int
    head: int


def extract() -> bytes:
    lines = ["Case,State,Team,Owner,Received,Closed,Risk"]
    for number in range(1, 61):
        team = "North" if number % 2 else "South"
        lines.append(
            f"C-{number:03d},Closed,{team},{team} {number % 3},02/04/2026,{number % 28 + 1:02d}/05/2026,"
        )
    for number in range(61, 73):
        lines.append(
            f"C-{number:03d},Open,North,North {number % 3},01/06/2026,,{'High' if number == 61 else ''}"
        )
    return "\n".join(lines).encode()


@pytest.fixture
def cast(engine: Engine) -> Cast:
    with writing(engine, now=NOW) as session:
        administrator = open_office(
            session, "Test office", administrator="Ada Min", email="ada@example.org", password=PASSWORD
        )
        by = administrator
        north = add_team(session, "North", by=by)
        manager, qa, head = (
            add_person(session, name, email=f"{name[:3].lower()}@example.org", password=PASSWORD, by=by)
            for name in ("Mana Ger", "Qua Lity", "Hea D")
        )
        give_role(session, manager, role=Role.LINE_MANAGER, team=north, starts_on=START, by=by)
        give_role(session, qa, role=Role.QA_REVIEWER, starts_on=START, by=by)
        give_role(session, head, role=Role.HEAD, starts_on=START, by=by)
        card = (files("scorecards") / "shipped" / "complaint-about-a-decision.toml").read_text("utf-8")
        published = publish_scorecard(session, card, by=by)
        use_scorecard(session, None, scorecard_key=published.key, starts_on=START, by=by)
        load_shipped_documents(session, by=by)
        data = extract()
        table = read_table(data, "cases.csv")
        as_at = datetime(2026, 7, 1, 9, 0)  # noqa: DTZ001  the office's own time
        import_cases(
            session,
            parse_cases(table, MAPPING, as_at=as_at),
            file_name="cases.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=as_at,
            mapping=MAPPING,
            by=by,
        )
        owner = session.scalars(select(Person).where(Person.case_system_name == "North 0")).one()
        set_line_manager(session, owner, manager=manager, starts_on=START, by=by)
        return Cast(administrator.id, manager.id, qa.id, head.id)


def review(session: Session, sampled_id: int, *, by: Person, not_met: str | None = None) -> Review:
    sampled = session.get_one(SampledCase, sampled_id)
    declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
    started = start_review(session, sampled, by=by)
    for requirement in scorecard_from(started.scorecard_version.definition).requirements:
        failed = requirement.key == not_met
        save_answer(
            session,
            started,
            requirement_key=requirement.key,
            response=ResponseValue.NOT_MET if failed else ResponseValue.MET,
            evidence="The letter says nothing of it." if failed else "",
            by=by,
        )
    session.expire(started, ["answers"])
    return submit_review(session, started, by=by)


def test_from_an_extract_to_a_follow_up_action(engine: Engine, cast: Cast) -> None:
    # The line manager's month: two of each caseworker, the high-risk case always.
    with writing(engine, now=NOW) as session:
        manager = session.get_one(Person, cast.manager)
        frame = freeze_open_frame(
            session,
            session.scalars(select(Team).where(Team.name == "North")).one(),
            certainty_risks=("High",),
            by=manager,
        )
        plan_id = register_quota_plan(session, frame, by=manager).id
    draw_id = carry_out_plan(engine, plan_id, by_id=cast.manager, now=NOW)
    with writing(engine, now=NOW) as session:
        manager = session.get_one(Person, cast.manager)
        work = work_of(session, manager)
        assert len(work) == 7
        card = scorecard_from(session.scalars(select(ScorecardVersion.definition)).one())
        outcome_key = next(requirement.key for requirement in card.requirements)
        for number, item in enumerate(work):
            review(session, item.sampled_case_id, by=manager, not_met=outcome_key if number == 0 else None)
        assert [(row.required, row.done) for row in completion(session, manager, month=date(2026, 7, 1))] == [
            (2, 2),
            (2, 2),
            (2, 2),
        ]
    with reading(engine, now=NOW) as session:
        receipt = receipt_of(session, draw_id, session.get_one(Person, cast.manager))
        check_against_register(session, verify_receipt(receipt))

    # Closed cases of the quarter: sized to show 98%, drawn, scored by QA.
    with writing(engine, now=NOW) as session:
        qa = session.get_one(Person, cast.qa)
        central = freeze_case_frame(
            session,
            "Closed cases, second quarter",
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=None,
            by=qa,
        )
        assert central.population == 60
        plan_id = register_plan_to_show(
            session,
            central,
            standard="0.98",
            assurance="0.95",
            allowed_failures=0,
            due_on=date(2026, 8, 3),
            by=qa,
        ).id
    draw_id = carry_out_plan(engine, plan_id, by_id=cast.qa, now=NOW)
    with writing(engine, now=NOW) as session:
        qa = session.get_one(Person, cast.qa)
        todo = [item for item in work_of(session, qa) if item.route == Route.CENTRAL]
        for item in todo[:-1]:
            review(session, item.sampled_case_id, by=qa)
        outcome = sample_result(session, draw_id, qa).measures[0]
        assert outcome.judgement.verdict == Verdict.NOT_SHOWN
        review(session, todo[-1].sampled_case_id, by=qa)
        result = sample_result(session, draw_id, qa)
        assert [measure.judgement.verdict for measure in result.measures] == [Verdict.MET, Verdict.MET]
        assert result.reviewed == result.drawn == len(todo)

    # Managers' reviews scored again, blind.
    with writing(engine, now=NOW) as session:
        qa = session.get_one(Person, cast.qa)
        assert open_results(session, qa) == []
        july = (date(2026, 7, 1), date(2026, 7, 31))
        plan_id = plan_second_scoring(session, period=july, allowed_failures=None, by=qa).id
    second_id = carry_out_second_scoring(engine, plan_id, by_id=cast.qa, now=NOW)
    with writing(engine, now=NOW) as session:
        qa = session.get_one(Person, cast.qa)
        blind = [item for item in work_of(session, qa) if item.route == Route.SECOND]
        assert len(blind) == 7
        for item in blind[:3]:
            review(session, item.sampled_case_id, by=qa)
        seen = submitted_reviews(session, qa)
        assert (seen["route"] == "open").sum() == 3
        for item in blind[3:]:
            review(session, item.sampled_case_id, by=qa)
        pairs = agreement_result(session, second_id, qa)
        assert pairs.counts == (6, 0, 1, 0)
        assert pairs.outstanding == 0
        assert pairs.judgement.verdict == Verdict.MISSED  # all 7 of 7 are known: 6 agree

    # What the manager found becomes learning and an action.
    with writing(engine, now=NOW) as session:
        manager, head = session.get_one(Person, cast.manager), session.get_one(Person, cast.head)
        found = session.scalars(select(Review).where(Review.overall_met.is_(False))).one()
        point = log_learning(
            session,
            found,
            requirement_key=outcome_key,
            kind=LearningKind.INDIVIDUAL,
            description="The reasons given did not answer the complaint.",
            citations=[TypedCitation(GUIDANCE, "38"), TypedCitation("Service Model", "2.140", "Listening")],
            commitments=[5],
            by=manager,
        )
        assert [citation.is_verified for citation in point.citations] == [True, False]
        feed_back(session, point, on=date(2026, 7, 6), to=manager, by=manager)
        action = add_action(
            session,
            point,
            description="Go through the analysis template at the team meeting.",
            owner=manager,
            authoriser=head,
            target_date=date(2026, 7, 20),
            by=manager,
        )
        authorise_action(session, action, by=head)
        start_action(session, action, by=manager)
        action_id = action.id
    later = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
    with writing(engine, now=later) as session:
        manager = session.get_one(Person, cast.manager)
        assert [(row.is_overdue, row.days_late) for row in follow_up_actions(session, manager)] == [
            (True, 14)
        ]
        (row,) = learning_points(session, manager)
        assert (row.reference, row.actions, row.unverified) == (work[0].reference, 1, ("2.140",))
        finish_action(session, session.get_one(type(action), action_id), note="Done on 30 July.", by=manager)
        assert not follow_up_actions(session, manager)[0].is_overdue
