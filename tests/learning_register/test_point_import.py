"""A review team's list: read with every refusal by row and column, taken in whole, once, or not at all."""

import io

import openpyxl
import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select

from learning_register.point_import import PointList, import_points, read_point_list, template
from learning_register.point_queries import learning_points
from learning_register.point_rows import COLUMNS
from learning_register.root_causes import load_shipped_root_causes
from learning_register.tables import LearningImport, LearningPoint
from sampling.records.downloads import as_csv, as_xlsx
from sampling.refused import Refused

HEAD, QA, NORTH = "Hedda Head", "Quinn Qua", "Nora North"
HEADER = ";".join(f'"{name}"' for name in COLUMNS)
GOOD = (
    "Individual;The reasons were late.;C-000;;;;38, 40;;;5;;high;Serious;yes;Row 7 of ours",
    "organisational;Nothing says who answers.;;South;;;;;Yes;;Knowledge or training;;;;",
    "Good practice;The call came early.;;;North 1;;;;;;;;;no;",
    "Individual;Nobody listened.;;North;North 0;Service Model;2.140;Listening;;5,12;;;;;",
)


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine)
    with made.writing() as session:
        load_shipped_root_causes(session, by=made.person(session, HEAD))
    return made


def file_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).replace("38, 40", '"38; 40"').encode()


def read(office: ScoredOffice, data: bytes, name: str = QA, file_name: str = "list.csv") -> PointList:
    with office.reading() as session:
        return read_point_list(session, data, file_name, by=office.person(session, name))


def take_in(
    office: ScoredOffice, listed: PointList, *, names_confirmed: bool = False, name: str = QA
) -> None:
    with office.writing() as session:
        import_points(session, listed, names_confirmed=names_confirmed, by=office.person(session, name))


def test_a_list_is_read_taken_in_and_not_taken_in_again(office: ScoredOffice) -> None:
    listed = read(office, file_of(*GOOD))
    assert (listed.refused, [point.row for point in listed.points]) == ((), [2, 3, 4, 5])
    assert office.ask(learning_points, HEAD) == []  # to read is not to take in
    take_in(office, listed)
    rows = {row.description: row for row in office.ask(learning_points, HEAD)}
    late, listened = rows["The reasons were late."], rows["Nobody listened."]
    assert (late.source, late.file_name, late.source_note) == ("review_team", "list.csv", "Row 7 of ours")
    assert (late.reference, late.team, late.commitments) == ("C-000", "North", (5,))
    assert (late.weight.severity, late.weight.recurrence_risk) == ("serious", "high")
    assert late.weight.may_be_published
    assert [paragraph.split()[0] for paragraph in late.paragraphs] == ["38", "40"]
    assert (listened.unverified, listened.source_note) == (("2.140",), "Row 5")
    assert rows["Nothing says who answers."].root_cause == "Knowledge or training"
    with pytest.raises(Refused, match=r"taken in on 06 July 2026 as list\.csv"):
        read(office, file_of(*GOOD), file_name="again.csv")
    with pytest.raises(Refused, match="taken in on"):
        take_in(office, listed)
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(LearningImport)) == 1


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("Gossip;Late.;;;;;;;;;;;;;", "Kind", "one of: individual, organisational, good practice"),
        (";Late.;;;;;;;;;;;;;", "Kind", "one of"),
        ("Good practice;;C-000;;;;;;;;;;;;", "What was learned", "says nothing"),
        ("Good practice;Early.;C-999;;;;;;;;;;;;", "Case", "no case with this reference"),
        ("Good practice;Early.;;Norse;;;;;;;;;;;", "Team", "no team of this name"),
        ("Good practice;Early.;;;Nobody;;;;;;;;;;", "Person", "Nobody of this name"),
        ("Good practice;Early.;;;;;page 3;;;;;;;;", "Paragraphs", "not a reference"),
        ("Good practice;Early.;;;;;9.999;;;;;;;;", "Paragraphs", "has no paragraph"),
        ("Good practice;Early.;;;;Service Model;2.140;;;;;;;;", "Paragraphs", "not loaded"),
        ("Good practice;Early.;;;;;;;perhaps;;;;;;", "Gap in the guidance", "yes or no"),
        ("Good practice;Early.;;;;;;;yes;;;;;;", "Gap in the guidance", "Only learning for the organ"),
        ("Good practice;Early.;;;;;;;;19;;;;;", "Commitments", "no commitment 19"),
        ("Good practice;Early.;;;;;;;;five;;;;;", "Commitments", "not the number"),
        ("Good practice;Early.;;;;;;;;;Haste;;;;", "Root cause", "no root cause of this name"),
        ("Good practice;Early.;;;;;;;;;;some;;;", "Risk of recurrence", "one of: low, medium, high"),
        ("Good practice;Early.;;;;;;;;;;;some;;", "Severity", "one of: minor, moderate, serious"),
        ("Good practice;Early.;;;;;;;;;;;;some;", "May be published", "yes or no"),
        ("Individual;Late.;;North;;;38;;;5;;;;;", "Person", "about somebody"),
        ("Individual;Late.;C-000;;;;;;;5;;;;;", "Paragraphs", "must name the paragraph"),
        ("Individual;Late.;C-000;;;;38;;;;;;;;", "Commitments", "must name the Service Charter"),
        ("Organisational;Late.;;;;;;;;;;;;;", "Paragraphs", "or say that the guidance has a gap"),
        ("Good practice;the CALL came early.;;;;;;;;;;;;;", "What was learned", "Row 4 says the same"),
    ],
)
def test_every_cell_that_is_wrong_is_named_and_nothing_is_taken_in(
    office: ScoredOffice, row: str, column: str, reason: str
) -> None:
    listed = read(office, file_of(*GOOD, "", row))
    (refused,) = listed.refused
    assert (refused.row, refused.column) == (7, column)
    assert reason in refused.reason
    with pytest.raises(Refused, match="nothing was taken in"):
        take_in(office, listed)
    assert office.ask(learning_points, HEAD) == []


