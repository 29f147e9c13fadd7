"""What a process is killed at: an import, a draw, reviews. Each runs in a process of its own."""

import hashlib
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection
from typing import Final

from scored_office import MAPPING, NOW, QUARTER, ScoredOffice

from sampling.actions import register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import connect
from sampling.tables import Route
from scorecards.submitting import submit_review
from scorecards.tables import Review

STAYING, NEW = 2_000, 500  # cases of an import: those of every extract, and those only it has
DRAWN: Final = 200
MAPPED: Final = Mapping(**(vars(MAPPING) | {"risk": "Risk"}))


def import_name(number: int) -> str:
    return f"extract {number}"


def do_import(office: ScoredOffice, number: int) -> None:
    """An extract in which every case has changed. Its cases have its name for their risk."""
    references = [f"S-{row:05d}" for row in range(STAYING)] + [f"N-{number}-{row}" for row in range(NEW)]
    rows = [f"{reference},Open,North,North 0,01/06/2026,,{import_name(number)}" for reference in references]
    data = "\n".join(["Case,State,Team,Owner,Received,Closed,Risk", *rows]).encode()
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "cases.csv"), MAPPED, as_at=NOW),
            file_name=import_name(number),
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=NOW,
            mapping=MAPPED,
            by=office.person(session, "Ada Min"),
        )


def draw_name(number: int) -> str:
    return f"Sample {number}"


def do_draw(office: ScoredOffice, number: int) -> None:
    """A sample from the frame to its tickets: registered, seeded, drawn."""
    with office.writing() as session:
        by = office.person(session, "Quinn Qua")
        frame = freeze_case_frame(
            session,
            draw_name(number),
            route=Route.CENTRAL,
            period=QUARTER,
            filters={},
            stratify_by=None,
            by=by,
        )
        sizes = {stratum.code: DRAWN for stratum in frame.strata}
        plan = register_sized_plan(session, frame, sizes=sizes, due_on=date(2026, 8, 3), by=by)
        plan_id, by_id = plan.id, by.id
    carry_out_plan(office.engine, plan_id, by_id=by_id, now=NOW)


def do_reviews(office: ScoredOffice, _number: int) -> None:
    """Review the next ten cases: the answers of each, and then its submission."""
    for sampled_id in office.to_do("Quinn Qua", Route.CENTRAL)[:10]:
        review_id = office.score("Quinn Qua", sampled_id, submit=False)
        with office.writing() as session:
            submit_review(session, session.get_one(Review, review_id), by=office.person(session, "Quinn Qua"))


ACTIONS: Final[dict[str, Callable[[ScoredOffice, int], None]]] = {
    "import": do_import,
    "draw": do_draw,
    "review": do_reviews,
}


def work(url: str, action: str, number: int, ready: Connection) -> None:
    """Say when the action begins, and do it. Whoever waits there kills this process meanwhile."""
    office = ScoredOffice.found_in(connect(url))
    with office.reading() as session:
        office.person(session, "Ada Min")  # connected
    ready.send("begun")
    ACTIONS[action](office, number)
    ready.send("done")
