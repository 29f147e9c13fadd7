"""What is due to be disposed of by a day, and what keeps some of it: holds, and work that is not finished."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from qa_app.retention.due_facts import FACTS, Fact
from sampling.records.database import today
from sampling.records.holds import check_may_keep, holds_in_force
from sampling.records.people import Person
from sampling.records.retention import RecordClass, last_day_counted, years_of
from sampling.records.settings import SHIPPED_FROM, setting_over_time
from sampling.records.tables_retention import RetentionHold
from sampling.refused import Refused


@dataclass(frozen=True)
class Kept:
    """A record whose period is over and that is kept all the same: by which holds, or what it waits for."""

    record: int
    counted_from: date
    holds: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Due:
    """What of a class is due by a day: the records by their numbers, and those that something keeps.

    `years` is None for a class without a period: then nothing is due. `period_from` is the day from which
    that period holds, None for the one that is shipped.
    """

    kind: RecordClass
    until: date
    years: int | None
    period_from: date | None
    numbers: tuple[int, ...]
    oldest: date | None
    kept: tuple[Kept, ...]


def due_records(session: Session, kind: RecordClass, *, until: date | None = None, by: Person) -> Due:
    """What of a class is due by a day, today unless told, and what keeps the rest. Changes nothing."""
    check_may_keep(session, by)
    day = today(session)
    until = until or day
    if until > day:
        raise Refused(
            f"{until:%d/%m/%Y} is yet to come, and a hold may come before it. Choose today or a day before."
        )
    starts, value = [
        (starts, value) for starts, value in setting_over_time(session, f"retention_{kind}") if starts <= day
    ][-1]
    years, period_from = years_of(value), None if starts < SHIPPED_FROM else starts
    if years is None:
        return Due(kind, until, None, period_from, (), None, ())
    last = last_day_counted(until, years)
    facts = [fact for fact in FACTS[kind](session, last) if fact.counted_from <= last]
    days = {fact.record: fact.counted_from for fact in facts}
    kept = _kept(facts, holds_in_force(session), kind)
    numbers = sorted(days.keys() - kept.keys())
    return Due(
        kind,
        until,
        years,
        period_from,
        tuple(numbers),
        min((days[number] for number in numbers), default=None),
        tuple(kept[number] for number in sorted(kept)),
    )


def _kept(facts: Sequence[Fact], holds: Sequence[RetentionHold], kind: RecordClass) -> dict[int, Kept]:
    of_class = [hold for hold in holds if hold.kind == kind]
    of_case, of_team, of_person = (defaultdict[int, list[RetentionHold]](list) for _ in range(3))
    for hold in holds:
        for found, number in ((of_case, hold.case_id), (of_team, hold.team_id), (of_person, hold.person_id)):
            if number is not None:
                found[number].append(hold)
    reasons: dict[int, dict[int, str]] = defaultdict(dict)
    waits: dict[int, str] = {}
    for fact in facts:
        named = [*of_class, *of_case.get(fact.case_id or 0, ()), *of_team.get(fact.team_id or 0, ())]
        named += [hold for person in fact.people for hold in of_person.get(person or 0, ())]
        reasons[fact.record] |= {hold.id: hold.reason for hold in named}
        if fact.waits_for:
            waits[fact.record] = fact.waits_for
    return {
        fact.record: Kept(
            fact.record,
            fact.counted_from,
            tuple(sorted(reasons[fact.record])),
            "; ".join(
                [*reasons[fact.record].values(), *([waits[fact.record]] if fact.record in waits else [])]
            ),
        )
        for fact in facts
        if reasons[fact.record] or fact.record in waits
    }
