"""A reviewer with one draft open in two windows: nothing that was stored in one is undone by the other."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine

from sampling.refused import Refused
from sampling.tables import Route
from scorecards.actions import save_answer
from scorecards.answers import Given, given_by
from scorecards.card_editing import blank_card, check_still, with_fields, with_requirement
from scorecards.requirements import Kind, ResponseValue, Severity
from scorecards.tables import Review

QUINN = "Quinn Qua"
MET, NOT_MET = ResponseValue.MET, ResponseValue.NOT_MET
Save = Callable[..., Given]


@pytest.fixture
def save(engine: Engine) -> Save:
    """Save the first answer of a draft, from a window that shows it as given."""
    office = ScoredOffice(engine, closed=3, open_cases=0)
    office.draw_closed([1])
    review_id = office.score(QUINN, office.to_do(QUINN, Route.CENTRAL)[0], submit=False)

    def in_window(shown: Given | None, response: ResponseValue, evidence: str = "", **more: object) -> Given:
        with office.writing() as session:
            answer = save_answer(
                session,
                session.get_one(Review, review_id),
                requirement_key="answered",
                response=response,
                evidence=evidence,
                shown=shown,
                by=office.person(session, QUINN),
                **more,  # type: ignore[arg-type]
            )
            return given_by(answer)

    in_window(None, NOT_MET, "Page 2")
    return in_window


def test_what_one_window_did_not_touch_stays_as_the_other_stored_it(save: Save) -> None:
    shown = Given(NOT_MET, "Page 2")
    save(shown, NOT_MET, "Page 2", severity=Severity.SERIOUS)
    assert save(shown, NOT_MET, "Page 3") == Given(NOT_MET, "Page 3", severity=Severity.SERIOUS)


def test_two_texts_over_the_same_one_are_both_kept(save: Save) -> None:
    shown = Given(NOT_MET, "Page 2")
    save(shown, NOT_MET, "Page 2, line 4")
    assert save(shown, NOT_MET, "The second page").evidence == "Page 2, line 4\n\nThe second page"


def test_a_response_given_in_another_window_is_not_undone(save: Save) -> None:
    shown = Given(NOT_MET, "Page 2")
    save(shown, MET, "Page 2")
    with pytest.raises(Refused, match="answered in another window since"):
        save(shown, ResponseValue.CANNOT_ASSESS, "Page 2")
    assert save(shown, MET, "Page 2").response == MET  # the same in both


def test_a_field_of_a_drafted_card_is_not_saved_over_what_somebody_else_wrote() -> None:
    card = with_requirement(blank_card("Card"), Kind.OUTCOME)
    (requirement,) = card.requirements
    changed = with_fields(card, requirement.key, text="Hedda's words.")
    check_still(changed, requirement.key, "text", "Hedda's words.")
    with pytest.raises(Refused, match=r"It reads now: “Hedda's words\.”\. What you gave is not kept"):
        check_still(changed, requirement.key, "text", "")
