"""Months that are over and were never drawn: choosable, with the teams that had cases, and not complete."""

import hashlib
from datetime import date

import pytest
from scored_office import MAPPING, ScoredOffice
from sqlalchemy import Engine, select

from sampling.records.appointments import give_role, join_team
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases, undo_import
from sampling.records.case_rows import parse_cases
from sampling.records.cases import Case, Import
from sampling.records.office import add_team
from sampling.records.people import Role, Team
from sampling.tables import Plan, Route
from sampling.voiding import ask_to_void, void_plan
from scorecards.completion import TeamMonth, completion, team_months
from scorecards.reduction_queries import reductions
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.sampling_months import sampling_months

NORA, SUE, HEAD, ADA = "Nora North", "Sue South", "Hedda Head", "Ada Min"
JUNE, JULY, AUGUST, SEPTEMBER = (date(2026, month, 1) for month in range(6, 10))


def take_in(office: ScoredOffice, lines: list[str]) -> None:
    """A newer extract, a line each: reference, state, team, owner, received, closed."""
    data = "\n".join(["Case,State,Team,Owner,Received,Closed", *lines]).encode()
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "more.csv"), MAPPING, as_at=office.now),
            file_name="more.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=office.now,
            mapping=MAPPING,
            by=office.person(session, ADA),
        )


def months_of(office: ScoredOffice) -> list[date]:
    with office.reading() as session:
        return sampling_months(session)


def teams_in(office: ScoredOffice, month: date) -> dict[str, TeamMonth]:
    return {team.team: team for team in office.ask(team_months, HEAD, month=month)}


def close_all(office: ScoredOffice, team: str, closed: str) -> None:
    with office.reading() as session:
        references = session.scalars(
            select(Case.reference)
            .join(Team, Team.id == Case.team_id)
            .where(Case.state == "open", Team.name == team)
        ).all()
    take_in(office, [f"{reference},Closed,{team},{team} 0,01/06/2026,{closed}" for reference in references])


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    """Its first extract is of 1 July, North drew July, and it is September."""
    office = ScoredOffice(engine)
    office.draw_open("North", NORA)
    for sampled_id in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled_id)
    office.later(62)
    return office


def test_every_month_since_the_first_import_can_be_chosen(office: ScoredOffice) -> None:
    assert months_of(office) == [SEPTEMBER, AUGUST, JULY]
    # Neither an import that is newer nor cases that are all closed change that.
    close_all(office, "North", "05/08/2026")
    close_all(office, "South", "05/08/2026")
    assert months_of(office) == [SEPTEMBER, AUGUST, JULY]
    office.later(120)
    assert months_of(office)[:2] == [date(2027, 1, 1), date(2026, 12, 1)]


def test_before_anything_is_imported_there_is_this_month(engine: Engine) -> None:
    office = ScoredOffice(engine)
    with office.writing() as session:
        undo_import(session, session.scalars(select(Import)).one(), by=office.person(session, ADA))
    office.later(62)
    assert months_of(office) == [SEPTEMBER]


def test_what_a_month_required_that_was_never_drawn_is_unknown(office: ScoredOffice) -> None:
    july, august = teams_in(office, JULY), teams_in(office, AUGUST)
    assert (july["North"].is_drawn, july["North"].required, july["North"].is_complete) == (True, 4, True)
    for month in (july["South"], august["North"], august["South"]):
        assert (month.is_drawn, month.required, month.done, month.left) == (False, None, 0, None)
        assert not month.is_complete
    (row,) = office.ask(completion, SUE, month=JULY)
    assert (row.team, row.caseworker_id, row.is_drawn) == ("South", None, False)
    assert (row.eligible, row.required, row.quota, row.drawn, row.done) == (None, None, 2, 0, 0)


def test_it_stays_visible_when_no_case_is_open_any_more(office: ScoredOffice) -> None:
    close_all(office, "North", "02/09/2026")
    close_all(office, "South", "")
    assert {team: month.required for team, month in teams_in(office, AUGUST).items()} == {
        "North": None,
        "South": None,
    }
    assert teams_in(office, SEPTEMBER) == {}


def test_a_month_whose_draw_was_voided_was_never_drawn(office: ScoredOffice) -> None:
    with office.writing() as session:
        plan = session.scalars(select(Plan)).one()
        ask_to_void(session, plan, reason="The wrong cases", reviewed=0, by=office.person(session, NORA))
        void_plan(session, plan, by=office.person(session, "Hedda Head"))
    assert teams_in(office, JULY)["North"].required is None


def test_a_month_under_way_is_counted_from_the_cases_open_now(office: ScoredOffice) -> None:
    assert [(team.is_drawn, team.required) for team in teams_in(office, SEPTEMBER).values()] == [
        (False, 4),
        (False, 4),
    ]


def test_a_team_owes_nothing_for_a_month_without_caseworkers_and_cases(office: ScoredOffice) -> None:
    with office.writing() as session:
        ada = office.person(session, ADA)
        west, east = (add_team(session, name, by=ada) for name in ("West", "East"))
        for team in (west, east):
            sue = office.person(session, SUE)
            give_role(session, sue, role=Role.LINE_MANAGER, team=team, starts_on=JUNE, by=ada)
        otto = office.person(session, "Otto Owner")
        join_team(session, otto, team=east, starts_on=date(2026, 8, 31), by=ada)
        join_team(session, otto, team=west, starts_on=SEPTEMBER, by=ada)
    assert set(teams_in(office, AUGUST)) == {"North", "South", "East"}  # a caseworker for its last day
    assert set(teams_in(office, JULY)) == {"North", "South"}


def test_cases_count_for_the_team_and_the_months_they_were_open_in(office: ScoredOffice) -> None:
    close_all(office, "South", "31/07/2026")
    take_in(
        office,
        [
            *(f"O-{number:03d},Open,West,North 0,01/06/2026," for number in range(0, 16, 2)),
            "N-1,Closed,East,Eve East,10/08/2026,20/08/2026",
            "N-2,Cancelled,Gone,Gus Gone,10/08/2026,",
        ],
    )
    assert set(teams_in(office, JULY)) == {"North", "South"}
    # West has what was North's then, and East's case came into the books after it was closed.
    assert set(teams_in(office, AUGUST)) == {"North", "East"}
    assert set(teams_in(office, SEPTEMBER)) == {"West"}


def test_reductions_of_a_month_never_drawn_keep_their_names(office: ScoredOffice) -> None:
    with office.writing() as session:
        nora, head = office.person(session, NORA), office.person(session, HEAD)
        north_0 = office.person(session, "North 0")
        team = session.scalars(select(Team).where(Team.name == "North")).one()
        asked = request_reduction(
            session, team, caseworker=north_0, month=AUGUST, required=1, reason="On leave", by=nora
        )
        approve_reduction(session, asked, by=head)
    assert teams_in(office, AUGUST)["North"].required is None  # fewer, but nobody knows than what
    for name, shown in ((NORA, "North 0"), (HEAD, "A caseworker")):
        (row,) = office.ask(reductions, name, month=AUGUST)
        assert (row.caseworker, row.required, row.approved_by) == (shown, 1, HEAD)
