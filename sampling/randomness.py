"""Where the public value of a draw comes from, and the one text form it may have.

A plan names its source before the value exists, and fixes the form: were ninety ways to write one roll
of dice allowed, whoever writes it down could choose among ninety samples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sampling.draw import SHA256, check_public_value
from sampling.refused import Refused


class Source(StrEnum):
    """Who or what gives the public value."""

    SYSTEM = "operating system"  # 32 bytes, recorded at that moment
    DICE = "dice"  # rolled by two people, and minuted
    BEACON = "beacon"  # a public round that the plan names
    PARENT = "parent draw"  # the seed of another plan, registered before that seed existed
    DEMONSTRATION = "demonstration"  # typed by anybody: proves nothing, and is marked so everywhere


@dataclass(frozen=True)
class Beacon:
    """A public source of random values: when its rounds come, and how they are written."""

    name: str
    first_round: datetime  # the moment of round 1
    every: timedelta
    digits: int  # lower-case hexadecimal digits of a value


BEACONS: Final = {
    beacon.name: beacon
    for beacon in (
        # The chain information that drand.love publishes: genesis time and period of each network.
        Beacon("drand quicknet", datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC), timedelta(seconds=3), 64),
        Beacon("drand default", datetime(2020, 7, 22, 15, 17, 30, tzinfo=UTC), timedelta(seconds=30), 64),
    )
}

DICE_ROLLED: Final = 20  # 51 bits; two people can roll ten each
_FORMS: Final = {
    Source.SYSTEM: (re.compile(r"[0-9a-f]{64}"), "32 bytes as 64 lower-case hexadecimal digits"),
    Source.DICE: (
        re.compile(rf"[1-6]{{{DICE_ROLLED}}}"),
        f"{DICE_ROLLED} digits from 1 to 6 in the order rolled, nothing between them",
    ),
    Source.BEACON: (
        re.compile(r"[0-9a-f]{64}"),
        "the value of the round as 64 lower-case hexadecimal digits",
    ),
    Source.PARENT: (re.compile(r".+"), "the public value of the parent draw"),
    Source.DEMONSTRATION: (re.compile(r"\S(.*\S)?"), "any text on one line"),
}


def from_system() -> dict[str, Any]:
    """The randomness of a routine plan: the operating system, at the moment of the draw."""
    return _randomness(Source.SYSTEM)


def from_dice() -> dict[str, Any]:
    """Dice rolled by two people."""
    return _randomness(Source.DICE)


def for_demonstration() -> dict[str, Any]:
    """A value that somebody types: a demonstration, which proves nothing about the choice of cases."""
    return _randomness(Source.DEMONSTRATION)


def from_beacon(name: str, moment: datetime, *, registered_at: datetime) -> dict[str, Any]:
    """The first round of a public beacon at or after a moment, which must lie after the registration.

    Moments are in UTC. Raises `Refused` for an unknown beacon and for a round that is out already, or
    will be within a minute: its value might be known when the plan is registered.
    """
    beacon = BEACONS.get(name)
    if beacon is None:
        raise Refused(f"{name} is no beacon known here. Choose one of: {', '.join(BEACONS)}.")
    if moment < registered_at + timedelta(minutes=1):
        raise Refused(
            f"By {moment:%d/%m/%Y %H:%M} UTC the round of the beacon may be out when the plan is registered. "
            "Choose a later moment: the value must not exist yet."
        )
    after = -((beacon.first_round - moment) // beacon.every)
    out_at = beacon.first_round + after * beacon.every
    return {
        **_randomness(Source.BEACON),
        "beacon": name,
        "round": after + 1,
        "out_at": out_at.isoformat(timespec="seconds"),
    }


def from_parent(parent_plan_sha256: str) -> dict[str, Any]:
    """The seed that another registered plan will get, so that the two samples nest."""
    if not SHA256.fullmatch(parent_plan_sha256):
        raise Refused(f"{parent_plan_sha256!r} is not the hash of a plan. Give its 64 lower-case hex digits.")
    return _randomness(Source.PARENT)


def check_value(randomness: Mapping[str, Any], public_value: str) -> None:
    """Refuse a public value that has not the form its plan fixed."""
    source = source_of(randomness)
    form, words = _FORMS[source]
    check_public_value(public_value)
    if not form.fullmatch(public_value):
        raise Refused(f"The public value of this plan is {words}; {public_value!r:.80} is not. Type it so.")


def source_of(randomness: Mapping[str, Any]) -> Source:
    """The source a plan names; refused when it is none of ours."""
    try:
        return Source(randomness.get("source", ""))
    except ValueError:
        raise Refused(
            f"{randomness.get('source')!r} is no source of randomness. Known are: {', '.join(Source)}."
        ) from None


def _randomness(source: Source) -> dict[str, Any]:
    return {"source": str(source), "form": _FORMS[source][1]}
