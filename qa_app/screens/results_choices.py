"""What results over time, of teams and of requirements are of: chosen once, and kept from part to part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.runtime import reading, signed_in
from qa_app.trend_words import GROUP_NOTES, GROUPS, MEASURES, SEALED, period_in_words
from sampling.records.database import today
from sampling.records.people import Role, roles_of
from scorecards.periods import Grain, last_day, month_number, period_of
from scorecards.result_cells import part_of
from scorecards.review_counts import MEASURES_OF, CaseGroup, groups_seen, review_counts
from scorecards.standing import cards_used, confidence_on, drawn_unevenly, standard_on

ALL: Final = "All"
_YEARS: Final = {"Last 12 months": 12, "Last 24 months": 24, "Last 36 months": 36}


@dataclass(frozen=True)
class Choice:
    """One series, and the part of it that is looked at. `months` are the first and the last."""

    group: CaseGroup
    measure: str
    scorecard: str | None
    team: str | None
    months: tuple[int, int]
    this_month: int
    standard: Fraction
    confidence: float
    counts: pd.DataFrame  # all of the series, before any part of it is chosen

    @property
    def part(self) -> pd.DataFrame:
        """The counts of what was chosen."""
        return part_of(self.counts, scorecard=self.scorecard, team=self.team, months=self.months)


def choose_group() -> CaseGroup:
    """Which series, of those a person may see; with a sentence on what it holds."""
    person = signed_in()
    with reading() as session:
        groups = groups_seen(session, person)
        reviews_for_qa = Role.QA_REVIEWER in roles_of(session, person)
    names = {GROUPS[group]: group for group in groups}
    group = groups[0]
    if len(groups) > 1:
        first = next(iter(names))
        group = names[st.selectbox("Cases", list(names), key="cases", bind="query-params") or first]
    st.write(GROUP_NOTES[group])
    if group is CaseGroup.OPEN and reviews_for_qa:
        st.info(SEALED)
    return group


def choose(
    *, measure: bool = False, team: bool = False, any_scorecard: bool = True, years: str = "Last 12 months"
) -> Choice | None:
    """Ask what is to be shown; None, and a sentence, when there is nothing yet that this person may see."""
    group = choose_group()
    person = signed_in()
    with reading() as session:
        counts = review_counts(session, group, person)
        cards = cards_used(session, counts)
        unevenly = drawn_unevenly(session, counts, group)
        day = today(session)
    if counts.empty:
        st.write(
            f"No review of {GROUPS[group].lower()} has been submitted yet that you may see. "
            "Once there are some, they are counted here."
        )
        return None
    if unevenly:
        st.info(
            "Strata of some samples were drawn at different rates. What is shown here counts the cases that "
            "were reviewed, without weights, so part of a difference may come from that. The result of each "
            "sample is weighted."
        )
    names = MEASURES_OF[group]
    measure = measure and len(names) > 1
    boxes = st.columns(1 + measure + team + (len(cards) > 1))
    name = names[0]
    if measure:
        with boxes.pop(0):
            name = _one_of("Standard", names, MEASURES.__getitem__, key=f"measure-{group}")
    scorecard: str | None = None if any_scorecard else next(iter(cards))
    if len(cards) > 1:
        keys = [*([ALL] if any_scorecard else []), *cards]
        with boxes.pop(0):
            chosen = _one_of("Scorecard", keys, lambda key: cards.get(key, "All scorecards"), key="scorecard")
        scorecard = None if chosen == ALL else chosen
    one_team: str | None = None
    if team:
        teams = [ALL, *sorted(counts["team"].unique())]
        with boxes.pop(0):
            chosen = _one_of("Team", teams, lambda name: "All teams" if name == ALL else name, key="team")
        one_team = None if chosen == ALL else chosen
    with boxes.pop(0):
        months = _months(counts, day, years)
    with reading() as session:
        on = min(last_day(months[1]), day)
        standard, confidence = standard_on(session, name, on), confidence_on(session, on)
    return Choice(group, name, scorecard, one_team, months, month_number(day), standard, confidence, counts)


def _one_of(label: str, options: Sequence[str], words: Callable[[str], str], *, key: str) -> str:
    chosen = st.selectbox(label, options, format_func=words, key=f"results-{key}")
    return chosen or options[0]


def _months(counts: pd.DataFrame, day: date, years: str) -> tuple[int, int]:
    """The months that are looked at: the last ones, all, or one quarter."""
    now = month_number(day)
    first, last = int(counts["month"].min()), max(int(counts["month"].max()), now)
    spans = {name: (now - months + 1, last) for name, months in _YEARS.items()}
    spans["All months"] = (first, last)
    quarters = sorted({period_of(int(month), Grain.QUARTER) for month in counts["month"]}, reverse=True)
    spans |= {period_in_words(quarter, Grain.QUARTER): (quarter, quarter + 2) for quarter in quarters}
    names = list(spans)
    chosen = st.selectbox("Period", names, index=names.index(years), key=f"results-period-{years}")
    return spans[chosen or years]
