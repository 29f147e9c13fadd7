"""`qa subject-access`: all that is held about one person, nothing that a spreadsheet runs, and on record."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from qa_app.command_line import app
from sampling.records.audit_trail import AuditEntry
from sampling.records.readings import keep_readings, note_reading, take_noted
from sampling.tables import Route, SampledCase
from scorecards.requirements import Kind


def run(engine: Engine, person: str, out: Path) -> Result:
    url = engine.url.render_as_string(hide_password=False)
    words = ["subject-access", "--database", url, "--person", person, "--out", str(out), "--json"]
    return CliRunner().invoke(app, words)


def records(path: Path) -> dict[str, list[dict[str, object]]]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, list[dict[str, object]]] = json.loads(
            archive.read("records.json"), parse_constant=pytest.fail
        )
        for name, rows in found.items():
            told = csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig")))
            cells = [list(row.values()) for row in told]
            assert len(cells) == len(rows)
            assert not any(cell.startswith(("=", "+", "@")) for row in cells for cell in row)
    return found


def test_all_of_one_person_and_nobody_else(engine: Engine, tmp_path: Path) -> None:
    office = ScoredOffice(engine, with_sign_in=["Nora North"])
    office.draw_open("North", "Nora North")
    first, second, *_ = office.to_do("Nora North", Route.OPEN)
    review_id = office.score("Nora North", first, not_met=Kind.OUTCOME)
    other_id = office.score("Nora North", second)
    point_id = office.learn("Nora North", review_id, description="=HYPERLINK(1) was in the letter.")
    office.act_on("Nora North", point_id)
    with office.reading() as session:
        caseworker = session.get_one(SampledCase, first).frame_case.caseworker
        assert caseworker is not None
        name, caseworker_id = caseworker.case_system_name or "", caseworker.id
        theirs = {
            number
            for number, sampled in ((review_id, first), (other_id, second))
            if session.get_one(SampledCase, sampled).frame_case.caseworker_id == caseworker_id
        }

    with office.writing() as session:
        head = office.person(session, "Hedda Head")
        note_reading(session, [caseworker_id], by=head)
        keep_readings(session, take_noted(session), "review")

    result = run(engine, "NORA@example.org", tmp_path / "nora.zip")
    assert result.exit_code == 0, result.output
    nora = records(tmp_path / "nora.zip")
    assert [row["name"] for row in nora["person"]] == ["Nora North"]
    assert "password_hash" not in nora["person"][0]
    assert {row["id"] for row in nora["review"]} == {review_id, other_id}
    assert {
        "role_held",
        "answer",
        "learning_point",
        "follow_up_action",
        "audit_entry",
        "audit_change",
    } <= set(nora)
    assert "sign_in_session" not in nora

    assert run(engine, name, tmp_path / "caseworker.zip").exit_code == 0
    about = records(tmp_path / "caseworker.zip")
    assert [row["id"] for row in about["person"]] == [caseworker_id]
    assert {row["id"] for row in about["review"]} == theirs
    assert all(row["caseworker_id"] == caseworker_id for row in about["case"])
    assert [row["id"] for row in about["learning_point"]] == [point_id]
    (reading,) = about["who_read_their_results"]
    assert (reading["reader"], reading["screen"]) == ("Hedda Head", "review")
    assert "who_read_their_results" not in nora

    with office.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "subject_access")).all()
        assert [entry.subject for entry in entries] == [
            f"person {nora['person'][0]['id']}",
            f"person {caseworker_id}",
        ]
    assert "is there already" in run(engine, name, tmp_path / "caseworker.zip").stderr
    assert "Nobody here" in run(engine, "nobody@example.org", tmp_path / "nobody.zip").stderr
    assert not (tmp_path / "nobody.zip").exists()
