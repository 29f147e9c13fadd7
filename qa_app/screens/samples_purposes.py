"""What a sample is for, and how large that makes it."""

from fractions import Fraction
from typing import Final

import streamlit as st

from qa_app.planning_words import (
    intake_in_words,
    margin_in_words,
    option_in_words,
    quota_shows,
    share_of_percent,
    share_typed,
)
from qa_app.runtime import fresh, link, problem, reading, signed_in
from qa_app.sample_words import Judged
from qa_app.screens.samples_cases import Cases
from qa_app.screens.samples_size import Chosen, choose_to_show
from qa_app.wording import MEASURES, whole_percent
from sampling.frames import may_plan
from sampling.intervals import lower_limit
from sampling.plan_effects import intake
from sampling.records.database import today
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, AtRate, ToEstimate
from sampling.sizes import exact_share, size_for_margin
from sampling.strata import share_at_rate, share_proportionally
from sampling.tables import Route

SHOW, ESTIMATE, QUOTA = "Show that a standard is met", "Know the rate within a margin", "A number I choose"
CENSUS, ROLLING, AGREEMENT = "Every case", "A rolling intake", "Find out whether reviewers agree"
_PURPOSES: Final = {
    SHOW: "So many cases that the result counts as proof, unless too many fail.",
    ESTIMATE: "So many cases that the result is known to within 5 points, for example. No pass or fail.",
    QUOTA: "As many as there is time for. You see what that can show.",
    CENSUS: "All of them are reviewed, so nothing is estimated.",
    ROLLING: "A fixed share of whatever came in, each case with the same chance.",
    AGREEMENT: "Managers' reviews are scored again, blind.",
}
_SURE: Final = ("0.90", "0.95", "0.99")
_ANOTHER: Final = "Another"


def ask_purpose() -> str:
    """What the sample is for, asked before anything else."""
    return st.radio(
        "What is this sample for?", list(_PURPOSES), captions=list(_PURPOSES.values()), key=fresh("purpose")
    )


def lead_to_second_scoring() -> None:
    """Whether reviewers agree is planned elsewhere: its cases come from managers' reviews."""
    with reading() as session:
        may = may_plan(session, signed_in(), Route.SECOND)
    st.write(
        "Agreement is found out by scoring managers' reviews again without seeing their scores. That sample "
        "is planned, sized and drawn under Second scoring."
    )
    if may:
        link("second_scoring", "Plan a second scoring")
    else:
        st.write("It is for QA reviewers and the Head of Customer Care.")


def size_for(purpose: str, cases: Cases) -> tuple[Chosen | None, Judged]:
    """The size that was chosen for a purpose (None while there is none), and what shares are judged by."""
    with reading() as session:
        # A quarter that is past keeps the standard of its day; how sure to be is decided today.
        day = cases.period[1] if cases.period else today(session)
        standards = {name: setting(session, f"{name}_standard", day) for name in MEASURES}
        assurance = setting(session, "assurance", today(session))
    judged = Judged(cases.preview.population, standards["outcome"], assurance)
    if purpose == SHOW:
        return _to_show(cases, standards, assurance)
    if purpose == ESTIMATE:
        return _estimate(cases, judged), judged
    if purpose == QUOTA:
        return _quota(cases, judged), judged
    if purpose == ROLLING:
        return _rolling(cases), judged
    st.write(f"All {judged.population:,} cases are reviewed, and the result is no estimate.")
    return Chosen(EVERY_CASE, cases.preview.strata), judged


def _to_show(cases: Cases, standards: dict[str, str], assurance: str) -> tuple[Chosen | None, Judged]:
    names = {name: MEASURES[name] for name in standards} | {_ANOTHER: _ANOTHER}
    left, right = st.columns(2)
    with left:
        which = st.radio(
            "Which standard",
            list(names),
            format_func=names.__getitem__,
            horizontal=True,
            key=fresh("which-standard"),
        )
    with right:
        sure = st.radio(
            "How sure must it be",
            sorted({*_SURE, assurance}, key=Fraction),
            index=sorted({*_SURE, assurance}, key=Fraction).index(assurance),
            format_func=whole_percent,
            horizontal=True,
            key=fresh("assurance"),
            help="The higher, the smaller the chance that an office that misses the standard passes, and the "
            "more cases are reviewed.",
        )
    judged = Judged(
        cases.preview.population,
        standards.get(which, standards["outcome"]),
        sure,
        measure=which if which in standards else "outcome",
    )
    if which == _ANOTHER:
        typed = st.text_input(
            "Standard to show",
            value="98%",
            key=fresh("standard"),
            help="A share of all cases that meet the outcome requirements, such as 95%.",
        )
        try:
            exact_share(share_typed(typed or ""))
        except Refused as refused:
            problem(str(refused))
            return None, judged
        judged = Judged(judged.population, share_typed(typed or ""), sure)
    else:
        st.caption(
            f"The standard for {names[which].lower()} is {whole_percent(judged.standard)}, by the office's "
            f"settings {'for the period of these cases' if cases.period else 'of today'}."
        )
    return choose_to_show(cases.preview.strata, judged), judged


def _estimate(cases: Cases, judged: Judged) -> Chosen | None:
    left, right = st.columns(2)
    with left:
        rate = st.number_input(
            "Per cent of cases that you expect to meet",
            0.0,
            100.0,
            98.0,
            0.5,
            format="%.10g",
            key=fresh("expected"),
            help="Take what the last sample found. Nearer to 50%, it takes more cases.",
        )
    with right:
        points = st.number_input(
            "Margin in points, to either side", 0.5, 49.0, 5.0, 0.5, format="%.10g", key=fresh("margin")
        )
    expected, margin = share_of_percent(rate), share_of_percent(points)
    population = judged.population
    try:
        found = size_for_margin(expected, margin, population, confidence=float(judged.assurance))
    except Refused as refused:
        problem(str(refused))
        return None
    st.markdown(f"**{option_in_words(found.sample_size, judged)}**")
    st.write(margin_in_words(found))
    sizes = share_proportionally(cases.preview.strata, found.sample_size)
    return Chosen(ToEstimate(expected, margin), sizes)


def _quota(cases: Cases, judged: Judged) -> Chosen:
    population = judged.population
    count = int(st.number_input("Cases to review", 1, population, min(30, population), key=fresh("cases")))
    lowest = lower_limit(count, count, population, assurance=float(judged.assurance))
    st.markdown(f"**{option_in_words(count, judged)}**")
    if len(cases.preview.strata) == 1:
        st.write(quota_shows(count, lowest, judged))
    return Chosen(count, share_proportionally(cases.preview.strata, count))


def _rolling(cases: Cases) -> Chosen | None:
    st.write(
        "The cases chosen above are one intake: what came in, or was closed, since the last one. Freeze each "
        "intake when it is complete, and give every one the same rate."
    )
    percent = st.number_input(
        "Of 100 cases, draw", 0.1, 100.0, 10.0, 1.0, format="%.10g", key=fresh("rate"), help="The rate."
    )
    rate = share_of_percent(percent)
    population = cases.preview.population
    try:
        found = intake(population, rate)
    except Refused as refused:
        problem(str(refused))
        return None
    st.write(intake_in_words(found, population))
    return Chosen(AtRate(rate), share_at_rate(cases.preview.strata, rate))
