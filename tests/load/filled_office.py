"""An office with a thousand times the data of a real one, on PostgreSQL: 1,000,000 cases, 200,000 reviews.

The samples are drawn by the real actions; cases, reviews and learning points are written in bulk, past the
guards. Three in four reviews are of closed cases, by QA; the others of open ones, by the teams' managers.
Each reviewer has cases that nobody has reviewed yet, and each manager a month of them.
"""

from datetime import date
from typing import Any, Final

from bench.bench_results_screens import ASKED, CARD, NOW, START, TEAMS, monthly
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from unguarded import unguarded

from learning_register.documents import GUIDANCE, load_shipped_documents
from learning_register.root_causes import load_shipped_root_causes
from sampling.actions import register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame
from sampling.records.appointments import give_role
from sampling.records.database import writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.tables import Frame, Route
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.periods import month_number

DAYS: Final = 1_825  # on which they were closed: the five years to the end of June 2026
REVIEWED: Final = (
    (date(2025, 4, 1), date(2025, 6, 30)),
    (date(2025, 7, 1), date(2025, 9, 30)),
    (date(2025, 10, 1), date(2025, 12, 31)),
    (date(2026, 1, 1), date(2026, 3, 31)),
)
NOW_REVIEWED: Final = (date(2026, 4, 1), date(2026, 6, 30))
MONTHS: Final = tuple(date(2026, month, 1) for month in range(1, 6))  # of open cases, reviewed
NOW_MONTH: Final = date(2026, 6, 1)
REVIEWERS: Final = 128
OF_EACH: Final = 10  # cases of each reviewer and manager: never two of them at one


