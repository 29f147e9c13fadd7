"""Behind the agreement of a second scoring: requirement by requirement, and by who scored again."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.intervals import rate_interval
from sampling.records.people import Person, Role, roles_of
from sampling.records.readings import note_reading
from sampling.tables import Draw
from scorecards.agreement import ItemAgreement, item_agreement
from scorecards.agreement_by_stratum import cases_alike
from scorecards.agreement_results import draw_to_compare
from scorecards.card_changes import same_meaning_since
from scorecards.pairs import Pair, Standing, Submitted, pairs_of
from scorecards.requirements import ResponseValue
from scorecards.standing import versions_by_id
from scorecards.tables_agreement import Adjudication

# Blind, of the same version and cut-off: their answers can be laid beside each other.
_COMPARABLE = frozenset({Standing.COUNTED, Standing.NOT_ASSESSABLE, Standing.CORRECTED})
_VERDICTS = {
    ResponseValue.MET: True,
    ResponseValue.NOT_MET: False,
    ResponseValue.CANNOT_ASSESS: False,  # missing data counts as not met here as in every result
}
_REQUIREMENTS = [
    "scorecard",
    "requirement",
    "compared",
    "both_met",
    "missed",
    "overcalled",
    "both_not_met",
    "corrected",
    "by_one",
    "share",
    "low",
    "high",
]
_REVIEWERS = [
    "reviewer",
    "pairs",
    "agreed",
    "share",
    "low",
    "high",
    "stricter",
    "milder",
    "decided",
    "upheld",
]
_KINDS = ("both_met", "missed", "overcalled", "both_not_met")
_ALIKE = frozenset({"both_met", "both_not_met"})


@dataclass(frozen=True)
class AgreementDetails:
    """What lies behind one second scoring; no share of all answers before the first pair."""

    by_requirement: pd.DataFrame
    on_answers: ItemAgreement | None
    by_reviewer: pd.DataFrame


def agreement_details(session: Session, draw_id: int, person: Person) -> AgreementDetails:
    """On which requirements do manager and QA differ, on what share of all answers, and who scored again?"""
    draw = draw_to_compare(session, draw_id, person)
    pairs = pairs_of(session, draw_id)
    comparable = [pair for pair in pairs if pair.standing in _COMPARABLE]
    return AgreementDetails(
        _by_requirement(session, draw, comparable),
        _on_answers(draw, comparable),
        _by_reviewer(session, draw, pairs, person),
    )


def _by_requirement(session: Session, draw: Draw, pairs: Sequence[Pair]) -> pd.DataFrame:
    """On which requirements do the two differ? A row for each that was asked, in the scorecard's order.

    The four kinds of pair where both answered met or not met; apart, what was put right before closing and
    QA found met, and what only one of the two judged; and the share answered alike with its range, each
    stratum weighted. Versions of a scorecard share a row as long as the requirement means the same.
    """
    asked = _by_meaning(session, pairs)
    meanings = Counter((scorecard, key) for scorecard, key, _ in asked)
    rows = []
    for (scorecard, key, since), of_requirement in asked.items():
        kinds = {pair.sampled_case_id: [_kind(pair, key)] for pair in of_requirement}
        newest = max((pair.card for pair in of_requirement), key=lambda card: card.version)
        title = newest.title if meanings[scorecard, key] == 1 else f"{newest.title}, from version {since}"
        text = next(requirement.text for requirement in newest.requirements if requirement.key == key)
        counts = Counter(kind for of_pair in kinds.values() for kind in of_pair)
        found = _share_alike(draw, pairs, kinds)
        rows.append(
            (
                title,
                text,
                found.answers,
                *(counts[kind] for kind in _KINDS),
                counts["corrected"],
                counts["by_one"],
                found.share,
                found.low,
                found.high,
            )
        )
    return pd.DataFrame(rows, columns=_REQUIREMENTS)


def _by_meaning(session: Session, pairs: Sequence[Pair]) -> dict[tuple[str, str, int], list[Pair]]:
    """The pairs that were asked each requirement: by scorecard, key, and since when it means that."""
    published = {pair.card.key: list(versions_by_id(session, pair.card.key).values()) for pair in pairs}
    since: dict[tuple[str, int, str], int] = {}
    found: dict[tuple[str, str, int], list[Pair]] = defaultdict(list)
    for pair in pairs:
        card = pair.card
        until_it = [version for version in published[card.key] if version.version <= card.version]
        for requirement in card.requirements:
            asked = card.key, card.version, requirement.key
            if asked not in since:
                since[asked] = same_meaning_since(until_it, requirement.key)
            found[card.key, requirement.key, since[asked]].append(pair)
    return found


def _on_answers(draw: Draw, pairs: Sequence[Pair]) -> ItemAgreement | None:
    """What share of all answers to requirements do the two give alike?"""
    kinds = {
        pair.sampled_case_id: [_kind(pair, requirement.key) for requirement in pair.card.requirements]
        for pair in pairs
    }
    return _share_alike(draw, pairs, kinds) if pairs else None


def _share_alike(draw: Draw, pairs: Sequence[Pair], kinds: Mapping[int, Sequence[str]]) -> ItemAgreement:
    """The share of some answers that are alike, among the cases of which both judged any of them.

    How many cases of a stratum those are is estimated from its pairs.
    """
    strata = []
    for stratum in draw.plan.frame.strata:
        inside = [kinds.get(pair.sampled_case_id, []) for pair in pairs if pair.stratum == stratum.code]
        judged = [of_case for of_case in inside if any(kind in _KINDS for kind in of_case)]
        cases = cases_alike(stratum.population, len(judged), len(inside))
        answers = [sum(kind in _KINDS for kind in of_case) for of_case in judged]
        alike = [sum(kind in _ALIKE for kind in of_case) for of_case in judged]
        strata.append((cases, answers, alike))
    return item_agreement(strata, confidence=float(draw.plan.assurance))


def _kind(pair: Pair, key: str) -> str:
    """How the two answers to one requirement lie to each other; "" where they cannot be compared."""
    assert pair.qa is not None
    manager, qa = _verdict(pair.manager, key), _verdict(pair.qa, key)
    if (manager is None) != (qa is None):
        return "by_one"
    if manager is None or qa is None:
        return ""
    if not manager and qa and pair.manager.answers[key].get("put_right"):
        return "corrected"
    if manager:
        return "both_met" if qa else "missed"
    return "overcalled" if qa else "both_not_met"


def _verdict(review: Submitted, key: str) -> bool | None:
    response = review.responses.get(key) if review.file_found else None
    return None if response is None else _VERDICTS.get(response)


def _by_reviewer(session: Session, draw: Draw, pairs: Sequence[Pair], person: Person) -> pd.DataFrame:
    """How often each second scorer and the managers gave the same verdict; a count, and never a ranking.

    The rows are in the order in which the tickets first name each. Names are for the Head; a reviewer sees
    which row is their own. `upheld` are those of the adjudicated differences in which they were right.
    """
    decided: dict[int, bool | None] = dict(
        session.execute(
            select(Adjudication.sampled_case_id, Adjudication.overall_met).where(
                Adjudication.draw_id == draw.id,
                Adjudication.is_discordant,
                Adjudication.decided_at.is_not(None),
            )
        ).all()
    )
    of_reviewer: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.qa is not None and pair.standing == Standing.COUNTED:
            of_reviewer[pair.qa.reviewer_id].append(pair)
    sees_names = Role.HEAD in roles_of(session, person)
    if sees_names:
        note_reading(session, of_reviewer, by=person)
    rows = []
    for number, (reviewer_id, scored) in enumerate(of_reviewer.items(), start=1):
        differing = [pair for pair in scored if pair.is_discordant]
        stricter = sum(pair.manager.overall is True for pair in differing)
        agreed = len(scored) - len(differing)
        found = rate_interval(agreed, len(scored), confidence=float(draw.plan.assurance))
        answered = [pair for pair in differing if pair.sampled_case_id in decided]
        label = f"Second scorer {number}"
        if sees_names:
            label = session.get_one(Person, reviewer_id).name
        elif reviewer_id == person.id:
            label = "You"
        rows.append(
            (
                label,
                len(scored),
                agreed,
                float(Fraction(agreed, len(scored))),
                found.low,
                found.high,
                stricter,
                len(differing) - stricter,
                len(answered),
                sum(
                    pair.qa is not None and decided[pair.sampled_case_id] == pair.qa.overall
                    for pair in answered
                ),
            )
        )
    return pd.DataFrame(rows, columns=_REVIEWERS)
