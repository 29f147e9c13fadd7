"""The screen a person lands on: their own work first."""

from qa_app import runtime
from qa_app.screens import set_up
from sampling.records.people import Role, may_act_as


def show() -> None:
    """What there is to do for whoever is signed in."""
    person = runtime.signed_in()
    runtime.title("Start", f"Good to see you, {runtime.as_typed(person.name)}.")
    with runtime.reading() as session:
        looks_after_the_office = may_act_as(session, person, [Role.ADMINISTRATOR])
    if looks_after_the_office:
        set_up.show()
