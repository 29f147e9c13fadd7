"""`qa draw --frame`: what is drawn from a file, what is on record before, and how a broken draw goes on."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from qa_app import command_big_frame
from qa_app.command_line import app
from sampling.draw import draw, frame_file, seed_from
from sampling.queries import drawn_cases, samples
from sampling.receipt_queries import receipt_of
from sampling.records.database import reading
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.sizes import size_to_show
from sampling.tables import Draw, Plan, Route

DATABASE = ""
TEAMS = {"S01": "=1+1", "S02": "North"}  # in the order of their labels
MEMBERS = {
    "S01": [f"{number:03}" for number in range(40)],
    "S02": [f"N-{number}" for number in range(60)],
}


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, closed=0, open_cases=0, with_sign_in=("Quinn Qua", "Nora North"))
    made.now = datetime.now(UTC)
    return made


@pytest.fixture
def database(office: ScoredOffice, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The office's database, which every command here is told to use."""
    monkeypatch.setitem(globals(), "DATABASE", office.engine.url.render_as_string(hide_password=False))
    return office.engine


@pytest.fixture
def cases(tmp_path: Path, database: Engine) -> Path:
    path = tmp_path / "cases.csv"
    rows = [f"{reference},{TEAMS[code]}" for code, members in MEMBERS.items() for reference in members]
    path.write_text("\n".join(["case_id,team", *rows]))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def drawing(cases: Path, *more: str, folder: str = "drawn", by: str = "quinn@example.org") -> list[str]:
    return [
        "draw", "--frame", str(cases), "--reference", "case_id", "--by", by,
        "--output", str(cases.parent / folder), "--database", DATABASE, *more,
    ]  # fmt: skip


def drawn(cases: Path, *more: str, folder: str = "drawn") -> dict[str, object]:
    result = run(*drawing(cases, *more, "--json", folder=folder))
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    found: dict[str, object] = json.loads(result.stdout)
    return found


