"""The office's screens: empty, something done, something refused, and who may see what."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from qa_app.audit_queries import EntryFilters, audit_entries, changes_of, entries_frame
from sampling.records import audit_trail
from sampling.records.appointments import give_role
from sampling.records.audit_trail import AuditEntry, record
from sampling.records.database import OFFICE_TIME, reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import LineManagement, Membership, Person, Role, RoleHeld, Team, manager_of
from sampling.records.readings import READ
from sampling.records.settings import SETTINGS, Setting, setting
from sampling.refused import Refused

OpenScreen = Callable[..., AppTest]
_TODAY = datetime.now(UTC).astimezone(OFFICE_TIME).date()


@pytest.fixture
def administrator(sqlite_engine: Engine) -> Person:
    with writing(sqlite_engine) as session:
        return open_office(
            session,
            "Ombudsman for Tests",
            administrator="Ada Lovelace",
            email="ada@example.org",
            password="a long enough password",
        )


def _press(app: AppTest, label: str) -> AppTest:
    button = next(button for button in app.button if button.label == label)
    return button.click().run()


def _field(app: AppTest, label: str) -> object:
    return next(field for field in app.text_input if field.label == label)


def test_an_office_without_teams_says_what_to_do(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    app = open_screen(sqlite_engine, administrator, "office")
    assert not app.exception
    assert "There are no teams yet" in " ".join(text.value for text in app.markdown)


def test_a_team_is_added_and_a_second_of_its_name_refused(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    app = open_screen(sqlite_engine, administrator, "office")
    app.text_input[0].input("North")
    _press(app, "Add the team")
    assert [message.value for message in app.success] == ["Added the team North."]
    assert app.text_input[0].value == ""

    app.text_input[0].input("north")
    _press(app, "Add the team")
    assert "There is already a team called north" in app.error[0].value
    assert app.text_input[0].value == "north"  # what was typed stays
    with reading(sqlite_engine) as session:
        assert session.scalars(select(Team.name)).all() == ["North"]


def test_with_single_sign_on_somebody_needs_no_password(
    sqlite_engine: Engine,
    administrator: Person,
    open_screen: OpenScreen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"QA_OIDC_{name}", "https://login.example.org")
    monkeypatch.setenv("QA_ADDRESS", "https://qa.example.org")
    monkeypatch.setenv("QA_SECRET", "0" * 32)
    app = open_screen(sqlite_engine, administrator, "office", part="People")
    _field(app, "Name").input("Grace Hopper")
    _field(app, "E-mail address").input("grace@example.org")
    _press(app, "Add the person")
    assert not app.error
    with reading(sqlite_engine) as session:
        grace = session.scalars(select(Person).where(Person.name == "Grace Hopper")).one()
        assert (grace.email, grace.password_hash) == ("grace@example.org", None)


def test_a_person_is_added_and_given_a_role_and_a_manager(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    with writing(sqlite_engine) as session:
        add_team(session, "North", by=administrator)
    app = open_screen(sqlite_engine, administrator, "office", part="People")
    _field(app, "Name").input("Grace *Hopper*")
    _field(app, "E-mail address").input("grace@example.org")
    _press(app, "Add the person")
    assert "The password has 0 characters" in app.error[0].value  # there is no other way to sign in here
    _field(app, "First password, at least 10 characters").input("too short")
    _press(app, "Add the person")
    assert "Use at least 10" in app.error[0].value

    _field(app, "First password, at least 10 characters").input("long enough")
    _press(app, "Add the person")
    assert not app.error
    with reading(sqlite_engine) as session:
        grace = session.scalars(select(Person).where(Person.name == "Grace *Hopper*")).one()

    app.radio(key="people-task").set_value("Change a person").run()
    app.selectbox(key="person").set_value(grace.id).run()
    _press(app, "Give the role")
    app.selectbox(key="person-change").set_value("Set the line manager").run()
    _press(app, "Set the line manager")
    app.selectbox(key="person-change").set_value("Move into a team").run()
    _press(app, "Move into the team")
    assert not app.error
    assert not app.exception
    with reading(sqlite_engine) as session:
        assert (
            session.scalars(select(RoleHeld.role).where(RoleHeld.person_id == grace.id)).one()
            == "line_manager"
        )
        manager = manager_of(session, grace.id, _TODAY)
        assert manager is not None
        assert manager.id == administrator.id
        assert session.scalars(select(Membership.person_id)).all() == [grace.id]
        assert session.scalars(select(LineManagement.person_id)).all() == [grace.id]


def test_each_change_of_a_person_can_be_opened(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    app = open_screen(sqlite_engine, administrator, "office", part="People")
    app.radio(key="people-task").set_value("Change a person").run()
    for change in app.selectbox(key="person-change").options:
        app.selectbox(key="person-change").set_value(change).run()
        assert not app.exception, change
        assert not app.error, change
    _press(app, "Disable the person")
    assert "You cannot disable your own account" in app.error[0].value


def test_a_person_an_import_brought_in_is_completed_not_doubled(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    with writing(sqlite_engine) as session:
        session.add(Person(name="HOPPER G", case_system_name="HOPPER G"))
        record(session, "set_up", "test", by=None)
    app = open_screen(sqlite_engine, administrator, "office", part="People")
    app.radio(key="people-task").set_value("Complete a person from an import").run()
    _field(app, "Name").input("Grace Hopper")
    _press(app, "Save the person")
    assert not app.error
    with reading(sqlite_engine) as session:
        people = session.execute(select(Person.name, Person.case_system_name).order_by(Person.id)).all()
    assert people == [("Ada Lovelace", None), ("Grace Hopper", "HOPPER G")]


def test_shipped_settings_are_kept_and_one_is_changed(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    app = open_screen(sqlite_engine, administrator, "office", part="Settings")
    _press(app, "Keep the shipped values")
    with reading(sqlite_engine) as session:
        assert {row.name for row in session.scalars(select(Setting))} == set(SETTINGS)

    _field(app, "Share").input("98")
    _press(app, "Save the setting")
    assert "type a share between" in app.error[0].value
    _field(app, "Share").input("0.97")
    _press(app, "Save the setting")
    assert not app.error
    with reading(sqlite_engine) as session:
        assert setting(session, "outcome_standard", _TODAY) == "0.97"


def test_the_head_reads_the_books_and_changes_settings_only(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    head = _somebody(sqlite_engine, administrator, Role.HEAD)
    for part in ("Teams", "People", "Settings", "Audit trail"):
        app = open_screen(sqlite_engine, head, "office", part=part)
        assert not app.exception
        labels = {button.label for button in app.button}
        assert labels.isdisjoint({"Add the team", "Add the person"})
    app = open_screen(sqlite_engine, head, "office", part="Settings")
    assert "Save the setting" in {button.label for button in app.button}


def test_a_reviewer_has_no_office_screen(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    reviewer = _somebody(sqlite_engine, administrator, Role.QA_REVIEWER)
    app = open_screen(sqlite_engine, reviewer, "office")
    assert app.title[0].value != "Office"


def test_whoever_second_scores_is_not_told_by_the_audit_trail(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    with writing(sqlite_engine) as session:
        audit_trail.record(session, "submit_review", "review 7", by=administrator, outcome_met=False)
        audit_trail.record(session, READ, "person 1", by=administrator, screen="held_cases")
    with reading(sqlite_engine) as session:
        wanted = EntryFilters(since=_TODAY, until=_TODAY)
        everything = audit_entries(session, wanted, page=0, size=99, by=administrator).rows
    assert "review 7" in set(everything["On"])

    with writing(sqlite_engine) as session:
        give_role(session, administrator, role=Role.QA_REVIEWER, starts_on=_TODAY, by=administrator)
    with reading(sqlite_engine) as session:
        fewer = audit_entries(session, wanted, page=0, size=99, by=administrator).rows
        mine = changes_of(session, int(fewer["Entry"].max()), by=administrator)
        with pytest.raises(Refused, match="that you may see"):
            changes_of(session, int(everything["Entry"].max()), by=administrator)
    assert mine[["Table", "Change"]].values.tolist() == [["role held", "added"]]
    assert "role: qa_reviewer" in mine["After"].iloc[0]
    assert "review 7" not in set(fewer["On"])
    assert "read results" not in set(fewer["What"])
    assert "office" in set(fewer["On"])
    app = open_screen(sqlite_engine, administrator, "office", part="Audit trail")
    assert "You second-score cases" in " ".join(text.value for text in app.markdown)


def test_the_audit_trail_is_filtered_paged_and_taken_away(
    sqlite_engine: Engine, administrator: Person, open_screen: OpenScreen
) -> None:
    long_ago = datetime(2020, 2, 1, 9, tzinfo=UTC)
    with writing(sqlite_engine, now=long_ago, source="command line") as session:
        record(session, "draw_sample", "draw 3", by=None, cases=5)
    with writing(sqlite_engine, source="browser at 10.0.0.7") as session:
        team = add_team(session, "North", by=administrator)
        for number in range(30):
            record(session, "look", f"draw {number}", by=administrator)
        record(session, READ, f"person {administrator.id}", by=administrator, screen="review")
    app = open_screen(sqlite_engine, administrator, "office", part="Audit trail")
    assert not app.exception

    def shown() -> list[tuple[str, str]]:
        frame = app.dataframe[0].value
        return list(zip(frame["What"], frame["On"], strict=True))

    assert len(shown()) == 25
    _press(app, "Next")
    assert ("add team", f"team {team.id}") in shown()
    for key, value, found in (
        ("audit-table", "team", [("add team", f"team {team.id}")]),
        ("audit-read-of", administrator.id, [("read results", f"person {administrator.id}")]),
        ("audit-action", "add_team", [("add team", f"team {team.id}")]),
        ("audit-who", administrator.id, None),
    ):
        app.selectbox(key=key).set_value(value).run()
        assert found is None or shown() == found, key
        app.selectbox(key=key).set_value(None).run()
    app.text_input(key="audit-subject").input("Draw 3").run()
    assert shown() == [("look", "draw 3")]
    app.text_input(key="audit-source").input("command").run()
    assert not app.dataframe
    app.date_input(key="audit-since").set_value(date(2020, 1, 1)).run()
    assert shown() == [("draw sample", "draw 3")]
    app.selectbox(key="audit-entry").select_index(0).run()
    assert not app.exception
    with reading(sqlite_engine) as session:
        frame = entries_frame(session, EntryFilters(source="command"), by=administrator)
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "draw_sample"))
    assert frame.to_dict("records") == [
        {
            "number": entry.number,
            "time": long_ago,
            "who": "Set-up",
            "source": "command line",
            "action": "draw_sample",
            "subject": "draw 3",
            "details": '{"cases": 5}',
            "previous_sha256": entry.previous_sha256,
            "sha256": entry.sha256,
        }
    ]


def _somebody(engine: Engine, administrator: Person, role: Role) -> Person:
    with writing(engine) as session:
        person = add_person(
            session,
            "Some Body",
            email="some@example.org",
            password="a long enough password",
            by=administrator,
        )
        give_role(session, person, role=role, starts_on=_TODAY, by=administrator)
    return person
