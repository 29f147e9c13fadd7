"""The import screen: empty, done, rows refused, wrong files, the same again, older, undone, not allowed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.frames import freeze_case_frame
from sampling.records.appointments import give_role
from sampling.records.case_import_history import newest_import
from sampling.records.case_mappings_saved import saved_mappings
from sampling.records.cases import Case, Import
from sampling.records.database import OFFICE_TIME, reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.tables import Route

OpenScreen = Callable[..., AppTest]
YESTERDAY = datetime.now(UTC).astimezone(OFFICE_TIME).date() - timedelta(days=1)
HEADER = "reference,state,team,owner,received,closed,region,notes\n"
FIRST = (
    HEADER
    + "C-1,Open,North,A Smith,23/3/2016,,East,private\n"
    + "C-2,Closed,North,B *Jones*,2/3/2016,24/4/2016,West,private\n"
)
SECOND = HEADER + "C-1,Closed,South,A Smith,23/3/2016,25/5/2016,East,private\n"


@pytest.fixture
def people(sqlite_engine: Engine) -> dict[str, Person]:
    with writing(sqlite_engine) as session:
        ada = open_office(
            session, "Office", administrator="Ada Min", email="ada@example.org", password="words for a test"
        )
        made = {"Ada": ada}
        for name, role in (("Quinn", Role.QA_REVIEWER), ("Nora", Role.LINE_MANAGER)):
            made[name] = add_person(session, name, email=None, password=None, case_system_name=None, by=ada)
            team = add_team(session, "North", by=ada) if role == Role.LINE_MANAGER else None
            give_role(session, made[name], role=role, team=team, starts_on=date(2016, 1, 1), by=ada)
        return made


@pytest.fixture
def screen(sqlite_engine: Engine, people: dict[str, Person], open_screen: OpenScreen) -> AppTest:
    return ran(open_screen(sqlite_engine, people["Ada"], "import_cases"))


def ran(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.info, *app.caption, *app.warning, *app.success]
    return " ".join(element.value for element in shown)


def named(elements: Any, label: str) -> Any:
    return next(element for element in elements if element.label == label)


def labels(elements: Any) -> list[str]:
    return [element.label for element in elements]


def press(app: AppTest, label: str) -> AppTest:
    return ran(named(app.button, label).click().run())


def upload(app: AppTest, text: str | bytes, name: str = "cases.csv") -> AppTest:
    data = text if isinstance(text, bytes) else text.encode()
    return ran(app.file_uploader[0].set_value((name, data, "application/octet-stream")).run())


def taken_in(app: AppTest, text: str, *, cases: int, day: date | None = None) -> AppTest:
    upload(app, text)
    if day is not None:
        ran(named(app.date_input, "Day").set_value(day).run())
    press(app, "Check the whole file")
    return press(app, f"Import {cases} case{'' if cases == 1 else 's'}")


def preview(app: AppTest) -> dict[str, str]:
    """The counts of the preview, by their words."""
    counts = next(text.value for text in app.markdown if text.value.startswith("| What the import would do"))
    rows = [line.strip("| ").split("|") for line in counts.splitlines()[2:]]
    return {name.strip(): number.strip() for name, number in rows}


def test_before_anything_was_imported(screen: AppTest) -> None:
    assert "Nothing has been imported yet. Choose a file above" in words(screen)
    assert not screen.dataframe


def test_a_file_is_imported_with_the_first_guess(screen: AppTest, sqlite_engine: Engine) -> None:
    upload(screen, FIRST)
    assert "2 rows and 8 columns were read." in words(screen)
    assert named(screen.selectbox, "Reference").value == "reference"
    assert "reference (C-1, C-2)" in named(screen.selectbox, "Reference").options
    # The values of both date columns can only be day-first, so that is chosen.
    assert named(screen.selectbox, "How “received on” is written").value == "%d/%m/%Y"
    assert named(screen.selectbox, "“Open” means (1 row)").value == "open"
    assert "2 of 8 columns: region, notes." in words(screen)
    first_rows = screen.dataframe[0].value
    assert list(first_rows["Reference"]) == ["C-1", "C-2"]

    press(screen, "Check the whole file")
    assert preview(screen)["New"] == "2"
    assert "People that will be added by their names in the case system: 2." in words(screen)
    press(screen, "Import 2 cases")
    assert [message.value for message in screen.success] == [
        "Imported cases.csv: 2 new, 0 changed, 0 the same; 0 rows refused."
    ]
    assert screen.file_uploader[0].value is None
    assert "2 cases: 1 open, 1 closed, 0 cancelled or merged." in words(screen)
    with reading(sqlite_engine) as session:
        assert set(session.scalars(select(Case.reference))) == {"C-1", "C-2"}
        made = newest_import(session)
        assert made is not None
        assert made.dropped_columns == ["region", "notes"]


def test_a_mapping_is_completed_saved_and_used_again(screen: AppTest, sqlite_engine: Engine) -> None:
    # Without a team column, with a state nobody can guess, and dates that may be in March or in May.
    upload(screen, "id;step;in;region\n1;Parked;3/5/2016;East\n2;Done;?;West\n", "cases.txt")
    assert "Choose the column that holds it" in words(screen)
    assert "Check the whole file" not in labels(screen.button)
    named(screen.selectbox, "State").select("step (Parked, Done)")
    named(screen.selectbox, "Received on").select("in (3/5/2016, ?)")
    ran(screen.run())
    assert "Rows whose state has no meaning chosen are refused: 2." in words(screen)
    assert "2 ways fit every value" in words(screen)
    named(screen.selectbox, "“Parked” means (1 row)").set_value("open")
    named(screen.selectbox, "“Done” means (1 row)").set_value("closed")
    named(screen.selectbox, "How “received on” is written").set_value("%d/%m/%Y")
    ran(screen.run())
    assert "No team is chosen" in words(screen)
    named(screen.selectbox, "Team of all cases, when there is no column for it").set_value("North")
    named(screen.multiselect, "Further columns to keep, for filters and strata").set_value(["region"])
    ran(screen.run())
    named(screen.text_input, "Name for “region”").input("area")
    named(screen.text_input, "Name of the mapping").input("monthly")
    press(screen, "Save the mapping")
    assert [message.value for message in screen.success] == ["Saved the mapping “monthly”."]
    assert screen.file_uploader[0].value is not None  # what was uploaded stays
    press(screen, "Check the whole file")
    press(screen, "Import 2 cases")
    with reading(sqlite_engine) as session:
        saved = saved_mappings(session)["monthly"]
        case = session.scalars(select(Case).where(Case.reference == "1")).one()
        made = newest_import(session)
        assert made is not None
    assert (saved.states, saved.team_name) == ({"Parked": "open", "Done": "closed"}, "North")
    assert (case.received_on, case.attributes) == (date(2016, 5, 3), {"area": "East"})
    assert made.mapping_name == "monthly"

    upload(screen, "id;step;in;region\n3;Done;4/5/2016;East\n", "cases.txt")
    assert named(screen.selectbox, "Start from").value == "monthly"
    press(screen, "Check the whole file")
    assert preview(screen)["In the books but not in this file (they stay as they are)"] == "2"


def test_a_mapping_for_another_file_says_what_is_missing(screen: AppTest) -> None:
    upload(screen, FIRST)
    start = named(screen.selectbox, "Start from")
    assert start.options[0] == "A first guess from the names of the columns"
    assert "it-service-cases (example): columns are missing" in start.options
    ran(start.select("it-service-cases (example)").run())
    assert "columns that the file does not have: “number”" in words(screen)
    assert "No column is chosen for the reference" in words(screen)


def test_refused_rows_are_listed_and_the_rest_is_imported(screen: AppTest, sqlite_engine: Engine) -> None:
    wrong = "C-1,Open,North,,23/3/2016,,,\nC-3,Open,North,,31/2/2016,,,\nC-4,Lost,North,,1/3/2016,,,\n"
    upload(screen, FIRST + wrong)
    assert "No common way fits every value; those that fit most are at the top" in words(screen)
    form = named(screen.selectbox, "How “received on” is written")
    assert form.options[0] == "27/03/2007 (%d/%m/%Y)"
    ran(form.set_value("%d/%m/%Y").run())
    press(screen, "Check the whole file")
    assert preview(screen)["Rows refused"] == "3"
    frame = next(shown.value for shown in screen.dataframe if "Reason" in shown.value)
    assert [(row.Row, row.Column, row.Value) for row in frame.itertuples()] == [
        (4, "reference", "C-1"),
        (5, "received", "31/2/2016"),
        (6, "state", "Lost"),
    ]
    assert "Download as CSV" in labels(screen.get("download_button"))
    press(screen, "Import 2 cases")
    with reading(sqlite_engine) as session:
        assert len(session.scalars(select(Case.id)).all()) == 2
    assert "3 rows were refused. What stood in them is not kept." in words(screen)
    upload(screen, FIRST + wrong)  # and so they can be seen again
    ran(named(screen.selectbox, "How “received on” is written").set_value("%d/%m/%Y").run())
    press(screen, "Check the whole file")
    assert any("Reason" in shown.value for shown in screen.dataframe)


def test_a_file_of_which_no_row_is_right_cannot_be_imported(screen: AppTest) -> None:
    upload(screen, HEADER + "C 1,Open,North,,,,,\n")
    press(screen, "Check the whole file")
    assert "None of the rows can be imported" in words(screen)
    assert not any(label.startswith("Import") for label in labels(screen.button))


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("letter.pdf", b"%PDF-1.7", "of a kind that cannot be read"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "old Excel file"),
        ("cases.xlsx", b"not a workbook", "not an Excel workbook"),
        ("cases.csv", b"", "is empty"),
        ("cases.csv", b"reference\nC-1\n", "only one column"),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(
    screen: AppTest, name: str, data: bytes, sentence: str
) -> None:
    upload(screen, data, name)
    (error,) = screen.error
    assert sentence in error.value
    assert "Imports so far" in words(screen)
    upload(screen, FIRST)
    assert not screen.error
    assert "2 rows and 8 columns were read." in words(screen)


def test_a_change_of_mapping_or_moment_needs_a_new_check(screen: AppTest) -> None:
    upload(screen, FIRST)
    press(screen, "Check the whole file")
    assert "Import 2 cases" in labels(screen.button)
    ran(named(screen.date_input, "Day").set_value(YESTERDAY).run())
    assert "Something was changed since the file was checked" in words(screen)
    assert "Import 2 cases" not in labels(screen.button)
    press(screen, "Check the whole file")
    assert "Import 2 cases" in labels(screen.button)


def test_the_same_file_again_changes_nothing(screen: AppTest) -> None:
    taken_in(screen, FIRST, cases=2)
    upload(screen, FIRST)
    press(screen, "Check the whole file")
    assert preview(screen)["The same as before"] == "2"
    assert "This file was imported before" in words(screen)
    assert not any(label.startswith("Import") for label in labels(screen.button))


def test_an_older_extract_needs_a_confirmation(screen: AppTest, sqlite_engine: Engine) -> None:
    taken_in(screen, FIRST, cases=2)
    upload(screen, SECOND)
    ran(named(screen.date_input, "Day").set_value(YESTERDAY).run())
    press(screen, "Check the whole file")
    assert "This extract is older than cases.csv" in words(screen)
    assert named(screen.button, "Import 1 case").disabled
    ran(screen.checkbox[0].check().run())
    press(screen, "Import 1 case")
    assert "it was confirmed as a correction" in words(screen)
    with reading(sqlite_engine) as session:
        assert session.scalars(select(Case.state).where(Case.reference == "C-1")).one() == "closed"


def test_what_changed_and_which_samples_it_touches(
    screen: AppTest, sqlite_engine: Engine, people: dict[str, Person]
) -> None:
    taken_in(screen, FIRST, cases=2, day=YESTERDAY)
    with writing(sqlite_engine) as session:
        north = session.scalars(select(Team.id).where(Team.name == "North")).one()
        freeze_case_frame(
            session,
            "North *in depth*",
            route=Route.THEMATIC,
            period=None,
            filters={"team": [north]},
            stratify_by=None,
            by=people["Quinn"],
        )
    taken_in(screen, SECOND, cases=1)
    assert "These samples hold cases that this import changed" in words(screen)
    assert "North \\*in depth\\*" in words(screen)
    ran(named(screen.toggle, "Show what changed in 1 case").set_value(True).run())
    changes = next(shown.value for shown in screen.dataframe if "Became" in shown.value)
    assert {(row.Field, row.Was, row.Became) for row in changes.itertuples()} == {
        ("state", "open", "closed"),
        ("team", "North", "South"),
        ("closed on", "", "25 May 2016"),
    }


def test_the_newest_import_is_undone_after_a_confirmation(screen: AppTest, sqlite_engine: Engine) -> None:
    taken_in(screen, FIRST, cases=2, day=YESTERDAY)
    taken_in(screen, SECOND, cases=1)
    assert named(screen.button, "Undo the import").disabled
    ran(named(screen.checkbox, "Yes, undo the import of cases.csv").check().run())
    press(screen, "Undo the import")
    assert "The import of cases.csv was undone." in words(screen)
    with reading(sqlite_engine) as session:
        assert session.scalars(select(Case.state).where(Case.reference == "C-1")).one() == "open"
        assert [made.undone_at is None for made in session.scalars(select(Import).order_by(Import.id))] == [
            True,
            False,
        ]


def test_an_import_from_which_a_sample_was_frozen_stays(
    screen: AppTest, sqlite_engine: Engine, people: dict[str, Person]
) -> None:
    taken_in(screen, FIRST, cases=2)
    with writing(sqlite_engine) as session:
        freeze_case_frame(
            session,
            "In depth",
            route=Route.THEMATIC,
            period=None,
            filters={"state": ["open"]},
            stratify_by=None,
            by=people["Quinn"],
        )
    ran(screen.checkbox[0].check().run())
    press(screen, "Undo the import")
    assert "cannot be undone: the sample “In depth” was drawn from it" in screen.error[0].value


def test_a_line_manager_does_not_import(
    sqlite_engine: Engine, people: dict[str, Person], open_screen: OpenScreen
) -> None:
    app = ran(open_screen(sqlite_engine, people["Nora"], "import_cases"))
    assert "Import cases" not in words(app)  # the navigation does not have it
    shown = AppTest.from_string("from qa_app.screens.import_cases import show\nshow()", default_timeout=60)
    ran(shown.run())
    assert "Cases are imported by an administrator, the Head of Customer Care or a QA reviewer" in words(
        shown
    )
    assert not shown.file_uploader
    assert not shown.dataframe
