"""Policy documents in the books: versions, where paragraphs went, and what is found through that."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_office import ScoredOffice
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from learning_register.citations import Force, PolicyDocument, PolicyParagraph
from learning_register.citing import TypedCitation
from learning_register.document_citers import citing_points, paragraph_rows
from learning_register.document_queries import (
    CitedPlace,
    charter_commitments,
    document_of,
    loaded_versions,
    moves_said,
    paragraphs_of,
    paragraphs_to_place,
    same_paragraphs,
    same_places,
)
from learning_register.documents import (
    GUIDANCE,
    load_policy_document,
    load_shipped_documents,
    missing_shipped,
    say_where_paragraph_went,
    take_back_paragraph_move,
)
from learning_register.paragraph_moves import PlacedParagraph, families
from learning_register.tables import LearningCitation
from learning_register.tables_policy import CharterCommitment, ParagraphMove, PolicyVersion
from learning_register.tables_policy import PolicyParagraph as Kept
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.tables import Review
from scorecards.work_list import work_of

ADMIN, NORTH, HEAD, QA = "Ada Min", "Nora North", "Hedda Head", "Quinn Qua"
SERVICE = "Service Model"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    return ScoredOffice(engine)


def guidance(reference: str) -> TypedCitation:
    return TypedCitation(GUIDANCE, reference)


def of_version(version: str, day: date | None, *titles: tuple[str, str]) -> PolicyDocument:
    """A document made up for a test: numbers and titles, all under one heading."""
    paragraphs = tuple(
        PolicyParagraph(number, "Reviews", title, f"{title}.", (Force.GUIDANCE,)) for number, title in titles
    )
    return PolicyDocument(GUIDANCE, "A guide", "Guide", version, day, paragraphs)


def load(office: ScoredOffice, document: PolicyDocument) -> None:
    with office.writing() as session:
        load_policy_document(session, document, by=office.person(session, ADMIN))


def kept(session: Session, version: str, number: str) -> Kept:
    return session.scalars(
        select(Kept).join(PolicyVersion).where(PolicyVersion.version == version, Kept.number == number)
    ).one()


def move(office: ScoredOffice, was: tuple[str, str], became: tuple[str, str], *, by: str = HEAD) -> None:
    with office.writing() as session:
        paragraph, to = kept(session, *was), kept(session, *became)
        say_where_paragraph_went(session, paragraph, to=to, by=office.person(session, by))


def learned(office: ScoredOffice, *citations: TypedCitation) -> list[int]:
    """A learning point for each citation, from one review by the manager of North; their ids."""
    if not office.ask(work_of, NORTH):
        office.draw_open("North", NORTH)
        office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    with office.reading() as session:
        review = session.scalars(select(Review.id)).one()
    return [office.learn(NORTH, review, citations=[one]) for one in citations]


def test_an_office_gets_what_is_shipped_and_an_older_one_what_it_lacks(office: ScoredOffice) -> None:
    with office.writing() as session:
        by = office.person(session, ADMIN)
        assert len(loaded_versions(session)) == 6
        assert len(charter_commitments(session)) == 18
        assert load_shipped_documents(session, by=by) == []
        six = select(PolicyVersion.id).where(PolicyVersion.version == "six").scalar_subquery()
        session.execute(delete(Kept).where(Kept.version_id == six))
        session.execute(delete(PolicyVersion).where(PolicyVersion.version == "six"))
        session.execute(delete(CharterCommitment).where(CharterCommitment.number == 18))
        documents, commitments = missing_shipped(session)
        assert ([one.version for one in documents], [one.number for one in commitments]) == (["six"], [18])
        assert load_shipped_documents(session, by=by) == [
            "Quality standards, version six",
            "the commitments of the Service Charter",
        ]
        # The list with a date is newer than the one without.
        assert paragraphs_of(session, "quality-standards")[0].version.version == "six"
        with pytest.raises(Refused, match="for an administrator"):
            load_shipped_documents(session, by=office.person(session, HEAD))


HEADING = "“Reviewing whether an actionable challenge has been received”"
THIRTEEN = of_version("13.0", date(2025, 1, 1), ("38", "Something else"), ("40", "Where it is now"))


def test_a_new_version_never_points_old_learning_elsewhere(office: ScoredOffice) -> None:
    learned(office, guidance("38"), guidance("38-39"), guidance(HEADING.upper()))
    load(office, THIRTEEN)
    learned(office, guidance("38"))
    with office.reading() as session:
        rows = session.scalars(select(LearningCitation).order_by(LearningCitation.id)).all()
        assert [(row.version, row.reference, row.title) for row in rows] == [
            ("12.0", "38", "Recording and analysing the challenge"),
            ("12.0", "38-39", "Recording and analysing the challenge to Is it a challenge"),
            ("12.0", HEADING, HEADING.strip("“”")),
            ("13.0", "38", "Something else"),
        ]
    with pytest.raises(Refused, match=r"version 13.0 has no heading “Risk”"):
        learned(office, guidance("“Risk”"))


def test_search_finds_a_paragraph_under_every_number_it_had(office: ScoredOffice) -> None:
    old, ranged, headed = learned(office, guidance("38"), guidance("38-39"), guidance(HEADING))
    load(office, THIRTEEN)
    load(
        office,
        of_version("14.0", date(2026, 1, 1), ("40", "Where it is now"), ("41", "New"), ("50", "Split")),
    )
    move(office, ("12.0", "38"), ("13.0", "40"))
    move(office, ("13.0", "40"), ("14.0", "50"), by=ADMIN)
    new, _ = learned(office, guidance("50"), guidance("41"))
    with office.reading() as session:
        for reference in ("38", "50", "40"):
            found = same_paragraphs(session, GUIDANCE, reference)
            assert found >= {(GUIDANCE, one) for one in ("38", "40", "50", "38-39", HEADING)}
            assert (GUIDANCE, "41") not in found
        # Without a version a number means all that ever had it; with one, that paragraph.
        assert same_places(session, GUIDANCE, "38", version="13.0") == {CitedPlace(GUIDANCE, "13.0", "38")}
        person, split = office.person(session, NORTH), kept(session, "14.0", "50")
        citing = citing_points(session, person, kept(session, "12.0", "38").id)
        assert {point.point_id: point.cited_as for point in citing} == {
            new: "50 of version 14.0",
            old: "38 of version 12.0",
            ranged: "38-39 of version 12.0",
            headed: f"{HEADING} of version 12.0",
        }
        rows = paragraph_rows(session, person, split.version_id)
        assert {row.number: (row.points, row.same_in) for row in rows} == {
            "40": (4, ("38 of version 12.0", "40 of version 13.0", "50 of version 14.0")),
            "41": (1, ()),
            "50": (4, ("38 of version 12.0", "40 of version 13.0", "40 of version 14.0")),
        }
        # Who is to score the case blind learns nothing of it, not even a count.
        blind = office.person(session, QA)
        assert [row.points for row in paragraph_rows(session, blind, split.version_id)] == [0, 0, 0]
        assert citing_points(session, blind, split.id) == []


def test_what_was_typed_before_a_document_was_loaded_is_found_too(office: ScoredOffice) -> None:
    learned(office, TypedCitation(SERVICE, "2.139-140", "Listening"))
    with office.reading() as session:
        assert same_paragraphs(session, SERVICE, "2.140") == {(SERVICE, "2.140"), (SERVICE, "2.139-140")}
    document = replace(
        of_version("9", None, ("2.140", "Listening")), key="service-model", title="service model"
    )
    load(office, document)
    with office.reading() as session:
        for name in (SERVICE, "service-model"):
            assert same_paragraphs(session, name, "2.140") == {
                ("service-model", "2.140"),
                (SERVICE, "2.139-140"),
            }
        assert document_of(session, kept(session, "9", "2.140").version_id) == document


def test_a_move_is_said_once_between_versions_and_can_be_taken_back(office: ScoredOffice) -> None:
    load(office, THIRTEEN)
    move(office, ("12.0", "38"), ("13.0", "40"))
    for was, became, words in (
        (("12.0", "38"), ("13.0", "40"), "on record already"),
        (("13.0", "40"), ("12.0", "38"), "on record already"),
        (("13.0", "38"), ("13.0", "40"), "Both paragraphs are in version 13.0"),
        (("six", "1"), ("13.0", "40"), "different documents"),
    ):
        with pytest.raises(Refused, match=words):
            move(office, was, became)
    with pytest.raises(Refused, match="for an administrator"):
        move(office, ("12.0", "39"), ("13.0", "38"), by=NORTH)
    with office.writing() as session:
        old, new = (kept(session, version, "38").version_id for version in ("12.0", "13.0"))
        left = {row.number for row, _ in paragraphs_to_place(session, old, new, everything=False)}
        assert left == {*map(str, range(1, 79)), "Annex A"} - {"38"}
        assert len(paragraphs_to_place(session, old, new, everything=True)) == 79
        (said,) = moves_said(session, GUIDANCE)
        assert (said.was, said.became) == (
            "38 of version 12.0: Recording and analysing the challenge",
            "40 of version 13.0: Where it is now",
        )
        taken = session.get_one(ParagraphMove, (said.from_id, said.to_id))
        take_back_paragraph_move(session, taken, by=office.person(session, ADMIN))
        assert moves_said(session, GUIDANCE) == []
        assert same_paragraphs(session, GUIDANCE, "40") == {(GUIDANCE, "40")}
    with pytest.raises(Refused, match="a version stays as it is"):
        load(office, of_version("13.0", None, ("1", "One")))


def test_requirements_that_name_a_paragraph_are_named(office: ScoredOffice) -> None:
    with office.reading() as session:
        version = kept(session, "12.0", "38").version_id
        rows = {row.number: row for row in paragraph_rows(session, office.person(session, QA), version)}
    assert "Short card: The remedy was right." in rows["38"].requirements
    assert len(rows["38"].requirements) == 3
    assert rows["63"].forces == (Force.LEGAL, Force.POLICY)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from("xy")), unique=True),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7))),
)
def test_what_is_the_same_as_the_same_is_the_same(
    placed: list[tuple[str, str, str]], moves: list[tuple[int, int]]
) -> None:
    paragraphs = [
        PlacedParagraph(place, version, number, "s", title)
        for place, (version, number, title) in enumerate(placed)
    ]
    known = [move for move in moves if max(move) < len(paragraphs)]
    same = families(paragraphs, known)
    for one, family in same.items():
        assert one in family
        assert all(same[member] == family for member in family)
    for one, other in known:
        assert other in same[one]
    unchanged = {(number, title) for _, number, title in placed}
    if not known:
        assert len(set(same.values())) == len(unchanged)
