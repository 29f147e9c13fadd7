"""The screen of the service standards: each figure with its list, for those it is for."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from scored_office import MAPPING as COLUMNS
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.records.audit_trail import AuditEntry
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_rows import parse_cases
from sampling.records.settings import set_setting, setting

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, ADA = "Hedda Head", "Quinn Qua", "Nora North", "Ada Min"
MAPPING = replace(
    COLUMNS,
    allocated_on="Allocated",
    date_formats=dict.fromkeys(("received_on", "allocated_on", "closed_on"), "%d/%m/%Y"),
)
CASES = """Case,State,Team,Owner,Received,Allocated,Closed
N-0,Closed,North,Ann,02/02/2026,02/02/2026,27/02/2026
N-1,Closed,North,Ann,30/03/2026,02/04/2026,05/05/2026
N-2,Closed,North,Ann,30/03/2026,02/04/2026,06/05/2026
N-3,Closed,North,Ann,30/03/2026,02/04/2026,
S-1,Open,South,Bob,30/03/2026,02/04/2026,
S-2,Open,South,Bob,30/03/2026,,
S-3,Open,South,,01/07/2026,,
"""


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    """An office whose newest extract is of 6 July 2026; its twenty working days end on 5 May."""
    office = ScoredOffice(sqlite_engine, closed=0, open_cases=0)
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(CASES.encode(), "cases.csv"), MAPPING, as_at=office.now),
            file_name="cases.csv",
            file_sha256=hashlib.sha256(CASES.encode()).hexdigest(),
            as_at=office.now,
            mapping=MAPPING,
            by=office.person(session, ADA),
        )
    return office


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, part: str = "In time") -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "service", part=part)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(one.value for one in (*app.markdown, *app.subheader, *app.caption))


def column(app: AppTest, name: str) -> list[object]:
    return next(list(table.value[name]) for table in app.dataframe if name in table.value.columns)


def test_the_share_of_a_period_and_the_cases_behind_each_figure(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, HEAD)
    assert "As the extract of 6 July 2026 told the cases" in words(app)
    assert "No case had its last day in this period" in words(app)
    app.selectbox(key="service-period").select("Apr to Jun 2026").run()
    assert not app.exception
    assert (
        "**Not reached:** 1 of 3 cases closed or passed on within 20 working days of allocation, 33.3%; the "
        "standard is 75%. Of the 2 not in time, 1 is still open. Set apart and not in the share: 3 cases "
        "(no day from which it is counted: 2; closed, on a day that is not told: 1)." in words(app)
    )
    assert column(app, "Case") == ["S-1", "N-2"]
    assert column(app, "Days late")[1] == 1
    for chosen, cases in (("In time", ["N-1"]), ("Set apart", ["N-3", "S-2", "S-3"])):
        lists = next(one for one in app.button_group if one.label == "Cases behind the figures")
        lists.set_value(chosen).run()
        assert column(app, "Case") == cases
    assert "Caseworker 1" in column(app, "Caseworker")
    assert "quick cases of that time may be missing" not in words(app)
    app.selectbox(key="service-period").select("Jan to Mar 2026").run()
    assert "began before 27 February 2026, the first day on which the extracts tell" in words(app)
    app.date_input(key="service-day").set_value(date(2026, 7, 1)).run()
    assert "No extract of cases had been imported by then" in words(app)


def test_long_cases_caseloads_and_the_queue(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD, "Long cases")
    assert "**Not reached:** 2 open cases over 8 weeks old" in words(app)
    assert column(app, "Case") == ["S-1", "S-2"]
    app = see(office, open_screen, HEAD, "Caseloads")
    assert "0 of 1 caseworker hold 20 open cases or more" in words(app)
    app.selectbox(key="caseload-of").select_index(0).run()
    assert not app.exception
    assert column(app, "Case") == ["S-1", "S-2"]
    app = see(office, open_screen, HEAD, "Queue")
    assert "1 open case without a caseworker. No size is set" in words(app)
    assert column(app, "Case") == ["S-3"]


def test_clocks_of_other_documents_once_they_are_switched_on(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    assert "No clock of another document is switched on." in words(
        see(office, open_screen, HEAD, "Other clocks")
    )
    with office.writing() as session:
        by = office.person(session, ADA)
        for name, value in (
            ("receipt_clock", "20 at 0.9"),
            ("acknowledgement_clock", "3"),
            ("very_long_clock", "13"),
        ):
            set_setting(session, name, value, starts_on=date(2026, 1, 1), by=by)
    app = see(office, open_screen, HEAD, "Other clocks")
    app.selectbox(key="service-period").select("Apr 2026").run()
    assert not app.exception
    assert "Assessed within 20 working days of receipt" in words(app)
    assert "**Not reached:** 0 of 4 in time, 0%; the share to reach is 90%." in words(app)
    assert "has not said which further column" in words(app)


def test_a_manager_sees_the_own_team_and_others_have_no_such_screen(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, NORTH)
    app.selectbox(key="service-period").select("Apr to Jun 2026").run()
    assert "1 of 2 cases closed" in words(app)
    assert set(column(app, "Team")) == {"North"}
    assert "Ann" in column(app, "Caseworker")
    app.run()
    with office.reading() as session:  # that she read results by name is on record, once
        readings = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_results")).all()
        named = [office.person(session, name).id for name in ("North 0", "Ann")]
        assert [(one.by_id, one.subject) for one in readings] == [
            (office.person(session, NORTH).id, f"person {number}") for number in named
        ]
    assert "Good to see you, Quinn Qua." in words(see(office, open_screen, QA))  # it is none of QA's screens


def test_a_clock_is_switched_on_under_settings(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.reading() as session:
        head = office.person(session, HEAD)
    app = open_screen(office.engine, head, "office", part="Settings")
    app.button_group(key="settings-of").set_value("Clocks of other documents").run()
    assert not app.exception
    app.checkbox[0].check()
    fields = {field.label: field for field in app.text_input}
    fields["Share of cases that is to keep it"].input("0.9")
    next(button for button in app.button if button.label == "Save the setting").click().run()
    assert not app.exception
    with office.reading() as session:
        assert setting(session, "receipt_clock", date.today()) == "20 at 0.9"  # noqa: DTZ011
    for name in ("service_clock", "queue_size", "passed_on_column", "investigation_types"):
        subject = (
            "Service standards" if name.startswith(("service", "queue")) else "Clocks of other documents"
        )
        app.button_group(key="settings-of").set_value(subject).run()
        next(box for box in app.selectbox if box.label == "Setting to change").select(name).run()
        assert not app.exception
