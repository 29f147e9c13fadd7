"""Second scorings and what they say of agreement between managers and QA, as both first submitted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.intervals import rate_interval
from sampling.records.people import Person, Role, roles_of
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.registering import plan_contents
from sampling.sealing import hides_figures, reviews_blind
from sampling.tables import Draw, Frame, Plan, Route
from scorecards.agreement import Agreement, WeightedAgreement, agreement, weighted_agreement
from scorecards.agreement_by_stratum import (
    Cells,
    NotMet,
    cases_alike,
    cells_of_counts,
    weighted_cells,
    weighted_not_met,
)
from scorecards.in_scope import Drawn, judge_in_scope
from scorecards.measure_results import plan_method
from scorecards.pairs import Pair, Standing, pairs_of
from scorecards.verdicts import Judgement

Counts = tuple[int, int, int, int]


@dataclass(frozen=True)
class StratumOfPairs:
    """The pairs of one stratum: how many cases it stands for, and how each pair counts.

    Out of scope are pairs whose fault was put right before closing, and those in which one of the two
    found nothing to judge.
    """

    failed: bool  # the manager's verdict, where the strata are by it
    population: int
    drawn: int
    counts: Counts  # both met, missed, overcalled, both not met
    corrected: int
    not_assessable: int
    outstanding: int

    @property
    def compared(self) -> int:
        return sum(self.counts)

    @property
    def cases(self) -> int:
        """The cases in scope it stands for: of all its cases the share of those scored again that are."""
        scored = self.drawn - self.outstanding
        return cases_alike(self.population, scored - self.corrected - self.not_assessable, scored)

    @property
    def weighed(self) -> tuple[int, int, int]:
        """Cases, compared, and called not met by QA, as `weighted_agreement` takes them."""
        return self.cases, self.compared, self.counts[1] + self.counts[3]


@dataclass(frozen=True)
class AgreementResult:
    """A second scoring: its pairs so far, and what they say of agreement against the standard.

    `figures` are of the pairs as they are. Where the strata were sampled at different rates only `weighted`
    and `weighted_not_met` speak of all reviews. `cells` are the four kinds of pair as shares of all.
    """

    draw_id: int
    name: str
    population: int
    drawn: int
    outstanding: int
    not_assessable: int
    standard: str
    assurance: str
    figures: Agreement | None
    judgement: Judgement
    detection_low: float | None
    detection_high: float | None
    counts: Counts  # both met, missed, overcalled, both not met
    period_until: date | None = None
    weighted: WeightedAgreement | None = None
    weighted_not_met: NotMet | None = None
    cells: Cells | None = None
    set_apart: Mapping[Standing, int] = field(default_factory=dict)

    @property
    def estimate(self) -> float | None:
        """Agreement, each stratum counted by its size where there are several."""
        return self.range[0]

    @property
    def range(self) -> tuple[float | None, float | None, float | None]:
        """Agreement and its likely range."""
        if self.weighted is not None:
            return self.weighted.agreement, self.weighted.agreement_low, self.weighted.agreement_high
        if self.figures is not None:
            return self.figures.raw, self.figures.raw_low, self.figures.raw_high
        return None, None, None


def second_scorings(session: Session, person: Person) -> list[tuple[int, str]]:
    """The second scorings whose progress a person may see: id and name, newest first."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        return []
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.SECOND, Plan.voided_at.is_(None), Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def agreement_result(session: Session, draw_id: int, person: Person) -> AgreementResult:
    """Do the manager and QA, who scored blind, come to the same verdict? Submitted pairs only."""
    draw = draw_to_compare(session, draw_id, person)
    frame, plan = draw.plan.frame, draw.plan
    pairs = pairs_of(session, draw_id)
    strata = strata_of_pairs(draw, pairs)
    standings = Counter(pair.standing for pair in pairs)
    counts = counts_of(pairs)
    registered: str | None = plan_contents(plan).get("standards", {}).get("agreement")
    standard = registered or setting(
        session, "agreement_standard", frame.period_until or frame.frozen_at.date()
    )
    level = float(plan.assurance)
    figures, detection, weighted, not_met = None, None, None, None
    cells = cells_of_counts(counts)
    if sum(counts):
        cases = sum(part.cases for part in strata)
        figures = agreement(*counts, population=cases, confidence=level)
        if counts[1] + counts[3]:
            detection = rate_interval(counts[3], counts[1] + counts[3], confidence=level)
        if len(strata) > 1:
            passed = [part.weighed for part in strata if not part.failed]
            failed = [part.weighed for part in strata if part.failed]
            weighted = weighted_agreement(passed, failed, confidence=level)
            not_met = weighted_not_met(passed, failed, confidence=level)
            cells = weighted_cells(passed, failed)
    return AgreementResult(
        draw_id=draw_id,
        name=frame.name,
        population=frame.population,
        drawn=len(pairs),
        outstanding=standings[Standing.OUTSTANDING],
        not_assessable=standings[Standing.NOT_ASSESSABLE],
        standard=standard,
        assurance=plan.assurance,
        figures=figures,
        judgement=_judged(strata, standard=standard, assurance=level, method=plan_method(plan)),
        detection_low=detection.low if detection else None,
        detection_high=detection.high if detection else None,
        counts=counts,
        period_until=frame.period_until,
        weighted=weighted,
        weighted_not_met=not_met,
        cells=cells,
        set_apart={
            standing: standings[standing]
            for standing in (Standing.CORRECTED, Standing.NOT_BLIND, Standing.NOT_ALIKE)
            if standings[standing]
        },
    )


