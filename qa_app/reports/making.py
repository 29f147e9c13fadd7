"""What every report is made with: the books as they stood, for whom, which period; cells for its tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

import altair as alt
import pandas as pd
from sqlalchemy.orm import Session

from learning_register.report_contents import Cell, Chart, Section, Share, Table
from qa_app.wording import percent, whole_percent
from sampling.intervals import rate_interval
from sampling.records.people import Person
from scorecards.periods import month_number
from scorecards.sampling_months import sampling_months

_WIDTH: Final = 620  # of a chart, in pixels


@dataclass(frozen=True)
class Making:
    """A report while it is made. `session` looks back; a theme report is of the commission."""

    session: Session
    person: Person
    first: date
    last: date
    commission_id: int | None = None

    @property
    def months(self) -> tuple[int, int]:
        """The first month and the last, by their numbers."""
        return month_number(self.first), month_number(self.last)

    @property
    def months_known(self) -> list[int]:
        """The months of the period from that of the first extract on: of earlier ones little is known."""
        first = month_number(sampling_months(self.session)[-1])
        return list(range(max(self.months[0], first), self.months[1] + 1))


Compose = Callable[[Making], Sequence[Section]]


def chart(of: alt.LayerChart, *, alt_text: str, sentence: str, table: Table) -> Chart:
    """A chart of the screens for paper: as wide as a page, with its sentence and its table."""
    return Chart(of.properties(width=_WIDTH).to_dict(), alt_text, sentence, table)


def share_of(met: int, n: int, *, against: Fraction | None = None) -> Cell:
    """So many of so many as a share; empty where there is none."""
    return Share(met / n, percent(Fraction(met, n), against=against)) if n else None


def share(value: Any, *, against: Fraction | None = None) -> Cell:
    """A share that was worked out already."""
    return None if pd.isna(value) else Share(float(value), percent(float(value), against=against))


def standard_share(standard: Fraction | str) -> Cell:
    """A standard as it was set."""
    return Share(float(Fraction(standard)), whole_percent(standard))


def with_interval(
    met: int, n: int, *, confidence: float, against: Fraction | None = None
) -> tuple[Cell, Cell, Cell]:
    """A share of counts and its exact limits, as of cases without end."""
    if not n:
        return None, None, None
    interval = rate_interval(met, n, confidence=confidence)
    return (
        share_of(met, n, against=against),
        share(interval.low, against=against),
        share(interval.high, against=against),
    )
