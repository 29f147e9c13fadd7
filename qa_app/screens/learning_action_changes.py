"""What may be changed of one action, each change with its reason."""

from collections.abc import Callable

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_people import change_person
from learning_register.action_sheets import ActionSheet
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
from qa_app.runtime import carry_out, date_input, given, in_words
from sampling.records.people import Person

_TARGET, _WORDING, _AIMS = "The target date", "The wording", "What it is to improve"
_OWNER, _AUTHORISER, _VERIFIER, _REVIEW = "The owner", "The authoriser", "The verifier", "The review date"
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
    key = f"change-{sheet.row.action_id}-{len(sheet.changes)}"
    with st.expander("Change something, with the reason"):
        what = st.selectbox(
            "What is to change", possible, index=None, key=key, placeholder="Choose what is to change"
        )
        if what is None:
            return
        with st.form(f"{key}-{what}", border=False):
            change = _input(what, sheet, f"{key}-{what}")
            reason = st.text_input("Why?", key=f"{key}-{what}-why")
            if st.form_submit_button("Change it"):
                carry_out(
                    lambda session, by: change(
                        session, session.get_one(FollowUpAction, sheet.row.action_id), reason or "", by
                    ),
                    done="The change is kept, with its reason.",
                )


_Change = Callable[[Session, FollowUpAction, str, Person], None]


def _input(what: str, sheet: ActionSheet, key: str) -> _Change:
    """The input for what is to change, and the change itself."""
    row = sheet.row
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
        words = st.text_area("What is to be done", value=row.description, height=100, key=f"{key}-words")
        return lambda session, action, reason, by: reword_action(
            session, action, description=words or "", reason=reason, by=by
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
