"""`qa draw` and `qa verify`: what is drawn, what is printed, and what is refused."""

import copy
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from qa_app.command_line import app
from qa_app.migrating import migrate
from sampling.actions import seed_plan
from sampling.records.database import connect
from sampling.records.office import disable_person
from sampling.samples import plan_open_sample
from sampling.sizes import size_to_show
from sampling.tables import Draw, Frame, Plan

NORTH, QA, THEME = "nora@example.org", "quinn@example.org", "thea@example.org"
QUARTER = ("--from", "2026-04-01", "--until", "2026-06-30")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> ScoredOffice:
    """The office once, to be copied: passwords take a while to hash."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('template') / 'office.sqlite'}")
    migrate(engine)
    made = ScoredOffice(engine, closed=40, with_sign_in=("Nora North", "Quinn Qua", "Thea Theme"))
    made.now = datetime.now(UTC)  # the command goes by the real clock
    engine.dispose()
    return made


@pytest.fixture
def office(template: ScoredOffice, tmp_path: Path) -> Iterator[ScoredOffice]:
    path = tmp_path / "office.sqlite"
    shutil.copy(str(template.engine.url.database), path)
    made = copy.copy(template)
    made.engine = connect(f"sqlite:///{path}")
    yield made
    made.engine.dispose()


@pytest.fixture
def database(office: ScoredOffice) -> str:
    return str(office.engine.url.database)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> str:
    """What is printed when something is refused: one line on standard error, nothing else."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr.strip()


def drawn(*arguments: str) -> dict[str, object]:
    result = run("draw", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def frames(office: ScoredOffice) -> int:
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(Frame)) or 0


