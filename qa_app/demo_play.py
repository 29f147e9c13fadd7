"""What every scene of the demonstration needs: the agenda, the cast, the cases, and how reviews happen."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from learning_register.no_action import authorise_no_action, propose_no_action
from learning_register.tables_actions import NoActionNeeded
from qa_app.demo_actions import NOTHING_NEEDED, Deed, play_action
from qa_app.demo_agenda import Agenda
from qa_app.demo_cases import FictionalCase
from qa_app.demo_learning import learn_from, praise
from qa_app.demo_people import Cast
from qa_app.demo_reviews import Findings, review_case
from sampling.records.people import Person, Team


@dataclass(frozen=True)
class Lesson:
    """What a reviewer makes of a review: learning, with actions or none; praise; or no need of anything."""

    deeds: tuple[Deed, ...] = ()
    unverified: bool = False
    is_praise: bool = False
    needs_nothing: bool = False


@dataclass
class Play:
    """The state of the demonstration while it is made. `first_scores` is by case reference."""

    engine: Engine
    agenda: Agenda
    rng: random.Random
    cast: Cast
    months: list[date]
    cases: dict[str, FictionalCase]
    first_scores: dict[str, Findings] = field(default_factory=dict)
    shared_out: set[tuple[str, int, int]] = field(default_factory=set)  # case, reviewer, sampled case

    def period(self, first: int, last: int) -> tuple[date, date]:
        """From the first day of one month of the play to the last day of another, both by number."""
        return self.months[first], self.months[last + 1] - timedelta(days=1)

    def plan_review(
        self,
        moment: datetime,
        sampled_id: int,
        reference: str,
        findings: Findings,
        *,
        by_id: int,
        lesson: Lesson | None = None,
    ) -> None:
        """Put a review on the agenda, with the learning that comes of it."""
        team = self.cases[reference].team
        self.agenda.add(
            moment, partial(self._review, sampled_id, findings, team=team, by_id=by_id, lesson=lesson)
        )

    def _review(
        self,
        sampled_id: int,
        findings: Findings,
        session: Session,
        *,
        team: str,
        by_id: int,
        lesson: Lesson | None,
    ) -> None:
        by = session.get_one(Person, by_id)
        review = review_case(session, sampled_id, findings, rng=self.rng, by=by)
        if lesson is None:
            return
        manager = session.get_one(Person, self.cast.managers[team])
        if lesson.is_praise:
            praise(session, review, told=manager, by=by)
            return
        head = session.get_one(Person, self.cast.head)
        if lesson.needs_nothing:
            propose_no_action(session, review, reason=NOTHING_NEEDED, by=by)
            agreed_at = min(session.info["now"] + timedelta(days=1), self.agenda.now)
            self.agenda.add(agreed_at, partial(_need_nothing, review.id, head.id))
            return
        learnt = learn_from(session, review, told=manager, unverified=lesson.unverified, by=by)
        if learnt is None:
            return
        point, first_step = learnt
        for deed in lesson.deeds:
            owner = session.get_one(Team, self.cast.teams[team]) if deed.by_team else manager
            play_action(
                self.agenda, session, point, deed, first_step=first_step, owner=owner, head=head, by=by
            )


def _need_nothing(review_id: int, head_id: int, session: Session) -> None:
    proposal = session.get_one(NoActionNeeded, review_id)
    authorise_no_action(session, proposal, by=session.get_one(Person, head_id))
