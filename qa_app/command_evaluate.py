"""`qa evaluate`: what a sample shows of its standards, from an office's books or from plain counts."""

from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Annotated, Any

import typer
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.migrating import migrate
from qa_app.result_words import (
    DEMONSTRATION,
    MINUTES_A_REVIEW,
    NEVER_DECIDES,
    basis_sentence,
    cost_sentence,
    draws_sentence,
    method_sentence,
    plan_sentence,
    progress_sentence,
    rerolls_sentence,
    running_sentence,
    scope_sentence,
)
from qa_app.wording import (
    MEASURES,
    SERIES,
    alternative_sentence,
    range_sentence,
    theme_sentence,
    verdict_sentence,
    whole_percent,
)
from sampling.intervals import rate_interval, stratified_estimate
from sampling.records.database import reading
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused
from sampling.stratified import HOEFFDING_BINOMIAL
from sampling.tables import Route
from scorecards.measure_results import MeasureResult
from scorecards.results import SampleResult, result_samples, sample_result, visible_sample, voided_samples
from scorecards.running_results import RunningResult, running_results
from scorecards.team_results import team_results
from scorecards.verdicts import Judgement, judge, judge_strata


def evaluate(
    sample: Annotated[str | None, typer.Option(help="The name of a sample, as the register has it.")] = None,
    draw: Annotated[int | None, typer.Option(help="The number of a draw, instead of a name.")] = None,
    by: Annotated[str | None, typer.Option(help="The e-mail address of whoever asks.")] = None,
    met: Annotated[int | None, typer.Option(help="Without a database: how many cases met.")] = None,
    reviewed: Annotated[int | None, typer.Option(help="How many were reviewed.")] = None,
    population: Annotated[
        int | None, typer.Option(help="How many there are in all; leave it out for no end of them.")
    ] = None,
    strata: Annotated[
        list[str] | None,
        typer.Option("--stratum", help="All cases, reviewed and met of a stratum: 400,40,40. Repeat it."),
    ] = None,
    standard: Annotated[str | None, typer.Option(help="The standard to judge by, such as 0.98.")] = None,
    assurance: Annotated[float, typer.Option(help="How sure a verdict must be.")] = 0.95,
    method: Annotated[
        str, typer.Option(help="How strata are judged: hoeffding-binomial, worst-case or fisher.")
    ] = HOEFFDING_BINOMIAL,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say whether a sample shows its standards met, missed or neither, and what deciding would cost."""
    with refusals():
        from_counts = any(value is not None for value in (met, reviewed, population, strata, standard))
        if sample is None and draw is None:
            if not from_counts:
                raise Refused("Name a sample with --sample or --draw, or give counts: --met and --reviewed.")
            words, result = _of_counts(met, reviewed, population, strata or [], standard, assurance, method)
        elif from_counts:
            raise Refused("Give either a sample of the office or counts, not both.")
        else:
            with opened(address_of(database)) as engine:
                check_has_office(engine)
                migrate(engine)
                words, result = _of_sample(engine, sample, draw, by)
    say(words, result, as_json=as_json)


def _of_counts(
    met: int | None,
    reviewed: int | None,
    population: int | None,
    strata: Sequence[str],
    standard: str | None,
    assurance: float,
    method: str,
) -> tuple[str, dict[str, object]]:
    if standard is None:
        raise Refused("There is nothing to judge by. Give a standard, such as --standard 0.98.")
    if strata and (met, reviewed, population) != (None, None, None):
        raise Refused("Give either --stratum for each stratum, or --met, --reviewed and --population.")
    low: float | None
    high: float | None
    weighted: float | None = None
    if strata:
        counts = [_stratum(text) for text in strata]
        judgement = judge_strata(counts, standard=_share(standard), assurance=assurance, method=method)
        estimate = stratified_estimate(counts, confidence=assurance)
        low, high, weighted = estimate.low, estimate.high, estimate.estimate
    else:
        if met is None or reviewed is None:
            raise Refused("Counts need both --met and --reviewed.")
        judgement = judge(met, reviewed, population, standard=_share(standard), assurance=assurance)
        interval = rate_interval(met, reviewed, population, confidence=assurance)
        low, high = interval.low, interval.high
    lines = [
        verdict_sentence(judgement),
        method_sentence(judgement),
        range_sentence(
            low,
            high,
            population=judgement.population,
            assurance=str(assurance),
            against=judgement.standard,
            weighted=weighted,
        ),
        cost_sentence(judgement),
    ]
    result = _judged(judgement) | {"likely_low": low, "likely_high": high, "estimate": weighted}
    return "\n".join(line for line in lines if line), result


def _stratum(text: str) -> tuple[int, int, int]:
    try:
        population, reviewed, met = (int(part) for part in text.split(","))
    except ValueError:
        raise Refused(
            f"{text!r} is no stratum. Give three counts, all cases, reviewed and met, such as 400,40,40."
        ) from None
    return population, reviewed, met


def _share(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Refused(f"{text!r} is no standard. Give a share, such as 0.98.") from None


def _of_sample(
    engine: Engine, name: str | None, draw: int | None, by: str | None
) -> tuple[str, dict[str, object]]:
    if by is None:
        raise Refused("Say who asks, with --by: results are for those who may see them.")
    if name is not None and draw is not None:
        raise Refused("Give either --sample or --draw, not both.")
    with reading(engine) as session:
        person = person_by_email(session, by)
        if person is None or person.disabled_on is not None:
            raise Refused(f"Nobody here signs in as {by}. Name somebody who may see results, with --by.")
        draw_id = draw if draw is not None else _draw_called(session, name or "", person)
        result = sample_result(session, draw_id, person)
        running = {each.measure: each for each in running_results(session, draw_id, person)}
        teams = {
            measure.measure: team_results(session, draw_id, person, measure=measure.measure)
            for measure in result.measures
        }
    measures = [
        _measure(measure, running[measure.measure])
        | {"teams": [_without_gaps(row) for row in teams[measure.measure].to_dict("records")]}
        for measure in result.measures
    ]
    found: dict[str, object] = {
        "draw": result.draw_id,
        "sample": result.name,
        "route": str(result.route),
        "purpose": str(result.purpose),
        "is_demonstration": result.is_demonstration,
        "population": result.population,
        "drawn": result.drawn,
        "reviewed": result.reviewed,
        "due_on": str(result.due_on),
        "late_cases": result.late_cases,
        "late_not_drawn": result.late_not_drawn,
        "replaced": result.replaced,
        "not_found": result.not_found,
        "not_assessable": list(result.not_assessable),
        "excluded": result.excluded,
        "draw_number": result.draws.number,
        "draws_for_period": result.draws.made,
        "draws_voided": result.draws.voided,
        "two_stages": asdict(result.two_stages) if result.two_stages else None,
        "measures": measures,
        "series": [
            {
                "state": str(series.state),
                "population": series.population,
                "drawn": series.drawn,
                "reviewed": series.reviewed,
                "measures": [
                    {"measure": each.measure, "met": each.met, "with_a_result": each.assessable}
                    for each in series.measures
                ],
            }
            for series in result.series
        ],
    }
    return _in_words(result, running), found


def _draw_called(session: Session, name: str, person: Person) -> int:
    known = result_samples(session, person)
    found = [draw_id for draw_id, called in known if called == name]
    if found:
        return found[0]
    for draw_id in voided_samples(session, name, person):
        visible_sample(session, draw_id, person)  # refused, and says why
    names = ", ".join(f"“{called}”" for _, called in known)
    raise Refused(
        f"No sample called “{name}” has results that {person.name} may see. There are: {names or 'none'}."
    )


def _in_words(result: SampleResult, running: dict[str, RunningResult]) -> str:
    of = "theme" if result.route == Route.THEMATIC else "period"
    parts = [
        [
            result.name,
            DEMONSTRATION if result.is_demonstration else "",
            progress_sentence(result),
            draws_sentence(result.draws, of),
            plan_sentence(result),
            rerolls_sentence(result.draws, result.assurance) if result.measures else "",
        ],
        *(_measure_in_words(measure, result, running[measure.measure]) for measure in result.measures),
        *(
            [
                SERIES[series.state],
                *(f"{MEASURES[each.measure]}: {theme_sentence(each)}" for each in series.measures),
            ]
            for series in result.series
        ),
    ]
    return "\n\n".join("\n".join(line for line in part if line) for part in parts)


def _measure_in_words(measure: MeasureResult, result: SampleResult, running: RunningResult) -> list[str]:
    against, judgement = Fraction(measure.standard), measure.judgement
    outstanding = sum(stratum.outstanding for stratum in measure.strata)
    return [
        f"{MEASURES[measure.measure]}, standard {whole_percent(measure.standard)}",
        verdict_sentence(
            judgement, outstanding=outstanding, not_assessable=judgement.undecided - outstanding
        ),
        method_sentence(judgement),
        scope_sentence(measure),
        range_sentence(
            measure.likely_low,
            measure.likely_high,
            population=judgement.population,
            assurance=measure.assurance,
            against=against,
            weighted=measure.weighted_estimate,
        ),
        basis_sentence(measure, result),
        alternative_sentence(measure.met, measure.met_if_assessed, measure.assessable, against=against),
        cost_sentence(judgement),
        f"While it runs: {running_sentence(running)} {NEVER_DECIDES}",
    ]


def _measure(measure: MeasureResult, running: RunningResult) -> dict[str, object]:
    return {
        "measure": measure.measure,
        **_judged(measure.judgement),
        "with_a_result": measure.assessable,
        "met_if_assessed": measure.met_if_assessed,
        "share": measure.share,
        "estimate": measure.weighted_estimate,
        "likely_low": measure.likely_low,
        "likely_high": measure.likely_high,
        "strata": [asdict(stratum) for stratum in measure.strata],
        "stages": [asdict(stage) for stage in measure.stages],
        "while_it_runs": {
            "read": running.read,
            "of": running.drawn,
            "at_least": running.low[-1] if running.low else None,
            "at_most": running.high[-1] if running.high else None,
            "shown_met_after": running.first_met,
            "shown_missed_after": running.first_missed,
        },
    }


def _judged(judgement: Judgement) -> dict[str, object]:
    needed = judgement.still_needed
    return {
        "verdict": str(judgement.verdict),
        "met": judgement.met,
        "reviewed": judgement.reviewed - judgement.undecided,
        "undecided": judgement.undecided,
        "population": judgement.population,
        "standard": float(judgement.standard),
        "assurance": judgement.assurance,
        "at_least": judgement.lower,
        "at_most": judgement.upper,
        "method": judgement.method,
        "reason": judgement.reason,
        "still_needed": needed,
        "still_needed_minutes": None if needed is None else needed * MINUTES_A_REVIEW,
    }


def _without_gaps(row: dict[Any, Any]) -> dict[str, object]:
    """A row for JSON, which knows no number that is none."""
    return {str(name): None if value != value else value for name, value in row.items()}
