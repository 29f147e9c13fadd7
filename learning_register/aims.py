"""What an action is to improve: requirements of scorecards, or all requirements that rest on a paragraph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, keep_change
from learning_register.action_rights import check_may_use
from learning_register.citations import parse_reference
from learning_register.document_queries import same_paragraphs
from learning_register.follow_up import Right
from learning_register.tables import LearningPoint
from learning_register.tables_actions import ActionImproves, FollowUpAction
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.cards import scorecard_from
from scorecards.requirements import Requirement, Scorecard
from scorecards.tables import ScorecardVersion


@dataclass(frozen=True)
class RequirementAim:
    """One requirement of a scorecard, in whatever version."""

    scorecard_key: str
    requirement_key: str


@dataclass(frozen=True)
class ParagraphAim:
    """All requirements that rest on a paragraph of a policy document."""

    document: str
    reference: str


Aim = RequirementAim | ParagraphAim


def default_aims(session: Session, point: LearningPoint) -> tuple[Aim, ...]:
    """What an action is to improve unless something is named: the requirement its learning came from."""
    if point.review_id is None or point.requirement_key is None or point.review is None:
        return ()
    return (RequirementAim(point.review.scorecard_version.key, point.requirement_key),)


def named_aims(action: FollowUpAction) -> tuple[Aim, ...]:
    """What was named for an action to improve; nothing where the default holds."""
    return tuple(
        RequirementAim(row.scorecard_key, row.requirement_key)
        if row.scorecard_key is not None and row.requirement_key is not None
        else ParagraphAim(row.document or "", row.reference or "")
        for row in action.improves
    )


def keep_aims(session: Session, action: FollowUpAction, aims: Iterable[Aim]) -> None:
    """Keep what an action is to improve instead of what was named before, each once."""
    wanted = list(dict.fromkeys(aims))
    cards = newest_cards(session)
    for aim in wanted:
        if not requirements_of(session, aim, cards.values()):
            raise Refused(
                f"No published scorecard asks about {aim_in_words(aim, cards)}, so no review could show that "
                "it improved. Name a requirement of a scorecard, or another paragraph."
            )
    for row in list(action.improves):
        session.delete(row)
    for aim in wanted:
        row = ActionImproves(action_id=action.id)
        if isinstance(aim, RequirementAim):
            row.scorecard_key, row.requirement_key = aim.scorecard_key, aim.requirement_key
        else:
            row.document, row.reference = aim.document, str(parse_reference(aim.reference))
        session.add(row)
    session.flush()
    session.expire(action, ["improves"])


def change_aims(
    session: Session, action: FollowUpAction, *, aims: Sequence[Aim], reason: str, by: Person
) -> None:
    """Name something else that an action is to improve; only until it is done.

    What is looked for is named before it is looked for: afterwards one could pick what happened to get
    better.
    """
    check_may_use(session, action, Right.CHANGE_PLAN, by)
    reason = given_reason(reason, "Say why the action is to improve something else.")
    cards = newest_cards(session)
    before = aims_in_words(named_aims(action), cards)
    keep_aims(session, action, aims)
    after = aims_in_words(named_aims(action), cards)
    keep_change(session, action, "improves", before, after, name="change_aims", reason=reason, by=by)


def requirements_of(
    session: Session, aim: Aim, cards: Iterable[Scorecard]
) -> list[tuple[Scorecard, Requirement]]:
    """The requirements that an aim means, on these cards."""
    if isinstance(aim, RequirementAim):
        return [
            (card, requirement)
            for card in cards
            for requirement in card.requirements
            if (card.key, requirement.key) == (aim.scorecard_key, aim.requirement_key)
        ]
    wanted = [
        (document, parse_reference(reference))
        for document, reference in same_paragraphs(session, aim.document, aim.reference)
    ]
    return [
        (card, requirement)
        for card in cards
        for requirement in card.requirements
        if any(
            card.policy_document == document and parse_reference(cited).touches(reference)
            for cited in requirement.citations
            for document, reference in wanted
        )
    ]


def newest_cards(session: Session) -> Mapping[str, Scorecard]:
    """The newest published version of every scorecard, by its key."""
    rows = session.execute(
        select(ScorecardVersion.key, ScorecardVersion.definition)
        .where(ScorecardVersion.published_at.is_not(None))
        .order_by(ScorecardVersion.title, ScorecardVersion.version)
    )
    return {row[0]: scorecard_from(row[1]) for row in rows}


def aims_in_words(aims: Iterable[Aim], cards: Mapping[str, Scorecard]) -> str:
    """What an action is to improve, in words."""
    return "; ".join(aim_in_words(aim, cards) for aim in aims)


def aim_in_words(aim: Aim, cards: Mapping[str, Scorecard]) -> str:
    """One thing that an action is to improve: a requirement with its card, or a paragraph."""
    if isinstance(aim, ParagraphAim):
        return f"paragraph {aim.reference} of {aim.document}"
    card = cards.get(aim.scorecard_key)
    found = [row.text for row in card.requirements if row.key == aim.requirement_key] if card else []
    return f"“{found[0]}” ({card.title})" if card and found else aim.requirement_key


def aim_choices(session: Session) -> dict[Aim, str]:
    """All that an action can be to improve, in words: requirements of published cards, and paragraphs."""
    cards = newest_cards(session)
    requirements: list[Aim] = [
        RequirementAim(card.key, requirement.key)
        for card in cards.values()
        for requirement in card.requirements
    ]
    places = {
        (card.policy_document, cited)
        for card in cards.values()
        for requirement in card.requirements
        for cited in requirement.citations
    }
    in_order = sorted(places, key=lambda place: (place[0], parse_reference(place[1])))
    paragraphs: list[Aim] = [ParagraphAim(document, cited) for document, cited in in_order]
    return {aim: aim_in_words(aim, cards) for aim in [*requirements, *paragraphs]}
