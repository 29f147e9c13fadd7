"""Where the seed of a planned sample will come from: the operating system, unless another is chosen."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.planning_words import round_in_words
from qa_app.runtime import date_input, fresh, given, problem, reading, signed_in
from sampling.planning import plans_to_nest_in
from sampling.randomness import (
    BEACONS,
    DICE_ROLLED,
    Source,
    for_demonstration,
    from_beacon,
    from_dice,
    from_system,
)
from sampling.records.database import OFFICE_TIME, now
from sampling.refused import Refused
from sampling.registering import Terms
from sampling.samples import DEMONSTRATION

_SOURCES: Final = {
    Source.SYSTEM: (
        "The operating system",
        "32 random bytes, the moment you draw. Right for routine samples.",
    ),
    Source.DICE: (
        "Dice",
        f"Two people roll {DICE_ROLLED} times after the plan is registered, and minute it.",
    ),
    Source.BEACON: ("A public beacon", "A random number that a public service publishes at a set time."),
    Source.PARENT: ("The seed of another plan", "The two samples then overlap as far as they can."),
    Source.DEMONSTRATION: ("A typed seed", "For a demonstration only: it proves nothing, and is marked so."),
}


@dataclass(frozen=True)
class ChosenTerms:
    """The source that was chosen, with what it needs."""

    source: Source
    beacon: str = ""
    moment: datetime | None = None
    parent_id: int | None = None
    shares_typed_seed: bool = False

    @property
    def at_once(self) -> bool:
        """Whether the seed can exist as soon as the plan is registered."""
        return self.source == Source.SYSTEM

    def terms(self, session: Session) -> Terms:
        """What the plan will say of it. Refused when something is missing."""
        match self.source:
            case Source.DICE:
                return Terms(randomness=from_dice())
            case Source.BEACON:
                moment = given(self.moment, "the day and time of the beacon's round")
                return Terms(randomness=from_beacon(self.beacon, moment, registered_at=now(session)))
            case Source.PARENT:
                return Terms(parent_id=given(self.parent_id, "the plan whose seed this sample shares"))
            case Source.DEMONSTRATION:
                return Terms(randomness=for_demonstration())
        return Terms(randomness=from_system())

    def name_of(self, name: str) -> str:
        """The sample's name: that of a demonstration says so first, as registering it makes sure."""
        is_demonstration = self.source == Source.DEMONSTRATION or self.shares_typed_seed
        if is_demonstration and name and not name.startswith(DEMONSTRATION):
            return f"{DEMONSTRATION}{name}"
        return name


def choose_terms() -> ChosenTerms:
    """Ask where the randomness comes from, folded away; what is not the usual source is said in the open."""
    with st.expander("Where the randomness comes from"):
        source = st.radio(
            "Source of the seed",
            list(_SOURCES),
            format_func=lambda source: _SOURCES[source][0],
            captions=[caption for _, caption in _SOURCES.values()],
            key=fresh("source"),
        )
        chosen = ChosenTerms(source)
        if source == Source.BEACON:
            chosen = _beacon()
        elif source == Source.PARENT:
            chosen = _parent()
    if not chosen.at_once:
        st.info(_AFTERWARDS[chosen.source])
    return chosen


_AFTERWARDS: Final = {
    Source.DICE: "The plan is registered now. Then two people roll the dice, one records the roll in the "
    "register and the other confirms it, and the sample can be drawn.",
    Source.BEACON: "The plan is registered now. Once the beacon's round is out, its value is typed in the "
    "register, and the sample can be drawn.",
    Source.PARENT: "The plan is registered now. Once the other plan has its seed, this sample can be drawn "
    "with the same one, in the register.",
    Source.DEMONSTRATION: "The plan is registered now, and the seed typed in the register. The sample's name "
    f"begins with “{DEMONSTRATION.strip()}”.",
}


def _beacon() -> ChosenTerms:
    with reading() as session:
        moment = now(session)
    beacon = st.selectbox("Beacon", list(BEACONS), key=fresh("beacon"))
    left, right = st.columns(2)
    with left:
        tomorrow = moment.astimezone(OFFICE_TIME).date() + timedelta(days=1)
        day = date_input("First round on or after", fresh("beacon-day"), tomorrow)
    with right:
        at = st.time_input("at", time(10, 0), key=fresh("beacon-time"), step=timedelta(minutes=5))
    if day is None or at is None:
        st.write("Give the day and the time to see which round the plan will name.")
        return ChosenTerms(Source.BEACON, beacon)
    wanted = datetime.combine(day, at, tzinfo=OFFICE_TIME)
    try:
        st.write(round_in_words(from_beacon(beacon, wanted, registered_at=moment)))
    except Refused as refused:
        problem(str(refused))
    return ChosenTerms(Source.BEACON, beacon, wanted)


def _parent() -> ChosenTerms:
    with reading() as session:
        found = {row.plan_id: row for row in plans_to_nest_in(session, signed_in())}
    if not found:
        st.write(
            "No registered plan waits for a seed that nobody can know yet. Register the other plan first, "
            "with dice or a beacon; then plan this one."
        )
    parent_id = st.selectbox(
        "Plan whose seed this sample shares",
        list(found),
        index=None,
        format_func=lambda plan_id: found[plan_id].name,
        key=fresh("parent"),
        placeholder="Choose a plan",
    )
    shares_typed_seed = parent_id is not None and found[parent_id].source == Source.DEMONSTRATION
    return ChosenTerms(Source.PARENT, parent_id=parent_id, shares_typed_seed=shares_typed_seed)
