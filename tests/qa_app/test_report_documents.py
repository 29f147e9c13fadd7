"""Each document made from an office's books: what it tells, and that a past one reads as it did."""

from datetime import date, datetime

import pytest
from scored_office import QUARTER, ScoredOffice
from sqlalchemy import Engine

from learning_register.citations import LearningKind
from learning_register.progressing import finish_action
from learning_register.raising import learn_by_hand
from learning_register.recording import Lesson, Weight
from learning_register.report_contents import Paragraph, Points, ReportContents, Table, words_of
from learning_register.reporting import ReportKind
from learning_register.tables import Source
from qa_app.reports.kinds import KINDS, make_report, periods_of
from sampling.records.database import today
from sampling.records.people import Team
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.themes import commission_review

HEAD, NORA, QUINN, THEA, OWNER = "Hedda Head", "Nora North", "Quinn Qua", "Thea Theme", "Otto Owner"
JULY = (date(2026, 7, 1), date(2026, 7, 31))
PERIODS = {
    ReportKind.QUARTERLY: QUARTER,
    ReportKind.MONTHLY: JULY,
    ReportKind.WEEKLY: (date(2026, 6, 1), date(2026, 6, 7)),
    ReportKind.ANNUAL: (date(2026, 1, 1), date(2026, 12, 31)),
    ReportKind.RISK: JULY,
    ReportKind.THEME: (date(2026, 7, 1), date(2026, 7, 31)),
    ReportKind.PUBLISHED: (date(2026, 7, 1), date(2026, 9, 30)),
}
# A sentence or a cell that the document must have, of the office below.
TELLS = {
    ReportKind.QUARTERLY: ["Outcome, standard 98%: not shown yet.", "North, South."],
    ReportKind.MONTHLY: ["Organisational learning points", "Cases by team"],
    ReportKind.WEEKLY: ["O-000", "Cases opened", "All teams"],
    ReportKind.ANNUAL: ["Apr to Jun 2026", "Name the checks in the guide."],
    ReportKind.RISK: ["Blank: nobody has recorded anything", "had not been signed off by then."],
    ReportKind.THEME: ["Are people told in time?", "No finding had been written down by then."],
    ReportKind.PUBLISHED: ["What we learned:", "The guide names no checks.", "Hidden"],
}

BLIND = "One letter says nothing of appeals."  # learned from a review that may be scored again


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    """An office in which closed and open cases were reviewed, and something was learned and done."""
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORA)
    first = office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.draw_closed([8])
    for sampled in office.to_do(QUINN, Route.CENTRAL)[:6]:
        office.score(QUINN, sampled)
    may_go_out = Weight(may_be_published=True)
    kind = LearningKind.ORGANISATIONAL
    blind = office.learn(NORA, first, kind=kind, description=BLIND, weight=may_go_out)
    with office.writing() as session:
        lesson = Lesson(kind, "The guide names no checks.", is_gap=True, weight=may_go_out)
        by = office.person(session, NORA)
        point = learn_by_hand(session, lesson, source=Source.BY_HAND, team=session.get_one(Team, 1), by=by).id
    for learned in (blind, point):
        action = office.act_on(NORA, learned, description="Name the checks in the guide.")
        office.change(finish_action, OWNER, action, note="Done.")
    with office.writing() as session:
        commission_review(
            session,
            name="Updates",
            asked_by="The board",
            question="Are people told in time?",
            scope="",
            scorecard_key="short-card",
            reviewers=[office.person(session, THEA)],
            due_on=today(session),
            by=office.person(session, HEAD),
        )
    return office


def made(
    office: ScoredOffice, kind: ReportKind, name: str = HEAD, *, as_at: datetime | None = None
) -> ReportContents:
    with office.reading() as session:
        return make_report(
            session,
            kind,
            *PERIODS[kind],
            as_at=as_at or office.now,
            commission_id=1 if kind is ReportKind.THEME else None,
            by=office.person(session, name),
        )


def words(contents: ReportContents) -> list[str]:
    found = []
    for section in contents.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                found += [block.lead, block.text]
            elif isinstance(block, Points):
                found += block.items
    for table in contents.tables:
        found += [table.caption, *table.heads, *(words_of(cell) for row in table.rows for cell in row)]
    return found


@pytest.mark.parametrize("kind", ReportKind)
def test_a_document_tells_what_it_is_for_and_reads_the_same_later(
    office: ScoredOffice, kind: ReportKind
) -> None:
    contents = made(office, kind)
    told = "\n".join(words(contents))
    for each in TELLS[kind]:
        assert each in told
    assert BLIND not in told or kind is not ReportKind.PUBLISHED  # whoever scores the case again reads it too
    headings = [section.heading for section in contents.sections]
    assert headings[-2:] == ["How the figures were worked out", "Register of draws"]
    assert "the hash (SHA-256) of the last is" in contents.audit

    then = office.now
    office.later(40)
    for sampled in office.to_do(QUINN, Route.CENTRAL):
        office.score(QUINN, sampled, not_met=Kind.OUTCOME)
    assert made(office, kind, as_at=then) == contents


def test_periods_are_whole_and_over(office: ScoredOffice) -> None:
    day = date(2026, 7, 6)  # a Monday
    assert periods_of(ReportKind.WEEKLY, day)[0] == (date(2026, 6, 29), date(2026, 7, 5))
    assert periods_of(ReportKind.QUARTERLY, day)[0] == QUARTER
    assert periods_of(ReportKind.ANNUAL, day)[0] == (date(2025, 1, 1), date(2025, 12, 31))
    assert periods_of(ReportKind.THEME, day) == []
    assert set(KINDS) == set(ReportKind)
    with pytest.raises(Refused, match="it is for the Head"):
        made(office, ReportKind.WEEKLY, NORA)
    with pytest.raises(Refused, match="before its period"):
        made(office, ReportKind.MONTHLY, as_at=office.now.replace(month=6))
    tables = [table for table in made(office, ReportKind.PUBLISHED).tables if isinstance(table, Table)]
    kinds = next(table for table in tables if table.caption == "Learning points by kind")
    assert [row[1] for row in kinds.rows] == [0, "Hidden", 0, "Hidden"]
