"""An office for tests of scoring and learning, made with the real actions: two teams, their people, cases."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar

from kept import once
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from learning_register.authorising import authorise_action
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE, load_shipped_documents
from learning_register.following_up import add_action
from learning_register.progressing import start_action
from learning_register.raising import log_learning
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from sampling.actions import register_quota_plan, register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame, freeze_open_frame
from sampling.late_strata import plan_late_strata
from sampling.records.appointments import give_role, set_line_manager
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import reading, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Person, Role, Team
from sampling.records.settings import set_setting
from sampling.registering import ROUTINE, Terms
from sampling.samples import Size, plan_case_sample
from sampling.tables import Draw, Route, SampledCase
from sampling.voiding import void_plan
from scorecards.actions import declare_involvement, save_answer, set_file_found, start_review
from scorecards.cards import publish_scorecard, scorecard_from, use_scorecard
from scorecards.drawn_samples import ask_to_void_plan
from scorecards.requirements import Kind, ResponseValue
from scorecards.second_scoring import carry_out_second_scoring, plan_second_scoring
from scorecards.submitting import submit_review
from scorecards.tables import Review, ScorecardVersion
from scorecards.work_list import work_of

T = TypeVar("T")

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
START = date(2026, 1, 1)
QUARTER = (date(2026, 4, 1), date(2026, 6, 30))
JULY = (date(2026, 7, 1), date(2026, 7, 31))
PASSWORD = "a long enough password"

PEOPLE = {  # name: role and team
    "Nora North": (Role.LINE_MANAGER, "North"),
    "Sue South": (Role.LINE_MANAGER, "South"),
    "Quinn Qua": (Role.QA_REVIEWER, None),
    "Robin Qua": (Role.QA_REVIEWER, None),
    "Thea Theme": (Role.THEMATIC_REVIEWER, None),
    "Hedda Head": (Role.HEAD, None),
    "Otto Owner": (None, None),
}

# A short card: the tests are about what follows from the answers, not about how many there are.
CARD = """
key = "short-card"
title = "Short card"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "1"
""" + "".join(
    f"""
