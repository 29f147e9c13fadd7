"""What may be changed of one action, each change with its reason."""

from collections.abc import Callable
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_people import change_person
from learning_register.action_sheets import ActionSheet, action_sheet
from learning_register.aims import change_aims
from learning_register.follow_up import Part, Right
from learning_register.following_up import move_target_date, reword_action
from learning_register.tables_actions import FollowUpAction
from learning_register.verifying import move_review_date
from qa_app.action_form import (
    aims_input,
    authoriser_input,
    choices_for_actions,
    owner_input,
    owner_of,
    verifier_input,
)
from qa_app.changed_meanwhile import Watched
from qa_app.runtime import date_input, given, in_words, signed_in
from qa_app.unfinished import Form
from sampling.records.people import Person

_TARGET, _WORDING, _AIMS = "The target date", "The wording", "What it is to improve"
_OWNER, _AUTHORISER, _VERIFIER, _REVIEW = "The owner", "The authoriser", "The verifier", "The review date"
# What others may have changed meanwhile, as the action itself shows it.
_SHOWN: Final[dict[str, Callable[[ActionSheet], str]]] = {
    _TARGET: lambda sheet: in_words(sheet.row.target_date),
    _WORDING: lambda sheet: sheet.row.description,
    _AIMS: lambda sheet: "; ".join(sheet.aims_in_words),
    _OWNER: lambda sheet: sheet.row.owner,
    _AUTHORISER: lambda sheet: sheet.row.authoriser,
    _VERIFIER: lambda sheet: sheet.row.verifier or "",
    _REVIEW: lambda sheet: in_words(sheet.row.review_on) if sheet.row.review_on else "",
}
_CHANGES: Final = (
    "move_target_date",
    "reword_action",
    "change_aims",
    "change_owner",
    "change_authoriser",
    "change_verifier",
    "move_review_date",
)
_OF_RIGHT = {
    Right.CHANGE_PLAN: (_TARGET, _WORDING, _AIMS),
    Right.CHANGE_PEOPLE: (_OWNER, _AUTHORISER, _VERIFIER),
    Right.CHANGE_REVIEW: (_REVIEW,),
}


def show(sheet: ActionSheet) -> None:
    """One form, for what the reader chooses to change."""
    possible = [words for right, parts in _OF_RIGHT.items() if right in sheet.rights for words in parts]
    if not possible:
        return
    number, person = sheet.row.action_id, signed_in()
    with st.expander("Change something, with the reason"):
        what = st.selectbox(
            "What is to change",
            possible,
            index=None,
            key=f"change-{number}",
            placeholder="Choose what is to change",
        )
        if what is None:
            return

        def words(session: Session) -> dict[str, str]:
            return {what: _SHOWN[what](action_sheet(session, number, person))}

        form = Form(
            f"change-{number}-{what}",
            watching=Watched((FollowUpAction, number), f"action {number}", _CHANGES, words),
        )
        form.notes()
        change = _input(what, sheet, form)
        reason = form.text_input("Why?", "why")
        if st.button("Change it", key=f"{form.key}-change"):
            form.carry_out(
                lambda session, by: change(session, session.get_one(FollowUpAction, number), reason, by),
                done="The change is kept, with its reason.",
            )


_Change = Callable[[Session, FollowUpAction, str, Person], None]


def _input(what: str, sheet: ActionSheet, form: Form) -> _Change:
    """The input for what is to change, and the change itself."""
    row, key = sheet.row, form.key
    if what == _TARGET:
        st.write(f"The first target date, {in_words(row.first_target_date)}, stays on record.")
        target = date_input("New target date", f"{key}-date", row.target_date)
        return lambda session, action, reason, by: move_target_date(
            session, action, target_date=given(target, "the new target date"), reason=reason, by=by
        )
    if what == _REVIEW:
        review = date_input("New review date", f"{key}-date", row.review_on)
        return lambda session, action, reason, by: move_review_date(
            session, action, review_on=given(review, "the new review date"), reason=reason, by=by
        )
    if what == _WORDING:
        words = form.text_area("What is to be done", "words", row.description, height=100)
        return lambda session, action, reason, by: reword_action(
            session, action, description=words, reason=reason, by=by
        )
    choices = choices_for_actions()
    if what == _AIMS:
        aims = aims_input(choices, key=f"{key}-aims", value=sheet.aims)
        return lambda session, action, reason, by: change_aims(
            session, action, aims=aims, reason=reason, by=by
        )
    if what == _OWNER:
        owner = owner_input(choices, key=f"{key}-owner")
        return lambda session, action, reason, by: change_person(
            session, action, part=Part.OWNER, to=owner_of(session, owner), reason=reason, by=by
        )
    is_authoriser = what == _AUTHORISER
    chosen = (authoriser_input if is_authoriser else verifier_input)(choices, key=f"{key}-who")
    part = Part.AUTHORISER if is_authoriser else Part.VERIFIER
    return lambda session, action, reason, by: change_person(
        session, action, part=part, to=session.get_one(Person, given(chosen, str(part))), reason=reason, by=by
    )
