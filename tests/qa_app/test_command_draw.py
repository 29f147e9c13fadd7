"""`qa draw` and `qa verify`: what is drawn, what is printed, and what is refused."""

import copy
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import func, select, text, update
from typer.testing import CliRunner, Result
from unguarded import unguarded

from qa_app.command_line import app
from qa_app.migrating import migrate
from sampling.drawing import carry_out_plan, confirm_roll, record_roll, seed_plan
from sampling.randomness import from_beacon
from sampling.receipt_queries import receipt_of
from sampling.records.audit_trail import record
from sampling.records.database import connect, writing
from sampling.records.office import disable_person
from sampling.registering import Terms, plan_contents
from sampling.samples import plan_case_sample, plan_open_sample
from sampling.sizes import size_for_margin, size_to_show, stop_or_go
from sampling.tables import Draw, Frame, Plan, RegisterEntry, Route, SampledCase
from sampling.voiding import ask_to_void, void_plan

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


def test_other_ways_to_a_size(office: ScoredOffice, database: str) -> None:
    central = ("central", *QUARTER, "--by", QA, "--database", database)
    rate = size_for_margin("0.9", "0.1", 40).sample_size
    assert drawn(*central, "--name", "1", "--margin", "0.1", "--expected", "0.9")["drawn"] == rate
    usual = size_for_margin("0.98", "0.05", 40).sample_size
    assert drawn(*central, "--name", "2", "--margin", "0.05")["drawn"] == usual
    found = stop_or_go("0.9", 40)
    assert drawn(*central, "--name", "3", "--standard", "0.9", "--two-stages")["drawn"] == found.first_stage
    sure = size_to_show("0.9", 40, assurance=0.99).sample_size
    assert drawn(*central, "--name", "4", "--standard", "0.9", "--assurance", "0.99")["drawn"] == sure
    assert drawn(*central, "--name", "5", "--cases", "7")["drawn"] == 7
    assert drawn(*central, "--name", "6", "--every-case")["drawn"] == 40
    rolled = drawn(*central, "--name", "7", "--rate", "0.25")["drawn"]
    with office.reading() as session:
        plans = session.scalars(select(Plan).order_by(Plan.id)).all()
        rules = [plan_contents(plan)["rule"] for plan in plans]
        assert [plan.purpose for plan in plans] == [
            *("estimate", "estimate", "show", "show", "quota", "census", "rolling")
        ]
        last = select(func.max(Draw.id)).scalar_subquery()
        held = session.scalar(select(func.count()).where(SampledCase.draw_id == last))
    assert rules[2]["second_stage"] == found.second_stage
    assert rules[6]["rate"] == "0.25"
    assert rolled == held


def test_dice_are_rolled_before_going_on(office: ScoredOffice, database: str, tmp_path: Path) -> None:
    central = (
        "draw",
        "central",
        *QUARTER,
        "--cases",
        "5",
        "--by",
        QA,
        "--name",
        "Dice",
        "--database",
        database,
    )
    receipt = ("--receipt", str(tmp_path / "receipt.zip"))
    assert "this plan is registered only" in refused(*central, "--randomness", "dice", *receipt)
    assert frames(office) == 0
    result = run(*central, "--randomness", "dice")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Registered: Dice. Nothing is drawn yet.")
    assert "two people roll a die 20 times" in result.stdout
    go_on = ("go-on", "--name", "Dice", "--by", QA, "--database", database)
    assert "The seed of this plan comes from dice" in refused("draw", *go_on)
    with office.writing() as session:
        quinn, nora = office.person(session, "Quinn Qua"), office.person(session, "Nora North")
        plan = session.scalars(select(Plan)).one()
        record_roll(session, plan, "12345612345612345612", second=nora, minute="Room 1.", by=quinn)
        confirm_roll(session, plan, by=nora)
    assert drawn(*go_on, *receipt)["drawn"] == 5


def test_a_beacon_and_its_value(office: ScoredOffice, database: str) -> None:
    planned = drawn(
        "central", *QUARTER, "--cases", "5", "--by", QA, "--name", "Beacon", "--randomness", "beacon",
        "--beacon", "drand default", "--beacon-at", "2099-01-05 10:00", "--database", database,
    )  # fmt: skip
    assert planned["drawn"] is None
    randomness = planned["randomness"]
    assert isinstance(randomness, dict)
    assert (randomness["beacon"], randomness["out_at"][:16]) == ("drand default", "2099-01-05T10:00")
    told = refused(
        "draw", "go-on", "--name", "Beacon", "--by", QA, "--public-value", "0" * 64, "--database", database
    )
    assert "comes out on 5 January 2099" in told


