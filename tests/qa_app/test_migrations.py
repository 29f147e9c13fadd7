"""The tables as declared, and as the migrations make them, are the same on both databases."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from qa_app.migrating import TABLES, is_declared, migrate
from sampling.draw import draw, frame_file, plan_file, seed_from, sha256_hex, ticket
from sampling.randomness import from_system
from sampling.records.database import connect, reading
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.register_chain import check_chain
from sampling.register_check import check_register
from sampling.tables import Draw, Frame, FrameCase

_SOURCES = Path(__file__).parents[2]


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        differences = compare_metadata(context, TABLES)
    assert differences == [], "write what is missing with: make migration m='what changes'"


def test_named_constraints_agree(engine: Engine) -> None:
    """Checks and keys too, which Alembic does not compare."""
    found = inspect(engine)
    for table in TABLES.sorted_tables:
        declared = {str(constraint.name) for constraint in table.constraints if constraint.name}
        made = {check["name"] for check in found.get_check_constraints(table.name)}
        made |= {unique["name"] for unique in found.get_unique_constraints(table.name)}
        made |= {key["name"] for key in found.get_foreign_keys(table.name)}
        made.add(found.get_pk_constraint(table.name)["name"])
        assert {name for name in made if name} == declared, table.name


def test_every_table_in_the_sources_is_known_to_the_migrations() -> None:
    declared = set()
    for package in ("sampling", "scorecards", "learning_register", "qa_app"):
        for source in (_SOURCES / package).rglob("*.py"):
            declared |= set(re.findall(r'__tablename__ = "(\w+)"', source.read_text("utf-8")))
    assert declared == set(TABLES.tables)


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer version"):
        migrate(engine)


@pytest.fixture(params=["sqlite", "postgresql"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of the first version, of each kind in turn."""
    if request.param == "sqlite":
        made = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
        migrate(made, to="0001")
        yield made
        made.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    server.run("CREATE DATABASE first_version")
    made = connect(server.url("first_version"))
    migrate(made, to="0001")
    yield made
    made.dispose()
    server.drop("first_version")


def fill(engine: Engine, rows: list[tuple[str, dict[str, Any]]]) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        for table, values in rows:
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), values)


def test_samples_drawn_before_there_was_a_register_are_in_it(first_version: Engine) -> None:
    """A database of the first version, with a draw in it and a case that changed after the freeze."""
    made = first_version
    moment = "2026-07-06 09:00:00.123456"
    rows = [
        ("person", {"id": 1, "name": "One"}),
        ("import", {"id": 1} | IMPORT | {"at": moment, "as_at": moment}),
        ("import", {"id": 2} | IMPORT | {"at": moment, "as_at": moment}),
        ("case", {"id": 1, "reference": "C-1", "reference_key": "C-1", "state": "open"} | CASE),
        (
            "case_before",
            {"import_id": 2, "case_id": 1, "before": '{"state":"closed","closed_on":"2026-05-05"}'},
        ),
        (
            "frame",
            {
                "id": 1,
                "route": "central",
                "name": "Quarter",
                "filters": "{}",
                "excluded": "{}",
                "population": 1,
            }
            | {"frame_sha256": "00", "import_id": 1, "frozen_at": moment, "frozen_by_id": 1},
        ),
        (
            "stratum",
            {"id": 1, "frame_id": 1, "code": "S01", "label": "All", "population": 1, "is_certainty": False},
        ),
        ("frame_case", {"id": 1, "frame_id": 1, "stratum_id": 1, "case_id": 1, "reference": "C-1"}),
        (
            "plan",
            {
                "id": 1,
                "frame_id": 1,
                "purpose": "quota",
                "assurance": "0.95",
                "sizes": "{}",
                "plan_text": "{}",
            }
            | {"plan_sha256": "ab", "due_on": "2026-08-03", "registered_at": moment, "registered_by_id": 1},
        ),
        (
            "draw",
            {"id": 1, "plan_id": 1, "randomness": "operating system", "public_value": "1", "seed": "1"}
            | {"seeded_at": moment, "seeded_by_id": 1, "drawn_at": moment},
        ),
    ]
    fill(made, rows)
    migrate(made)
    with reading(made) as session:
        lines = lines_of(session)
        assert check_chain(lines) == 3
        assert [line.event for line in lines] == ["planned", "seeded", "drawn"]
        assert lines[0].at == "2026-07-06T09:00:00+00:00"
        frozen = session.scalars(select(FrameCase)).one()
        assert (frozen.state, frozen.closed_on) == ("closed", date(2026, 5, 5))
        assert session.scalars(select(Frame.attempt)).one() == 1


