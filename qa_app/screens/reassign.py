"""Somebody has left or is away: all that waits for them, by kind, given to somebody else in one go."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.reassigning import (
    Burdened,
    Held,
    Kind,
    burdened,
    held_by,
    may_reassign,
    name_of,
    reassign,
    why_not,
)
from qa_app.office_queries import person_choices
from qa_app.runtime import (
    as_typed,
    carry_out,
    fresh,
    in_words,
    place_in_address,
    reading,
    signed_in,
    table,
    title,
)
from sampling.records.people import Person

KINDS = {
    Kind.DRAFT: "Reviews begun",
    Kind.TO_REVIEW: "Cases to review",
    Kind.INTERVENTION: "Interventions to carry out",
    Kind.OWNED: "Actions owned",
    Kind.TO_AUTHORISE: "Actions authorised",
    Kind.TO_VERIFY: "Actions to verify",
    Kind.APPROVER: "Approvals",
}


def show() -> None:
    """Whose work, what of it, and who takes it over."""
    title(
        "Reassign work",
        "Somebody has left or is away. See all that waits for them, and give it to somebody else. Nothing "
        "is lost: answers, dates and what was done so far go with it.",
    )
    person = signed_in()
    with reading() as session:
        if not may_reassign(session, person):
            st.write("This is for the Head of Customer Care, administrators and line managers.")
            return
        rows = {row.person_id: row for row in burdened(session, by=person)}
    st.caption(
        "References and kinds of work only. Whoever reviews for QA sees nothing here that came of a "
        "manager's review, and line managers see the work on their own team."
    )
    asked = place_in_address("whose", list(rows), of="person")
    if not rows:
        st.write("Nothing waits for anybody here. Cases, actions and approvals appear as people have them.")
        return
    chosen = st.selectbox(
        "Whose work",
        list(rows),
        index=asked,
        format_func=lambda number: _in_words(rows[number]),
        key="reassign-person",
        placeholder="Choose a person",
    )
    if chosen is not None:
        st.write(f"**{rows[chosen].things:,}** in all.")
        _work_of(chosen, rows[chosen].name)


def _in_words(row: Burdened) -> str:
    state = ""
    if row.has_left:
        state = ", has left"
    elif row.away_until is not None:
        state = f", away until {in_words(row.away_until)}"
    return f"{row.name}{state}"


def _work_of(person_id: int, name: str) -> None:
    with reading() as session:
        held = held_by(session, person_id, by=signed_in())
        choices = {choice.id: choice.words for choice in person_choices(session, working=True, but=person_id)}
    to_id = st.selectbox(
        "Who takes it over",
        list(choices),
        index=None,
        format_func=choices.__getitem__,
        key=fresh(f"to-{person_id}"),
        placeholder="Choose a colleague",
    )
    reasons = _reasons(held, to_id)
    chosen: list[Held] = []
    for kind, words in KINDS.items():
        of_kind = [one for one in held if one.kind is kind]
        if of_kind:
            chosen += _choose(words, of_kind, reasons, key=f"{person_id}-{kind}-{to_id}")
    if to_id is None:
        st.write("Choose who takes it over, to see what can go to them.")
        return

    def give(session: Session, by: Person) -> int:
        return reassign(
            session,
            session.get_one(Person, person_id),
            [(one.kind, one.row_id) for one in chosen],
            to=session.get_one(Person, to_id),
            by=by,
        )

    if st.button("Reassign what is chosen", type="primary"):
        carry_out(give, done=lambda count: f"{name}'s work is reassigned: {count:,} in all.")


def _reasons(held: list[Held], to_id: int | None) -> dict[tuple[Kind, int], str | None]:
    """Why each thing cannot go to the person chosen; None for what can."""
    if to_id is None:
        return {}
    with reading() as session:
        to = session.get_one(Person, to_id)
        why = [why_not(session, one, to, by=signed_in()) for one in held]
        return {
            (one.kind, one.row_id): None if reason is None else f"{to.name} {reason}"
            for one, reason in zip(held, why, strict=True)
        }


def _choose(
    words: str, held: list[Held], reasons: dict[tuple[Kind, int], str | None], *, key: str
) -> list[Held]:
    """The things of one kind, and those of them that are chosen: all that can go, unless some are picked."""
    st.subheader(f"{words}: {len(held):,}", anchor=False)
    why = [reasons.get((one.kind, one.row_id)) for one in held]
    shown = pd.DataFrame(
        {
            "What": [_name(one) for one in held],
            "Date": [one.due_on for one in held],
            "Why it cannot go there": [reason or "" for reason in why],
        }
    )
    table(shown if any(why) else shown.iloc[:, :2], caption=f"{words}, by date", key=f"held-{key}")
    possible = [one for one, reason in zip(held, why, strict=True) if reason is None]
    if not possible:
        st.write("None of these can go there. Choose somebody else for them.")
        return []
    some = "All of them" if len(possible) == len(held) else "All that can go there"
    if st.checkbox(f"{some}: {words.lower()}, {len(possible):,}", value=True, key=fresh(f"all-{key}")):
        return possible
    picked = st.multiselect(
        f"Only these of the {words.lower()}",
        range(len(possible)),
        format_func=lambda number: f"{as_typed(_name(possible[number]))}",
        key=fresh(f"some-{key}"),
        placeholder="None",
    )
    return [possible[number] for number in picked]


def _name(held: Held) -> str:
    name = name_of(held)
    return f"{name[0].upper()}{name[1:]}"
