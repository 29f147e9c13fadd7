"""Agreement: do managers and QA, who scored blind, come to the same verdict?"""

import pandas as pd
import streamlit as st

from qa_app.charts import agreement_chart
from qa_app.runtime import as_typed, link, reading, signed_in, table
from qa_app.wording import (
    agreement_sentence,
    chance_sentence,
    detection_sentence,
    direction_sentence,
    not_met_sentence,
    percent,
    whole_percent,
)
from scorecards.agreement import Agreement
from scorecards.agreement_results import AgreementResult, agreement_result, second_scorings


def show() -> None:
    """Choose a second scoring, and read what it says."""
    person = signed_in()
    with reading() as session:
        names = dict(second_scorings(session, person))
    if not names:
        st.write(
            "No second scoring has been drawn yet. Once managers have submitted reviews, QA scores some of "
            "them again without seeing the first score, and the two are compared here."
        )
        link("second_scoring", "Go to Second scoring")
        return
    chosen = st.selectbox("Second scoring", list(names), format_func=names.__getitem__, key="second-scoring")
    with reading() as session:
        result = agreement_result(session, chosen, person)
    st.subheader(f"The standard is {whole_percent(result.standard)}", anchor=False)
    verdict, _, rest = agreement_sentence(result).partition(":")
    st.markdown(f"**{verdict}:**{as_typed(rest)}")
    if result.figures is None:
        link("second_scoring", "Go to Second scoring")
        return
    st.write(chance_sentence(result))
    _chart(result, result.figures)
    st.subheader("Where it matters: cases not met", anchor=False)
    st.write(not_met_sentence(result))
    st.write(detection_sentence(result))
    st.write(direction_sentence(result))
    _pairs(result)
    with st.expander("Technical figures"):
        _technical(result.figures)


def _chart(result: AgreementResult, figures: Agreement) -> None:
    rows = [
        ("Raw agreement", figures.raw, figures.raw_low, figures.raw_high, sum(result.counts)),
        ("On not met", figures.not_met, figures.not_met_low, figures.not_met_high, sum(result.counts[1:])),
    ]
    known = [row for row in rows if row[1] is not None]
    frame = pd.DataFrame([row[:4] for row in known], columns=["label", "share", "low", "high"])
    st.altair_chart(
        agreement_chart(frame, standard=float(result.standard), chance=figures.chance),
        alt="Raw agreement and agreement on not met, with their likely ranges, beside the standard "
        "and what chance would give.",
    )
    st.caption("Diamond: share of the pairs. Bar: likely range. Solid line: standard. Dashed line: chance.")
    with st.expander("See the figures"):
        table(
            pd.DataFrame(
                [
                    {
                        "Figure": label,
                        "Share": _share(share),
                        "From": _share(low),
                        "To": _share(high),
                        "Cases": cases,
                    }
                    for label, share, low, high, cases in known
                ]
            ),
            caption=f"Agreement, with {whole_percent(str(figures.confidence))} confidence",
            key="agreement-figures",
            download="agreement.csv",
        )


def _pairs(result: AgreementResult) -> None:
    both_met, missed, overcalled, both_not_met = result.counts
    table(
        pd.DataFrame(
            {
                "Manager": ["Met", "Not met", "Both together"],
                "QA: met": [both_met, overcalled, both_met + overcalled],
                "QA: not met": [missed, both_not_met, missed + both_not_met],
                "Pairs": [both_met + missed, overcalled + both_not_met, sum(result.counts)],
            }
        ),
        caption="Pairs of verdicts",
        key="pairs",
        download="pairs.csv",
    )


def _technical(figures: Agreement) -> None:
    st.write(
        "For readers who know these. With nearly all cases met, kappa falls near 0 and AC1 near 1 whatever "
        "the reviewers do, so neither decides anything here."
    )
    rows = [
        ("Cohen's kappa", _number(figures.kappa), _number(figures.kappa_se)),
        ("PABAK", _number(figures.pabak), ""),
        ("Gwet's AC1", _number(figures.ac1), _number(figures.ac1_se)),
        ("Least agreement these rates allow", _number(figures.floor), ""),
        ("McNemar, exact p", _number(figures.mcnemar), ""),
        ("McNemar, mid-p", _number(figures.mcnemar_midp), ""),
    ]
    table(
        pd.DataFrame(rows, columns=["Figure", "Value", "Standard error"]),
        caption=f"From {figures.pairs:,} pairs",
        key="technical",
        download="technical.csv",
    )


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