def old_sample(number: int, drawn_at: str | None, cases: int) -> list[tuple[str, dict[str, Any]]]:
    """A sample of the first version, as it was written then, with so many cases drawn."""
    references = [f"C-{number}{n}" for n in range(cases)]
    frame = frame_file((reference, "S01") for reference in references)
    contents = {"recipe": "cqa1", "number": number, "route": "second", "purpose": "quota"}
    contents |= {"period": [None, None], "frame_sha256": sha256_hex(frame), "population": cases}
    contents |= {"sizes": {"S01": cases}, "rule": {"assurance": "0.95"}, "method": "exact"}
    contents |= {"parent_draw": None, "randomness": from_system()}
    contents |= {"registered_at": "2026-07-06T09:00:00+00:00"}
    plan = plan_file(contents)
    seed = seed_from(sha256_hex(plan), "ab" * 32)
    order = draw({"S01": references}, {"S01": cases}, seed=seed)["S01"]
    frozen = {"filters": "{}", "excluded": "{}", "population": cases, "frame_sha256": sha256_hex(frame)}
    rows = [
        (
            "frame",
            {"id": number, "route": "second", "name": f"Sample {number}", "import_id": 1}
            | {"frozen_at": "2026-07-06 08:59:59.5", "frozen_by_id": 1}
            | frozen,
        ),
        (
            "stratum",
            {"id": number, "frame_id": number, "code": "S01", "label": "All", "population": cases}
            | {"is_certainty": False},
        ),
        (
            "plan",
            {"id": number, "frame_id": number, "purpose": "quota", "assurance": "0.95"}
            | {"sizes": json.dumps({"S01": cases}), "plan_text": plan.decode()}
            | {"plan_sha256": sha256_hex(plan), "due_on": "2026-08-03", "registered_by_id": 1}
            | {"registered_at": "2026-07-06 09:00:00.123456"},
        ),
        (
            "draw",
            {"id": number, "plan_id": number, "randomness": "operating system", "seed": seed}
            | {"public_value": "ab" * 32, "seeded_at": "2026-07-06 09:00:01.123456", "seeded_by_id": 1}
            | {"drawn_at": drawn_at},
        ),
    ]
    for n, reference in enumerate(references):
        key = number * 100 + n
        case = {"id": key, "reference": reference, "reference_key": reference, "state": "open"} | CASE
        frozen_case = {"id": key, "frame_id": number, "stratum_id": number, "case_id": key}
        rows += [("case", case), ("frame_case", frozen_case | {"reference": reference})]
        if drawn_at:
            place = order.index(reference) + 1
            sampled = {"id": key, "draw_id": number, "frame_case_id": key, "stratum_id": number}
            rows.append(("sampled_case", sampled | {"position": place, "ticket": ticket(seed, reference)}))
    return rows


def old_review(sampled_case: int, submitted_at: str | None, by: int) -> tuple[str, dict[str, Any]]:
    state = "submitted" if submitted_at else "draft"
    return "review", (
        {"id": sampled_case, "sampled_case_id": sampled_case, "reviewer_id": by, "state": state}
        | {"scorecard_version_id": 1, "is_open_case": True, "approved_by_reviewer": False}
        | {"file_read_at": "2026-07-06 09:00:00", "started_at": "2026-07-06 09:00:00"}
        | {"submitted_at": submitted_at, "file_found": True}
    )


