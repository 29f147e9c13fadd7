"""Extracts one after another: new, changed, same, vanished; older; the same file; undone."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from sampling.records.audit_trail import AuditEntry, record
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases, may_import, preview_import, undo_import
from sampling.records.case_import_history import changed_cases, imports, newest_import
from sampling.records.case_mapping import Mapping
from sampling.records.case_mappings_saved import save_mapping, saved_mappings
from sampling.records.case_rows import ParsedExtract, parse_cases
from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import reading, writing
from sampling.records.downloads import as_csv
from sampling.records.people import Person, Role, RoleHeld, Team
from sampling.refused import Refused

NOW = datetime(2016, 6, 1, 12, 0, tzinfo=UTC)
MAY = datetime(2016, 5, 16, 9, 0, tzinfo=UTC)
MAPPING = Mapping(
    reference="ref",
    state="state",
    states={"Open": "open", "Closed": "closed"},
    team="team",
    caseworker="owner",
    decided_by="decider",
    received_on="in",
    closed_on="out",
    outcome="outcome",
    date_formats={"received_on": "%d/%m/%Y", "closed_on": "%d/%m/%Y"},
    attributes={"priority": "priority"},
)
HEADER = "ref,state,team,owner,decider,in,out,outcome,priority\n"
FIRST = (
    HEADER
    + "C-1,Open,North,A Smith,,1/3/2016,,,high\n"
    + "C-2,Closed,North,B Jones,A Smith,2/3/2016,4/4/2016,upheld,low\n"
    + "C-3,Open,South,?,,3/3/2016,,,low\n"
)
# C-1 is closed by somebody else and has changed teams, C-2 is as it was, C-3 is gone, C-4 is new.
SECOND = (
    HEADER
    + "c-1,Closed,South,A Smith,B Jones,1/3/2016,10/5/2016,upheld,high\n"
    + "C-2,Closed,north ,b jones,A Smith,2/3/2016,4/4/2016,upheld,low\n"
    + "C-4,Open,West,C Brown,,5/5/2016,,,low\n"
)


def extract_of(text: str, *, mapping: Mapping = MAPPING, as_at: datetime = MAY) -> ParsedExtract:
    return parse_cases(read_table(text.encode(), "cases.csv"), mapping, as_at=as_at)


def take_in(session: Session, text: str, *, by: Person, as_at: datetime = MAY, **more: Any) -> Import:
    mapping = more.pop("mapping", MAPPING)
    return import_cases(
        session,
        extract_of(text, mapping=mapping, as_at=as_at),
        file_name="cases.csv",
        file_sha256=hashlib.sha256(text.encode()).hexdigest(),
        as_at=as_at,
        mapping=mapping,
        by=by,
        **more,
    )


@pytest.fixture
def importer(engine: Engine) -> Person:
    return person_with(engine, Role.ADMINISTRATOR)


def person_with(engine: Engine, role: Role) -> Person:
    with writing(engine, now=NOW) as session:
        team = Team(name="Office") if role == Role.LINE_MANAGER else None
        person = Person(name=f"A person ({role})")
        session.add_all([person] if team is None else [person, team])
        session.flush()
        held = RoleHeld(
            person_id=person.id,
            role=role,
            team_id=team.id if team else None,
            starts_on=date(2016, 1, 1),
            ends_on=date(2036, 1, 1) if role == Role.AUDITOR else None,
        )
        session.add(held)
        record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
    return person


@pytest.fixture
def transaction(engine: Engine) -> Callable[[], Any]:
    return lambda: writing(engine, now=NOW)


def books(engine: Engine) -> dict[str, dict[str, Any]]:
    """Every case as a plain dict, with the names of team and people."""
    with reading(engine) as session:
        teams = {team.id: team.name for team in session.scalars(select(Team))}
        people = {person.id: person.name for person in session.scalars(select(Person))}
        return {
            case.reference_key: {
                "reference": case.reference,
                "state": case.state,
                "team": teams.get(case.team_id),
                "caseworker": people.get(case.caseworker_id),
                "decided_by": people.get(case.decided_by_id),
                "received_on": case.received_on,
                "closed_on": case.closed_on,
                "outcome": case.outcome,
                "attributes": case.attributes,
                "first": case.first_import_id,
                "last": case.last_import_id,
            }
            for case in session.scalars(select(Case))
        }


def test_a_first_import_makes_cases_teams_and_people(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with reading(engine) as session:
        preview = preview_import(session, extract_of(FIRST), as_at=MAY)
        assert (preview.new, preview.changed, preview.same, preview.vanished) == (3, 0, 0, 0)
        assert preview.new_teams == ("North", "South")
        assert preview.new_people == ("A Smith", "B Jones")
        assert session.scalar(select(func.count()).select_from(Team)) == 0
    shares: list[float] = []
    with transaction() as session:
        made = take_in(
            session, FIRST, by=importer, mapping_name="ours", progress=lambda share, _: shares.append(share)
        )
    assert (made.cases_new, made.cases_changed, made.cases_same, made.cases_vanished) == (3, 0, 0, 0)
    assert (made.as_at, made.at, made.mapping_name, made.by_id) == (MAY, NOW, "ours", importer.id)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    cases = books(engine)
    assert cases["C-2"] == {
        "reference": "C-2",
        "state": "closed",
        "team": "North",
        "caseworker": "B Jones",
        "decided_by": "A Smith",
        "received_on": date(2016, 3, 2),
        "closed_on": date(2016, 4, 4),
        "outcome": "upheld",
        "attributes": {"priority": "low"},
        "first": made.id,
        "last": made.id,
    }
    assert cases["C-3"]["caseworker"] is None
    with reading(engine) as session:
        smith = session.scalars(select(Person).where(Person.case_system_name == "A Smith")).one()
        assert (smith.email, smith.password_hash) == (None, None)
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert entry is not None
        assert (entry.action, entry.subject, entry.by_id) == (
            "import_cases",
            f"import {made.id}",
            importer.id,
        )
        assert entry.details["new"] == 3


def test_people_known_by_their_case_system_name_are_not_doubled(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        session.add(Person(name="Alice Smith", email="alice@example.org", case_system_name="a smith"))
        session.add(Team(name="NORTH"))
        record(session, "set_up", "test", by=None)
    with transaction() as session:
        take_in(session, FIRST, by=importer)
    cases = books(engine)
    assert (cases["C-1"]["caseworker"], cases["C-1"]["team"]) == ("Alice Smith", "NORTH")


def test_a_newer_extract_changes_cases_and_keeps_what_they_were(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        first = take_in(session, FIRST, by=importer)
    later = MAY + timedelta(days=1)
    with reading(engine) as session:
        preview = preview_import(session, extract_of(SECOND, as_at=later), as_at=later)
        assert (preview.new, preview.changed, preview.same, preview.vanished) == (1, 1, 1, 1)
        assert preview.vanished_references == ("C-3",)
        assert preview.new_teams == ("West",)
        assert preview.new_people == ("C Brown",)
        assert preview.older_than is None
    with transaction() as session:
        second = take_in(session, SECOND, by=importer, as_at=later)
    assert (second.cases_new, second.cases_changed, second.cases_same, second.cases_vanished) == (1, 1, 1, 1)
    cases = books(engine)
    assert (cases["C-1"]["reference"], cases["C-1"]["state"], cases["C-1"]["team"]) == (
        "c-1",
        "closed",
        "South",
    )
    assert (cases["C-1"]["first"], cases["C-1"]["last"]) == (first.id, second.id)
    assert cases["C-2"]["last"] == first.id
    assert cases["C-3"]["state"] == "open"  # a vanished case is left alone
    with reading(engine) as session:
        changes = changed_cases(session, second.id).set_index("field")
    assert changes.loc["state", ["was", "became"]].tolist() == ["open", "closed"]
    assert changes.loc["team", ["was", "became"]].tolist() == ["North", "South"]
    assert changes.loc["decided by", ["was", "became"]].tolist() == [None, "B Jones"]
    assert changes.loc["closed on", ["was", "became"]].tolist() == [None, "2016-05-10"]
    assert set(changes.index) == {"reference", "state", "team", "decided by", "closed on", "outcome"}


def test_what_an_import_said_is_told_even_after_the_next(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    ids = []
    for day, (outcome, priority) in enumerate([("a", "low"), ("b", "high"), ("c", "high")]):
        text = HEADER + f"C-1,Closed,North,,,1/3/2016,2/3/2016,{outcome},{priority}\n"
        with transaction() as session:
            ids.append(take_in(session, text, by=importer, as_at=MAY + timedelta(days=day)).id)
    with reading(engine) as session:
        assert changed_cases(session, ids[0]).empty
        assert changed_cases(session, ids[1]).values.tolist() == [
            ["C-1", "outcome", "a", "b"],
            ["C-1", "priority", "low", "high"],
        ]
        assert changed_cases(session, ids[2]).values.tolist() == [["C-1", "outcome", "b", "c"]]


def test_an_extract_changes_only_what_it_tells(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        take_in(session, FIRST, by=importer)
    before = books(engine)
    less = Mapping(
        reference="ref", state="state", states=MAPPING.states, closed_on="out",
        date_formats={"closed_on": "%d/%m/%Y"}, attributes={"size": "size"},
    )  # fmt: skip
    with transaction() as session:
        made = take_in(
            session,
            "ref,state,out,size\nC-2,Closed,5/4/2016,9\n",
            by=importer,
            as_at=MAY + timedelta(days=1),
            mapping=less,
        )
    assert made.cases_changed == 1
    after = books(engine)["C-2"]
    assert after == before["C-2"] | {
        "closed_on": date(2016, 4, 5),
        "attributes": {"priority": "low", "size": "9"},
        "last": made.id,
    }
    wrong = "ref,state,out,size\nC-2,Closed,1/3/2016,9\n"
    with pytest.raises(Refused, match="before it was received on 02/03/2016"), transaction() as session:
        take_in(session, wrong, by=importer, as_at=MAY + timedelta(days=2), mapping=less)


def test_what_the_case_system_calls_a_case_is_kept_told_and_undone(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    header = HEADER.replace("ref,", "guid,ref,")
    row = "C-1,Open,North,A Smith,,1/3/2016,,,high\n"
    mapping = replace(MAPPING, system_id="guid")
    with transaction() as session:
        take_in(session, HEADER + row, by=importer)
        made = take_in(session, f"{header}{{5F1F}},{row}", by=importer, mapping=mapping)
        assert list(changed_cases(session, made.id).itertuples(index=False, name=None)) == [
            ("C-1", "identifier in the case system", None, "{5F1F}")
        ]
        take_in(session, HEADER + row.replace("high", "low"), by=importer)  # says nothing of it
        assert session.scalars(select(Case.system_id)).one() == "{5F1F}"
        for _ in range(2):
            undo_import(session, newest_import(session), by=importer)
    with reading(engine) as session:
        assert session.scalars(select(Case.system_id)).one() is None


def test_a_file_for_one_team_lets_only_its_cases_vanish(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        take_in(session, FIRST, by=importer)
    later = MAY + timedelta(days=1)
    of_north = replace(MAPPING, team=None, team_name="North")
    text = HEADER + "C-2,Closed,x,B Jones,A Smith,2/3/2016,4/4/2016,upheld,low\n"
    with reading(engine) as session:
        preview = preview_import(session, extract_of(text, mapping=of_north, as_at=later), as_at=later)
    assert (preview.same, preview.vanished_references) == (1, ("C-1",))


def test_refused_rows_never_enter_but_their_cases_have_not_vanished(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        take_in(session, FIRST, by=importer)
    text = FIRST.replace("C-2,Closed", "C-2,Parked")
    with transaction() as session:
        made = take_in(session, text, by=importer, as_at=MAY + timedelta(days=1))
    assert (made.cases_same, made.cases_vanished, made.rows_refused) == (2, 0, 1)
    assert books(engine)["C-2"]["state"] == "closed"


def test_an_import_that_would_bring_nothing_is_refused(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    text = FIRST.replace("Open", "Ajar").replace("Closed", "Ajar")
    with pytest.raises(Refused, match="None of the 3 rows can be imported"), transaction() as session:
        take_in(session, text, by=importer)
    assert books(engine) == {}


def test_the_same_file_twice_changes_nothing_and_says_so(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        first = take_in(session, FIRST, by=importer)
    sha256 = hashlib.sha256(FIRST.encode()).hexdigest()
    with reading(engine) as session:
        preview = preview_import(session, extract_of(FIRST), as_at=MAY, file_sha256=sha256, mapping=MAPPING)
        assert preview.same_file is not None
        assert preview.same_file.id == first.id
        other = replace(MAPPING, outcome=None)
        assert (
            preview_import(session, extract_of(FIRST), as_at=MAY, file_sha256=sha256, mapping=other).same_file
            is None
        )
    before = books(engine)
    with (
        pytest.raises(Refused, match=r"imported before, on 1 June 2016 at 13:00, .* Nothing was changed"),
        transaction() as session,
    ):
        take_in(session, FIRST, by=importer, as_at=MAY + timedelta(days=1))
    assert books(engine) == before
    with reading(engine) as session:
        assert len(imports(session)) == 1


def test_a_corrected_moment_lets_the_refused_rows_of_a_file_in(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        first = take_in(session, FIRST, by=importer, as_at=datetime(2016, 3, 20, tzinfo=UTC))
    assert first.rows_refused == 1
    with transaction() as session:
        assert take_in(session, FIRST, by=importer).cases_new == 1


def test_an_older_extract_needs_a_confirmation_and_is_then_a_correction(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        newer = take_in(session, SECOND, by=importer)
    older = MAY - timedelta(days=1)
    with reading(engine) as session:
        preview = preview_import(session, extract_of(FIRST, as_at=older), as_at=older)
        assert preview.older_than is not None
        assert preview.older_than.id == newer.id
    with (
        pytest.raises(Refused, match=r"is older than cases\.csv of 16 May 2016 at 10:00"),
        transaction() as session,
    ):
        take_in(session, FIRST, by=importer, as_at=older)
    with transaction() as session:
        made = take_in(session, FIRST, by=importer, as_at=older, confirm_older=True)
    assert any("confirmed as a correction" in note for note in made.notes)
    assert books(engine)["C-1"]["state"] == "open"
    with reading(engine) as session:
        changes = changed_cases(session, made.id).set_index(["reference", "field"])
        assert changes.loc[("C-1", "state"), ["was", "became"]].tolist() == ["closed", "open"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"import {made.id}")).one()
        assert entry.details["is_correction"] is True


def test_an_extract_from_the_future_is_refused(importer: Person, transaction: Callable[[], Any]) -> None:
    with pytest.raises(Refused, match="2 June 2016 at 13:00, which is yet to come"), transaction() as session:
        take_in(session, FIRST, by=importer, as_at=NOW + timedelta(days=1))


def test_a_moment_without_a_zone_is_the_office_s_time(
    importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        made = take_in(session, FIRST, by=importer, as_at=datetime(2016, 5, 16, 9, 0))  # noqa: DTZ001
    assert made.as_at == datetime(2016, 5, 16, 8, 0, tzinfo=UTC)


def test_undoing_restores_what_was(engine: Engine, importer: Person, transaction: Callable[[], Any]) -> None:
    with transaction() as session:
        first = take_in(session, FIRST, by=importer)
    before = books(engine)
    with transaction() as session:
        second = take_in(session, SECOND, by=importer, as_at=MAY + timedelta(days=1))
    with pytest.raises(Refused, match="Only the newest import can be undone"), transaction() as session:
        undo_import(session, session.get(Import, first.id), by=importer)
    with transaction() as session:
        undo_import(session, session.get(Import, second.id), by=importer)
    assert books(engine) == before
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(CaseBefore)) == 0
        newest = newest_import(session)
        assert newest is not None
        assert newest.id == first.id
        shown = imports(session)
        assert shown["id"].tolist() == [second.id, first.id]
        assert shown["undone_at"].notna().tolist() == [True, False]
        assert shown["by"].unique().tolist() == [importer.name]
    with pytest.raises(Refused, match="was already undone, on 1 June 2016"), transaction() as session:
        undo_import(session, session.get(Import, second.id), by=importer)
    with transaction() as session:  # once undone, the same file may come again
        assert take_in(session, SECOND, by=importer, as_at=MAY + timedelta(days=1)).cases_changed == 1
    with transaction() as session:
        undo_import(session, newest_import(session), by=importer)
        undo_import(session, newest_import(session), by=importer)
    assert books(engine) == {}


def test_an_import_is_all_or_nothing(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    def stop(share: float, _sentence: str) -> None:
        if share == 1:
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError), transaction() as session:
        take_in(session, FIRST, by=importer, progress=stop)
    assert books(engine) == {}
    with reading(engine) as session:
        assert imports(session).empty
        assert session.scalar(select(func.count()).select_from(Team)) == 0


@pytest.mark.parametrize("role", list(Role))
def test_who_may_import(engine: Engine, role: Role) -> None:
    person = person_with(engine, role)
    allowed = role in (Role.ADMINISTRATOR, Role.HEAD, Role.QA_REVIEWER)
    with writing(engine, now=NOW) as session:
        assert may_import(session, person) == allowed
        if allowed:
            made = take_in(session, FIRST, by=person)
            undo_import(session, made, by=person)
            return
        for action in (
            lambda: take_in(session, FIRST, by=person),
            lambda: undo_import(session, Import(), by=person),
            lambda: save_mapping(session, "ours", MAPPING, by=person),
        ):
            with pytest.raises(Refused, match="cannot do this"):
                action()


def test_mappings_are_kept_under_a_name(
    engine: Engine, importer: Person, transaction: Callable[[], Any]
) -> None:
    with transaction() as session:
        save_mapping(session, " ours ", MAPPING, by=importer)
        save_mapping(session, "theirs", MAPPING, by=importer)
    changed = replace(MAPPING, outcome=None)
    with transaction() as session:
        save_mapping(session, "ours", changed, by=importer)
    with reading(engine) as session:
        assert saved_mappings(session) == {"ours": changed, "theirs": MAPPING}
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert entries[-1].details["before"]["outcome"] == "outcome"
    for name, mapping in (("  ", MAPPING), ("bad", replace(MAPPING, states={}))):
        with pytest.raises(Refused), transaction() as session:
            save_mapping(session, name, mapping, by=importer)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_in_a_download_is_run_as_a_formula(start: str) -> None:
    text = f"{start}1"
    frame = pd.DataFrame(
        {"a": [text, "b=1", None], f"{start}name": [-1.5, 2.0, None], "c": pd.Categorical([text] * 3)}
    )
    data = as_csv(frame)
    assert data.startswith(b"\xef\xbb\xbf")  # or Excel takes it for another encoding
    lines = data.decode("utf-8-sig").replace('"', "").split("\r\n")
    assert lines == [f"a,'{start}name,c", f"'{text},-1.5,'{text}", f"b=1,2.0,'{text}", f",,'{text}", ""]