def agreement_over_time(session: Session, person: Person) -> list[AgreementResult]:
    """What each second scoring says that is not sealed from the person, the oldest first."""
    blind = reviews_blind(session, person)
    draws = (session.get_one(Draw, draw_id) for draw_id, _ in reversed(second_scorings(session, person)))
    return [
        agreement_result(session, draw.id, person) for draw in draws if not hides_figures(draw, blind=blind)
    ]


def draw_to_compare(session: Session, draw_id: int, person: Person) -> Draw:
    """A second scoring, for those who may see what it says.

    One whose strata are by the managers' verdicts says nothing to a reviewer for QA while it runs: weights
    and limits would tell the strata.
    """
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        raise Refused("Agreement between managers and QA is for QA and the Head of Customer Care.")
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route != Route.SECOND:
        raise Refused("There is no such second scoring. Go back to the list.")
    if hides_figures(draw, blind=reviews_blind(session, person)):
        raise Refused(
            "What this second scoring says is sealed from those who review for QA until its last score is "
            "in: its figures would tell how many cases managers called not met."
        )
    return draw


def strata_of_pairs(draw: Draw, pairs: Sequence[Pair]) -> list[StratumOfPairs]:
    """The pairs by stratum, those the manager passed first; strata of which nothing was drawn have none."""
    found = []
    for stratum in draw.plan.frame.strata:
        inside = [pair for pair in pairs if pair.stratum == stratum.code]
        if inside:
            found.append(
                StratumOfPairs(
                    failed=inside[0].manager.overall is False,
                    population=stratum.population,
                    drawn=len(inside),
                    counts=counts_of(inside),
                    corrected=sum(pair.standing == Standing.CORRECTED for pair in inside),
                    not_assessable=sum(pair.standing == Standing.NOT_ASSESSABLE for pair in inside),
                    outstanding=sum(pair.standing == Standing.OUTSTANDING for pair in inside),
                )
            )
    return sorted(found, key=lambda part: part.failed)


def counts_of(pairs: Sequence[Pair]) -> Counts:
    """Both met, missed, overcalled, both not met, of the pairs that count."""
    kinds = Counter(
        (pair.manager.overall, pair.qa.overall)
        for pair in pairs
        if pair.standing == Standing.COUNTED and pair.qa is not None
    )
    return kinds[True, True], kinds[True, False], kinds[False, True], kinds[False, False]


def _judged(strata: Sequence[StratumOfPairs], *, standard: str, assurance: float, method: str) -> Judgement:
    """The verdict, whatever those pairs turn out to be that have no two verdicts that count.

    What was put right before closing is out of scope.
    """

    def judged(undecided: Sequence[int]) -> Judgement:
        parts = [
            Drawn(
                population=part.population,
                drawn=part.drawn - part.corrected,
                met=part.counts[0] + part.counts[3],
                undecided=waiting,
                replaced=part.corrected,
            )
            for part, waiting in zip(strata, undecided, strict=True)
        ]
        return judge_in_scope(parts, standard=standard, assurance=assurance, method=method)

    undecided = [part.drawn - part.corrected - part.compared for part in strata]
    outstanding = [part.outstanding for part in strata]
    verdict = judged(undecided)
    if undecided == outstanding:
        return verdict
    # A pair that cannot count stays so: further pairs have to make up for it.
    return replace(verdict, still_needed=judged(outstanding).still_needed)
