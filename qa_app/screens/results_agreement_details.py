"""Behind agreement: requirement by requirement, its causes, who scored again, and how it has gone."""

import pandas as pd
import streamlit as st

from qa_app.agreement_words import (
    REASONS,
    answers_sentence,
    causes_sentence,
    requirements_sentence,
    shared_misses_sentence,
    trend_sentence,
)
from qa_app.charts import teams_chart
from qa_app.runtime import link, reading, signed_in, table
from qa_app.wording import percent
from scorecards.adjudication_queries import adjudication_result
from scorecards.agreement_details import AgreementDetails, agreement_details
from scorecards.agreement_results import AgreementResult, agreement_over_time

_IN_A_CHART = 25
_LABELS = 300  # pixels


def show(result: AgreementResult) -> None:
    """All that lies behind one second scoring, and the others beside it."""
    with reading() as session:
        details = agreement_details(session, result.draw_id, signed_in())
    _requirements(result, details)
    _adjudication(result)
    _reviewers(details)
    _trend(result)


def _requirements(result: AgreementResult, details: AgreementDetails) -> None:
    st.subheader("Requirement by requirement", anchor=False)
    found, answers = details.by_requirement, details.on_answers
    if answers is None:
        st.write("No pair can be compared yet.")
        return
    st.write(answers_sentence(answers))
    st.write(requirements_sentence(found))
    differing = found[found["missed"] + found["overcalled"] > 0].dropna(subset=["low", "high"])
    if not differing.empty:
        chart = differing.head(_IN_A_CHART)
        st.altair_chart(
            teams_chart(
                chart[["share", "low", "high"]].assign(label=chart["requirement"]),
                standard=float(result.standard),
                of="Share of cases answered alike",
                label_width=_LABELS,
            ),
            alt="For each requirement on which they differ the share of cases that manager and QA answer "
            "alike, with its likely range, beside the standard for whole cases.",
        )
        st.caption(
            "Only requirements on which they differ. Diamond: share answered alike. Bar: likely range. Line: "
            "the standard, which is for whole cases."
        )
    words = {
        "scorecard": "Scorecard",
        "requirement": "Requirement",
        "compared": "Compared",
        "share": "Alike",
        "low": "Likely from",
        "high": "Likely to",
        "both_met": "Both met",
        "missed": "Only QA: not met",
        "overcalled": "Only manager: not met",
        "both_not_met": "Both not met",
        "corrected": "Put right before closing",
        "by_one": "Judged by one only",
    }
    table(
        _in_percent(found)[list(words)].rename(columns=words),
        caption="How manager and QA answer each requirement",
        key="requirements",
        download="agreement-by-requirement.csv",
    )


def _adjudication(result: AgreementResult) -> None:
    st.subheader("What lies behind the differences", anchor=False)
    with reading() as session:
        found = adjudication_result(session, result.draw_id, signed_in())
    if found is None:
        st.write(
            "Nobody has adjudicated yet. Once every case has its second score, a third person decides each "
            "pair that differs, and some that both called met."
        )
        link("adjudication")
        return
    st.write(causes_sentence(found))
    st.write(shared_misses_sentence(found))
    table(
        pd.DataFrame(
            [(REASONS[reason], count) for reason, count in found.causes.items()], columns=["Cause", "Pairs"]
        ),
        caption="Causes, as a third person sees them",
        key="causes",
        empty="No cause has been given yet.",
        download="causes.csv",
    )
    st.caption(
        f"Agreement above is as it was before adjudication. Which of the pairs both called met were chosen "
        f"follows from the seed {found.seed}: those whose tickets are the smallest."
    )
    if found.decided < found.discordant or found.chosen_decided < found.chosen:
        link("adjudication", "Go on with the adjudication")


def _reviewers(details: AgreementDetails) -> None:
    found = details.by_reviewer
    words = {
        "reviewer": "Who scored again",
        "pairs": "Pairs",
        "agreed": "Same verdict",
        "share": "Share",
        "low": "Likely from",
        "high": "Likely to",
        "stricter": "Stricter than the manager",
        "milder": "Milder",
        "decided": "Differences decided",
        "upheld": "Of these upheld",
    }
    st.subheader("Each second scorer", anchor=False)
    st.write(
        "Whether second scorers judge alike. Their cases differ and are few, so read the ranges: this is no "
        "ranking. The counts are of pairs, not weighted."
    )
    table(
        _in_percent(found)[list(words)].rename(columns=words),
        caption="Pairs by who scored again, in the order of the tickets",
        key="reviewers",
        empty="No pair counts yet.",
        download="second-scorers.csv",
    )


def _trend(result: AgreementResult) -> None:
    with reading() as session:
        others = agreement_over_time(session, signed_in())
    known = [other for other in others if other.figures is not None and other.estimate is not None]
    if len(known) < 2:
        return
    st.subheader("From one second scoring to the next", anchor=False)
    st.write(trend_sentence(known))
    frame = pd.DataFrame(
        [(other.name, *other.range, sum(other.counts), other.outstanding) for other in known],
        columns=["label", "share", "low", "high", "pairs", "outstanding"],
    )
    st.altair_chart(
        teams_chart(frame, standard=float(result.standard), of="Agreement", label_width=_LABELS),
        alt="Agreement of each second scoring with its likely range, the oldest first, beside the standard.",
    )
    st.caption("Diamond: agreement. Bar: likely range. Line: standard. The oldest stands first.")
    words = {
        "label": "Second scoring",
        "share": "Agreement",
        "low": "Likely from",
        "high": "Likely to",
        "pairs": "Pairs",
        "outstanding": "Outstanding",
    }
    table(
        _in_percent(frame).rename(columns=words),
        caption="Agreement by second scoring",
        key="trend",
        download="agreement-over-time.csv",
    )


def _in_percent(frame: pd.DataFrame) -> pd.DataFrame:
    shown = frame.copy()
    for column in ("share", "low", "high"):
        shown[column] = ["" if pd.isna(value) else percent(value) for value in frame[column]]
    return shown