def test_a_demonstration_and_a_plan_that_shares_its_seed(office: ScoredOffice, database: str) -> None:
    central = ("draw", "central", *QUARTER, "--by", QA, "--database", database)
    result = run(*central, "--cases", "5", "--name", "How it works", "--randomness", "demonstration")
    assert "Registered: Demonstration: How it works." in result.stdout
    assert "--public-value TEXT" in result.stdout
    parent = "Demonstration: How it works"
    result = run(*central, "--cases", "9", "--name", "Nested", "--nest-in", parent)
    assert f"It shares the seed of “{parent}”." in result.stdout
    go_on = ("go-on", "--by", QA, "--database", database)
    assert "Draw the parent first" in refused("draw", *go_on, "--name", "Demonstration: Nested")
    first = drawn(*go_on, "--name", parent, "--public-value", "for the seminar")
    second = drawn(*go_on, "--name", "Demonstration: Nested")
    assert (first["drawn"], second["drawn"]) == (5, 9)
    assert first["seed"] == second["seed"]


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
        (
            ["central", *QUARTER, "--by", QA, "--margin", "0.05", "--rate", "0.1"],
            "--margin or --rate, not both",
        ),
        (["central", *QUARTER, "--by", QA, "--margin", "5"], "A margin lies above 0 and below 0.5"),
        (["central", *QUARTER, "--by", QA, "--expected", "0.9"], "--expected goes with --margin only"),
        (["central", *QUARTER, "--by", QA, "--rate", "2"], "and up to 1"),
        (
            ["central", *QUARTER, "--by", QA, "--rate", "0.1", "--standard", "0.9"],
            "--standard is for a sample",
        ),
        (["central", *QUARTER, "--by", QA, "--cases", "5", "--two-stages"], "--two-stages is for a sample"),
        (
            ["central", *QUARTER, "--by", QA, "--two-stages", "--allowed-failures", "1"],
            "In two stages none may",
        ),
        (["central", *QUARTER, "--by", QA, "--two-stages", "--strata", "team"], "Choose no strata for it"),
        (
            ["central", *QUARTER, "--by", QA, "--assurance", "95%"],
            "An assurance is a share between 0.5 and 1",
        ),
        (
            ["central", *QUARTER, "--by", QA, "--assurance", "0.2"],
            "An assurance is a share between 0.5 and 1",
        ),
        (["central", *QUARTER, "--by", QA, "--randomness", "coins"], "'coins' is no source of randomness"),
        (["central", *QUARTER, "--by", QA, "--randomness", "beacon"], "with --beacon-at"),
        (["central", *QUARTER, "--by", QA, "--beacon", "drand default"], "go with --randomness beacon only"),
        (
            ["central", *QUARTER, "--by", QA, "--randomness", "beacon", "--beacon-at", "soon"],
            "'soon' is no time",
        ),
        (
            ["central", *QUARTER, "--by", QA, "--randomness", "beacon", "--beacon-at", "2026-01-05 10:00"],
            "the value must not exist yet",
        ),
        (
            [
                *("central", *QUARTER, "--by", QA, "--randomness", "beacon", "--beacon", "the sun"),
                *("--beacon-at", "2099-01-05 10:00"),
            ],
            "the sun is no beacon known here",
        ),
        (["central", *QUARTER, "--by", QA, "--nest-in", "Spring"], "No plan called “Spring” waits"),
        (
            ["central", *QUARTER, "--by", QA, "--nest-in", "Spring", "--randomness", "dice"],
            "Give either --nest-in or --randomness",
        ),
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


def test_verify_goes_through_the_register(office: ScoredOffice, database: str, tmp_path: Path) -> None:
    assert "--register" in refused("verify")
    receipt = tmp_path / "receipt.zip"
    drawn("open", "--team", "North", "--by", NORTH, "--receipt", str(receipt), "--database", database)
    done = run("verify", str(receipt), "--register", "--database", database)
    assert "drawn as registered." in done.stdout
    assert "It is what the office's register says." in done.stdout
    assert "The register holds: 3 lines, each follows from the one before." in done.stdout
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(RegisterEntry).where(RegisterEntry.number == 2).values(by_id=1))
    told = refused("verify", "--register", "--database", database)
    assert told.startswith("Line 2 of the register (seeded, ")
    assert told.endswith("was changed.")


