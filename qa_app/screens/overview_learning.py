"""On the overview: what keeps coming back, where nothing was recorded, good practice, and the points."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.cited_most import Cited, cited_most
from learning_register.document_queries import loaded_versions
from learning_register.learning_gaps import (
    LearningOfPeriod,
    PointInShort,
    learning_of_period,
    points_in_short,
)
from learning_register.point_search import NOBODY
from learning_register.recurrence import Recurrence, recurrences
from qa_app.overview_figures import Quarter
from qa_app.overview_words import Names, behind_in_words, cited_line, learning_sentence, recurrence_line
from qa_app.runtime import go, link, reading, signed_in, table
from qa_app.screens.overview_kept import figures
from qa_app.screens.overview_lines import show_lines
from qa_app.wording import LEARNING_KINDS, cases_in_words
from sampling.records.people import Person

_MOST: Final = 5  # paragraphs, and as many commitments


@dataclass(frozen=True)
class _Learning:
    """The learning of a quarter, and the names of what it cites."""

    of_period: LearningOfPeriod
    cited: list[Cited]
    again: list[Recurrence]
    names: Names


@dataclass(frozen=True)
class _Points:
    """Which points are behind a figure: of a kind, of a team, or these; of any day, or of a period."""

    kind: LearningKind | None = None
    team_id: int | None = None
    among: tuple[int, ...] | None = None
    first: date | None = None
    last: date | None = None


def show(quarter: Quarter) -> None:
    """What came back after actions, what is cited most, where nothing was learned, and good practice."""
    found = figures(_learning, quarter)
    st.subheader(f"Learning, {quarter.name}", anchor=False)
    st.markdown(learning_sentence(found.of_period))
    _again(found)
    _cited(found)
    _without(found.of_period)
    _good_practice(found.of_period, quarter)
    _behind(found, quarter)


def _learning(session: Session, person: Person, quarter: Quarter) -> _Learning:
    of_period = learning_of_period(session, person, first=quarter.first, last=quarter.last)
    documents: dict[str, tuple[str, str]] = {}
    for version in loaded_versions(session):  # of each document the newest first
        documents.setdefault(version.document, (version.title, version.short_name))
    return _Learning(
        of_period,
        cited_most(session, person, first=quarter.first, last=quarter.last, most=_MOST),
        recurrences(session, person),
        Names(documents, {f"{one.number}": one.summary for one in of_period.commitments}),
    )


def _again(found: _Learning) -> None:
    st.markdown("**Came back in a team after an action on it was closed**")
    if not found.again:
        st.write("Nothing came back: no learning since cites what a closed action was about, in its team.")
        return
    show_lines(recurrence_line(again, found.names) for again in found.again[:_MOST])
    if len(found.again) > _MOST:
        with st.expander(f"All that came back: {len(found.again):,}"):
            rows = [
                (found.names.of(one.about), one.team, len(one.point_ids), one.closed_on, one.last_on)
                for one in found.again
            ]
            table(
                pd.DataFrame(rows, columns=["What", "Team", "Points since", "Action closed on", "Last on"]),
                caption="What came back, most often first",
                key="overview-again",
                download="came-back.csv",
            )


def _cited(found: _Learning) -> None:
    st.markdown("**Paragraphs and commitments cited most**")
    if not found.cited:
        st.write("No learning of this quarter cites a paragraph or a commitment.")
        return
    show_lines(cited_line(cited, found.names) for cited in found.cited)
    st.caption(
        "Of learning about what went wrong; “before” is as many months earlier. A link opens all learning "
        "that cites it, of any day; the points of the quarter can be chosen below. Shares are of the cases "
        "in central samples of closed cases of these months to which a requirement applied, counted without "
        "weights; what could not be assessed or found counts as not met."
    )
    rows = [
        {
            "Paragraph or commitment": found.names.of(cited.about),
            "Requirement": behind.requirement,
            "Scorecard": behind.scorecard,
            "Applied": behind.n,
            "Not met": behind.not_met,
            "Share not met": behind_in_words(behind),
        }
        for cited in found.cited
        for behind in cited.behind
    ]
    if rows:
        with st.expander("The requirements behind them"):
            table(
                pd.DataFrame(rows),
                caption="Requirements that rest on what is cited most",
                key="overview-behind",
                download="requirements-behind.csv",
            )
            link("results", "Requirements, and the cases that do not meet them", part="Requirements")


def _without(found: LearningOfPeriod) -> None:
    teams, commitments = found.teams_without, found.commitments_without
    with st.expander(
        f"No learning recorded: {cases_in_words(len(teams), 'team')}, "
        f"{cases_in_words(len(commitments), 'commitment')}"
    ):
        table(
            pd.DataFrame(
                [(team.team, team.reviewed) for team in teams], columns=["Team", "Reviews of its cases"]
            ),
            caption="Teams without learning, and how many reviews of their cases came in",
            key="overview-silent-teams",
            empty="Every team has learning recorded.",
        )
        table(
            pd.DataFrame(
                [(one.number, one.summary) for one in commitments], columns=["Commitment", "What it says"]
            ),
            caption="Commitments that no learning names",
            key="overview-silent-commitments",
            empty="Learning names every commitment.",
        )


def _good_practice(found: LearningOfPeriod, quarter: Quarter) -> None:
    with st.expander(f"Good practice: {cases_in_words(found.good_practice, 'point')}"):
        rows = figures(_good, quarter)
        table(
            pd.DataFrame(
                [(row.point_id, row.description, row.team or "", row.logged_at) for row in rows],
                columns=["Number", "What was learned", "Team", "Logged"],
            ),
            caption="Good practice, newest first",
            key=f"overview-good-{quarter.first}",
            empty="No good practice was logged in this quarter.",
            download="good-practice.csv",
        )
        link("learning", "All good practice", part="Learning points", kind="Good practice")


def _good(session: Session, person: Person, quarter: Quarter) -> list[PointInShort]:
    good = LearningKind.GOOD_PRACTICE
    return points_in_short(session, person, first=quarter.first, last=quarter.last, kind=good)


def _behind(found: _Learning, quarter: Quarter) -> None:
    """The learning points of one figure, and the way to each."""
    choices = _choices(found, quarter)
    if not choices:
        return
    key = f"overview-points-{quarter.first}"
    chosen = st.selectbox(
        "See the learning points of", list(choices), index=None, key=key, placeholder="Choose a figure"
    )
    if chosen is None:
        return
    wanted = choices[chosen]
    with reading() as session:
        rows = points_in_short(session, signed_in(), **vars(wanted))
    table(
        pd.DataFrame(
            [
                {
                    "Number": row.point_id,
                    "Kind": LEARNING_KINDS[row.kind],
                    "What was learned": row.description,
                    "Team": row.team or "",
                    "Logged": row.logged_at,
                }
                for row in rows
            ]
        ),
        caption=chosen,
        key=f"{key}-{chosen}",
        download="learning-points.csv",
    )
    numbers = [row.point_id for row in rows]
    opened = st.selectbox(
        "Open a learning point", numbers, index=None, key=f"{key}-open", placeholder="Choose its number"
    )
    if opened is not None:
        go("learning", point=opened)


def _choices(found: _Learning, quarter: Quarter) -> dict[str, _Points]:
    """Every figure of learning that has points behind it, with their number."""
    of_quarter = partial(_Points, first=quarter.first, last=quarter.last)
    of_period = found.of_period
    figures_of = {
        "Good practice": (of_period.good_practice, of_quarter(kind=LearningKind.GOOD_PRACTICE)),
        **{f"Team {one.team}": (one.points, of_quarter(team_id=one.team_id)) for one in of_period.teams},
        "No team": (of_period.of_no_team, of_quarter(team_id=NOBODY)),
        **{
            found.names.of(one.about): (len(one.point_ids), _Points(among=one.point_ids))
            for one in found.cited
        },
        **{
            f"Came back: {found.names.of(one.about)}, {one.team}": (
                len(one.point_ids),
                _Points(among=one.point_ids),
            )
            for one in found.again
        },
    }
    return {f"{words}: {count:,}": points for words, (count, points) in figures_of.items() if count}
