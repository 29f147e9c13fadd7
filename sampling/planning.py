"""What a sample would be drawn from and how large it would be, before anything is frozen."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.actions import share_to_show
from sampling.case_filters import case_field, excluded_counts, frame_condition
from sampling.frames import (
    check_may_plan,
    check_may_sample_team,
    eligible_open_cases,
    strata_codes,
    stratum_of,
)
from sampling.intervals import fewest_failing, stratified_limits
from sampling.plan_effects import good_office
from sampling.queries import SampleRow, samples
from sampling.randomness import Source
from sampling.records.calendars import month_end, working_days_on
from sampling.records.cases import Case, CaseState
from sampling.records.database import now, today
from sampling.records.people import Person, Team
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.register_chain import Event
from sampling.sizes import StopOrGo, breach, chance_of_met, exact_share, stop_or_go
from sampling.strata import share_proportionally
from sampling.stratified import EXACT, HOEFFDING_BINOMIAL, method_for
from sampling.tables import Route

ALLOWED: Final = range(4)  # failures a plan may allow for, as they are offered side by side
MOST_STRATA: Final = 200
DAYS_TO_REVIEW: Final = 20  # working days


@dataclass(frozen=True)
class StratumPreview:
    """A part of what would be frozen: how many cases, and how many of them would be drawn."""

    code: str
    label: str
    population: int
    to_draw: int
    is_certainty: bool


@dataclass(frozen=True)
class OpenPreview:
    """A team's month before the draw; `own_cases` the manager handled or decided are left out."""

    team: str
    month: date
    quota: int
    population: int
    size: int
    own_cases: int
    due_on: date
    strata: tuple[StratumPreview, ...]


@dataclass(frozen=True)
class CasePreview:
    """What a central or thematic sample would be drawn from, and what stays outside, by reason."""

    population: int
    excluded: Mapping[str, int]
    strata: Mapping[str, int]  # cases by code
    labels: Mapping[str, str]  # words by code
    teams: Mapping[str, int]  # cases by team


@dataclass(frozen=True)
class SizeOption:
    """How large a sample has to be when so many failures are allowed for, and what its rule then does.

    `missed_from` is the number of failures from which the standard is missed, None when no result
    could show that; with several strata it is for failures spread like the sample.
    `good_failing` cases failing make a good office (it uses up three tenths of what the standard
    allows), which is shown to meet with the chance `good_passes`; `only_just_missing` cases failing
    breach the standard, and still pass with the chance `bad_passes`. With several strata these
    chances are not worked out: None. `refusal` says why there is no size.
    """

    allowed_failures: int
    size: int | None = None
    sizes: Mapping[str, int] | None = None
    missed_from: int | None = None
    good_failing: int | None = None
    good_passes: float | None = None
    only_just_missing: int | None = None
    bad_passes: float | None = None
    refusal: str = ""


def preview_open_sample(
    session: Session, team: Team, *, certainty_risks: Sequence[str] = (), by: Person
) -> OpenPreview:
    """What this month's sample of a team's open cases would be drawn from, and how many of each."""
    check_may_sample_team(session, by, team)
    day = today(session)
    quota = int(setting(session, "monthly_quota", day))
    eligible, own_cases = eligible_open_cases(session, team, certainty_risks=certainty_risks, by=by)
    codes = strata_codes({case.stratum for case in eligible})
    populations = dict.fromkeys(codes, 0)
    for case in eligible:
        populations[case.stratum] += 1
    strata = tuple(
        StratumPreview(
            code,
            stratum.label,
            populations[stratum],
            populations[stratum] if stratum.is_certainty else min(quota, populations[stratum]),
            stratum.is_certainty,
        )
        for stratum, code in codes.items()
    )
    return OpenPreview(
        team=team.name,
        month=day.replace(day=1),
        quota=quota,
        population=len(eligible),
        size=sum(stratum.to_draw for stratum in strata),
        own_cases=own_cases,
        due_on=month_end(session, day),
        strata=strata,
    )


def risks_of_open_cases(session: Session, team: Team) -> list[str]:
    """The risks that a team's open cases have, as the case system words them."""
    return sorted(
        risk
        for risk in session.scalars(
            select(Case.risk).where(Case.state == CaseState.OPEN, Case.team_id == team.id).distinct()
        )
        if risk is not None
    )


def preview_case_sample(
    session: Session,
    *,
    route: Route,
    period: tuple[date, date] | None,
    filters: Mapping[str, Sequence[Any]],
    stratify_by: str | None,
    by: Person,
) -> CasePreview:
    """What a central or thematic frame would hold if it were frozen now."""
    check_may_plan(session, by, route)
    if period is not None and period[1] < period[0]:
        raise Refused("The period ends before it starts. Change one of the dates.")
    condition = frame_condition(route, period=period, filters=filters)
    by_team: dict[Any, int] = dict(
        session.execute(select(Case.team_id, func.count()).where(condition).group_by(Case.team_id)).all()
    )
    population = sum(by_team.values())
    counted: dict[Any, int] = {None: population} if population else {}
    if stratify_by == "team":
        counted = by_team
    elif stratify_by is not None:
        # PostgreSQL takes an expression with a parameter that is written twice for two expressions.
        values = select(case_field(stratify_by).label("value")).where(condition).subquery()
        rows = session.execute(select(values.c.value, func.count()).group_by(values.c.value))
        counted = dict(rows.all())
    check_strata_count(len(counted))
    names = dict(session.execute(select(Team.id, Team.name)).all())
    strata = {stratum_of(stratify_by, value, names): cases for value, cases in counted.items()}
    codes = strata_codes(strata)
    of_teams = {stratum_of("team", team, names): cases for team, cases in by_team.items()}
    return CasePreview(
        population=population,
        excluded=excluded_counts(session, route),
        strata={code: strata[stratum] for stratum, code in codes.items()},
        labels={code: stratum.label for stratum, code in codes.items()},
        teams={team.label: of_teams[team] for team in strata_codes(of_teams)},
    )