def test_a_row_with_much_wrong_tells_all_of_it(office: ScoredOffice) -> None:
    refused = read(office, file_of("Gossip;;C-999;Norse;;;;;;;;;;;")).refused
    assert [cell.column for cell in refused] == ["Kind", "What was learned", "Case", "Team"]
    assert [cell.value for cell in refused] == ["Gossip", "", "C-999", "Norse"]


def test_names_in_a_list_are_confirmed_for_all_of_it(office: ScoredOffice) -> None:
    listed = read(office, file_of("Good practice;Nora North called Mr Smith.;;;;;;;;;;;;;"))
    assert listed.points[0].named == ("Nora North", "Mr Smith")
    with pytest.raises(Refused, match="may name people"):
        take_in(office, listed)
    take_in(office, listed, names_confirmed=True)
    assert len(office.ask(learning_points, HEAD)) == 1


def test_the_template_in_both_kinds_of_file(office: ScoredOffice) -> None:
    with pytest.raises(Refused, match="below them"):
        read(office, as_csv(template()))
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(template(), "Points")))
    assert book.active is not None
    book.active.append(["Good practice", "The call came early."])
    out = io.BytesIO()
    book.save(out)
    (point,) = read(office, out.getvalue(), file_name="list.xlsx").points
    assert (point.row, point.lesson.description, point.lesson.citations) == (2, "The call came early.", [])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (NORTH, file_of(*GOOD), "cannot do this"),
        (QA, b"Kind;Other\nIndividual;x", "no column “What was learned”"),
        (QA, b"", "is empty"),
    ],
)
def test_a_file_that_is_none_or_not_for_you(office: ScoredOffice, name: str, data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read(office, data, name)


def test_other_columns_are_left_out_and_said(office: ScoredOffice) -> None:
    listed = read(office, b"Kind;What was learned;Shoe size\nGood practice;The call came early.;42")
    assert (len(listed.points), listed.refused) == (1, ())
    assert listed.notes == ("Columns that are not in the template were left out: “Shoe size”.",)
    assert listed.points[0].lesson.kind == "good_practice"
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(LearningPoint)) == 0
