"""One theme: what was asked, its samples, findings, what was said of their facts, recommendations."""

from collections.abc import Mapping
from datetime import timedelta

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_queries import people_who_can_authorise, people_who_can_own
from learning_register.citing import TypedCitation
from learning_register.document_queries import paragraphs_of
from learning_register.documents import GUIDANCE
from learning_register.recommendations import act_on_recommendation, actions_of_recommendations, close_theme
from qa_app.changed_meanwhile import Watched
from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    given,
    in_words,
    link,
    reading,
    signed_in,
    title,
)
from qa_app.unfinished import Form
from sampling.records.database import today
from sampling.records.people import Person
from sampling.tables import Plan
from scorecards.tables import Review
from scorecards.tables_themes import Commission, Finding, Recommendation
from scorecards.theme_queries import (
    FindingRow,
    RecommendationRow,
    ThemeSheet,
    theme_reviewers,
    theme_sheet,
)
from scorecards.themes import (
    Decision,
    add_finding,
    add_sample,
    change_reviewers,
    cite_reviews,
    decide_recommendation,
    recommend,
    record_accuracy_response,
)


def show_theme(sheet: ThemeSheet) -> None:
    """A theme from its question to what became of its recommendations."""
    title(as_typed(sheet.name), as_typed(sheet.question))
    link("themes", "Back to the list of themes")
    facts = {
        "Asked for by": sheet.asked_by,
        "Scope": sheet.scope or "Not said",
        "Reviewers": ", ".join(name for _, name in sheet.reviewers),
        "Due": "Closed" if sheet.is_closed else in_words(sheet.due_on),
    }
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items()))
    if sheet.works_on:
        _change_reviewers(sheet)
    _samples(sheet)
    st.subheader("Findings", anchor=False)
    if not sheet.findings:
        st.write("Nothing has been found yet. A finding rests on submitted reviews of this theme.")
    recommended = [one.id for finding in sheet.findings for one in finding.recommendations]
    with reading() as session:
        actions = actions_of_recommendations(session, recommended)
    for number, finding in enumerate(sheet.findings, start=1):
        _finding(sheet, finding, number, actions)
    if sheet.works_on:
        _add_finding(sheet)
        st.divider()
        if st.button("Close the theme"):
            carry_out(
                lambda session, by: close_theme(session, session.get_one(Commission, sheet.id), by=by),
                done="The theme is closed.",
            )


def _change_reviewers(sheet: ThemeSheet) -> None:
    with reading() as session:
        names = dict(theme_reviewers(session))
        person = signed_in()
    now_reviewing = [number for number, _ in sheet.reviewers]

    def words(session: Session) -> dict[str, str]:
        stored = theme_sheet(session, sheet.id, person).reviewers
        return {"the reviewers": ", ".join(name for _, name in stored)}

    form = Form(
        f"reviewers-{sheet.id}",
        watching=Watched((Commission, sheet.id), f"commission {sheet.id}", ["change_reviewers"], words),
    )
    with form.expander("Change the reviewers"):
        chosen = st.multiselect(
            "Reviewers of this theme",
            list(names),
            default=[number for number in now_reviewing if number in names],
            format_func=names.__getitem__,
            key=f"{form.key}-reviewers",
            help="The drafts of whoever is taken out are for the others, who go on with them.",
        )
        if st.button("Keep the reviewers", key=f"{form.key}-keep"):
            form.carry_out(
                lambda session, by: change_reviewers(
                    session,
                    session.get_one(Commission, sheet.id),
                    reviewers=[session.get_one(Person, one) for one in chosen],
                    by=by,
                ),
                done="The reviewers of the theme are changed.",
            )


def _samples(sheet: ThemeSheet) -> None:
    st.subheader("Samples", anchor=False)
    for _, name, cases, reviewed in sheet.samples:
        drawn = f"{reviewed:,} of {cases:,} cases reviewed" if cases else "registered, not drawn yet"
        st.write(f"{as_typed(name)}: {drawn}.")
    if not sheet.samples:
        st.write("No sample belongs to this theme yet.")
    link("samples", "Plan a thematic sample", part="Plan a thematic sample")
    if sheet.works_on and sheet.free_samples:
        names = dict(sheet.free_samples)
        plan_id = st.selectbox(
            "A thematic sample that belongs to this theme",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Choose a sample",
            key=f"theme-plan-{sheet.id}-{len(sheet.samples)}",
            help="Only samples of which no review has begun: their cases are scored on this theme's card.",
        )
        if st.button("Add the sample"):
            carry_out(
                lambda session, by: add_sample(
                    session,
                    session.get_one(Commission, sheet.id),
                    session.get_one(Plan, given(plan_id, "the sample")),
                    by=by,
                ),
                done="The sample belongs to this theme.",
            )


def _finding(sheet: ThemeSheet, finding: FindingRow, number: int, actions: Mapping[int, int]) -> None:
    with st.container(border=True):
        st.markdown(f"**{number}. {as_typed(finding.statement)}**")
        with st.container(horizontal=True):
            for review_id, reference in finding.reviews:
                link("review", f"Shown by {as_typed(reference)}", review=review_id)
        if sheet.works_on:
            _cite(sheet, finding)
        if finding.accuracy_on is not None:
            st.write(
                f"Said of its facts on {in_words(finding.accuracy_on)}: {as_typed(finding.accuracy_response)}"
            )
        elif sheet.works_on:
            _respond(finding)
        link("learning", "Log what it taught", part="New learning point", source="theme", of=finding.id)
        for recommendation in finding.recommendations:
            _recommendation(sheet, recommendation, actions.get(recommendation.id))
        if sheet.works_on and finding.accuracy_on is not None:
            _recommend(finding)