def test_verify_tells_of_other_draws_for_the_same_purpose(
    office: ScoredOffice, database: str, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.zip"
    for name in ("One", "Two"):
        office.draw_closed([3], name=name)
    with office.reading() as session:
        receipt.write_bytes(receipt_of(session, 2, office.person(session, "Quinn Qua")))
    told = run("verify", str(receipt)).stdout
    assert "It is draw 2 of 2 for the same purpose, of which 0 were voided" in told
    assert "would pass with a chance of up to 9.8% instead of 5.0%." in told


def test_verify_tells_what_the_register_says_now(office: ScoredOffice, database: str, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.zip"
    office.draw_closed([3], name="One")
    with office.reading() as session:
        receipt.write_bytes(receipt_of(session, 1, office.person(session, "Quinn Qua")))
    told = run("verify", str(receipt), "--database", database)
    assert "Since the receipt" not in told.stdout
    now = json.loads(run("verify", str(receipt), "--json", "--database", database).stdout)
    assert (now["events_since"], now["voided_now"], now["draws_for_period_now"]) == ([], False, 1)
    with office.writing() as session:
        plan, quinn = session.scalars(select(Plan)).one(), office.person(session, "Quinn Qua")
        ask_to_void(session, plan, reason="The wrong extract", reviewed=0, by=quinn)
        void_plan(session, plan, by=office.person(session, "Hedda Head"))
    office.draw_closed([3], name="Two")
    told = run("verify", str(receipt), "--database", database)
    assert told.exit_code == 0, told.stderr
    assert "Since the receipt was written, by the register: " in told.stdout
    assert ": somebody asked that it be voided; " in told.stdout
    assert "As it was voided, it counts in no result any more." in told.stdout
    assert "It is draw 1 of 2 for the same purpose, of which 1 were voided by now." in told.stdout
    now = json.loads(run("verify", str(receipt), "--json", "--database", database).stdout)
    assert [event["event"] for event in now["events_since"]] == ["void asked", "voided"]
    assert (now["voided"], now["voided_now"]) == (False, True)
    assert (now["draw_number_now"], now["draws_for_period_now"], now["draws_voided_now"]) == (1, 2, 1)
    alone = json.loads(run("verify", str(receipt), "--json").stdout)
    assert alone["draws_for_period"] == 1
    assert alone["events_since"] is alone["voided_now"] is alone["draw_number_now"] is None


def test_verify_compares_the_samples_with_the_register(office: ScoredOffice, database: str) -> None:
    office.draw_closed([3], name="One")
    assert "are what its lines say." in run("verify", "--register", "--database", database).stdout
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(Plan).values(assurance="0.6"))
    told = refused("verify", "--register", "--database", database)
    assert told.startswith("The sample “One” is not what the register says. Its assurance is '0.6'")


def test_verify_says_that_a_beacon_is_for_people_to_compare(
    office: ScoredOffice, database: str, tmp_path: Path
) -> None:
    office.now = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    with office.writing() as session:
        named = from_beacon("drand default", office.now + timedelta(minutes=5), registered_at=office.now)
        plan_id = plan_case_sample(
            session,
            "Beacon",
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=None,
            size=3,
            due_on=date(2026, 8, 3),
            terms=Terms(randomness=named),
            by=office.person(session, "Quinn Qua"),
        ).id
        quinn = office.person(session, "Quinn Qua").id
    office.later(1)
    draw_id = carry_out_plan(office.engine, plan_id, by_id=quinn, public_value="ab" * 32, now=office.now)
    receipt = tmp_path / "receipt.zip"
    with office.reading() as session:
        receipt.write_bytes(receipt_of(session, draw_id, office.person(session, "Quinn Qua")))
    told = run("verify", str(receipt)).stdout
    assert f"Its public value was typed in: {'ab' * 32}. This program does not look it up; compare it" in told
    assert f"with round {named['round']} of drand default, as its operator publishes it." in told


def test_verify_refuses_what_is_no_receipt(tmp_path: Path) -> None:
    assert "cannot be read" in refused("verify", str(tmp_path / "none.zip"))
    (tmp_path / "text.zip").write_text("hello")
    assert "This is not a receipt" in refused("verify", str(tmp_path / "text.zip"))


def test_verify_names_what_the_register_says_otherwise(
    office: ScoredOffice, database: str, tmp_path: Path
) -> None:
    receipt = tmp_path / "receipt.zip"
    drawn("open", "--team", "North", "--by", NORTH, "--receipt", str(receipt), "--database", database)
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(Draw).values(randomness="dice"))
    told = refused("verify", str(receipt), "--database", database)
    assert told == "The field randomness is 'operating system', and the register says 'dice'."


def test_an_outsider_checks_the_exported_chain(office: ScoredOffice, database: str, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    assert "An --export is of the audit trail" in refused("verify", "--register", "--export", str(file))
    command = ("verify", "--audit", "--export", str(file), "--database", database)
    told = json.loads(run(*command, "--json").stdout)
    *lines, rest = file.read_text("utf-8").split("\n")
    assert (len(lines), rest) == (told["audit_entries"], "")
    previous = "0" * 64
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        assert (entry["number"], entry["previous"]) == (number, previous)
        previous = hashlib.sha256(line.encode()).hexdigest()
    assert previous == told["audit_sha256"]
    assert "nothing is written over" in refused(*command)
    nowhere = str(tmp_path / "no folder" / "audit.jsonl")
    assert "cannot be written" in refused("verify", "--audit", "--export", nowhere, "--database", database)


def test_verify_goes_through_the_audit_trail(office: ScoredOffice, database: str) -> None:
    assert "belongs to the audit trail" in refused("verify", "--register", "--head", "0" * 64)
    told = json.loads(run("verify", "--audit", "--database", database, "--json").stdout)
    assert told["audit_entries"] > 10
    with writing(office.engine) as session:
        record(session, "look", "office", by=None)
    done = run("verify", "--audit", "--head", told["audit_sha256"], "--database", database)
    assert "The audit trail holds: " in done.stdout
    assert "no entry has the hash" in refused("verify", "--audit", "--head", "f" * 64, "--database", database)
    with writing(office.engine) as session, unguarded(session.connection()):
        session.execute(text("UPDATE audit_entry SET subject = 'nothing' WHERE number = 3"))
    assert "Entry 3 was altered" in refused("verify", "--audit", "--database", database)
