"""Versions of a scorecard: started, saved as far as they have come, published, retired, never changed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from scored_office import CARD, JULY, START, ScoredOffice
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.audit_trail import AuditEntry, close_entries
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.card_editing import begun_from, blank_card, with_fields, with_requirement, without_requirement
from scorecards.card_reading import read_draft
from scorecards.card_versions import (
    publish_draft,
    retire_version,
    save_draft,
    scorecard_versions,
    start_draft,
    still_missing,
)
from scorecards.cards import (
    publish_scorecard,
    published_scorecards,
    scorecard_for,
    scorecard_from,
    use_scorecard,
    versions_published,
)
from scorecards.queries import review_sheet
from scorecards.requirements import Change, Kind, Scorecard
from scorecards.tables import Review, ScorecardVersion, VersionState

ADA, HEAD, QA = "Ada Min", "Hedda Head", "Quinn Qua"
GROWN = CARD.replace("version = 1", "version = 2", 1)


def refused(says: str) -> AbstractContextManager[object]:
    return pytest.raises(Refused, match=says)


def started(session: Session, office: ScoredOffice) -> ScorecardVersion:
    """A draft of the second version of the card in use."""
    card = begun_from(versions_published(session, "short-card")[-1])
    return start_draft(session, card, by=office.person(session, ADA))


def saved(
    session: Session,
    office: ScoredOffice,
    version: ScorecardVersion,
    change: Callable[[Scorecard], Scorecard],
) -> Scorecard:
    return save_draft(session, version, change, by=office.person(session, ADA))


def test_a_blank_draft_is_kept_as_far_as_it_has_come_and_then_published(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        head = drawn.person(session, HEAD)
        version = start_draft(session, blank_card("  Remedies 2026 "), by=head)
        assert (version.key, version.version, version.state) == ("remedies-2026", 1, VersionState.DRAFT)
        card = saved(session, drawn, version, lambda card: with_requirement(card, Kind.OUTCOME))
        with refused("6 things are missing. The first: The scorecard: policy document is missing"):
            publish_draft(session, version, by=head)
        assert len(still_missing(session, card)) == 6
        for kind in Kind:
            if kind is Kind.METHOD:
                saved(session, drawn, version, lambda card: with_requirement(card, Kind.METHOD))
            key = read_draft(version.definition).requirements[-1].key
            fill = partial(
                with_fields,
                requirement_key=key,
                section="Section",
                text=f"It was {kind}.  ",
                citations=("38",),
            )
            saved(session, drawn, version, lambda card, fill=fill: fill(card))
        rests_on = {"policy_document": "guidance", "policy_version": "12.0"}
        card = saved(session, drawn, version, lambda card: replace(card, **rests_on))
        assert still_missing(session, card) == ()
        assert card.requirements[0].text == "It was outcome."
        publish_draft(session, version, by=head)
        assert scorecard_from(version.definition) == card
        assert version.title == "Remedies 2026"
        assert version.published_by_id == head.id
        with refused("is published, and stays as it is. Start a draft from it"):
            saved(session, drawn, version, lambda card: with_requirement(card, Kind.OUTCOME))
        with refused("is published and cannot become published"):
            publish_draft(session, version, by=head)
        close_entries(session)
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == "scorecard remedies-2026").order_by(AuditEntry.id)
        ).all()
        assert [entry.action for entry in entries] == [
            "start_draft",
            *["save_draft"] * 5,
            "publish_scorecard",
        ]
        assert entries[1].details == {"version": 1, "changed": ["new: requirement-1"]}


def test_the_next_version_says_how_it_differs(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, version = drawn.person(session, ADA), started(session, drawn)
        assert version.version == 2
        saved(session, drawn, version, lambda card: without_requirement(card, "remedy"))
        saved(session, drawn, version, lambda card: with_fields(card, "told", text="Told in time."))
        with refused("“told”.: it is not as it was in version 1. Say whether its wording or its meaning"):
            publish_draft(session, version, by=ada)
        saved(session, drawn, version, lambda card: with_fields(card, "told", change=Change.MEANING))
        saved(session, drawn, version, lambda card: with_fields(card, "answered", change=Change.WORDING))
        publish_draft(session, version, by=ada)
        (newest,) = [card for card in published_scorecards(session) if card.version == 2]
        changes = {one.key: one.change for one in scorecard_from(newest.definition).requirements}
        # What is the same says nothing of a change, whatever was chosen while it differed.
        assert changes == {"answered": None, "told": Change.MEANING}
        close_entries(session)
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert last.details["removed"] == ["remedy"]
        assert scorecard_for(session, None, JULY[0]).version == 2


def test_a_file_obeys_the_same_rule(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada = drawn.person(session, ADA)
        with refused("it is not as it was in version 1"):
            publish_scorecard(session, GROWN.replace("right", "fair"), by=ada)
        said = GROWN.replace(
            'text = "The remedy was right."', 'text = "The remedy was fair."\nchange = "wording"'
        )
        publish_scorecard(session, said, by=ada)
        with refused("it says that its wording changed, and is as it was in version 2"):
            publish_scorecard(session, said.replace("version = 2", "version = 4"), by=ada)
        publish_scorecard(
            session, said.replace("version = 2", "version = 4").replace('change = "wording"', ""), by=ada
        )
        with refused("Version 4 of “Short card” is published, and 3 would come before it.*the number 5"):
            publish_scorecard(session, GROWN.replace("version = 2", "version = 3"), by=ada)


def test_a_card_asks_only_for_lists_that_there_are(drawn: ScoredOffice) -> None:
    asking = CARD.replace('method_share = "1"', 'method_share = "1"\nasks = ["favourite_colour"]', 1)
    with drawn.writing() as session, refused("“favourite_colour”, which there is not"):
        publish_scorecard(session, asking.replace("short-card", "asking"), by=drawn.person(session, ADA))


def test_a_draft_gets_the_next_number_even_when_a_file_came_first(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, version = drawn.person(session, ADA), started(session, drawn)
        with refused("“Short card” version 2 is a draft already"):
            publish_scorecard(session, GROWN, by=ada)
        publish_scorecard(session, GROWN.replace("version = 2", "version = 3"), by=ada)
        publish_draft(session, version, by=ada)
        assert (version.version, scorecard_from(version.definition).version) == (4, 4)


def test_a_key_has_one_draft_at_a_time_and_nobody_else_sees_it(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        version = started(session, drawn)
        with refused("Version 2 of short-card is being drafted already"):
            started(session, drawn)
        with refused("There is a scorecard with the key short-card already, “Short card”"):
            retire_version(session, version, by=drawn.person(session, HEAD))
            start_draft(session, blank_card("Short card"), by=drawn.person(session, ADA))
        version = started(session, drawn)
        assert version.version == 3
    states = {name: [row.state for row in drawn.ask(scorecard_versions, name)] for name in (ADA, QA)}
    assert states[ADA] == [VersionState.DRAFT, VersionState.RETIRED, VersionState.PUBLISHED]
    assert states[QA] == [VersionState.PUBLISHED]


def test_what_cannot_be_read_back_is_not_kept(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        version = started(session, drawn)
        kept = version.definition
        with refused("“para 38” is not a reference"):
            saved(session, drawn, version, lambda card: with_fields(card, "told", citations=("para 38",)))
        assert version.definition == kept


def test_a_card_in_use_is_retired_once_another_version_or_card_serves(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, first = drawn.person(session, ADA), session.scalars(select(ScorecardVersion)).one()
        with refused("serves a type of case, and this is its only published version"):
            retire_version(session, first, by=ada)
        second = publish_scorecard(session, GROWN, by=ada)
        retire_version(session, first, by=ada)
        assert [version.version for version in published_scorecards(session)] == [2]
        with refused("is retired and cannot become retired"):
            retire_version(session, first, by=ada)
        other = publish_scorecard(session, CARD.replace("short-card", "other-card", 1), by=ada)
        # One that is yet to serve is needed as much; one that no longer serves is not.
        use_scorecard(session, "Service", scorecard_key="other-card", starts_on=JULY[1], by=ada)
        with refused("only published version"):
            retire_version(session, other, by=ada)
        use_scorecard(session, None, scorecard_key="other-card", starts_on=START + timedelta(1), by=ada)
        retire_version(session, second, by=ada)
        with refused("No scorecard short-card is published"):
            use_scorecard(session, None, scorecard_key="short-card", starts_on=START, by=ada)


def test_a_review_stays_on_the_version_it_was_started_on(drawn: ScoredOffice) -> None:
    drawn.score(QA, drawn.to_do(QA, Route.CENTRAL)[0], submit=False)
    with drawn.writing() as session:
        ada, first = drawn.person(session, ADA), session.scalars(select(ScorecardVersion)).one()
        publish_scorecard(session, GROWN, by=ada)
        retire_version(session, first, by=ada)
        review_id = session.scalars(select(Review.id)).one()
    sheet = drawn.ask(review_sheet, QA, review_id)
    assert (sheet.scorecard.version, len(sheet.responses)) == (1, 3)


@pytest.mark.parametrize("action", [publish_draft, retire_version])
def test_only_an_administrator_or_the_head_changes_scorecards(
    drawn: ScoredOffice, action: Callable[..., object]
) -> None:
    with drawn.writing() as session:
        version, quinn = started(session, drawn), drawn.person(session, QA)
        with refused("it is for an administrator or the Head"):
            action(session, version, by=quinn)
        with refused("it is for an administrator or the Head"):
            start_draft(session, blank_card("Mine"), by=quinn)
        with refused("it is for an administrator or the Head"):
            save_draft(session, version, begun_from, by=quinn)
