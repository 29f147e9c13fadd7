"""What every scene of the demonstration needs: the agenda, the cast, the cases, and how reviews happen."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from learning_register.following_up import finish_action
from learning_register.tables_actions import FollowUpAction
from qa_app.demo_agenda import Agenda
from qa_app.demo_cases import FictionalCase
from qa_app.demo_learning import Deed, act_on, learn_from, praise
from qa_app.demo_people import Cast
from qa_app.demo_reviews import Findings, review_case
from sampling.records.people import Person


@dataclass(frozen=True)
class Lesson:
    """What a reviewer makes of a review: learning, with an action or none; or praise."""

    deed: Deed | None = None
    unverified: bool = False
    is_praise: bool = False


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
        learnt = learn_from(session, review, told=manager, unverified=lesson.unverified, by=by)
        if learnt is None or lesson.deed is None:
            return
        point, description = learnt
        head = session.get_one(Person, self.cast.head)
        action = act_on(
            session, point, lesson.deed, description=description, owner=manager, authoriser=head, by=by
        )
        if lesson.deed.done_after is not None:
            done_at = session.info["now"] + timedelta(days=lesson.deed.done_after)
            self.agenda.add(done_at, partial(_finish, action.id))


def _finish(action_id: int, session: Session) -> None:
    action = session.get_one(FollowUpAction, action_id)
    finish_action(session, action, note="Done, and the team was told.", by=action.owner)
