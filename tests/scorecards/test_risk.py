"""The risks of open cases: what may be recorded, by whom, and the month that is signed off."""

from datetime import UTC, date, datetime

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.records import audit_trail
from sampling.records.audit_trail import AuditEntry
from sampling.records.cases import Case, CaseState
from sampling.records.people import Role
from sampling.refused import Refused
from scorecards.cases_as_at import cases_as_at, seen_by
from scorecards.recording_risk import may_record_risk, may_sign_off_risks, record_risk, sign_off_risks
from scorecards.risk import HighRisk, RiskCategory, check_risks, says_high
from scorecards.risk_queries import case_risks, recorded_risks, risk_figures, signed_months
from scorecards.tables_risk import RiskSignOff

HEAD, NORTH, SOUTH = "Hedda Head", "Nora North", "Sue South"
JULY = date(2026, 7, 1)


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    """Six open cases, three of each team, imported in July, and two closed ones."""
    return ScoredOffice(engine, closed=2, open_cases=6)


def record(office: ScoredOffice, name: str, reference: str, *categories: str, **more: object) -> None:
    with office.writing() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        by = office.person(session, name)
        record_risk(session, case, categories=categories, by=by, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("categories", "high_risk", "note", "reason"),
    [
        ((), (), "", "No category is chosen"),
        (("none_identified", "impact"), (), "", "stands alone"),
        (("none_identified",), ("avoidable_death",), "", "cannot be right"),
        (("other",), (), "  ", "Say in the note"),
        (("impact", "impact"), (), "", "there twice"),
        (("flood",), (), "", "not one of the risks"),
        (("impact",), ("flood",), "", "not one of the risks"),
    ],
)
def test_what_cannot_be_recorded_together_is_refused(
    categories: tuple[str, ...], high_risk: tuple[str, ...], note: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        check_risks(categories, high_risk, note)


def test_what_can_be_recorded_and_what_the_case_system_calls_high() -> None:
    check_risks([one for one in RiskCategory if one != RiskCategory.NONE], list(HighRisk), "A flood.")
    check_risks([RiskCategory.NONE], [], "")
    assert [word for word in ("High", " high risk", "Not high", "None", "Low", None) if says_high(word)] == [
        "High",
        " high risk",
    ]


def test_the_newest_record_of_an_open_case_counts_and_blank_is_not_none_identified(
    office: ScoredOffice,
) -> None:
    record(office, NORTH, "O-000", "none_identified")
    record(office, NORTH, "O-002", "impact", "well_being", high_risk=["public_interest"], note="As seen.")
    before = office.now
    office.later(3)
    record(office, HEAD, "O-000", "other", high_risk=["serious_failure"], note="A flood.")
    record(office, SOUTH, "O-001", "none_identified")
    with office.writing() as session:  # what closes is no open case any more, whatever was recorded of it
        session.scalars(select(Case).where(Case.reference == "O-001")).one().state = CaseState.CLOSED
        audit_trail.record(session, "set_up", "test", by=None)
    with office.reading() as session:
        figures = risk_figures(session, JULY)
        assert (figures.open, figures.recorded, figures.blank, figures.high) == (5, 2, 3, 2)
        assert {name: count for name, count in figures.categories.items() if count} == {
            "well_being": 1,
            "impact": 1,
            "other": 1,
        }
        assert figures.reasons == {"avoidable_death": 0, "public_interest": 1, "serious_failure": 1}
        assert [(team.team, team.open, team.blank, team.high) for team in figures.teams] == [
            ("North", 3, 1, 2),
            ("South", 2, 2, 0),
        ]
        case = session.scalars(select(Case).where(Case.reference == "O-000")).one()
        history = recorded_risks(session, case, office.person(session, NORTH))
        assert [(one.categories, one.recorded_by) for one in history] == [
            (("other",), HEAD),
            (("none_identified",), NORTH),
        ]
        with pytest.raises(Refused, match="line manager of its team"):
            recorded_risks(session, case, office.person(session, SOUTH))
        head = office.person(session, HEAD)
        then = case_risks(session, seen_by(session, cases_as_at(session, before), head), before)
    assert then.set_index("reference")["categories"]["O-000"] == ["none_identified"]
    assert then["is_high"].sum() == 1
    assert then["note"].dropna().tolist() == ["", "As seen."]


def test_risks_are_recorded_by_the_manager_of_the_team_or_the_head_while_a_case_is_open(
    office: ScoredOffice,
) -> None:
    for name in (SOUTH, "Quinn Qua", "Thea Theme", "Ada Min", "Otto Owner"):
        with pytest.raises(Refused, match="line manager of its team"):
            record(office, name, "O-000", "impact")
    with pytest.raises(Refused, match="C-000 is closed, and risks are recorded while a case is open"):
        record(office, NORTH, "C-000", "impact")
    with office.reading() as session:
        case = session.scalars(select(Case).where(Case.reference == "O-000")).one()
        may = {
            name: may_record_risk(session, case, office.person(session, name))
            for name in (NORTH, SOUTH, HEAD, "Quinn Qua")
        }
        assert may == {NORTH: True, SOUTH: False, HEAD: True, "Quinn Qua": False}
    record(office, NORTH, "O-000", "impact", note="Somebody is ill.")
    with office.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "record_risk")).one()
        assert entry.details == {"categories": ["impact"], "high_risk": []}


def test_a_month_is_signed_off_once_when_it_is_over_and_keeps_its_figures(office: ScoredOffice) -> None:
    record(office, NORTH, "O-000", "impact", high_risk=["avoidable_death"])

    def sign(name: str = HEAD, month: date = JULY, note: str = "Looked at each.") -> None:
        with office.writing() as session:
            sign_off_risks(session, month, note=note, by=office.person(session, name))

    with pytest.raises(Refused, match="July 2026 is not over yet"):
        sign()
    with pytest.raises(Refused, match=r"No cases had been imported by the end of June 2026"):
        sign(month=date(2026, 6, 1))
    office.now = datetime(2026, 7, 31, 23, 30, tzinfo=UTC)  # 1 August by the office's clock
    record(office, NORTH, "O-002", "function")  # of August, so none of July's
    with pytest.raises(Refused, match="the Head of Customer Care"):
        sign(NORTH)
    with pytest.raises(Refused, match="Say in a note"):
        sign(note=" ")
    office.give_role("Otto Owner", Role.HEAD)
    sign("Otto Owner", month=date(2026, 7, 15))
    with pytest.raises(Refused, match="July 2026 was signed off on 1 August 2026 by Otto Owner"):
        sign()
    with office.reading() as session:
        assert may_sign_off_risks(session, office.person(session, HEAD))
        assert not may_sign_off_risks(session, office.person(session, NORTH))
        (signed,) = signed_months(session, office.person(session, HEAD))
        assert (signed.month, signed.signed_by, signed.note) == (JULY, "Otto Owner", "Looked at each.")
        assert signed.figures["categories"]["impact"] == 1
        assert (signed.figures["blank"], signed.figures["high"]) == (5, 1)
        assert signed.figures == session.get_one(RiskSignOff, JULY).figures
        again = risk_figures(session, JULY)
        assert again.blank == 5
        with pytest.raises(Refused):
            signed_months(session, office.person(session, NORTH))
