"""What `qa draw` may say of a plan: how large it is, and where its seed comes from."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from qa_app.wording import MEASURES
from sampling.planning import plans_to_nest_in
from sampling.randomness import BEACONS, Source, for_demonstration, from_beacon, from_dice
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.registering import Terms
from sampling.samples import EVERY_CASE, AtRate, InTwoStages, Size, ToEstimate, ToShow

Standard = Annotated[str | None, typer.Option(help="The standard to show, such as 0.98; else the setting.")]
Assurance = Annotated[str | None, typer.Option(help="How sure it must be, such as 0.95; else the setting.")]
AllowedFailures = Annotated[int, typer.Option(help="How many may fail and the standard still be shown.")]
Measure = Annotated[str, typer.Option(help="What the standard is of: outcome or method.")]
TwoStages = Annotated[
    bool,
    typer.Option("--two-stages", help="None may fail; after exactly one, as many again, of which none may."),
]
Margin = Annotated[
    str | None, typer.Option(help="Draw enough to know the rate within this margin, such as 0.05.")
]
Expected = Annotated[
    str | None, typer.Option(help="With --margin: the rate that is expected; else that 0.98 meet.")
]
Rate = Annotated[
    str | None, typer.Option(help="An intake of a rolling sample: each case is in with this chance.")
]
Cases = Annotated[int | None, typer.Option(help="Draw this many cases.")]
EveryCase = Annotated[bool, typer.Option("--every-case", help="Review every case.")]
Randomness = Annotated[
    str | None,
    typer.Option(help="Where the seed comes from, unless the operating system: dice, beacon, demonstration."),
]
BeaconName = Annotated[
    str | None, typer.Option("--beacon", help=f"Which public beacon: {', '.join(BEACONS)}.")
]
BeaconAt = Annotated[
    str | None, typer.Option(help='From when on its round comes out, such as "2026-11-23 10:00".')
]
NestIn = Annotated[
    str | None, typer.Option(help="The registered plan, not seeded yet, whose seed this one shares.")
]

_EXPECTED = "0.98"


@dataclass(frozen=True)
class SizeAsked:
    """What was asked for on the command line; one way to a size at most."""

    standard: str | None = None
    assurance: str | None = None
    allowed_failures: int = 0
    measure: str = "outcome"
    two_stages: bool = False
    margin: str | None = None
    expected: str | None = None
    rate: str | None = None
    cases: int | None = None
    every_case: bool = False


def size_of(session: Session, period: tuple[date, date] | None, asked: SizeAsked) -> Size:
    """The size that was asked for: enough to show a standard, unless something else was."""
    others = {
        "--margin": asked.margin is not None,
        "--rate": asked.rate is not None,
        "--cases": asked.cases is not None,
        "--every-case": asked.every_case,
    }
    given = [name for name, is_given in others.items() if is_given]
    if len(given) > 1:
        raise Refused(f"Give either {given[0]} or {given[1]}, not both.")
    if asked.expected is not None and asked.margin is None:
        raise Refused("--expected goes with --margin only. Give a margin such as 0.05, or leave it out.")
    if given:
        _check_alone(given[0], asked)
    if asked.two_stages and asked.allowed_failures:
        raise Refused(
            "In two stages none may fail. Give either --two-stages or --allowed-failures, not both."
        )
    if asked.margin is not None:
        return ToEstimate(asked.expected or _EXPECTED, asked.margin)
    if asked.rate is not None:
        return AtRate(asked.rate)
    if asked.cases is not None:
        return asked.cases
    if asked.every_case:
        return EVERY_CASE
    if asked.measure not in MEASURES:
        raise Refused(f"--measure is one of {', '.join(MEASURES)}; {asked.measure!r} is not.")
    day = period[1] if period else today(session)
    standard = asked.standard or setting(session, f"{asked.measure}_standard", day)
    assurance = asked.assurance or setting(session, "assurance", today(session))
    _check_assurance(assurance)
    if asked.two_stages:
        return InTwoStages(standard, assurance, asked.measure)
    return ToShow(standard, assurance, asked.allowed_failures, asked.measure)


def _check_alone(way: str, asked: SizeAsked) -> None:
    belongs_to_a_standard = {
        "--standard": asked.standard is not None,
        "--assurance": asked.assurance is not None,
        "--allowed-failures": bool(asked.allowed_failures),
        "--two-stages": asked.two_stages,
    }
    for name, is_given in belongs_to_a_standard.items():
        if is_given:
            raise Refused(
                f"{name} is for a sample that shows a standard, and {way} asks for another one. "
                "Leave one of them out."
            )


def _check_assurance(assurance: str) -> None:
    try:
        is_level = 0.5 < float(assurance) < 1
    except ValueError:
        is_level = False
    if not is_level:
        raise Refused(f"An assurance is a share between 0.5 and 1, such as 0.95; {assurance!r} is not.")


def terms_of(
    session: Session,
    person: Person,
    *,
    randomness: str | None,
    beacon: str | None,
    beacon_at: str | None,
    nest_in: str | None,
) -> Terms:
    """Where the seed will come from, as it was asked for."""
    if nest_in is not None and randomness is not None:
        raise Refused("A plan shares a seed or has one of its own. Give either --nest-in or --randomness.")
    if randomness != Source.BEACON and (beacon is not None or beacon_at is not None):
        raise Refused("--beacon and --beacon-at go with --randomness beacon only. Add it, or leave them out.")
    if nest_in is not None:
        return _nested(session, person, nest_in)
    match randomness:
        case None:
            return Terms()
        case Source.DICE:
            return Terms(randomness=from_dice())
        case Source.DEMONSTRATION:
            return Terms(randomness=for_demonstration())
        case Source.BEACON:
            if beacon_at is None:
                raise Refused("Say when the beacon's round is to come out, with --beacon-at.")
            name = beacon or next(iter(BEACONS))
            return Terms(randomness=from_beacon(name, _moment(beacon_at), registered_at=now(session)))
    raise Refused(f"{randomness!r} is no source of randomness. Choose dice, beacon or demonstration.")


def _nested(session: Session, person: Person, name: str) -> Terms:
    found = {row.name: row.plan_id for row in plans_to_nest_in(session, person)}
    if name not in found:
        known = ", ".join(f"“{other}”" for other in found)
        raise Refused(
            f"No plan called “{name}” waits for a seed that nobody can know yet. "
            f"Waiting are: {known or 'none'}."
        )
    return Terms(parent_id=found[name])


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=OFFICE_TIME)
    except ValueError:
        raise Refused(
            f"{text!r} is no time. Type one such as --beacon-at “2026-11-23 10:00”, by the office's clock."
        ) from None
