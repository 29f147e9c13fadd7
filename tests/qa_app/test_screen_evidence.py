"""The auditor's one screen, and the part of the office where auditors are let in."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from qa_app.command_line import app as command_line
from qa_app.screen_roles import SCREENS_OF, has_screen
from sampling.audited_samples import name_sample
from sampling.records.audit_trail import AuditEntry
from sampling.records.auditor_accounts import move_last_day, open_auditor_account
from sampling.records.database import today
from sampling.records.people import Role
from sampling.tables import AuditedSample, Draw, Route

OpenScreen = Callable[..., AppTest]
NORA, SUE, HEAD, ADA, MIRA = "Nora North", "Sue South", "Hedda Head", "Ada Min", "Mira Audit"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    """North's and South's samples, one of North's cases reviewed, and an auditor to whom nothing is named."""
    made = ScoredOffice(sqlite_engine)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    for team, manager in (("North", NORA), ("South", SUE)):
        made.draw_open(team, manager)
    made.score(NORA, made.to_do(NORA, Route.OPEN)[0])
    with made.writing() as session:
        open_auditor_account(
            session,
            MIRA,
            email="mira@audit.example",
            password=None,
            starts_on=today(session) - timedelta(days=5),
            ends_on=today(session),
            by=made.person(session, ADA),
        )
    return made


def let_read(office: ScoredOffice, draw_id: int) -> None:
    with office.writing() as session:
        draw, mira = session.get_one(Draw, draw_id), office.person(session, MIRA)
        name_sample(session, draw, auditor=mira, by=office.person(session, ADA))


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    shown = open_screen(office.engine, person, screen, **query)
    assert not shown.exception
    return shown


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.subheader, *app.info, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label == label)


def press(app: AppTest, label: str) -> AppTest:
    app = of(app.button, label).click().run()
    assert not app.exception
    return app


def done(office: ScoredOffice) -> list[str]:
    with office.reading() as session:
        mira = office.person(session, MIRA).id
        entries = select(AuditEntry.action).where(AuditEntry.by_id == mira).order_by(AuditEntry.number)
        return list(session.scalars(entries))


def test_an_auditor_has_one_screen() -> None:
    assert [screen for screen in SCREENS_OF if has_screen({Role.AUDITOR}, screen)] == ["evidence"]


def test_an_auditor_reads_what_is_named_and_takes_it_away(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = see(office, open_screen, MIRA, "evidence")
    assert "ask whoever opened your account" in words(app)
    let_read(office, 1)
    app = see(office, open_screen, MIRA, "evidence")
    assert "North, open cases" in words(app)
    assert "South" not in words(app)
    assert "without a submitted review: 3" in words(app)
    assert "The receipt holds" in words(press(app, "Check the receipt"))
    app = press(app, "Take the evidence pack")
    assert [button.label for button in app.get("download_button")][-1] == "Download the evidence pack"
    _, pack = app.session_state["evidence_pack"]
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        assert "receipt.zip" in archive.namelist()
    assert done(office) == ["open_sample", "take_evidence"]


def test_out_at_the_next_click_when_the_last_day_has_passed(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    let_read(office, 1)
    app = see(office, open_screen, MIRA, "evidence")
    with office.writing() as session:
        mira, ada = office.person(session, MIRA), office.person(session, ADA)
        move_last_day(session, mira, ends_on=today(session) - timedelta(days=1), by=ada)
    app = press(app, "Take the evidence pack")
    assert "You are not signed in" in words(app)
    assert "take_evidence" not in done(office)


def test_what_was_taken_back_is_gone_at_the_next_click(office: ScoredOffice, open_screen: OpenScreen) -> None:
    let_read(office, 1)
    app = see(office, open_screen, MIRA, "evidence")
    taking = see(office, open_screen, ADA, "office", part="Auditors")
    press(taking, "Take the sample back")
    app = see(office, open_screen, MIRA, "evidence")
    assert "no sample here for you" in words(app)


def test_the_head_opens_an_account_with_its_samples(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD, "office", part="Auditors")
    of(app.text_input, "Name").input("Noor Outside")
    of(app.text_input, "E-mail address").input("noor@audit.example")
    of(app.text_input, "First password, at least 10 characters").input("a long enough password")
    day = office.now.date()
    of(app.date_input, "First day").set_value(day)
    of(app.date_input, "Last day").set_value(day + timedelta(days=400))
    of(app.multiselect, "Samples to read").set_value([2])
    app = press(app, "Open the account")
    assert "a year at most" in words(app)
    of(app.date_input, "Last day").set_value(day + timedelta(days=14))
    app = press(app, "Open the account")
    assert "The account is open" in words(app)
    with office.reading() as session:
        noor = office.person(session, "Noor Outside")
        assert session.scalars(select(AuditedSample.draw_id).filter_by(person_id=noor.id)).all() == [2]


def test_a_manager_has_no_such_screen_and_a_head_who_manages_is_told_why(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    assert not has_screen({Role.LINE_MANAGER}, "evidence")
    office.give_role(HEAD, Role.LINE_MANAGER, "North")
    assert "also reviews for QA or manages a team" in words(see(office, open_screen, HEAD, "evidence"))


def test_a_pack_from_the_command_line(office: ScoredOffice, tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    url = office.engine.url.render_as_string(hide_password=False)
    asked = ["evidence-pack", "1", "--output", str(out), "--database", url]
    made = CliRunner().invoke(command_line, asked)
    assert made.exit_code == 0, made.output
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
    assert CliRunner().invoke(command_line, asked).exit_code == 2  # nothing is written over
    asked[1], asked[3] = "99", str(tmp_path / "other.zip")
    assert "There is no draw 99" in CliRunner().invoke(command_line, asked).output