def refused(*arguments: str) -> str:
    """What is printed when something is refused: one line on standard error, nothing else."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr.strip().splitlines()[-1]


def test_a_sample_of_a_file_and_its_receipt(cases: Path, database: Engine) -> None:
    result = run(*drawing(cases, "--strata", "team", "--cases", "10"))
    assert result.exit_code == 0, result.stderr
    folder = cases.parent / "drawn"
    assert result.stdout.startswith("Drawn: 10 of the 100 cases of cases.csv, in 2 strata.\n")
    assert f"qa verify {folder / 'receipt.zip'}" in result.stdout
    told = result.stderr.splitlines()
    assert len(told) == 7
    assert re.fullmatch(r" 30%  Checking 100 references \(\d+\.\d s\)", told[1])
    assert re.fullmatch(r"100%  Drew 10 of 100 cases \(\d+\.\d s\)", told[-1])

    with reading(database) as session:
        made = session.scalars(select(Draw)).one()
        assert made.seed == seed_from(made.plan.plan_sha256, made.public_value)
        assert made.plan.sizes == {"S01": 4, "S02": 6}
    sample = list(csv.DictReader(io.StringIO((folder / "sample.csv").read_text("utf-8-sig"))))
    expected = draw(MEMBERS, {"S01": 4, "S02": 6}, seed=made.seed)
    assert [row["reference"] for row in sample] == [*expected["S01"], *expected["S02"]]
    assert [row["position"] for row in sample] == [*"1234", *"123456"]
    assert {row["stratum"]: row["label"] for row in sample} == {"S01": "'=1+1", "S02": "North"}

    facts = json.loads(run("verify", str(folder / "receipt.zip"), "--json").stdout)
    assert (facts["holds"], facts["drawn"], facts["seed"]) == (True, 10, made.seed)
    with zipfile.ZipFile(folder / "receipt.zip") as archive:
        rows = [(reference, code) for code, members in MEMBERS.items() for reference in members]
        assert archive.read("frame.tsv") == frame_file(rows)
        assert not any(b"North" in archive.read(name) for name in archive.namelist())
    assert {path.name for path in folder.iterdir()} == {"sample.csv", "receipt.zip"}


def test_enough_to_show_a_standard_and_every_case(cases: Path) -> None:
    shown = drawn(
        cases,
        "--standard",
        "0.9",
        "--allowed-failures",
        "1",
        "--assurance",
        "0.9",
        "--name",
        "Show",
        folder="show",
    )
    assert shown["drawn"] == size_to_show("0.9", 100, assurance=0.9, allowed_failures=1).sample_size
    assert shown["strata"] == {"All cases": {"code": "S01", "population": 100, "drawn": shown["drawn"]}}
    every = drawn(cases, "--strata", "team", "--every-case", folder="every")
    assert (every["population"], every["drawn"]) == (100, 100)
    for folder in ("show", "every"):
        assert run("verify", str(cases.parent / folder / "receipt.zip")).exit_code == 0


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_draw_that_was_broken_off_goes_on(
    cases: Path, database: Engine, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """A crash leaves the plan, or the plan and its seed, or everything but the receipt."""
    steps = ("seed_plan", "record_file_draw", "_write_receipt")

    def crash(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(command_big_frame, steps[left], crash)
        assert run(*drawing(cases, "--cases", "10")).exit_code != 0
    with reading(database) as session:
        (plan,) = session.scalars(select(Plan)).all()
        seeds = session.scalars(select(Draw.seed)).all()
        assert len(seeds) == (left > 0)
    done = drawn(cases, "--cases", "10")
    assert done["plan_sha256"] == plan.plan_sha256
    assert seeds in ([], [done["seed"]])
    folder = cases.parent / "drawn"
    assert run("verify", str(folder / "receipt.zip")).exit_code == 0
    with reading(database) as session:
        assert [line.event for line in lines_of(session)] == ["planned", "seeded", "drawn"]


def test_drawing_again_gives_the_same_sample_or_another_number(cases: Path, database: Engine) -> None:
    first = drawn(cases, "--cases", "10")
    again = refused(*drawing(cases, "--cases", "10"))
    assert again.endswith("has a draw with its receipt already. Choose another folder.")
    same = drawn(cases, "--cases", "10", folder="same")
    assert (same["seed"], same["draw_number"], same["draws_for_period"]) == (first["seed"], 1, 1)
    assert (cases.parent / "same" / "sample.csv").read_bytes() == (
        cases.parent / "drawn" / "sample.csv"
    ).read_bytes()
    told = refused(*drawing(cases, "--cases", "11", folder="other"))
    assert "“cases.csv” is registered with another plan, which differs in: sizes. Choose another name" in told
    other = drawn(cases, "--cases", "11", "--name", "Another", folder="other")
    assert other["seed"] != first["seed"]
    assert (other["draw_number"], other["draws_for_period"]) == (2, 2)


def test_the_register_knows_the_draw(cases: Path, database: Engine, office: ScoredOffice) -> None:
    drawn(cases, "--strata", "team", "--cases", "10")
    receipt = str(cases.parent / "drawn" / "receipt.zip")
    assert "It is what the office's register says." in run("verify", receipt, "--database", DATABASE).stdout
    with office.reading() as session:
        quinn = office.person(session, "Quinn Qua")
        (row,) = samples(session, quinn)
        assert (row.route, row.population, row.size, row.strata) == (Route.FILE, 100, 10, 2)
        assert row.draw_id is not None
        assert drawn_cases(session, row.draw_id, quinn).empty
        with pytest.raises(Refused, match="the receipt was written beside the sample"):
            receipt_of(session, row.draw_id, quinn)
    assert "it is for" in refused(*drawing(cases, "--cases", "3", folder="other", by="nora@example.org"))
    assert "Nobody here signs in" in refused(
        *drawing(cases, "--cases", "3", folder="x", by="who@example.org")
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "Say how large the sample is by one of --standard, --cases and --every-case."),
        (["--cases", "3", "--standard", "0.98"], "Say how large the sample is by one of"),
        (["--cases", "101"], "A sample of 101 cannot be drawn from 100 cases"),
        (["--cases", "0"], "The plan draws no case at all"),
        (["--standard", "98%"], "A standard is a share such as 0.98"),
        (["--cases", "3", "--assurance", "95%"], "The assurance is a share such as 0.95; '95%' is none."),
        (["--cases", "3", "--assurance", "1.5"], "assurance"),
        (
            ["--cases", "3", "--strata", "office"],
            "no column called “office”. Its columns are: case_id, team.",
        ),
        (["--cases", "3", "--strata", "case_id"], None),
    ],
)
def test_refusals(cases: Path, options: list[str], says: str | None) -> None:
    if says is None:  # a stratum for each case is silly, but possible
        assert drawn(cases, *options)["drawn"] == 3
        return
    assert says in refused(*drawing(cases, *options))
    assert not list(cases.parent.glob("drawn/*"))


def test_what_a_draw_from_a_file_needs(cases: Path) -> None:
    assert "needs --reference and --by and --output" in refused("draw", "--frame", str(cases))
    assert "needs --frame and --reference and --output" in refused("draw", "--by", "quinn@example.org")
    told = refused(*drawing(cases, "--cases", "3", "open", "--team", "North", "--by", "nora@example.org"))
    assert told == "Give either --frame or “open”, not both."
    (cases.parent / "drawn").write_text("a file")
    assert "drawn cannot be written: File exists. Put that right" in refused(*drawing(cases, "--cases", "3"))
    assert "There is no file" in refused(*drawing(cases.with_name("no.csv"), "--cases", "3", folder="other"))
    shown = run("draw")
    assert "--frame" in shown.output
    assert "central" in shown.output
