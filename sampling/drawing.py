"""From a registered plan to a drawn sample: the one thing that takes two transactions.

The plan is on record before the seed exists, and the seed before a ticket is worked out. So
neither a rollback nor a restored file is a free second roll: a crash goes on with what is there.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sampling.actions import draw_sample, seed_plan
from sampling.records.database import writing
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, Plan


def carry_out_plan(
    engine: Engine,
    plan_id: int,
    *,
    by_id: int,
    after_draw: Callable[[Session, Draw], None] | None = None,
    now: datetime | None = None,
) -> int:
    """Seed and draw a plan whose registration is committed; the draw's id.

    `after_draw` joins the transaction that draws (a second scoring notes its pairs there).
    """
    with writing(engine, now=now) as session:
        plan, by = session.get(Plan, plan_id), session.get(Person, by_id)
        if plan is None or by is None:
            raise Refused("The plan or the person is not in this database. Reload the page.")
        draw_id = seed_plan(session, plan, by=by).id
    with writing(engine, now=now) as session:
        draw = session.scalars(select(Draw).where(Draw.id == draw_id).with_for_update()).one()
        if draw.drawn_at is None:  # somebody else's click may have finished it
            draw_sample(session, draw, by=session.get_one(Person, by_id))
            if after_draw is not None:
                after_draw(session, draw)
    return draw_id