def test_a_central_sample_with_its_receipt(database: str, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.zip"
    result = run(
        "draw", "central", *QUARTER, "--standard", "0.9", "--by", QA, "--receipt", str(receipt),
        "--database", database,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    size = size_to_show("0.9", 40).sample_size
    lines = result.stdout.splitlines()
    assert lines[0] == "Drawn: Closed cases, April to June 2026."
    assert lines[1].startswith(
        f"{size} of 40 cases: enough to show, with 95% assurance, that at least 90% meet"
    )
    assert lines[2] == "Left out: 1 cancelled."

    result = run("verify", str(receipt))
    assert result.exit_code == 0
    assert f"The receipt holds: {size} of 40 cases" in result.stdout
    assert "It was not compared with the office's register" in result.stdout
    result = run("verify", str(receipt), "--database", database, "--json")
    facts = json.loads(result.stdout)
    assert (facts["holds"], facts["is_in_register"], facts["drawn"]) == (True, True, size)


def test_strata_filters_and_allowed_failures(database: str) -> None:
    shared = drawn(
        "central", *QUARTER, "--standard", "0.9", "--strata", "team", "--allowed-failures", "1", "--by", QA,
        "--database", database,
    )  # fmt: skip
    assert (shared["strata"], shared["draw_number"], shared["draws_for_period"]) == (2, 1, 1)
    north = drawn(
        "central", *QUARTER, "--filter", "team=North", "--name", "North only", "--standard", "0.9",
        "--by", QA, "--database", database,
    )  # fmt: skip
    assert (north["population"], north["draws_for_period"]) == (20, 2)


def test_a_theme_by_number_and_as_a_whole(database: str) -> None:
    some = drawn(
        "thematic", "--name", "Some", "--filter", "state=open", "--cases", "5", "--by", THEME,
        "--database", database,
    )  # fmt: skip
    assert (some["population"], some["drawn"]) == (16, 5)
    every = drawn(
        "thematic", "--name", "Every", "--filter", "state=open", "--filter", "state=closed", "--every-case",
        "--by", THEME, "--due", "2099-01-05", "--database", database,
    )  # fmt: skip
    assert (every["drawn"], every["due_on"]) == (56, "2099-01-05")


def test_a_teams_month(database: str) -> None:
    month = drawn("open", "--team", "North", "--by", NORTH, "--database", database)
    assert (month["population"], month["drawn"]) == (8, 4)
    again = refused("draw", "open", "--team", "North", "--by", NORTH, "--database", database)
    assert "One team and month is drawn once" in again


def test_the_database_can_be_named_by_the_environment(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_DATABASE_URL", f"sqlite:///{database}")
    assert drawn("open", "--team", "North", "--by", NORTH)["drawn"] == 4


@pytest.mark.parametrize("seeded", [True, False])
def test_going_on_with_a_draw(office: ScoredOffice, database: str, seeded: bool) -> None:
    with office.writing() as session:
        by = office.person(session, "Nora North")
        plan = plan_open_sample(session, office._team(session, "North"), by=by)
        seed = seed_plan(session, plan, by=by).seed if seeded else None
        name = plan.frame.name
    told = refused("draw", "go-on", "--name", "Another", "--by", NORTH, "--database", database)
    assert f"Waiting are: “{name}”" in told
    result = drawn("go-on", "--name", name, "--by", NORTH, "--database", database)
    assert result["drawn"] == 4
    assert seed in (None, result["seed"])
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Plan)) == 1
    assert "Waiting are: none" in refused(
        "draw", "go-on", "--name", name, "--by", NORTH, "--database", database
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["central", "--by", QA], "A central sample needs a period"),
        (["central", "--from", "2026-04-01", "--by", QA], "needs both its days"),
        (["central", "--from", "1 April", "--until", "2026-06-30", "--by", QA], "'1 April' is no date"),
        (["central", *QUARTER, "--by", "nobody@example.org"], "Nobody here signs in as nobody@example.org"),
        (["central", *QUARTER, "--by", NORTH], "Nora North cannot do this: it is for a QA reviewer"),
        (["central", *QUARTER, "--by", QA, "--standard", "98%"], "A standard is a share such as 0.98"),
        (["central", *QUARTER, "--by", QA, "--allowed-failures", "9"], "already breach a standard"),
        (["central", *QUARTER, "--by", QA, "--strata", "colour"], "Cases have no field called colour"),
        (["central", *QUARTER, "--by", QA, "--filter", "team=East"], "No case has 'team=East'"),
        (["central", *QUARTER, "--by", QA, "--filter", "team"], "No case has 'team'"),
        (["central", *QUARTER, "--by", QA, "--due", "2020-01-01"], "due before today"),
        (["thematic", "--name", "X", "--by", THEME, "--cases", "99"], "A sample of 99 cannot be drawn"),
        (["thematic", "--name", "X", "--by", THEME, "--cases", "9", "--every-case"], "not both"),
        (["open", "--team", "East", "--by", NORTH], "no team called East. The teams are: North, South"),
        (["open", "--team", "South", "--by", NORTH], "Nora North cannot draw or review open cases of South"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    office: ScoredOffice, database: str, arguments: list[str], says: str
) -> None:
    assert says in refused("draw", *arguments, "--database", database)
    assert frames(office) == 0


def test_who_has_left_draws_nothing(office: ScoredOffice, database: str) -> None:
    with office.writing() as session:
        disable_person(session, office.person(session, "Nora North"), by=office.person(session, "Ada Min"))
    told = refused("draw", "open", "--team", "North", "--by", NORTH, "--database", database)
    assert "Nobody here signs in as" in told


def test_a_receipt_that_cannot_be_written_stops_the_draw(
    office: ScoredOffice, database: str, tmp_path: Path
) -> None:
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    for path, says in ((there, "is there already"), (tmp_path / "no" / "such.zip", "There is no folder")):
        told = refused(
            "draw", "open", "--team", "North", "--by", NORTH, "--receipt", str(path), "--database", database
        )
        assert says in told
    assert there.read_bytes() == b"mine"
    assert frames(office) == 0


def test_without_an_office_nothing_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    told = refused("draw", "open", "--team", "North", "--by", NORTH, "--database", str(path))
    assert "There is no office in" in told
    assert not path.exists()


def test_verify_refuses_what_is_no_receipt(tmp_path: Path) -> None:
    assert "cannot be read" in refused("verify", str(tmp_path / "none.zip"))
    (tmp_path / "text.zip").write_text("hello")
    assert "This is not a receipt" in refused("verify", str(tmp_path / "text.zip"))


def test_verify_names_what_the_register_says_otherwise(
    office: ScoredOffice, database: str, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.zip"
    drawn("open", "--team", "North", "--by", NORTH, "--receipt", str(receipt), "--database", database)
    with office.writing() as session:
        session.scalars(select(Draw)).one().randomness = "dice"
    told = refused("verify", str(receipt), "--database", database)
    assert told == "The field randomness is 'operating system', and the register says 'dice'."