def fill(engine: Engine, cases: int) -> None:
    """So many cases, a fifth as many reviews and a tenth as many learning points."""
    reviews = cases // 5
    of_month = reviews // 4 // (TEAMS * len(MONTHS))
    of_team = of_month * len(MONTHS) + OF_EACH
    closed = cases - TEAMS * of_team
    with writing(engine, now=NOW) as session:
        values = _people(session)
    values |= {"closed": closed, "cases": cases, "points": cases // 10, "guidance": GUIDANCE}
    _in_bulk(engine, _CASES, values)
    for period in REVIEWED:
        _draw_closed(engine, period, reviews * 3 // 4 // len(REVIEWED))
    for place in range(TEAMS):
        first = closed + place * of_team + 1
        for month in MONTHS:
            _draw_open(engine, values["team"] + place, month, range(first, first + of_month))
            first += of_month
    _in_bulk(engine, _REVIEWS, values)
    _draw_closed(engine, NOW_REVIEWED, REVIEWERS * OF_EACH)
    for place in range(TEAMS):
        last = closed + (place + 1) * of_team
        _draw_open(engine, values["team"] + place, NOW_MONTH, range(last - OF_EACH + 1, last + 1))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _people(session: Session) -> dict[str, Any]:
    by = open_office(
        session, "Load", administrator="Ada Min", email="ada@example.org", password="long enough to pass"
    )
    teams = [add_team(session, f"Team {number:02d}", by=by) for number in range(TEAMS)]
    managers = [
        add_person(session, f"Manager {team.name}", email=None, password=None, by=by) for team in teams
    ]
    for manager, team in zip(managers, teams, strict=True):
        give_role(session, manager, role=Role.LINE_MANAGER, team=team, starts_on=START, by=by)
    reviewers = [
        add_person(session, f"Reviewer {number:03d}", email=None, password=None, by=by)
        for number in range(REVIEWERS)
    ]
    for reviewer in reviewers:
        give_role(session, reviewer, role=Role.QA_REVIEWER, team=None, starts_on=START, by=by)
    head = add_person(session, "Hedda Head", email=None, password=None, by=by)
    give_role(session, head, role=Role.HEAD, team=None, starts_on=START, by=by)
    card = publish_scorecard(session, CARD, by=by)
    use_scorecard(session, None, scorecard_key=card.key, starts_on=START, by=by)
    load_shipped_documents(session, by=by)
    load_shipped_root_causes(session, by=by)
    return {
        "team": teams[0].id,
        "teams": TEAMS,
        "manager": managers[0].id,
        "reviewer": reviewers[0].id,
        "reviewers": REVIEWERS,
        "asked": ASKED,
        "days": DAYS,
        "now": NOW,
    }


def _in_bulk(engine: Engine, statements: tuple[str, ...], values: dict[str, Any]) -> None:
    """What would take hours one by one, past the guards."""
    with engine.begin() as connection, unguarded(connection):
        for statement in statements:
            made = text(statement)
            connection.execute(made, {name: values[name] for name in made.compile().params})


def _draw_closed(engine: Engine, period: tuple[date, date], size: int) -> None:
    """So many of the cases that were closed in a quarter, by the real actions."""
    with writing(engine, now=NOW) as session:
        by = session.scalars(select(Person).where(Person.name == "Reviewer 000")).one()
        name = f"Closed cases from {period[0]}"
        frame = freeze_case_frame(
            session, name, route=Route.CENTRAL, period=period, filters={}, stratify_by=None, by=by
        )
        plan_id, by_id = _plan(session, frame, size, by)
    carry_out_plan(engine, plan_id, by_id=by_id, now=NOW)


def _draw_open(engine: Engine, team_id: int, month: date, case_ids: range) -> None:
    """A team's month of open cases, all of them, by the real actions."""
    with writing(engine, now=NOW) as session:
        team = session.get_one(Team, team_id)
        by = session.scalars(select(Person).where(Person.name == f"Manager {team.name}")).one()
        frame = monthly(session, by, team, month_number(month), case_ids)
        plan_id, by_id = _plan(session, frame, None, by)
    carry_out_plan(engine, plan_id, by_id=by_id, now=NOW)


def _plan(session: Session, frame: Frame, size: int | None, by: Person) -> tuple[int, int]:
    sizes = {stratum.code: min(size or stratum.population, stratum.population) for stratum in frame.strata}
    return register_sized_plan(session, frame, sizes=sizes, due_on=date(2026, 8, 3), by=by).id, by.id


_CASES: Final = (
    "INSERT INTO import (id, file_name, file_sha256, as_at, mapping, dropped_columns, notes, cases_new, "
    "cases_changed, cases_same, cases_vanished, rows_refused, by_id, at) "
    "VALUES (1, 'cases.csv', '', :now, '{}', '[]', '[]', 0, 0, 0, 0, 0, 1, :now)",
    'INSERT INTO "case" (id, reference, reference_key, state, case_type, stage, team_id, closed_on, '
    "attributes, first_import_id, last_import_id) "
    "SELECT n, 'C-' || lpad(n::text, 7, '0'), 'C-' || lpad(n::text, 7, '0'), "
    "CASE WHEN n <= :closed THEN 'closed' ELSE 'open' END, 'Service complaint', 'Stage 1', "
    "CAST(:team AS integer) + n % CAST(:teams AS integer), "
    "CASE WHEN n <= :closed THEN DATE '2021-07-02' + n % CAST(:days AS integer) END, '{}', 1, 1 "
    "FROM generate_series(1, CAST(:cases AS integer)) AS n",
    "SELECT setval(pg_get_serial_sequence('\"case\"', 'id'), :cases)",
    "SELECT setval(pg_get_serial_sequence('import', 'id'), 1)",
    'ANALYZE "case"',
)
_REVIEWS: Final = (
    "INSERT INTO review (sampled_case_id, reviewer_id, scorecard_version_id, state, is_open_case, "
    "approved_by_reviewer, case_type, stage, file_read_at, file_found, started_at, submitted_at, "
    "seconds_spent, outcome_met, method_met, overall_met, outcome_if_assessed, method_if_assessed, "
    "overall_if_assessed, overall_after_correction, critical_failed) "
    "SELECT sampled_case.id, CASE WHEN frame.route = 'open' "
    "THEN CAST(:manager AS integer) + frame.team_id - CAST(:team AS integer) "
    "ELSE CAST(:reviewer AS integer) + sampled_case.id % CAST(:reviewers AS integer) END, 1, "
    "'submitted', frame.route = 'open', false, 'Service complaint', 'Stage 1', moment, true, moment, moment, "
    "0, met, met, met, met, met, met, met, false "
    "FROM sampled_case JOIN draw ON draw.id = draw_id JOIN plan ON plan.id = plan_id "
    "JOIN frame ON frame.id = frame_id, "
    "LATERAL (SELECT sampled_case.id % 9 > 0 AS met, "
    "period_from + interval '12 hours' + sampled_case.id % 28 * interval '1 day' AS moment) AS score",
    "INSERT INTO answer (review_id, requirement_key, response, evidence, put_right) "
    "SELECT review.id, 'requirement-' || place, "
    "CASE WHEN place = 0 AND NOT outcome_met THEN 'not_met' ELSE 'met' END, '', false "
    "FROM review, generate_series(0, CAST(:asked AS integer) - 1) AS place",
    "INSERT INTO revision (review_id, number, cause, reason, made_at, made_by_id, file_found, answers, "
    "critical_failed, outcome_met, method_met, overall_met) "
    "SELECT review.id, 1, 'submitted', '', submitted_at, reviewer_id, true, (SELECT json_object_agg("
    "requirement_key, "
    "json_build_object('response', response, 'evidence', '', 'put_right', false, 'severity', null)) "
    "FROM answer WHERE answer.review_id = review.id), false, outcome_met, "
    "method_met, overall_met FROM review",
    # Of what a manager found not met, one case in twenty still waits to be put right.
    "INSERT INTO held_case (review_id, case_id, held_at, required_level, decision, put_right_at, "
    "release_reason, told_at) "
    "SELECT review.id, case_id, submitted_at, 'line_manager', 'service complaint', "
    "CASE WHEN review.id % 20 > 0 THEN submitted_at END, '', submitted_at "
    "FROM review JOIN sampled_case ON sampled_case.id = sampled_case_id "
    "JOIN frame_case ON frame_case.id = frame_case_id WHERE is_open_case AND NOT outcome_met",
    "INSERT INTO learning_point (id, source, review_id, requirement_key, case_id, kind, description, "
    "team_id, root_cause_id, recurrence_risk, severity, logged_at, logged_by_id, is_gap, source_note, "
    "may_be_published, is_complete) "
    "SELECT n, CASE WHEN of_review THEN 'review' ELSE 'by_hand' END, "
    "CASE WHEN of_review THEN review.id END, CASE WHEN of_review THEN 'requirement-' || n % 15 END, "
    "CASE WHEN NOT of_review AND n % 2 = 0 THEN frame_case.case_id END, "
    "(ARRAY['individual', 'individual', 'organisational', 'good_practice'])[n % 4 + 1], "
    "(SELECT string_agg('w' || floor(6000 ^ random()), ' ') FROM generate_series(1, 18 + n * 0)), "
    "frame_case.team_id, n % 9 + 1, (ARRAY['low', 'medium', 'high'])[n % 3 + 1], "
    "(ARRAY['minor', 'moderate', 'serious'])[n % 7 % 3 + 1], submitted_at + interval '1 day', reviewer_id, "
    "false, '', n % 5 = 0, true "
    "FROM generate_series(1, CAST(:points AS integer)) AS n "
    "CROSS JOIN LATERAL (SELECT n % 10 < 7 AS of_review) AS source "
    "JOIN review ON review.id = n * 7919 % (SELECT max(id) FROM review) + 1 "
    "JOIN sampled_case ON sampled_case.id = sampled_case_id JOIN frame_case ON frame_case.id = frame_case_id",
    "SELECT setval(pg_get_serial_sequence('learning_point', 'id'), :points)",
    "INSERT INTO learning_citation (learning_point_id, document, version, reference, title, is_verified) "
    "SELECT id, :guidance, '12.0', id * 31 % 78 + 1, 'Title', true FROM learning_point",
    "UPDATE draw SET closed_at = drawn_at",
)