def check_strata_count(strata: int) -> None:
    """Refuse more strata than a sample can be shared out among in any useful way."""
    if strata > MOST_STRATA:
        raise Refused(
            f"This field would make {strata:,} strata, each with few cases. "
            f"Choose a field with at most {MOST_STRATA} different values, or none."
        )


def options_to_show(
    populations: Mapping[str, int], *, standard: str, assurance: str
) -> tuple[SizeOption, ...]:
    """The sizes that show a standard when 0, 1, 2 or 3 failures are allowed for."""
    exact_share(standard)  # refuses what is no standard at all, before any size is worked out
    return _options(tuple(populations.items()), standard, assurance)


@lru_cache(maxsize=256)
def _options(
    populations: tuple[tuple[str, int], ...], standard: str, assurance: str
) -> tuple[SizeOption, ...]:
    return tuple(
        _option(dict(populations), standard=standard, assurance=assurance, allowed=allowed)
        for allowed in ALLOWED
    )


def _option(populations: Mapping[str, int], *, standard: str, assurance: str, allowed: int) -> SizeOption:
    try:
        sizes = share_to_show(populations, standard=standard, assurance=assurance, allowed_failures=allowed)
    except Refused as refused:
        return SizeOption(allowed, refusal=str(refused))
    population, size = sum(populations.values()), sum(sizes.values())
    first = breach(standard, population)

    def shows_missed(failures: int) -> bool:
        if len(populations) == 1:
            fewest = fewest_failing(failures, size, population, assurance=float(assurance))
            return bool(fewest >= first)
        failing = share_proportionally(sizes, failures)
        strata = [(cases, sizes[code], sizes[code] - failing[code]) for code, cases in populations.items()]
        return stratified_limits(strata, assurance=float(assurance)).fewest_failing >= first

    missed_from = bisect_left(range(size + 1), True, lo=allowed + 1, key=shows_missed)
    option = SizeOption(
        allowed,
        size=size,
        sizes=sizes,
        missed_from=missed_from if missed_from <= size else None,
        only_just_missing=first,
    )
    if len(populations) > 1:
        return option
    good = good_office(standard, population)

    def passes(failing: int) -> float:
        return chance_of_met(population, failing, sample_size=size, allowed_failures=allowed)

    return replace(option, good_failing=good, good_passes=passes(good), bad_passes=passes(first))


@lru_cache(maxsize=256)
def in_two_stages(population: int, *, standard: str, assurance: str) -> StopOrGo | None:
    """The two stages that show a standard when none, or one in the first stage only, fails.

    None where that is impossible: one failing case alone then breaches the standard.
    """
    try:
        return stop_or_go(standard, population, assurance=float(assurance))
    except Refused:
        return None


def bound_of(populations: Mapping[str, int], sizes: Mapping[str, int], *, to_show: bool) -> str:
    """The method that will judge a sample of these sizes, by its key in `METHODS`; `EXACT` without strata.

    It is what registering the plan fixes: a sample that is to show a standard keeps the bound that
    sized it, any other has the one that suits its sampling rates.
    """
    if len(populations) == 1:
        return EXACT
    return HOEFFDING_BINOMIAL if to_show else method_for(populations, sizes)


def plans_to_nest_in(session: Session, person: Person) -> list[SampleRow]:
    """The registered plans, among those a person may see, whose seed nobody can know yet.

    Whoever knew it could choose among frames until the sample pleases: so none whose dice are rolled or whose
    beacon's round is out. A plan that shares a seed itself is none either, nor is a second scoring.
    """
    return [row for row in samples(session, person) if _seed_is_unknown(row, now(session))]


def _seed_is_unknown(row: SampleRow, moment: datetime) -> bool:
    if row.state != Event.PLANNED or row.draw_id is not None or row.route == Route.SECOND:
        return False
    if row.source == Source.BEACON:
        return datetime.fromisoformat(row.randomness["out_at"]) > moment
    return row.source != Source.PARENT


def default_due_date(session: Session) -> date:
    """Twenty working days ahead."""
    return working_days_on(session, today(session), DAYS_TO_REVIEW)


def last_full_quarter(day: date) -> tuple[date, date]:
    """The first and last day of the quarter before the one a day is in."""
    this = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    last = this - timedelta(days=1)
    return date(last.year, last.month - 2, 1), last


def last_full_month(day: date) -> tuple[date, date]:
    """The first and last day of the month before the one a day is in."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
