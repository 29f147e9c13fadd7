"""The service standards from the cases in the books, as extracts told them, by the settings of their day."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from pandas.testing import assert_frame_equal
from scored_office import MAPPING as COLUMNS
from scored_office import ScoredOffice
from sqlalchemy import Engine

from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases, undo_import
from sampling.records.case_import_history import newest_import
from sampling.records.case_rows import parse_cases
from sampling.records.people import Role
from sampling.records.settings import set_setting
from sampling.refused import Refused
from scorecards.caseloads import caseloads, queue
from scorecards.cases_as_at import CasesAsAt, cases_as_at, seen_by
from scorecards.clocks import over_limit
from scorecards.periods import month_number
from scorecards.service_standards import (
    InTime,
    long_cases,
    long_cases_by_month,
    other_clocks,
    service_months,
    service_standard,
)

HEADER = "Case,State,Team,Owner,Received,Allocated,Closed,Type,Passed,Told"
MAPPING = replace(
    COLUMNS,
    allocated_on="Allocated",
    case_type="Type",
    date_formats=dict.fromkeys(("received_on", "allocated_on", "closed_on"), "%d/%m/%Y"),
    attributes={"Passed": "Passed on", "Told": "Acknowledged"},
)
MAY, JUNE = (date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 6, 1), date(2026, 6, 30))
HEAD, NORTH = "Hedda Head", "Nora North"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    """Two teams and their people; the cases are what each test says. It is Monday, 6 July 2026."""
    return ScoredOffice(engine, closed=0, open_cases=0)


def take_in(office: ScoredOffice, *lines: str) -> None:
    """An extract of a few lines, made two hours before it is taken in."""
    data = "\n".join([HEADER, *lines]).encode()
    as_at = office.now - timedelta(hours=2)
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "cases.csv"), MAPPING, as_at=as_at),
            file_name="cases.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=as_at,
            mapping=MAPPING,
            by=office.person(session, "Ada Min"),
        )


def change(office: ScoredOffice, name: str, value: str, starts_on: date) -> None:
    with office.writing() as session:
        set_setting(session, name, value, starts_on=starts_on, by=office.person(session, "Ada Min"))


def seen(office: ScoredOffice, name: str = HEAD, *, at: datetime | None = None) -> CasesAsAt:
    with office.reading() as session:
        return seen_by(session, cases_as_at(session, at or office.now), office.person(session, name))


def standard(office: ScoredOffice, period: tuple[date, date], *, at: datetime | None = None) -> InTime:
    with office.reading() as session:
        return service_standard(session, seen(office, at=at), first=period[0], last=period[1])


def counts(found: InTime) -> tuple[int, int, int, int]:
    return found.met, found.n, found.still_open, len(found.apart)


THREE = (
    "A-1,Closed,North,Ann,30/03/2026,02/04/2026,05/05/2026,Complaint,,",  # on the twentieth working day
    "A-2,Open,North,Ann,30/03/2026,02/04/2026,,Complaint,,",
    "A-3,Open,South,Bob,30/03/2026,,,Review,,",  # never allocated: set apart
)


def test_a_past_moment_is_told_as_the_imports_up_to_it_told_it(office: ScoredOffice) -> None:
    first = office.now
    take_in(office, *THREE)
    before = seen(office)
    office.later(7)
    take_in(
        office,
        "A-1,Open,North,Ann,30/03/2026,02/04/2026,,Complaint,,",
        "A-2,Closed,North,Cleo,30/03/2026,02/04/2026,04/05/2026,Complaint,,",
        "A-4,Open,North,Ann,30/03/2026,02/04/2026,,Complaint,,",
    )
    office.later(7)
    take_in(office, "A-1,Closed,South,Bob,30/03/2026,02/04/2026,20/05/2026,Review,,")
    assert counts(standard(office, MAY, at=first)) == (1, 2, 1, 1)
    assert counts(standard(office, MAY, at=first + timedelta(days=7))) == (1, 3, 2, 1)
    assert counts(standard(office, MAY)) == (1, 3, 1, 1)
    then, now = seen(office, at=first), seen(office)
    assert_frame_equal(then.frame, before.frame)
    assert (then.day, now.day) == (date(2026, 7, 6), date(2026, 7, 20))
    known = then.frame.set_index("reference")
    assert (known["team"]["A-1"], known["state"]["A-2"], "A-4" in known.index) == ("North", "open", False)
    assert seen(office, at=first - timedelta(days=1)).frame.empty


def test_an_import_that_was_taken_back_is_as_if_it_had_never_been(office: ScoredOffice) -> None:
    take_in(office, *THREE)
    before = seen(office)
    office.later(1)
    take_in(office, "A-2,Closed,North,Ann,30/03/2026,02/04/2026,05/05/2026,Complaint,,")
    with office.writing() as session:
        newest = newest_import(session)
        assert newest is not None
        undo_import(session, newest, by=office.person(session, "Ada Min"))
    after = seen(office)
    assert_frame_equal(after.frame, before.frame)
    assert after.day == before.day


def test_a_share_goes_by_the_settings_of_its_day(office: ScoredOffice) -> None:
    # The same two days for every case: allocated on 2 April; 20 working days end on 5 May, 15 on 27 April.
    take_in(office, *THREE)
    found = standard(office, MAY)
    assert (found.target, found.share, found.is_reached) == (Fraction(3, 4), Fraction(1, 2), False)
    change(office, "service_share", "0.5", date(2026, 6, 1))
    change(office, "service_days", "15", date(2026, 4, 1))
    assert counts(standard(office, MAY)) == (1, 2, 1, 1)  # received in March: the twenty days of their day
    assert standard(office, MAY).is_reached is False
    assert standard(office, JUNE).target == Fraction(1, 2)
    change(office, "service_clock", "receipt", date(2026, 3, 1))
    by_receipt = standard(office, (date(2026, 4, 1), date(2026, 4, 30)))
    assert counts(by_receipt) == (0, 3, 2, 0)  # 20 working days from Monday 30 March: 29 April
    with office.reading() as session:
        months = [month_number(date(2026, month, 1)) for month in (4, 5, 6)]
        rows, targets = service_months(session, by_receipt, months)
    assert rows[["met", "n"]].values.tolist() == [[0, 3], [0, 0], [0, 0]]
    assert targets == [Fraction(3, 4), Fraction(3, 4), Fraction(1, 2)]


def test_long_cases_go_by_the_weeks_of_the_day_and_their_history_by_each_month(office: ScoredOffice) -> None:
    take_in(office, *THREE, "A-4,Open,South,Bob,11/05/2026,,,Review,,")  # 8 weeks to the day of the extract
    cases = seen(office)
    with office.reading() as session:
        weeks, run = long_cases(session, cases)
        months = [month_number(date(2026, month, 1)) for month in (5, 6)]
        assert long_cases_by_month(session, cases, months) == [(months[0], 8, 2), (months[1], 8, 2)]
    over = over_limit(run)
    assert (weeks, list(over["reference"])) == (8, ["A-2", "A-3"])
    # From Monday 30 March: 70 weekdays to 6 July, without Easter's two and the two holidays of May.
    assert list(over["working_days"]) == [66, 66]
    change(office, "long_case_weeks", "4", date(2026, 4, 1))
    with office.reading() as session:
        assert long_cases_by_month(session, cases, months) == [(months[0], 4, 2), (months[1], 4, 3)]
        assert len(over_limit(long_cases(session, cases)[1])) == 3


def test_the_clocks_of_other_documents_count_where_they_are_switched_on(office: ScoredOffice) -> None:
    take_in(
        office,
        "A-1,Closed,North,Ann,30/03/2026,02/04/2026,29/04/2026,Investigation,,2026-04-02",
        "A-2,Open,North,Ann,30/03/2026,02/04/2026,,Complaint,2026-04-20,2026-04-03",
        "A-3,Open,North,Ann,01/12/2025,02/04/2026,,Complaint,,not a day",
    )
    period = date(2026, 4, 1), date(2026, 4, 30)

    def clocks() -> dict[str, tuple[object, ...]]:
        with office.reading() as session:
            found = other_clocks(session, seen(office), first=period[0], last=period[1])
        return {
            one.clock.key: (
                (one.in_time.met, one.in_time.n, one.in_time.is_reached) if one.in_time else len(one.over),
                one.column_missing,
            )
            for one in found
        }

    assert clocks() == {}
    change(office, "receipt_clock", "20 at 0.9", date(2026, 2, 1))  # A-3 came before it was counted
    change(office, "very_long_clock", "26", date(2026, 4, 1))
    change(office, "investigation_clock", "4", date(2000, 1, 1))
    change(office, "investigation_types", "Detailed; investigation", date(2000, 1, 1))
    change(office, "acknowledgement_clock", "3", date(2026, 3, 1))
    assert clocks() == {
        "receipt_clock": ((1, 2, False), False),
        "investigation_clock": ((0, 1, None), False),
        "very_long_clock": (1, False),
        "acknowledgement_clock": (0, True),
    }
    change(office, "acknowledged_column", "Acknowledged", date(2000, 1, 1))
    change(office, "passed_on_column", "Passed on", date(2000, 1, 1))
    found = clocks()
    assert found["acknowledgement_clock"] == ((1, 2, None), False)  # day 3 is 2 April
    assert found["receipt_clock"] == ((2, 2, True), False)
    change(office, "receipt_clock", "off", date(2026, 4, 30))
    assert "receipt_clock" not in clocks()


def test_caseloads_and_the_queue(office: ScoredOffice) -> None:
    take_in(
        office,
        *THREE,
        "A-4,Open,North,Ann,01/06/2026,02/06/2026,,Complaint,,",
        "A-5,Open,North,,01/06/2026,,,Complaint,,",
        "A-6,Open,South,,,,,Complaint,,",
    )
    change(office, "caseload", "2", date(2026, 7, 6))
    change(office, "queue_size", "1", date(2026, 7, 7))
    with office.reading() as session:
        cases = seen(office, NORTH)
        held, waiting = caseloads(session, cases), queue(session, cases)
        all_held = caseloads(session, seen(office))
    rows = held.rows[["team", "caseworker", "open", "is_enough"]].values.tolist()
    assert (held.least, rows) == (2, [["North", "Ann", 2, True]])
    assert waiting.size is None
    assert waiting.teams[["team", "waiting", "longest_days"]].values.tolist() == [["North", 1, 35]]
    assert list(all_held.rows["open"]) == [2, 1]
    with office.reading() as session:
        of_all = queue(session, seen(office))
    assert list(of_all.rows["reference"]) == ["A-6", "A-5"]  # nobody knows how long A-6 has waited


def test_a_manager_sees_the_own_team_with_names_and_others_see_nothing(office: ScoredOffice) -> None:
    take_in(office, *THREE)

    def teams_and_names(name: str) -> set[tuple[str, str]]:
        frame = seen(office, name).frame
        frame = frame[frame["state"] != "cancelled"]
        return set(zip(frame["team"], frame["caseworker"], strict=True))

    assert teams_and_names(NORTH) == {("North", "Ann")}
    assert teams_and_names(HEAD) == {("North", "Caseworker 1"), ("South", "Caseworker 2")}
    for name in ("Quinn Qua", "Thea Theme", "Ada Min", "Otto Owner"):
        with pytest.raises(Refused, match="line managers, for their own team"):
            seen(office, name)
    office.give_role(HEAD, Role.LINE_MANAGER, "South")
    assert teams_and_names(HEAD) == {("North", "Caseworker 1"), ("South", "Bob")}
