"""The choices that forms on actions share: who can own, authorise and verify, and what is to improve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_queries import (
    people_who_can_authorise,
    people_who_can_own,
    teams_that_can_own,
)
from learning_register.aims import Aim, aim_choices
from qa_app.runtime import given, reading
from sampling.records.people import Person, Team

# What an owner is chosen by: a person or a team, and its number.
OwnerChoice = tuple[type[Person] | type[Team], int]
AIMS_HELP: Final = (
    "Requirements of scorecards, or a paragraph with all requirements that rest on it. Later samples are "
    "compared with earlier ones on these. Name them before the action is done."
)


@dataclass(frozen=True)
class Choices:
    """Who and what can be chosen, in words."""

    owners: Mapping[OwnerChoice, str]
    authorisers: Mapping[int, str]
    verifiers: Mapping[int, str]
    aims: Mapping[Aim, str]


def choices_for_actions() -> Choices:
    """The choices as they are now."""
    with reading() as session:
        people = {one.id: one.name for one in people_who_can_own(session)}
        owners: dict[OwnerChoice, str] = {(Person, number): name for number, name in people.items()}
        for team in teams_that_can_own(session):
            owners[Team, team.id] = f"Team {team.name} (its line manager acts for it)"
        authorisers = {one.id: one.name for one in people_who_can_authorise(session)}
        return Choices(owners, authorisers, people, aim_choices(session))


def owner_input(choices: Choices, *, key: str, value: OwnerChoice | None = None) -> OwnerChoice | None:
    """Choose a person or a team as owner."""
    options = list(choices.owners)
    return st.selectbox(
        "Owner, who does it",
        options,
        index=options.index(value) if value in options else None,
        format_func=choices.owners.__getitem__,
        key=key,
        placeholder="Choose a person or a team",
    )


def authoriser_input(choices: Choices, *, key: str, value: int | None = None) -> int | None:
    """Choose who authorises."""
    options = list(choices.authorisers)
    return st.selectbox(
        "Authorised by, not the owner",
        options,
        index=options.index(value) if value in options else None,
        format_func=choices.authorisers.__getitem__,
        key=key,
        placeholder="Choose a line manager or the Head",
    )


def verifier_input(choices: Choices, *, key: str, value: int | None = None) -> int | None:
    """Choose who says in the end whether it worked."""
    options = list(choices.verifiers)
    return st.selectbox(
        "Verified by, neither the owner nor who did it",
        options,
        index=options.index(value) if value in options else None,
        format_func=choices.verifiers.__getitem__,
        key=key,
        placeholder="Choose who says whether it worked",
    )


def aims_input(choices: Choices, *, key: str, value: tuple[Aim, ...]) -> list[Aim]:
    """Choose what later samples are to show."""
    return st.multiselect(
        "What it is to improve",
        list(choices.aims),
        default=[aim for aim in value if aim in choices.aims],
        format_func=choices.aims.__getitem__,
        key=key,
        help=AIMS_HELP,
        placeholder="Choose requirements or paragraphs",
    )


def owner_of(session: Session, choice: OwnerChoice | None) -> Person | Team:
    """The person or team that was chosen; refused when there is none."""
    kind, number = given(choice, "the owner")
    return session.get_one(Person, number) if kind is Person else session.get_one(Team, number)
