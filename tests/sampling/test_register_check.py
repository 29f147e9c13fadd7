"""The register compared with the rows: whoever changes one by the side of the register is found out."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from unguarded import unguarded

from sampling.draw import plan_file, seed_from, sha256_hex, ticket
from sampling.drawing import confirm_roll, record_roll, seed_plan
from sampling.file_plans import record_file_draw, register_file_plan
from sampling.late_strata import plan_late_strata
from sampling.next_tickets import extend_draw, replace_case
from sampling.randomness import from_beacon, from_dice
from sampling.receipt import sample_hash
from sampling.records.office import add_person
from sampling.refused import Refused
from sampling.register import add_line, lines_of, moment
from sampling.register_chain import Event, Line, check_chain, entry_hash
from sampling.register_check import check_register
from sampling.registering import Terms, plan_contents
from sampling.samples import AtRate, InTwoStages, plan_case_sample
from sampling.tables import (
    Draw,
    Frame,
    FrameCase,
    Plan,
    RegisterEntry,
    Replacement,
    Route,
    SampledCase,
    Stratum,
)
from sampling.voiding import ask_to_void, close_draw, void_plan

QUINN, HEDDA = "Quinn Qua", "Hedda Head"


def planned(office: Any, name: str, size: Any = 5, terms: Terms | None = None) -> int:
    with office.writing() as session:
        return plan_case_sample(
            session,
            name,
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=None,
            size=size,
            due_on=date(2027, 1, 4),
            terms=terms or Terms(),
            by=office.person(session, QUINN),
        ).id


def check(office: Any) -> int:
    with office.reading() as session:
        return check_register(session)


def replaced(office: Any, draw_id: int) -> None:
    with office.writing() as session:
        first = select(SampledCase).where(SampledCase.draw_id == draw_id).order_by(SampledCase.position)
        sampled = session.scalars(first).first()
        assert sampled is not None
        by = office.person(session, QUINN)
        assert replace_case(session, sampled, code="duplicate", reason="As C-0001", by=by) is not None


def test_the_register_holds_over_all_that_happens(office: Any) -> None:
    assert check(office) == 0
    office.closed(60)
    draw_id = office.draw(planned(office, "Replaced", 8), QUINN)
    replaced(office, draw_id)
    staged = office.draw(planned(office, "Stages", InTwoStages("0.9", "0.9")), QUINN)
    with office.writing() as session:
        extend_draw(session, session.get_one(Draw, staged), by=office.person(session, QUINN))
    office.draw(planned(office, "Rolling", AtRate("0.2")), QUINN)
    parent = planned(office, "Parent")
    child = planned(office, "Child", 3, Terms(parent_id=parent))
    for plan_id in (parent, child):
        office.draw(plan_id, QUINN)
    office.later(1)
    office.closed(7, start=500)
    with office.writing() as session:
        quinn, plan = office.person(session, QUINN), session.get_one(Draw, draw_id).plan
        late = plan_late_strata(session, plan, due_on=date(2027, 1, 4), by=quinn).id
    office.draw(late, QUINN)
    rolled = planned(office, "Dice", 5, Terms(randomness=from_dice()))
    with office.writing() as session:
        wanda = add_person(
            session,
            "Wanda",
            email="wanda@example.org",
            password="a long enough password",
            case_system_name=None,
            by=office.person(session, "Ada Min"),
        )
        plan, quinn = session.get_one(Plan, rolled), office.person(session, QUINN)
        record_roll(session, plan, "12345612345612345612", second=wanda, minute="Room 1", by=quinn)
        confirm_roll(session, plan, by=wanda)
    office.draw(rolled, QUINN)
    with office.writing() as session:
        made, quinn = session.get_one(Draw, staged), office.person(session, QUINN)
        close_draw(session, made, by=quinn)
        ask_to_void(session, session.get_one(Plan, rolled), reason="A test", reviewed=0, by=quinn)
        void_plan(session, session.get_one(Plan, rolled), by=office.person(session, HEDDA))
    planned(office, "Only planned")
    with office.reading() as session:
        assert check_register(session) == len(lines_of(session))


TAMPERED: list[tuple[Any, dict[str, Any], str]] = [
    (Plan, {"assurance": "0.6"}, "Its assurance is '0.6'"),
    (Plan, {"allowed_failures": 3}, "Its allowed failures is 3"),
    (Plan, {"purpose": "census"}, "Its purpose is 'census'"),
    (Plan, {"sizes": {"S01": 4}}, "Its sizes is {'S01': 4}"),
    (Plan, {"purpose": "show", "standard": "0.5"}, "is 'show'"),
    (Plan, {"plan_text": "{}"}, "Its plan's hash is"),
    (Plan, {"voided_at": datetime.fromisoformat("2026-07-06T09:00:00+00:00")}, "Its time of voiding is"),
    (Plan, {"registered_at": datetime.fromisoformat("2026-07-01T09:00:00+00:00")}, "time of registration"),
    (Plan, {"registered_by_id": 1}, "Its planner is 1"),
    (Frame, {"frame_sha256": "0" * 64}, "Its frame's hash is"),
    (Frame, {"period_from": date(2020, 1, 1)}, "Its period is"),
    (Frame, {"population": 31}, "Its population is 31"),
    (Frame, {"route": "thematic"}, "Its route is 'thematic'"),
    (FrameCase, {"reference": FrameCase.reference + "x"}, "Its frozen cases' hash is"),
    (Stratum, {"population": 29}, "Its strata is"),
    (Draw, {"public_value": "0" * 64}, "Its seed is"),
    (Draw, {"public_value": "0"}, "The public value of this plan is"),
    (Draw, {"seed": "0" * 32}, "Its seed is"),
    (Draw, {"randomness": "dice"}, "Its source of randomness is 'dice'"),
    (Draw, {"drawn_at": None}, "Its time of the draw is None"),
    (Draw, {"seeded_by_id": 1}, "Its person who gave the seed is 1"),
    (Draw, {"closed_at": datetime.fromisoformat("2026-07-06T09:00:00+00:00")}, "Its time of closing is"),
    (SampledCase, {"ticket": "0" * 64}, r"Its cases' hash \(cause: drawn\) is"),
    (SampledCase, {"cause": "extension"}, r"Its cases' hash \(cause: drawn\) is"),
    (Replacement, {"code": "out_of_scope"}, r"Its replacement of C-\d+ is \('out_of_scope'"),
    (Replacement, {"next_id": None}, r"Its replacement of C-\d+ is \('duplicate', None\)"),
]


@pytest.mark.parametrize(("table", "values", "says"), TAMPERED)
def test_a_row_that_was_changed_is_named(office: Any, table: Any, values: dict[str, Any], says: str) -> None:
    office.closed(30)
    replaced(office, office.draw(planned(office, "Quarter"), QUINN))
    assert check(office) == 4
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(table).values(**values).execution_options(synchronize_session=False))
    with pytest.raises(Refused, match=rf"The sample “Quarter” is not what the register says\. .*{says}"):
        check(office)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM replacement", r"Its replacement of C-\d+ is None"),
        ("DELETE FROM sampled_case WHERE position = 6", "number of drawn cases"),
        ("DELETE FROM sampled_case WHERE position = 5", "cases' hash"),
        ("UPDATE sampled_case SET cause = 'replacement' WHERE position = 5", "cases' hash"),
        (
            "UPDATE sampled_case SET frame_case_id = (SELECT max(id) FROM frame_case WHERE id NOT IN "
            "(SELECT frame_case_id FROM sampled_case)) WHERE position = 6",
            "Its sample's next case is",
        ),
        (
            "INSERT INTO sampled_case (draw_id, frame_case_id, stratum_id, position, ticket, cause) SELECT "
            "draw_id, (SELECT max(id) FROM frame_case WHERE id NOT IN (SELECT frame_case_id FROM "
            "sampled_case)), stratum_id, 7, 'x', 'replacement' FROM sampled_case WHERE position = 1",
            "number of drawn cases",
        ),
        (
            "UPDATE frame_case SET case_id = (SELECT id FROM \"case\" WHERE reference = 'OTHER') "
            "WHERE reference = 'C-0003'",
            "Its C-0003 stands for another case",
        ),
        ("DELETE FROM draw", "one is missing"),
        ("DELETE FROM frame_case WHERE reference = 'C-0007'", "frozen cases' hash"),
    ],
)
def test_a_row_that_was_put_in_or_taken_out_is_named(office: Any, statement: str, says: str) -> None:
    office.closed(30)
    office.cases("OTHER,Open,North,North 0,,,,,East")
    replaced(office, office.draw(planned(office, "Quarter"), QUINN))
    with office.writing() as session:
        if session.connection().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
        with unguarded(session.connection()):
            session.execute(text(statement))
        with pytest.raises(Refused, match=says):
            check_register(session)
        session.rollback()


def test_a_plan_that_was_never_entered_is_named(office: Any) -> None:
    office.closed(30)
    plan_id = planned(office, "Quarter")
    with office.writing() as session, unguarded(session.connection()):
        frame, plan = session.get_one(Frame, 1), session.get_one(Plan, plan_id)
        kept = [column for column in Frame.__table__.columns if column.name != "id"]
        values = {column.name: getattr(frame, column.name) for column in kept}
        other = Frame(**values | {"name": "By the side"})
        session.add(other)
        session.flush()
        content = plan_file(plan_contents(plan) | {"number": 2})
        kept = [column for column in Plan.__table__.columns if column.name != "id"]
        values = {column.name: getattr(plan, column.name) for column in kept}
        values |= {"frame_id": other.id, "plan_text": content.decode(), "plan_sha256": sha256_hex(content)}
        session.execute(insert(Plan).values(**values))
    with pytest.raises(Refused, match=r"The sample “By the side” .* not in the register at all"):
        check(office)


def test_another_seed_with_its_own_tickets_does_not_fit_its_line(office: Any) -> None:
    office.closed(5)
    office.draw(planned(office, "Quarter"), QUINN)  # every case: the cases are the same with any seed
    with office.writing() as session, unguarded(session.connection()):
        draw = session.scalars(select(Draw)).one()
        value = "ab" * 32
        seed = seed_from(draw.plan.plan_sha256, value)
        session.execute(update(Draw).values(public_value=value, seed=seed))
        for sampled in session.scalars(select(SampledCase)).all():
            sampled.ticket = ticket(seed, sampled.frame_case.reference)
        session.flush()
    with pytest.raises(Refused, match=r"public value is .* and line 2 tells another"):
        check(office)


def test_lines_that_tell_no_details_are_held_against_the_seed(office: Any) -> None:
    """Draws made before there was a register: their lines tell the time and no more."""
    office.closed(30)
    office.draw(planned(office, "Quarter"), QUINN)
    with office.writing() as session, unguarded(session.connection()):
        previous = "0" * 64
        for line in lines_of(session):
            bare = vars(line) | {"details": "{}", "previous_sha256": previous}
            values = {"details": "{}", "previous_sha256": previous, "entry_sha256": entry_hash(bare)}
            session.execute(update(RegisterEntry).where(RegisterEntry.number == line.number).values(values))
            previous = values["entry_sha256"]
    assert check(office) == 3
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(SampledCase).where(SampledCase.position == 2).values(ticket="0" * 64))
    with pytest.raises(Refused, match="sample's next case"):
        check(office)


def test_samples_of_a_file_are_compared_as_far_as_they_are_kept(office: Any) -> None:
    from sampling.big_frames import BigStratum
    from sampling.randomness import from_system

    contents = {"recipe": "cqa1", "purpose": "quota", "source": {"file": "a.csv"}, "frame_sha256": "1" * 64}
    contents |= {"population": 9, "sizes": {"S01": 1}, "rule": {"assurance": "0.95"}, "method": "exact"}
    contents |= {"parent_draw": None, "late_to": None, "randomness": from_system()}
    with office.writing() as session:
        quinn = office.person(session, QUINN)
        plan = register_file_plan(session, "A file", [BigStratum("S01", "All", 9)], contents, by=quinn)
        made = seed_plan(session, plan, by=quinn)
        case = {"stratum": "S01", "position": 1, "reference": "A-1", "ticket": ticket(made.seed, "A-1")}
        assert sample_hash([case])
        record_file_draw(session, made, [case | {"cause": "drawn"}], by=quinn)
    assert check(office) == 3
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(Frame).values(frame_sha256="2" * 64))
    with pytest.raises(Refused, match=r"The sample “A file” .* frame's hash"):
        check(office)


def test_a_beacon_that_was_out_is_named(office: Any) -> None:
    office.closed(30)
    randomness = from_beacon("drand default", office.now + timedelta(hours=1), registered_at=office.now)
    randomness |= {"round": 1, "out_at": "2020-07-22T15:17:30+00:00"}
    plan_id = planned(office, "Quarter", 5, Terms(randomness=randomness))
    assert check(office) == 1
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        seed_plan(session, plan, public_value="ab" * 32, by=quinn)
    with pytest.raises(Refused, match=r"registered_at is not before 2020-07-22T15:17:30\+00:00"):
        check(office)


def test_no_line_is_older_than_the_one_before_whatever_the_clock_says(office: Any) -> None:
    office.closed(30)
    office.draw(planned(office, "One"), QUINN)
    before = office.now
    office.now -= timedelta(days=3)
    with office.writing() as session:
        assert moment(session) == before
    with office.writing() as session:
        plan = session.scalars(select(Plan)).one()
        quinn = office.person(session, QUINN)
        line = add_line(session, plan, Event.VOID_ASKED, by=quinn, details={"reason": "x", "reviewed": 0})
        assert line.at == before
    assert check(office) == 4
    office.now += timedelta(days=9, microseconds=5)
    with office.writing() as session:
        assert moment(session) == office.now.replace(microsecond=0)


def test_a_chain_that_goes_back_in_time_is_refused() -> None:
    lines: list[Line] = []
    for number, (event, at) in enumerate(
        [("planned", "2026-07-06T09:00:00+00:00"), ("seeded", "2026-07-06T08:59:59+00:00")], start=1
    ):
        line: dict[str, Any] = {"number": number, "event": event, "plan_sha256": "a" * 64, "at": at, "by": 1}
        line |= {"second": None, "details": "{}"}
        line["previous_sha256"] = lines[-1].entry_sha256 if lines else "0" * 64
        lines.append(Line(**line, entry_sha256=entry_hash(line)))
    assert check_chain(lines[:1]) == 1
    with pytest.raises(Refused, match=r"Line 2 of the register \(seeded, .*\) is older than the line before"):
        check_chain(lines)
