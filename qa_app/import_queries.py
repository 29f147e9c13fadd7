"""What the import screens show of the books beside the imports themselves."""

import json
from importlib.resources import files
from typing import Final

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.case_import import check_may_import
from sampling.records.case_mapping import Mapping, from_json
from sampling.records.cases import Case, CaseState
from sampling.records.database import total
from sampling.records.people import Person, Team

NO_TEAM: Final = "No team"


def cases_by_team(session: Session, *, by: Person) -> pd.DataFrame:
    """The cases in the books: a row per team, a column per state, and the closed ones without a date."""
    check_may_import(session, by)
    states = [total(Case.state == state) for state in CaseState]
    undated = total((Case.state == CaseState.CLOSED) & Case.closed_on.is_(None))
    rows = session.execute(
        select(Team.name, *states, undated, func.count())
        .select_from(Case)
        .outerjoin(Team, Team.id == Case.team_id)
        .group_by(Team.name)
        .order_by(Team.name)
    )
    columns = ["Team", *(state.capitalize() for state in CaseState), "Closed without a date", "All"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    return frame.fillna({"Team": NO_TEAM})


def shipped_mappings() -> dict[str, Mapping]:
    """The mappings that come with the product as examples, by their names."""
    folder = files("qa_app") / "shipped" / "mappings"
    return {
        entry.name.removesuffix(".json"): from_json(json.loads(entry.read_text(encoding="utf-8")))
        for entry in sorted(folder.iterdir(), key=lambda found: found.name)
        if entry.name.endswith(".json")
    }
