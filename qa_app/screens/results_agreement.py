"""Agreement: do managers and QA, who scored blind, come to the same verdict?"""

import pandas as pd
import streamlit as st

from qa_app.agreement_words import (
    agreement_sentence,
    chance_sentence,
    detection_sentence,
    direction_sentence,
    not_met_sentence,
    set_apart_sentence,
)
from qa_app.charts import agreement_chart
from qa_app.runtime import as_typed, link, reading, signed_in, table
from qa_app.screens import results_agreement_details
from qa_app.wording import percent, whole_percent
from sampling.refused import Refused
from scorecards.agreement import Agreement
from scorecards.agreement_by_stratum import Cells
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
    try:
        with reading() as session:
            result = agreement_result(session, chosen, person)
    except Refused as refused:
        st.info(as_typed(str(refused)))
        return
    st.subheader(f"The standard is {whole_percent(result.standard)}", anchor=False)
    verdict, _, rest = agreement_sentence(result).partition(":")
    st.markdown(f"**{verdict}:**{as_typed(rest)}")
    if apart := set_apart_sentence(result):
        st.write(apart)
    if result.figures is None or result.cells is None:
        link("second_scoring", "Go to Second scoring")
        return
    st.write(chance_sentence(result))
    _chart(result, result.figures, result.cells)
    st.subheader("Where it matters: cases not met", anchor=False)
    st.write(not_met_sentence(result))
    st.write(detection_sentence(result))
    st.write(direction_sentence(result))
    _pairs(result)
    results_agreement_details.show(result)
    with st.expander("Technical figures"):
        _technical(result, result.figures, result.cells)


def _chart(result: AgreementResult, figures: Agreement, cells: Cells) -> None:
    pairs, differing_or_not_met = sum(result.counts), sum(result.counts[1:])
    if result.weighted is None or result.weighted_not_met is None:
        agreed = (figures.raw, figures.raw_low, figures.raw_high)
        not_met = (figures.not_met, figures.not_met_low, figures.not_met_high)
        found = (figures.detection, result.detection_low, result.detection_high)
    else:
        weighted, of_not_met = result.weighted, result.weighted_not_met
        agreed = (weighted.agreement, weighted.agreement_low, weighted.agreement_high)
        not_met = (of_not_met.share, of_not_met.low, of_not_met.high)
        found = (weighted.detection, weighted.detection_low, weighted.detection_high)
    _, missed, _, both = result.counts
    rows = [
        ("Agreement", *agreed, pairs),
        ("On not met", *not_met, differing_or_not_met),
        ("Found by managers", *found, missed + both),
    ]
    known = [row for row in rows if row[1] is not None]
    frame = pd.DataFrame([row[:4] for row in known], columns=["label", "share", "low", "high"])
    st.altair_chart(
        agreement_chart(frame, standard=float(result.standard), chance=cells.chance, floor=cells.floor),
        alt="Agreement, agreement on not met, and what managers find of what QA calls not met, with their "
        "likely ranges, beside the standard, what chance would give and the least there can be.",
    )
    st.caption(
        "Diamond: the share. Bar: likely range. Solid line: standard. Dashed line: chance. Dotted line: the "
        "least that is possible with as many called met."
    )
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


def _technical(result: AgreementResult, figures: Agreement, cells: Cells) -> None:
    st.write(
        "For readers who know these. With nearly all cases met, kappa falls near 0 and AC1 near 1 whatever "
        "the reviewers do, so neither decides anything here."
    )
    is_plain = result.weighted is None
    rows = [
        ("Cohen's kappa", _number(cells.kappa), _number(figures.kappa_se) if is_plain else ""),
        ("PABAK", _number(cells.pabak), ""),
        ("Gwet's AC1", _number(cells.ac1), _number(figures.ac1_se) if is_plain else ""),
        ("Agreement by chance", _number(cells.chance), ""),
        ("Least agreement these rates allow", _number(cells.floor), ""),
        ("Prevalence index", _number(cells.prevalence_index), ""),
        ("Bias index", _number(cells.bias_index), ""),
    ]
    if is_plain:
        rows.append(("McNemar, exact p", _number(figures.mcnemar), ""))
        rows.append(("McNemar, mid-p", _number(figures.mcnemar_midp), ""))
    else:
        st.write(
            "Each stratum is counted by its size. The formulas of the standard errors and McNemar's test are "
            "for pairs drawn at one rate, so neither is given."
        )
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
