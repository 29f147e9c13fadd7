"""An office for tests of samples, made with the real actions: its cases are what each test says."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sampling.drawing import carry_out_plan
from sampling.records.appointments import give_role
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.samples import Size, plan_case_sample, plan_open_sample
from sampling.tables import Plan, Route

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
START = date(2026, 1, 1)
QUARTER = (date(2026, 4, 1), date(2026, 6, 30))

MAPPING = Mapping(
    reference="Case",
    state="State",
    states={"Open": "open", "Closed": "closed", "Cancelled": "cancelled", "Merged": "merged"},
    team="Team",
    caseworker="Owner",
    decided_by="Decided",
    closed_on="Closed",
    risk="Risk",
    case_type="Type",
    date_formats={"closed_on": "%d/%m/%Y"},
    attributes={"Region": "Region"},
)

PEOPLE = {  # name: role and team
    "Nora North": (Role.LINE_MANAGER, "North"),
    "Sue South": (Role.LINE_MANAGER, "South"),
    "Quinn Qua": (Role.QA_REVIEWER, None),
    "Thea Theme": (Role.THEMATIC_REVIEWER, None),
    "Hedda Head": (Role.HEAD, None),
}


class Office:
    """Two teams and their people, called by name; `cases` brings what they work on."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now = engine, NOW
        with self.writing() as session:
            by = open_office(
                session,
                "Test office",
                administrator="Ada Min",
                email="ada@example.org",
                password="a long enough password",
            )
            teams = {name: add_team(session, name, by=by) for name in ("North", "South")}
            for name, (role, team) in PEOPLE.items():
                # The managers are known to the case system too: they may handle a case themselves.
                person = add_person(session, name, email=None, password=None, case_system_name=name, by=by)
                scope = teams[team] if team else None
                give_role(session, person, role=role, team=scope, starts_on=START, by=by)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with writing(self.engine, now=self.now) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with reading(self.engine, now=self.now) as session:
            yield session

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)

    def person(self, session: Session, name: str) -> Person:
        return session.scalars(select(Person).where(Person.name == name)).one()

    def team(self, session: Session, name: str) -> Team:
        return session.scalars(select(Team).where(Team.name == name)).one()

    def cases(self, *rows: str) -> int:
        """Import cases. A row is reference, state, team, owner, decider, closing date, risk, type, region."""
        text = "\n".join(["Case,State,Team,Owner,Decided,Closed,Risk,Type,Region", *rows])
        with self.writing() as session:
            made = import_cases(
                session,
                parse_cases(read_table(text.encode(), "cases.csv"), MAPPING, as_at=self.now),
                file_name="cases.csv",
                file_sha256=hashlib.sha256(text.encode()).hexdigest(),
                as_at=self.now,
                mapping=MAPPING,
                by=self.person(session, "Ada Min"),
            )
            assert made.rows_refused == 0
            return made.id

    def closed(self, count: int, *, team: str = "North", start: int = 0, day: str = "05/05/2026") -> None:
        """So many closed cases of a team: C-0000 and on."""
        self.cases(*(f"C-{start + n:04d},Closed,{team},{team} {n % 3},,{day},,,East" for n in range(count)))

    def plan_open(self, team: str, by: str, *, risks: tuple[str, ...] = ()) -> int:
        with self.writing() as session:
            plan = plan_open_sample(
                session, self.team(session, team), certainty_risks=risks, by=self.person(session, by)
            )
            return plan.id

    def plan_cases(
        self,
        size: Size,
        *,
        by: str = "Quinn Qua",
        name: str = "Quarter",
        route: Route = Route.CENTRAL,
        period: tuple[date, date] | None = QUARTER,
        filters: dict[str, list[object]] | None = None,
        stratify_by: str | None = None,
    ) -> int:
        with self.writing() as session:
            plan = plan_case_sample(
                session,
                name,
                route=route,
                period=period,
                filters=filters or {},
                stratify_by=stratify_by,
                size=size,
                due_on=date(2027, 1, 4),
                by=self.person(session, by),
            )
            return plan.id

    def draw(self, plan_id: int, by: str) -> int:
        with self.reading() as session:
            by_id = self.person(session, by).id
        return carry_out_plan(self.engine, plan_id, by_id=by_id, now=self.now)

    def frame_of(self, plan_id: int, read: Callable[[Plan], object]) -> object:
        """Something of a plan and its frame, read while the session is there."""
        with self.reading() as session:
            return read(session.get_one(Plan, plan_id))


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(engine)
