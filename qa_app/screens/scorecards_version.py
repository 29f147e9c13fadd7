"""One version of a scorecard: the card whole, as a reviewer sees it, beside another, or being drafted."""

from collections.abc import Callable
from fractions import Fraction

import streamlit as st

from qa_app.runtime import as_typed, carry_out, in_words, link, reading, signed_in, title
from qa_app.scorecard_queries import Policy, policy_of
from qa_app.scorecard_words import (
    CHANGES,
    EVIDENCE,
    HEADINGS,
    asked_of_words,
    differences,
    method_rule,
    no_longer_asked,
    version_name,
    what_the_standard_implies,
)
from qa_app.screens import scorecards_compare, scorecards_edit, scorecards_preview
from qa_app.wording import cases_in_words
from sampling.records.database import today
from sampling.records.settings import setting
from sampling.refused import Refused
from scorecards.card_changes import compare, same_meaning_since
from scorecards.card_versions import (
    VersionSheet,
    may_change_scorecards,
    publish_draft,
    retire_version,
    scorecard_versions,
    still_missing,
)
from scorecards.cards import versions_published
from scorecards.requirements import Requirement, Scorecard
from scorecards.tables import ScorecardVersion, VersionState


def show(number: str) -> None:
    """The version of that number, in parts. Refused when there is none that the reader may see."""
    with reading() as session:
        person = signed_in()
        sheets = scorecard_versions(session, person)
        sheet = next((one for one in sheets if str(one.version_id) == number), None)
        if sheet is None:
            raise Refused(
                "There is no such scorecard, or it is not for you to see. Choose one from the list."
            )
        may_change = may_change_scorecards(session, person)
        policy = policy_of(session, sheet.card)
        published = versions_published(session, sheet.card.key)
        standard = Fraction(setting(session, "outcome_standard", today(session)))
        is_draft = sheet.state == VersionState.DRAFT
        missing = still_missing(session, sheet.card) if is_draft else ()
    title(version_name(sheet.card), _standing(sheet))
    with st.container(horizontal=True, vertical_alignment="center"):
        link("scorecards", "All scorecards")
        st.download_button(
            "Download as TOML",
            data=sheet.definition,
            file_name=f"{sheet.card.key}-{sheet.card.version}.toml",
            mime="application/toml",
            on_click="ignore",
        )
        if may_change and is_draft:
            _publish(sheet, published, missing)
        if may_change and sheet.state != VersionState.RETIRED:
            _retire(sheet)
    parts: dict[str, Callable[[], None]] = {}
    if may_change and is_draft:
        before = published[-1] if published else None
        parts["Edit"] = lambda: scorecards_edit.show(sheet, before, policy, missing)
    parts["The card"] = lambda: _card(sheet, published, policy, standard)
    parts["As a reviewer sees it"] = lambda: scorecards_preview.show(sheet.card)
    parts["Compare with another version"] = lambda: scorecards_compare.show(sheet, sheets)
    part = st.segmented_control(
        "Part",
        list(parts),
        default=next(iter(parts)),
        required=True,
        key=f"part-{sheet.version_id}-{sheet.state}",
    )
    parts[part]()


def _standing(sheet: VersionSheet) -> str:
    words = []
    if sheet.state == VersionState.DRAFT and sheet.changed_at:
        words.append(
            f"Draft, last changed on {in_words(sheet.changed_at.date())} by {sheet.changed_by}. "
            "No review can start on it yet."
        )
    if sheet.published_at:
        words.append(
            f"Published on {in_words(sheet.published_at.date())} by {sheet.published_by}, and never changed."
        )
    if sheet.retired_at:
        words.append(f"Retired on {in_words(sheet.retired_at.date())} by {sheet.retired_by}.")
    return as_typed(" ".join(words))


def _publish(sheet: VersionSheet, published: list[Scorecard], missing: tuple[str, ...]) -> None:
    with st.popover("Publish"):
        if missing:
            st.write(
                f"Still missing before this draft can be published: {cases_in_words(len(missing), 'thing')}."
            )
        else:
            st.write("Once published, this version is never changed. Reviews that start from now on use it.")
        if published:
            found = compare(published[-1], sheet.card)
            st.write(f"Against version {published[-1].version}: {differences(found)}")
            if found.removed:
                st.write(as_typed(no_longer_asked(found)))
        if st.button("Publish this version", type="primary", disabled=bool(missing)):
            carry_out(
                lambda session, by: publish_draft(
                    session, session.get_one(ScorecardVersion, sheet.version_id), by=by
                ),
                done=lambda version: f"“{version.title}” version {version.version} is published.",
            )


