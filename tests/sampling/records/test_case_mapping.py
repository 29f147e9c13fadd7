"""From cells to cases: the mapping, each reason for refusing a row, and the first guess."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import qa_app
from sampling.records.case_mapping import STATES, Mapping, check_mapping, from_json, to_json
from sampling.records.case_rows import OFFICE_TIME, ParsedExtract, parse_cases
from sampling.records.case_suggestions import suggest_date_format, suggest_mapping
from sampling.records.case_table import Cell, Table
from sampling.records.cases import CaseState
from sampling.records.database import OFFICE_TIME as DATABASE_OFFICE_TIME
from sampling.refused import Refused

AS_AT = datetime(2016, 5, 16, 9, 0)  # noqa: DTZ001  (the office's local time)
COLUMNS = ("Ref", "Status", "Team", "Owner", "In", "Out", "Extra", "Notes")
MAPPING = Mapping(
    reference="Ref",
    state="Status",
    states={"Open": "open", "Done": "closed", "1": "closed"},
    team="Team",
    caseworker="Owner",
    received_on="In",
    closed_on="Out",
    date_formats={"received_on": "%d/%m/%Y %H:%M", "closed_on": "%d/%m/%Y"},
    attributes={"Extra": "region"},
)
GOOD = ("C-1", "Done", "North", "A Smith", "1/3/2016 09:00", "2/3/2016", "x", "secret")


def table(*rows: tuple[Cell, ...]) -> Table:
    return Table(COLUMNS, list(rows))


def changed(**cells: Cell) -> tuple[Cell, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, GOOD, strict=True))


def parsed(*rows: tuple[Cell, ...], mapping: Mapping = MAPPING) -> ParsedExtract:
    return parse_cases(table(*rows), mapping, as_at=AS_AT)


def test_a_row_becomes_a_case_and_unmapped_columns_are_dropped() -> None:
    extract = parsed(GOOD)
    (case,) = extract.rows
    assert (case.row, case.reference, case.state, case.team, case.caseworker) == (
        2,
        "C-1",
        "closed",
        "North",
        "A Smith",
    )
    assert (case.received_on, case.closed_on) == (date(2016, 3, 1), date(2016, 3, 2))
    assert case.attributes == {"region": "x"}
    assert case.outcome is None
    assert extract.dropped_columns == ("Notes",)
    assert extract.refusals == []
    assert extract.notes == ()


REFUSED = {
    "no reference": ({"Ref": None}, "Ref", "", "reference is missing"),
    "a reference that means unknown": ({"Ref": "?"}, "Ref", "?", "reference is missing"),
    "spaces around the reference": ({"Ref": " C-1"}, "Ref", " C-1", "spaces around"),
    "a space within": ({"Ref": "C 1"}, "Ref", "C 1", "letters, digits and"),
    "letters beyond ASCII": ({"Ref": "Ç1"}, "Ref", "Ç1", "letters, digits and"),
    "digits beyond ASCII": ({"Ref": "C١"}, "Ref", "C١", "letters, digits and"),
    "a line break at the end": ({"Ref": "C-1\n"}, "Ref", "C-1\n", "spaces around"),
    "65 characters": ({"Ref": "C" * 65}, "Ref", "C" * 65, "at most 64"),
    "a fraction": ({"Ref": 1.5}, "Ref", "1.5", "not a whole number"),
    "more digits than Excel knows": ({"Ref": 1e16}, "Ref", "1e+16", "at most 15 digits"),
    "a negative number": ({"Ref": -5}, "Ref", "-5", "not a whole number"),
    "a date for a reference": ({"Ref": date(2016, 3, 1)}, "Ref", "2016-03-01", "is a date"),
    "no state": ({"Status": None}, "Status", "", "state is missing"),
    "an unknown state": ({"Status": "Parked"}, "Status", "Parked", "does not say what this state means"),
    "a state in other letters": ({"Status": "done"}, "Status", "done", "does not say"),
    "no such day": ({"In": "31/2/2016 09:00"}, "In", "31/2/2016 09:00", "no such day"),
    "month first": ({"In": "2/31/2016 09:00"}, "In", "2/31/2016 09:00", "such as 27/03/2007 14:05"),
    "no time": ({"In": "1/3/2016"}, "In", "1/3/2016", "not in the form"),
    "too much time": ({"Out": "2/3/2016 10:00"}, "Out", "2/3/2016 10:00", "such as 27/03/2007."),
    "a number for a date": ({"Out": 42431}, "Out", "42431", "is a number"),
    "an empty date of Excel": ({"Out": date(1899, 12, 31)}, "Out", "1899-12-31", "before 1900"),
    "a minute after the extract": (
        {"In": "16/5/2016 09:01", "Out": None},
        "In",
        "16/5/2016 09:01",
        "16 May 2016 at 09:00",
    ),
    "a day after the extract": ({"Out": "17/5/2016"}, "Out", "17/5/2016", "is after"),
    "closed before received": (
        {"Out": "29/2/2016"},
        "Out",
        "29/2/2016",
        "before it was received (1 March 2016)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_each_refusal_has_its_row_its_column_its_value_and_a_reason(what: str) -> None:
    cells, column, value, reason = REFUSED[what]
    extract = parsed(changed(Ref="C-0"), changed(**cells))
    assert [case.reference for case in extract.rows] == ["C-0"]
    (refusal,) = extract.refusals
    assert (refusal.row, refusal.column, refusal.value) == (3, column, value)
    assert reason in refusal.reason
    assert extract.rows_refused == 1


def test_a_repeated_reference_names_the_first_row_whatever_its_letters() -> None:
    extract = parsed(GOOD, changed(Ref="C-2"), changed(Ref="c-1"), changed(Ref="C-1"))
    assert [case.row for case in extract.rows] == [2, 3]
    assert [(refusal.row, refusal.value) for refusal in extract.refusals] == [(4, "c-1"), (5, "C-1")]
    assert all("already in row 2" in refusal.reason for refusal in extract.refusals)
    assert extract.refused_references == {"C-1"}


def test_a_repeat_of_a_refused_row_does_not_enter_either() -> None:
    extract = parsed(changed(Status="Parked"), GOOD)
    assert extract.rows == []
    assert [refusal.row for refusal in extract.refusals] == [2, 3]


def test_all_that_is_wrong_with_a_row_is_told_and_the_row_counts_once() -> None:
    extract = parsed(changed(Ref="C 1", Status="Parked", In="soon"))
    assert [refusal.column for refusal in extract.refusals] == ["Ref", "In", "Status"]
    assert extract.rows_refused == 1


def test_rows_have_the_numbers_that_the_person_sees() -> None:
    extract = parse_cases(
        Table(COLUMNS, [(None,) * len(COLUMNS), changed(Status="Parked")], header_row=3), MAPPING, as_at=AS_AT
    )
    assert extract.refusals[0].row == 5
    assert "Blank rows that were passed over: 1." in extract.notes


def test_what_may_be_missing() -> None:
    (case,) = parsed(
        changed(Team="?", Owner="unknown", In=None, Out=None, Status="Open", Extra="UNKNOWN ")
    ).rows
    assert (case.team, case.caseworker, case.received_on, case.closed_on) == (None, None, None, None)
    assert case.attributes == {"region": None}


def test_a_closed_case_without_a_closing_date_is_accepted_and_counted() -> None:
    extract = parsed(changed(Out="?"))
    assert extract.rows[0].closed_on is None
    assert extract.notes == ("Closed cases without a closing date, which enter no period's frame: 1.",)
    without = replace(MAPPING, closed_on=None, date_formats={"received_on": "%d/%m/%Y %H:%M"})
    assert (
        "No column is chosen for the closing date, so the 1 closed cases have none"
        in parsed(GOOD, mapping=without).notes[0]
    )


def test_whole_numbers_of_excel_become_text_and_that_is_told() -> None:
    extract = parsed(changed(Ref=4848023), changed(Ref="007", Status=1))
    assert [case.reference for case in extract.rows] == ["4848023", "007"]
    assert extract.notes[0].startswith(
        "1 references are whole numbers in Excel and were kept as text, such as 4848023."
    )


def test_excel_dates_need_no_format_and_are_compared_in_local_time() -> None:
    plain = replace(MAPPING, date_formats={})
    latest = datetime(2016, 5, 16, 9, 0)  # noqa: DTZ001
    (case,) = parsed(changed(In=date(2016, 5, 16), Out=latest), mapping=plain).rows
    assert (case.received_on, case.closed_on) == (date(2016, 5, 16), date(2016, 5, 16))
    assert type(case.closed_on) is date
    # 08:00 in UTC is 09:00 on the office's wall in May.
    extract = parse_cases(
        table(changed(In=None, Out=latest)), plain, as_at=datetime(2016, 5, 16, 8, 0, tzinfo=UTC)
    )
    assert extract.refusals == []
    one_text = parsed(
        changed(In=date(2016, 3, 1), Out=None), changed(Ref="C-2", In="1/3/2016", Out=None), mapping=plain
    )
    assert "no date format" in one_text.refusals[0].reason


def test_a_moment_with_a_zone_becomes_local() -> None:
    zoned = replace(MAPPING, closed_on=None, date_formats={"received_on": "%Y-%m-%dT%H:%M:%S%z"})
    (case,) = parsed(changed(In="2016-04-30T23:30:00Z"), mapping=zoned).rows
    assert case.received_on == date(2016, 5, 1)


def test_dates_as_text_without_a_format_refuse_the_whole_at_once() -> None:
    with pytest.raises(Refused, match="“In” are text, such as “1/3/2016 09:00”"):
        parsed(GOOD, changed(Ref="C-2"), mapping=replace(MAPPING, date_formats={}))


def test_one_column_may_serve_two_fields_and_fixed_names_serve_all_rows() -> None:
    mapping = replace(MAPPING, outcome="Status", team=None, team_name="South", case_type_name="Complaint")
    (case,) = parsed(GOOD, mapping=mapping).rows
    assert (case.state, case.outcome, case.team, case.case_type) == ("closed", "Done", "South", "Complaint")


def test_numbers_stay_numbers_in_attributes() -> None:
    assert [
        case.attributes["region"] for case in parsed(changed(Extra=3), changed(Ref="C-2", Extra=0.5)).rows
    ] == [3, 0.5]


def test_a_mapping_survives_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(MAPPING)))) == MAPPING


BAD_JSON = {
    "not an object": ([], "must be a JSON object"),
    "an unknown field": ({"colour": "red"}, "has no field “colour”"),
    "a number for a column": ({"reference": 5}, "“reference” of the mapping cannot be 5"),
    "missing as one text": ({"missing": "?"}, "“missing” of the mapping cannot be"),
    "states as a list": ({"states": ["open"]}, "“states” of the mapping cannot be"),
    "no reference": ({"reference": ""}, "No column is chosen for the reference"),
    "no state": ({"state": ""}, "No column is chosen for the state"),
    "no states": ({"states": {}}, "does not say which values"),
    "a state there is not": ({"states": {"Open": "ajar"}}, "said to be “ajar”"),
    "two teams": ({"team_name": "South"}, "both a column and one fixed name for the team"),
    "a format for no date": ({"date_formats": {"team": "%d/%m/%Y"}}, "“team” has a date format"),
    "a format without a year": ({"date_formats": {"closed_on": "%d/%m"}}, "“%d/%m” is not a date format"),
    "a format without a day": ({"date_formats": {"closed_on": "%m/%Y"}}, "“%m/%Y” is not a date format"),
    "a format that is none": ({"date_formats": {"closed_on": "%d/%m/%Y %Q"}}, "is not a date format"),
    "an attribute without a name": ({"attributes": {"Extra": " "}}, "has no name"),
    "an attribute twice": (
        {"attributes": {"Extra": "region", "Notes": "Region"}},
        "“Region” for the column “Notes”",
    ),
    "an attribute named like a field": ({"attributes": {"Extra": "team"}}, "is taken"),
}


@pytest.mark.parametrize("what", BAD_JSON)
def test_a_mapping_that_cannot_be_is_refused(what: str) -> None:
    content, sentence = BAD_JSON[what]
    whole = to_json(MAPPING) | content if isinstance(content, dict) else content
    with pytest.raises(Refused) as refused:
        from_json(whole)
    assert sentence in str(refused.value)


def test_a_mapping_for_another_file_is_refused() -> None:
    with pytest.raises(Refused, match="The file has no column “Ref”"):
        parse_cases(Table(("Reference", "Status"), [("1", "Open")]), MAPPING, as_at=AS_AT)


def test_the_words_agree_with_the_tables() -> None:
    assert set(STATES) == {str(state) for state in CaseState}
    assert OFFICE_TIME == DATABASE_OFFICE_TIME


def test_a_mapping_is_guessed_from_names_and_from_the_words_for_states() -> None:
    guessed = suggest_mapping(
        Table(
            ("Case Number", "STATUS", "Assigned To", "Date received", "closed_at", "State"),
            [
                ("1", "In progress", "A", date(2016, 3, 1), None, "CA"),
                ("2", "Closed with relief", "A", date(2016, 3, 1), "25/3/2016 10:00", "NY"),
                ("3", "Cancelled", "B", date(2016, 3, 1), "2/3/2016 10:00", "NY"),
                ("4", "Merged", "B", date(2016, 3, 1), "?", "TX"),
            ],
        )
    )
    assert (guessed.reference, guessed.state, guessed.caseworker) == ("Case Number", "STATUS", "Assigned To")
    assert (guessed.received_on, guessed.closed_on) == ("Date received", "closed_at")
    assert guessed.date_formats == {"closed_on": "%d/%m/%Y %H:%M"}
    assert guessed.states == {
        "In progress": "open",
        "Closed with relief": "closed",
        "Cancelled": "cancelled",
        "Merged": "merged",
    }
    check_mapping(guessed)


def test_what_cannot_be_guessed_is_left_to_the_person() -> None:
    guessed = suggest_mapping(Table(("a", "b"), [("1", "2")]))
    assert guessed == Mapping()
    with pytest.raises(Refused, match="No column is chosen"):
        check_mapping(guessed)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["25/03/2016", "1/4/2016"], "%d/%m/%Y"),
        (["3/25/2016", "4/1/2016"], "%m/%d/%Y"),
        (["01/04/2016", "03/04/2016"], None),  # both fit
        (["25/03/2016", "03/25/2016"], None),  # neither fits both
        (["25/03/2016", "soon"], None),
        (["25/03/16 10:00"], "%d/%m/%y %H:%M"),
        (["2016-03-25", "?", "", None], "%Y-%m-%d"),
        (["2016-03-25T10:00:00Z"], "%Y-%m-%dT%H:%M:%S%z"),
        (["27 March 2007"], "%d %B %Y"),
        ([date(2016, 3, 1)], None),
        ([], None),
    ],
)
def test_a_date_format_is_suggested_only_when_exactly_one_fits(values: list[Cell], form: str | None) -> None:
    assert suggest_date_format(values) == form


SHIPPED = Path(qa_app.__file__).parent / "shipped" / "mappings"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_the_shipped_mappings_are_sound(path: Path) -> None:
    mapping = from_json(json.loads(path.read_text(encoding="utf-8")))
    assert mapping.note
    assert set(mapping.states.values()) >= {"open", "closed"}


def test_both_examples_are_shipped() -> None:
    assert {path.stem for path in SHIPPED.glob("*.json")} >= {"it-service-cases", "consumer-complaints"}