[[requirement]]
key = "{key}"
kind = "{kind}"
section = "Section"
text = "{text}"
guidance = "Met: it is so."
citations = ["38"]
commitments = [5]
quality_standards = [4]
"""
    for key, kind, text in (
        ("answered", "outcome", "Every point was answered."),
        ("remedy", "outcome", "The remedy was right."),
        ("told", "method", "The person was told what happens next."),
    )
)

MAPPING = Mapping(
    reference="Case",
    state="State",
    states={"Open": "open", "Closed": "closed", "Cancelled": "cancelled"},
    team="Team",
    caseworker="Owner",
    received_on="Received",
    closed_on="Closed",
    date_formats={"received_on": "%d/%m/%Y", "closed_on": "%d/%m/%Y"},
)


class ScoredOffice:
    """The office, and short ways to do in it what people do. Everybody is called by name."""

    def __init__(
        self, engine: Engine, *, closed: int = 20, open_cases: int = 16, with_sign_in: Sequence[str] = ()
    ) -> None:
        self.engine, self.now = engine, NOW

        def make() -> None:
            with self.writing() as session:
                self._set_up(session, with_sign_in)
                self._import(session, closed, open_cases)

        once(engine, ("scored office", closed, open_cases, *with_sign_in), make)

    @classmethod
    def found_in(cls, engine: Engine) -> "ScoredOffice":
        """The office of a database that holds one already."""
        office = cls.__new__(cls)
        office.engine, office.now = engine, NOW
        return office

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with writing(self.engine, now=self.now) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with reading(self.engine, now=self.now) as session:
            yield session

    def later(self, days: int) -> None:
        """Let some days pass."""
        self.now += timedelta(days=days)

    def person(self, session: Session, name: str) -> Person:
        return session.scalars(select(Person).where(Person.name == name)).one()

    def ask(self, query: Callable[..., T], name: str, *arguments: object, **named: object) -> T:
        """A query, as one person: `ask(sample_result, "Hedda Head", draw_id)`."""
        with self.reading() as session:
            return query(session, *arguments, self.person(session, name), **named)

    def give_role(self, name: str, role: Role, team: str | None = None) -> None:
        with self.writing() as session:
            give_role(
                session,
                self.person(session, name),
                role=role,
                team=self._team(session, team) if team else None,
                starts_on=START,
                by=self.person(session, "Ada Min"),
            )

    def set_standard(self, name: str, value: str) -> None:
        with self.writing() as session:
            set_setting(session, name, value, starts_on=START, by=self.person(session, "Ada Min"))

    def draw_open(self, team: str, manager: str) -> int:
        """A manager's sample of the month; the draw's id."""
        with self.writing() as session:
            by = self.person(session, manager)
            frame = freeze_open_frame(session, self._team(session, team), by=by)
            plan_id, by_id = register_quota_plan(session, frame, by=by).id, by.id
        return carry_out_plan(self.engine, plan_id, by_id=by_id, now=self.now)

    def draw_closed(
        self,
        sizes: Sequence[int],
        *,
        route: Route = Route.CENTRAL,
        name: str = "Quarter",
        period: tuple[date, date] | None = QUARTER,
    ) -> int:
        """A sample of the quarter's closed cases: one size, or one for each team; the draw's id.

        A theme without a period holds the open cases too.
        """
        with self.writing() as session:
            by = self.person(session, "Quinn Qua")
            frame = freeze_case_frame(
                session,
                name,
                route=route,
                period=period,
                filters={},
                stratify_by="team" if len(sizes) > 1 else None,
                by=by,
            )
            wanted = dict(zip((stratum.code for stratum in frame.strata), sizes, strict=True))
            plan = register_sized_plan(session, frame, sizes=wanted, due_on=date(2026, 8, 3), by=by)
            plan_id, by_id = plan.id, by.id
        return carry_out_plan(self.engine, plan_id, by_id=by_id, now=self.now)

    def draw_planned(
        self,
        size: Size,
        *,
        route: Route = Route.CENTRAL,
        name: str = "Quarter",
        stratify_by: str | None = None,
        terms: Terms = ROUTINE,
        public_value: str | None = None,
    ) -> int:
        """A sample of the quarter's closed cases as QA plans it, by a rule; the draw's id."""
        with self.writing() as session:
            by = self.person(session, "Quinn Qua")
            plan = plan_case_sample(
                session,
                name,
                route=route,
                period=QUARTER,
                filters={},
                stratify_by=stratify_by,
                size=size,
                due_on=date(2026, 8, 3),
                terms=terms,
                by=by,
            )
            plan_id, by_id = plan.id, by.id
        return carry_out_plan(self.engine, plan_id, by_id=by_id, public_value=public_value, now=self.now)

    def draw_late(self, draw_id: int, *, closed: int, day: int = 1) -> int:
        """Import so many more closed cases and draw them as late strata of a sample; the draw's id."""
        self.later(1)
        with self.writing() as session:
            teams = [("North", "South")[number % 2] for number in range(closed)]
            rows = [
                f"L-{day}-{number:03d},Closed,{team},{team} 0,02/04/2026,{day + 10}/06/2026"
                for number, team in enumerate(teams)
            ]
            self._take_in(session, ["Case,State,Team,Owner,Received,Closed", *rows])
            by = self.person(session, "Quinn Qua")
            plan = session.get_one(Draw, draw_id).plan
            plan_id, by_id = plan_late_strata(session, plan, due_on=date(2026, 8, 10), by=by).id, by.id
        return carry_out_plan(self.engine, plan_id, by_id=by_id, now=self.now)

    def void(self, draw_id: int) -> None:
        """Have a draw voided: QA asks, the Head agrees."""
        with self.writing() as session:
            plan = session.get_one(Draw, draw_id).plan
            ask_to_void_plan(session, plan, reason="The wrong extract.", by=self.person(session, "Quinn Qua"))
        with self.writing() as session:
            plan = session.get_one(Draw, draw_id).plan
            void_plan(session, plan, by=self.person(session, "Hedda Head"))

    def draw_second(self, *, allowed_failures: int | None = None) -> int:
        """A second scoring of July's reviews; the draw's id."""
        with self.writing() as session:
            by = self.person(session, "Quinn Qua")
            plan = plan_second_scoring(session, period=JULY, allowed_failures=allowed_failures, by=by)
            plan_id, by_id = plan.id, by.id
        return carry_out_second_scoring(self.engine, plan_id, by_id=by_id, now=self.now)

    def to_do(self, name: str, route: Route) -> list[int]:
        """The sampled cases of a route that a person has to review, in the order they see."""
        return [item.sampled_case_id for item in self.ask(work_of, name) if item.route == route]

    def score(
        self,
        name: str,
        sampled_id: int,
        *,
        not_met: Kind | None = None,
        response: ResponseValue = ResponseValue.NOT_MET,
        file_found: bool = True,
        put_right: bool = False,
        everything: ResponseValue = ResponseValue.MET,
        submit: bool = True,
    ) -> int:
        """Review a case: all met, but for the first requirement of one kind; the review's id."""
        with self.writing() as session:
            by, sampled = self.person(session, name), session.get_one(SampledCase, sampled_id)
            declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
            review = start_review(session, sampled, by=by)
            key = self.requirement(session, not_met) if not_met else None
            for requirement in self._card(session).requirements:
                answer = response if requirement.key == key else everything
                save_answer(
                    session,
                    review,
                    requirement_key=requirement.key,
                    response=answer,
                    evidence="" if answer == ResponseValue.MET else "As the file shows.",
                    put_right=put_right and requirement.key == key,
                    by=by,
                )
            session.expire(review, ["answers"])
            if not file_found:
                set_file_found(session, review, found=False, by=by)
            if submit:
                submit_review(session, review, by=by)
            return review.id

    def requirement(self, session: Session, kind: Kind) -> str:
        """The key of the scorecard's first requirement of a kind."""
        return next(row.key for row in self._card(session).requirements if row.kind is kind)

    def learn(self, name: str, review_id: int, **changes: object) -> int:
        """Log an individual learning point from a review's first outcome requirement; its id."""
        with self.writing() as session:
            given: dict[str, object] = {
                "requirement_key": self.requirement(session, Kind.OUTCOME),
                "kind": LearningKind.INDIVIDUAL,
                "description": "The reasons given did not answer the complaint.",
                "citations": [TypedCitation(GUIDANCE, "38")],
                "commitments": [5],
                **changes,
            }
            log = partial(log_learning, **given)  # type: ignore[arg-type]
            return log(session, session.get_one(Review, review_id), by=self.person(session, name)).id

    def act_on(self, name: str, point_id: int, *, begun: bool = True, **changes: object) -> int:
        """Add an action to a learning point, Otto's, authorised by the Head, who begins it; its id."""
        with self.writing() as session:
            given: dict[str, object] = {
                "description": "Go through the template at the team meeting.",
                "owner": "Otto Owner",
                "authoriser": "Hedda Head",
                "target_date": date(2026, 7, 20),
                **changes,
            }
            for who in ("owner", "authoriser", "verifier"):
                if isinstance(given.get(who), str):
                    given[who] = self.person(session, str(given[who]))
            add = partial(add_action, **given)  # type: ignore[arg-type]
            action = add(session, session.get_one(LearningPoint, point_id), by=self.person(session, name))
            if begun:
                authorise_action(session, action, by=action.authoriser)
                start_action(session, action, by=self.person(session, "Hedda Head"))
            return action.id

    def change(self, action: Callable[..., object], name: str, row_id: int, **named: object) -> None:
        """Do something to a follow-up action: `change(finish_action, "Otto Owner", 1, note="Done.")`."""
        with self.writing() as session:
            action(session, session.get_one(FollowUpAction, row_id), by=self.person(session, name), **named)

    def _card(self, session: Session):  # type: ignore[no-untyped-def]
        return scorecard_from(session.scalars(select(ScorecardVersion.definition)).first())

    def _team(self, session: Session, name: str) -> Team:
        return session.scalars(select(Team).where(Team.name == name)).one()

    def _set_up(self, session: Session, with_sign_in: Sequence[str]) -> None:
        by = open_office(
            session, "Test office", administrator="Ada Min", email="ada@example.org", password=PASSWORD
        )
        for team in ("North", "South"):
            add_team(session, team, by=by)
        for name, (role, team) in PEOPLE.items():
            # A password takes a while to hash, so only those who sign in have one.
            signs_in = name in with_sign_in
            person = add_person(
                session,
                name,
                email=f"{name.split()[0].lower()}@example.org" if signs_in else None,
                password=PASSWORD if signs_in else None,
                by=by,
            )
            if role is not None:
                scope = self._team(session, team) if team else None
                give_role(session, person, role=role, team=scope, starts_on=START, by=by)
        published = publish_scorecard(session, CARD, by=by)
        use_scorecard(session, None, scorecard_key=published.key, starts_on=START, by=by)
        load_shipped_documents(session, by=by)

    def _import(self, session: Session, closed: int, open_cases: int) -> None:
        by = self.person(session, "Ada Min")
        lines = ["Case,State,Team,Owner,Received,Closed", "X-001,Cancelled,North,North 0,02/04/2026,"]
        for number in range(closed):
            team = ("North", "South")[number % 2]
            day = f"{number % 28 + 1:02d}/05/2026"
            lines.append(f"C-{number:03d},Closed,{team},{team} {number // 2 % 2},02/04/2026,{day}")
        for number in range(open_cases):
            team = ("North", "South")[number % 2]
            lines.append(f"O-{number:03d},Open,{team},{team} {number // 2 % 2},01/06/2026,")
        self._take_in(session, lines)
        for team, manager in (("North", "Nora North"), ("South", "Sue South")):
            for caseworker in session.scalars(
                select(Person).where(Person.case_system_name.like(f"{team} %"))
            ).all():
                set_line_manager(
                    session, caseworker, manager=self.person(session, manager), starts_on=START, by=by
                )

    def _take_in(self, session: Session, lines: Sequence[str]) -> None:
        data = "\n".join(lines).encode()
        as_at = self.now - timedelta(days=5)
        import_cases(
            session,
            parse_cases(read_table(data, "cases.csv"), MAPPING, as_at=as_at),
            file_name="cases.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=as_at,
            mapping=MAPPING,
            by=self.person(session, "Ada Min"),
        )
