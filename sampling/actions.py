"""Plans: how many cases, by which rule, judged how; registered before any randomness exists."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.calendars import month_end
from sampling.records.case_import import undo_import
from sampling.records.cases import Import
from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.registering import ROUTINE, Terms, plan_contents, register
from sampling.sizes import (
    exact_share,
    size_for_margin,
    size_to_show,
    size_to_show_stratified,
    stop_or_go,
)
from sampling.strata import share_at_rate, share_proportionally
from sampling.tables import Frame, Plan, Purpose, Route


def register_plan_to_show(
    session: Session,
    frame: Frame,
    *,
    standard: str,
    assurance: str,
    allowed_failures: int,
    measure: str = "outcome",
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample that is large enough to show a standard, by the bound that will judge it."""
    sizes = sizes_to_show(frame, standard=standard, assurance=assurance, allowed_failures=allowed_failures)
    purpose = Purpose.AGREEMENT if frame.route == Route.SECOND else Purpose.SHOW
    rule = {
        "standard": standard,
        "assurance": assurance,
        "allowed_failures": allowed_failures,
        "measure": "agreement" if purpose == Purpose.AGREEMENT else measure,
    }
    return register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_stop_or_go_plan(
    session: Session,
    frame: Frame,
    *,
    standard: str,
    assurance: str,
    measure: str = "outcome",
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample in two stages: none may fail; after exactly one, as many again, of which none may."""
    if len(frame.strata) > 1:
        raise Refused("A sample in two stages is drawn from all cases together. Choose no strata for it.")
    found = stop_or_go(standard, frame.population, assurance=float(assurance))
    sizes = {frame.strata[0].code: found.first_stage}
    rule = {
        "standard": standard,
        "assurance": assurance,
        "allowed_failures": 0,
        "second_stage": found.second_stage,
        "measure": measure,
    }
    return register(
        session, frame, purpose=Purpose.SHOW, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_estimate_plan(
    session: Session,
    frame: Frame,
    *,
    expected: str,
    margin: str,
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample that tells the rate within a margin, if the rate is about the one expected."""
    assurance = setting(session, "assurance", today(session))
    found = size_for_margin(expected, margin, frame.population, confidence=float(assurance))
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    sizes = share_proportionally(populations, found.sample_size)
    rule = {"assurance": assurance, "expected": expected, "margin": margin, "confidence": assurance}
    return register(
        session, frame, purpose=Purpose.ESTIMATE, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_rolling_plan(
    session: Session, frame: Frame, *, rate: str, due_on: date, terms: Terms = ROUTINE, by: Person
) -> Plan:
    """Register one intake of a rolling sample: each case is in with the chance `rate`, whoever else is.

    How many that are is known once the seed is: `sizes` are what may be expected, rounded up.
    """
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    exact_share(rate)
    rule = {"assurance": setting(session, "assurance", today(session)), "rate": rate}
    sizes = share_at_rate(populations, rate)
    return register(
        session, frame, purpose=Purpose.ROLLING, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_quota_plan(session: Session, frame: Frame, *, by: Person) -> Plan:
    """Register a line manager's month: so many of each caseworker, certainty strata whole."""
    quota = int(setting(session, "monthly_quota", today(session)))
    sizes = {
        stratum.code: stratum.population if stratum.is_certainty else min(quota, stratum.population)
        for stratum in frame.strata
    }
    rule = {"quota": quota, "assurance": setting(session, "assurance", today(session))}
    due_on = month_end(session, today(session))
    return register(
        session, frame, purpose=Purpose.QUOTA, rule=rule, sizes=sizes, due_on=due_on, terms=ROUTINE, by=by
    )


def register_sized_plan(
    session: Session,
    frame: Frame,
    *,
    sizes: Mapping[str, int],
    due_on: date,
    strata_by: str | None = None,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample of stated sizes by stratum: a quota somebody chose, or a census.

    `strata_by` says what the strata are by, where they may not be told to everybody (`sampling.sealing`).
    """
    census = all(sizes.get(stratum.code) == stratum.population for stratum in frame.strata)
    rule = {"assurance": setting(session, "assurance", today(session))}
    if strata_by is not None:
        rule["strata_by"] = strata_by
    purpose = Purpose.CENSUS if census else Purpose.QUOTA
    return register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_late_plan(
    session: Session, frame: Frame, parent: Plan, *, sizes: Mapping[str, int], due_on: date, by: Person
) -> Plan:
    """Register the late strata of another plan's frame, under that plan's own rule."""
    rule = plan_contents(parent)["rule"]
    purpose = Purpose(parent.purpose)
    return register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=ROUTINE, by=by
    )


def sizes_to_show(frame: Frame, *, standard: str, assurance: str, allowed_failures: int) -> Mapping[str, int]:
    """How many of each stratum would show the standard with so many failures."""
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    return share_to_show(
        populations, standard=standard, assurance=assurance, allowed_failures=allowed_failures
    )


def share_to_show(
    populations: Mapping[str, int], *, standard: str, assurance: str, allowed_failures: int
) -> Mapping[str, int]:
    """The sizes by stratum: one stratum by its exact size, several by the bound that judges them."""
    level = float(assurance)
    if len(populations) == 1:
        ((code, population),) = populations.items()
        size = size_to_show(standard, population, assurance=level, allowed_failures=allowed_failures)
        return {code: size.sample_size}
    return size_to_show_stratified(
        standard, populations, assurance=level, allowed_failures=allowed_failures
    ).sizes


def take_back_import(session: Session, import_: Import, *, by: Person) -> None:
    """Undo an import, unless a frame has been frozen since: that frame keeps what it was drawn from."""
    frozen = session.scalars(select(Frame.name).where(Frame.import_id >= import_.id).limit(1)).first()
    if frozen is not None:
        raise Refused(
            f"The import of {import_.file_name} cannot be undone: the sample “{frozen}” was drawn from it. "
            f"Import a corrected extract instead; it will list the samples it touches."
        )
    undo_import(session, import_, by=by)