def test_samples_reviewed_before_there_was_a_register_are_closed(first_version: Engine) -> None:
    """A second scoring whose last score is in is not sealed for ever; others wait as they did."""
    at = "2026-07-06 09:00:02.123456"
    card = {"id": 1, "key": "card", "version": 1, "title": "Card", "definition": "", "sha256": "00"}
    moments = {"at": at, "as_at": at}
    fill(
        first_version,
        [
            *(("person", {"id": number, "name": name}) for number, name in enumerate(("One", "Two"), 1)),
            ("import", {"id": 1} | IMPORT | moments),
            ("import", {"id": 2} | IMPORT | moments),
            ("scorecard_version", card | {"published_at": at, "published_by_id": 1}),
            *old_sample(1, at, 2),
            *old_sample(2, at, 2),
            *old_sample(3, at, 1),
            *old_sample(4, None, 1),
            *old_sample(5, at, 1),
            # The first ends last, with the second person's review; of the second one case waits.
            old_review(100, "2026-07-09 10:00:00.500000", 2),
            old_review(101, "2026-07-08 10:00:00", 1),
            old_review(200, "2026-07-08 10:00:00", 1),
            old_review(201, None, 1),
            old_review(500, "2026-07-08 11:00:00.750000", 1),
        ],
    )
    migrate(first_version)
    with reading(first_version) as session:
        lines = lines_of(session)
        assert check_register(session) == len(lines) == 5 + 5 + 4 + 2
        closed = [(line.at, line.by) for line in lines if line.event == "closed"]
        assert closed == [("2026-07-08T11:00:00+00:00", 1), ("2026-07-09T10:00:00+00:00", 2)]
        assert [line.at for line in lines] == sorted(line.at for line in lines)
        found = dict(session.execute(select(Draw.id, Draw.closed_at)).all())
    assert {number for number, at in found.items() if at is not None} == {1, 5}
    assert found[1] == datetime(2026, 7, 9, 10, 0, tzinfo=UTC)


def test_actions_of_before_go_on_where_they_stood(first_version: Engine) -> None:
    """A database of the version before, with an open action, a done one, and what both were learned from."""
    at = "2026-07-06 09:00:02.123456"
    card = {"id": 1, "key": "card", "version": 1, "title": "Card", "definition": "", "sha256": "00"}
    point = {"id": 1, "review_id": 100, "requirement_key": "answered", "kind": "individual"}
    point |= {"description": "A ground was missed.", "is_gap": False}
    action = {"learning_point_id": 1, "description": "Number the grounds.", "owner_id": 1}
    action |= {"authoriser_id": 2, "target_date": "2026-07-20", "first_target_date": "2026-07-20"}
    action |= {"state": "open", "done_note": "", "logged_at": at, "logged_by_id": 1}
    done = {"state": "done", "done_on": "2026-07-15", "done_note": "Told everybody."}
    cited = {"document": "d", "version": "1", "reference": "38", "title": "T", "is_verified": True}
    fill(
        first_version,
        [
            *(("person", {"id": number, "name": name}) for number, name in enumerate(("One", "Two"), 1)),
            *(("import", {"id": number} | IMPORT | {"at": at, "as_at": at}) for number in (1, 2)),
            ("scorecard_version", card | {"published_at": at, "published_by_id": 1}),
            *old_sample(1, at, 1),
            old_review(100, at, 1),
            ("charter_commitment", {"number": 5, "section": "S", "summary": "S", "number_inferred": False}),
            ("learning_point", point | {"logged_at": at, "logged_by_id": 1}),
            ("learning_citation", {"id": 1, "learning_point_id": 1} | cited),
            ("learning_commitment", {"learning_point_id": 1, "number": 5}),
            ("follow_up_action", {"id": 1} | action),
            ("follow_up_action", {"id": 2} | action | done),
        ],
    )
    migrate(first_version, to="0003")
    migrate(first_version)
    with reading(first_version) as session:
        kept = session.scalars(select(LearningPoint)).one()
        assert (kept.description, kept.source, kept.is_complete) == ("A ground was missed.", "review", True)
        opened, finished = session.scalars(select(FollowUpAction).order_by(FollowUpAction.id))
        assert (opened.state, finished.state) == ("in_progress", "done")
        assert opened.authorised_on == finished.authorised_on == date(2026, 7, 6)
        assert (opened.evidence, finished.done_on) == ([], date(2026, 7, 15))
        (evidence,) = finished.evidence
        assert (evidence.kind, evidence.words, evidence.given_by_id) == ("note", "Told everybody.", 1)
        assert evidence.given_at.date() == date(2026, 7, 15)


IMPORT = {
    "file_name": "cases.csv",
    "file_sha256": "00",
    "mapping": "{}",
    "dropped_columns": "[]",
    "notes": "[]",
}
IMPORT |= {
    "cases_new": 1,
    "cases_changed": 0,
    "cases_same": 0,
    "cases_vanished": 0,
    "rows_refused": 0,
    "by_id": 1,
}
CASE = {"attributes": "{}", "first_import_id": 1, "last_import_id": 2}