def _cite(sheet: ThemeSheet, finding: FindingRow) -> None:
    cited = dict(finding.reviews)
    others = {number: reference for number, reference in sheet.reviews if number not in cited}
    if not others:
        return
    with st.expander("Cite more reviews"):
        shown_by = st.multiselect(
            "Other reviews that show it",
            list(others),
            format_func=others.__getitem__,
            key=f"cite-{finding.id}-{len(cited)}",
        )
        if st.button("Cite them", key=f"cite-{finding.id}"):
            carry_out(
                lambda session, by: cite_reviews(
                    session,
                    session.get_one(Finding, finding.id),
                    reviews=[session.get_one(Review, one) for one in shown_by],
                    by=by,
                ),
                done="The finding cites more reviews now.",
            )


def _respond(finding: FindingRow) -> None:
    form = Form(f"accuracy-{finding.id}")
    form.notes()
    response = form.text_area("What those concerned say of its facts", "response", height=80)
    if st.button("Keep the response", key=f"{form.key}-keep"):
        form.carry_out(
            lambda session, by: record_accuracy_response(
                session, session.get_one(Finding, finding.id), response=response, by=by
            ),
            done="The response is kept.",
        )


def _recommend(finding: FindingRow) -> None:
    form = Form(f"recommend-{finding.id}")
    with form.expander("Recommend something"):
        wording = form.text_area("What should be done", "wording", height=80)
        if st.button("Add the recommendation", key=f"{form.key}-add"):
            form.carry_out(
                lambda session, by: recommend(
                    session, session.get_one(Finding, finding.id), wording=wording, by=by
                ),
                done="The recommendation is added. The Head decides on it.",
            )


def _recommendation(sheet: ThemeSheet, row: RecommendationRow, action_id: int | None) -> None:
    st.markdown(f"Recommendation: {as_typed(row.wording)}")
    if row.decision is Decision.DECLINED:
        st.write(f"Declined: {as_typed(row.reason)}")
    elif row.decision is Decision.ACCEPTED:
        if action_id is not None:
            link("learning", f"Accepted: action {action_id}", action=action_id)
        else:
            st.write("Accepted. It is not an action yet.")
            if sheet.works_on:
                _act(row)
    elif sheet.decides and not row.is_own:
        form = Form(f"recommendation-{row.id}")
        form.notes()
        reason = form.text_input("Reason, if it is declined", "reason")
        with st.container(horizontal=True):
            for label, decision in (("Accept", Decision.ACCEPTED), ("Decline", Decision.DECLINED)):
                if st.button(label, key=f"{form.key}-{decision}"):
                    _decide(form, row.id, decision, reason)
    else:
        st.write("It waits for the decision of the Head of Customer Care.")


def _decide(form: Form, recommendation_id: int, decision: Decision, reason: str) -> None:
    form.carry_out(
        lambda session, by: decide_recommendation(
            session,
            session.get_one(Recommendation, recommendation_id),
            decision=decision,
            reason=reason,
            by=by,
        ),
        done=f"The recommendation is {decision}.",
    )


def _act(row: RecommendationRow) -> None:
    with st.expander("Turn it into an action"):
        with reading() as session:
            titles = {one.number: f"{one.number} {one.title}" for one in paragraphs_of(session, GUIDANCE)}
            owners = {one.id: one.name for one in people_who_can_own(session)}
            authorisers = {one.id: one.name for one in people_who_can_authorise(session)}
            day = today(session)
        cited = st.multiselect(
            "Paragraphs of the guidance that it concerns",
            list(titles),
            format_func=titles.__getitem__,
            key=f"cited-{row.id}",
        )
        is_gap = st.checkbox("It is a gap: no paragraph covers it", key=f"gap-{row.id}")
        owner = st.selectbox(
            "Owner, who does it",
            list(owners),
            index=None,
            format_func=owners.__getitem__,
            key=f"owner-{row.id}",
        )
        authoriser = st.selectbox(
            "Authorised by, not the owner",
            list(authorisers),
            index=None,
            format_func=authorisers.__getitem__,
            key=f"authoriser-{row.id}",
        )
        target = date_input("Target date", f"target-{row.id}", day + timedelta(days=60))
        if st.button("Add the action", key=f"act-{row.id}"):

            def act(session: Session, by: Person) -> None:
                act_on_recommendation(
                    session,
                    session.get_one(Recommendation, row.id),
                    citations=[TypedCitation(GUIDANCE, number) for number in cited],
                    is_gap=is_gap,
                    owner=session.get_one(Person, given(owner, "the owner")),
                    authoriser=session.get_one(Person, given(authoriser, "who authorises it")),
                    target_date=given(target, "the target date"),
                    by=by,
                )

            carry_out(act, done="The recommendation is an action now.")


def _add_finding(sheet: ThemeSheet) -> None:
    if not sheet.reviews:
        return
    form = Form(f"finding-{sheet.id}")
    with form.expander("Add a finding"):
        references = dict(sheet.reviews)
        statement = form.text_area("What was found", "statement", height=100, help="Do not name people.")
        shown_by = st.multiselect(
            "Reviews that show it",
            list(references),
            format_func=references.__getitem__,
            key=f"{form.key}-shown-by",
        )
        if st.button("Add the finding", key=f"{form.key}-add"):
            form.carry_out(
                lambda session, by: add_finding(
                    session,
                    session.get_one(Commission, sheet.id),
                    statement=statement,
                    reviews=[session.get_one(Review, one) for one in shown_by],
                    by=by,
                ),
                done="The finding is added. Ask those concerned whether its facts are right.",
            )
