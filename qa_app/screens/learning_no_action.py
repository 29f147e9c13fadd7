"""Cases whose policy asks for a plan, with neither an action nor an authorised “no action needed”."""

import pandas as pd
import streamlit as st

from learning_register.no_action import (
    CaseWithoutPlan,
    authorise_no_action,
    cases_without_plan,
    propose_no_action,
)
from learning_register.tables_actions import NoActionNeeded
from qa_app.runtime import as_typed, carry_out, in_words, link, reading, signed_in, table
from qa_app.unfinished import Form
from qa_app.wording import cases_in_words
from scorecards.tables import Review


def show() -> None:
    """The list, and for one case what can be done about it."""
    with reading() as session:
        rows = cases_without_plan(session, signed_in())
    st.write(
        "The trust's policy asks for an action plan for every complaint, even when it says that nothing "
        "needs to be done, which somebody else then authorises. These reviewed cases have neither yet."
    )
    table(
        pd.DataFrame(
            [
                {
                    "Case": row.reference,
                    "Team": row.team or "",
                    "Reviewed on": row.reviewed_on,
                    "Scorecard": row.scorecard,
                    "No action needed": "" if row.reason is None else "Proposed, to be authorised",
                    "Proposed by": row.proposed_by or "",
                }
                for row in rows
            ]
        ),
        caption=cases_in_words(len(rows)) + " without a plan",
        key="without-plan",
        empty="Every reviewed case on the trust's card has a plan, or needs none. Other cards ask for none.",
        download="cases-without-a-plan.csv",
    )
    if not rows:
        return
    by_review = {row.review_id: row for row in rows}
    chosen = st.selectbox(
        "Choose a case",
        list(by_review),
        index=None,
        format_func=lambda number: by_review[number].reference,
        key="without-plan-case",
        placeholder="Choose a case",
    )
    if chosen is not None:
        _show_case(by_review[chosen])


def _show_case(row: CaseWithoutPlan) -> None:
    link("review", f"The review of {row.reference}, where learning is logged", review=row.review_id)
    if row.reason is not None:
        st.write(
            f"{as_typed(row.proposed_by or '')} says that nothing needs to be done: {as_typed(row.reason)}"
        )
        if row.may_authorise:
            if st.button("Authorise that nothing needs to be done", key=f"no-action-{row.review_id}"):
                carry_out(
                    lambda session, by: authorise_no_action(
                        session, session.get_one(NoActionNeeded, row.review_id), by=by
                    ),
                    done="It is authorised that nothing needs to be done.",
                )
        else:
            st.caption("Somebody else who authorises actions, such as the Head of Customer Care, decides.")
    form = Form(f"no-action-{row.review_id}")
    with form.box():
        st.write(f"Reviewed on {in_words(row.reviewed_on)}.")
        reason = form.text_area("Why does nothing need to be done?", "why")
        if st.button("Propose that nothing needs to be done", key=f"{form.key}-propose"):
            form.carry_out(
                lambda session, by: propose_no_action(
                    session, session.get_one(Review, row.review_id), reason=reason, by=by
                ),
                done="It is proposed. Somebody else authorises it.",
            )
