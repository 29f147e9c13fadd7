"""Which paragraphs and commitments learning cites most, and how often the requirements behind them fail."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.document_queries import charter_commitments
from learning_register.point_search import PointFilters, fits
from learning_register.subjects import Subject, Subjects
from learning_register.tables import LearningCitation, LearningCommitment, LearningPoint
from learning_register.tables_policy import CharterCommitment
from learning_register.visibility import may_see_point
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, check_may_act_as
from scorecards.periods import first_day, month_number
from scorecards.requirement_results import requirement_results
from scorecards.result_cells import part_of
from scorecards.review_counts import CaseGroup, review_counts
from scorecards.standing import cards_used, confidence_on, versions_by_id


@dataclass(frozen=True)
class Behind:
    """A requirement that rests on a paragraph or commitment, in the central samples of closed cases.

    It was not met in `not_met` of the `n` reviewed cases to which it applied; `share` is that share, with
    its exact limits as of cases without end.
    """

    requirement: str
    scorecard: str
    n: int
    not_met: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Cited:
    """A paragraph or commitment that learning of what went wrong cites in a period.

    `point_ids` are the points, `before` how many there were in as many months before; `teams` counts those
    it was learned in. `behind` has the requirements that rest on it, those that fail most often first.
    """

    about: Subject
    point_ids: tuple[int, ...]
    before: int
    teams: int
    behind: tuple[Behind, ...]

    @property
    def is_commitment(self) -> bool:
        return not self.about.document


def cited_most(session: Session, person: Person, *, first: date, last: date, most: int) -> list[Cited]:
    """The paragraphs and the commitments that the learning of whole months cites most often, for the Head.

    At most so many of either kind, paragraphs first. Paragraphs are the same in every version of their
    document; a range counts for each of its own. Good practice says nothing of what has to improve, and
    is left out.
    """
    check_may_act_as(session, person, Role.HEAD)
    begins = first_day(2 * month_number(first) - month_number(last) - 1)
    wanted = [
        LearningPoint.kind != LearningKind.GOOD_PRACTICE,
        *fits(session, PointFilters(logged_from=begins, logged_to=last)),
        may_see_point(session, person, among_all=True),
    ]
    logged = select(LearningPoint.id, LearningPoint.team_id, LearningPoint.logged_at).where(*wanted)
    points = {
        number: (team_id, logged_at.astimezone(OFFICE_TIME).date() >= first)
        for number, team_id, logged_at in session.execute(logged)
    }
    subjects = Subjects(session)
    found = []
    for about, cited in _points_by_subject(session, subjects, wanted).items():
        now = sorted(number for number in cited if points[number][1])
        if now:
            teams = {points[number][0] for number in now} - {None}
            found.append(Cited(about, tuple(now), len(cited) - len(now), len(teams), ()))
    found.sort(key=lambda one: (-len(one.point_ids), -one.before, one.about))
    paragraphs = [one for one in found if not one.is_commitment][:most]
    commitments = [one for one in found if one.is_commitment][:most]
    behind = _behind(session, person, subjects, first, last) if found else {}
    return [
        replace(one, behind=tuple(sorted(behind.get(one.about, ()), key=lambda row: (-row.share, -row.n))))
        for one in paragraphs + commitments
    ]


def _points_by_subject(
    session: Session, subjects: Subjects, wanted: list[ColumnElement[bool]]
) -> Mapping[Subject, set[int]]:
    """The points that cite each paragraph, and those that name each commitment."""
    found: defaultdict[Subject, set[int]] = defaultdict(set)
    citations = (
        select(
            LearningCitation.learning_point_id,
            LearningCitation.document,
            LearningCitation.version,
            LearningCitation.reference,
        )
        .join(LearningPoint, LearningPoint.id == LearningCitation.learning_point_id)
        .where(*wanted)
    )
    for point_id, *cited in session.execute(citations):
        for about in subjects.of(*cited):
            found[about].add(point_id)
    commitments = (
        select(LearningCommitment.learning_point_id, CharterCommitment.number, CharterCommitment.summary)
        .join(LearningPoint, LearningPoint.id == LearningCommitment.learning_point_id)
        .join(CharterCommitment, CharterCommitment.number == LearningCommitment.number)
        .where(*wanted)
    )
    for point_id, number, summary in session.execute(commitments):
        found[_commitment(number, summary)].add(point_id)
    return found


def _commitment(number: int, summary: str) -> Subject:
    return Subject("", f"{number}", summary)


def _behind(
    session: Session, person: Person, subjects: Subjects, first: date, last: date
) -> Mapping[Subject, list[Behind]]:
    """The requirements that the cards of closed cases asked, by what they rest on."""
    months = (month_number(first), month_number(last))
    counts = review_counts(session, CaseGroup.CLOSED, person)
    commitments = {row.number: _commitment(row.number, row.summary) for row in charter_commitments(session)}
    confidence = confidence_on(session, last)
    found: defaultdict[Subject, list[Behind]] = defaultdict(list)
    for key, title in cards_used(session, part_of(counts, months=months)).items():
        cards = versions_by_id(session, key).values()
        asked = {one.key: (card, one) for card in cards for one in card.requirements}  # as last asked
        results = requirement_results(
            session,
            CaseGroup.CLOSED,
            person,
            counts=counts,
            scorecard=key,
            months=months,
            confidence=confidence,
        ).together
        for row in results[results["n"] > 0].to_dict("records"):
            card, requirement = asked[row["requirement"]]
            behind = Behind(
                requirement=requirement.text,
                scorecard=title,
                n=int(row["n"]),
                not_met=int(row["n"] - row["met"]),
                share=float(row["n"] - row["met"]) / row["n"],
                low=1 - row["high"],
                high=1 - row["low"],
            )
            about = {commitments[number] for number in requirement.commitments if number in commitments}
            for reference in requirement.citations:
                about |= subjects.of(card.policy_document, card.policy_version, reference)
            for one in about:
                found[one].append(behind)
    return found