def _retire(sheet: VersionSheet) -> None:
    with st.popover("Retire"):
        st.write(
            "No review can start on a retired version. It stays on record, and reviews that have started "
            "on it stay on it. It cannot be taken back."
        )
        if st.button("Retire this version"):
            carry_out(
                lambda session, by: retire_version(
                    session, session.get_one(ScorecardVersion, sheet.version_id), by=by
                ),
                done=f"{version_name(sheet.card)} is retired.",
            )


def _card(sheet: VersionSheet, published: list[Scorecard], policy: Policy, standard: Fraction) -> None:
    card = sheet.card
    up_to_it = [*(one for one in published if one.version < card.version), card]
    if sheet.sha256:
        st.caption(f"SHA-256 {sheet.sha256}")
    st.write(method_rule(card))
    implied = what_the_standard_implies(card, standard)
    if implied:
        st.write(implied)
    st.markdown(
        f"Rests on **{as_typed(card.policy_document or 'no document yet')}**, version "
        f"{as_typed(card.policy_version or 'not named')}."
        + (f" Records of each case: {as_typed(', '.join(card.asks))}." if card.asks else "")
    )
    if not policy.titles:
        st.caption("That version of the document is not loaded here, so paragraphs have no titles.")
    numbers = {requirement.key: number for number, requirement in enumerate(card.requirements, start=1)}
    for kind, heading in HEADINGS.items():
        asked = [requirement for requirement in card.requirements if requirement.kind is kind]
        st.subheader(f"{heading} ({len(asked)})", anchor=False)
        section = None
        for requirement in asked:
            if requirement.section != section:
                section = requirement.section
                st.markdown(f"#### {as_typed(section)}" if section else "#### No section")
            _requirement(
                requirement, numbers[requirement.key], policy, same_meaning_since(up_to_it, requirement.key)
            )


def _requirement(requirement: Requirement, number: int, policy: Policy, since: int) -> None:
    with st.container(border=True):
        st.markdown(
            f"**{number}. {as_typed(requirement.text or 'No words yet')}**"
            + ("  \n**Critical:** a failure marks the case." if requirement.critical else "")
        )
        if requirement.guidance:
            st.markdown(as_typed(requirement.guidance))
        examples = {
            "Met": requirement.met,
            "Not met": requirement.not_met,
            "Not applicable": requirement.not_applicable,
        }
        for name, example in examples.items():
            if example:
                st.markdown(f"- **{name}:** {as_typed(example)}")
        facts = [f"Asked of: {asked_of_words(requirement)}", f"Evidence: {EVIDENCE[requirement.evidence]}"]
        if requirement.change is not None:
            facts.append(f"Changed: {CHANGES[requirement.change]}")
        facts.append(f"Means the same since version {since}")
        st.caption(as_typed(" · ".join(facts)))
        _rests_on(requirement, policy)


def _rests_on(requirement: Requirement, policy: Policy) -> None:
    if not (requirement.citations or requirement.commitments or requirement.quality_standards):
        st.caption("It cites nothing yet.")
        return
    parts = [f"Paragraph {', '.join(requirement.citations)}"] if requirement.citations else []
    if requirement.commitments:
        parts.append(f"commitment {', '.join(map(str, requirement.commitments))}")
    with st.popover(" · ".join(parts) or "Quality standards", key=f"rests-on-{requirement.key}"):
        for citation in requirement.citations:
            for words in policy.cited(citation) or [f"{citation} (not loaded here)"]:
                st.markdown(f"- Paragraph {as_typed(words)}")
        for commitment in requirement.commitments:
            st.markdown(f"- Commitment {commitment} {as_typed(policy.commitments.get(commitment, ''))}")
        for standard in requirement.quality_standards:
            st.markdown(
                f"- Quality standard {standard} {as_typed(policy.quality_standards.get(standard, ''))}"
            )
