"""The screens of casework risk: recording, the lists, and the month that is signed off."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.records.cases import Case
from scorecards.risk_queries import signed_months
from scorecards.tables_risk import RiskRecord

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH = "Hedda Head", "Quinn Qua", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=2, open_cases=4)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "risks", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return " ".join(one.value for one in (*app.title, *app.markdown, *app.caption, *app.success, *app.error))


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_a_manager_records_the_risks_of_a_case_and_the_lists_show_them(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, NORTH)
    assert "2 open cases: 0 with a record of their risks" in words(app)
    assert "No open case is a high-risk one by its record." in words(app)
    with office.reading() as session:
        case_id = session.scalars(select(Case.id).where(Case.reference == "O-000")).one()
    app = see(office, open_screen, NORTH, case=case_id)
    assert "Nobody has recorded the risks of this case yet." in words(app)
    press(app, "Record the risks")
    assert "No category is chosen" in words(app)
    app.multiselect[0].select("impact")
    app.multiselect[1].select("avoidable_death")
    app.text_area[0].input("As the file shows.")
    press(app, "Record the risks")
    assert "The risks of case O-000 are recorded." in words(app)
    with office.reading() as session:
        (record,) = session.scalars(select(RiskRecord))
        assert (record.categories, record.high_risk) == (["impact"], ["avoidable_death"])
    assert "line manager of its team" in words(see(office, open_screen, "Sue South", case=case_id))
    app = see(office, open_screen, HEAD)
    assert "**1 high-risk case** by their records." in words(app)
    assert list(app.dataframe[0].value["High risk for"]) == ["Potentially avoidable death"]
    for part in ("No record", "Categories", "All open cases"):
        app = see(office, open_screen, HEAD, part=part)
    assert len(app.dataframe[0].value) == 4


def test_a_month_is_signed_off_by_the_head_alone(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, NORTH)
    assert "Months" not in app.button_group[0].options
    app = see(office, open_screen, HEAD, part="Months")
    label = next(button.label for button in app.button if button.label.startswith("Sign off"))
    press(app, label)
    assert "Say in a note" in words(app)
    app.text_area[0].input("Looked at each high-risk case.")
    press(app, label)
    with office.reading() as session:
        (signed,) = signed_months(session, office.person(session, HEAD))
    assert (signed.signed_by, signed.figures["open"], signed.figures["blank"]) == (HEAD, 4, 4)
    assert "are signed off." in words(app)


def test_a_reviewer_for_qa_has_no_such_screen(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "Good to see you, Quinn Qua." in words(see(office, open_screen, QA))
