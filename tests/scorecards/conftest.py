"""An office with its samples drawn and nothing scored."""

import pytest
from kept import once
from scored_office import ScoredOffice
from sqlalchemy import Engine

from sampling.records.audit_trail import record


@pytest.fixture
def drawn(database: Engine) -> ScoredOffice:
    """An office on either kind of database, with samples drawn and nothing scored.

    Nora and Sue have four open cases each, QA has ten closed ones. Extracts know Nora, Sue, Quinn
    and Robin by their names.
    """

    def draw() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database)
        with office.writing() as session:
            for name in ("Nora North", "Sue South", "Quinn Qua", "Robin Qua"):
                office.person(session, name).case_system_name = name
            record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
        office.draw_open("North", "Nora North")
        office.draw_open("South", "Sue South")
        office.draw_closed([10])

    once(database, "an office with its samples drawn", draw)
    return ScoredOffice.found_in(database)


@pytest.fixture
def drawn_alone(drawn: ScoredOffice) -> ScoredOffice:
    """That office, for things done at the same moment: each has a transaction of its own."""
    return drawn
