"""The 100% of required sampling, counted by hand."""

import hashlib
from datetime import date, timedelta

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import select

from sampling.actions import register_quota_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_open_frame
from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import parse_cases
from sampling.records.people import Person, Role, Team
from sampling.records.settings import set_setting
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.completion import Completion, completion, team_months
from scorecards.reductions import approve_reduction, reductions_to_approve, request_reduction
from scorecards.tables import SamplingReduction

NORA, SUE, QUINN, HEAD, OTTO = "Nora North", "Sue South", "Quinn Qua", "Hedda Head", "Otto Owner"
MONTH, AUGUST = date(2026, 7, 1), date(2026, 8, 1)


def rows(office: ScoredOffice, name: str, month: date = MONTH) -> dict[str, Completion]:
    """A month as a person sees it, by caseworker."""
    with office.reading() as session:
        return {row.caseworker: row for row in completion(session, office.person(session, name), month=month)}


def counts(office: ScoredOffice, name: str, month: date = MONTH) -> dict[str, tuple[int, int, int, int]]:
    """Eligible, required, drawn and done, by caseworker."""
    found = rows(office, name, month).items()
    return {who: (row.eligible, row.required, row.drawn, row.done) for who, row in found}


def take_in(office: ScoredOffice, lines: list[str]) -> None:
    """A newer extract of open cases of North, a line each: reference, owner, risk."""
    data = "\n".join(["Case,State,Team,Owner,Risk", *lines]).encode()
    columns = Mapping(
        reference="Case",
        state="State",
        states={"Open": "open", "Closed": "closed"},
        team="Team",
        caseworker="Owner",
        risk="Risk",
    )
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "more.csv"), columns, as_at=office.now),
            file_name="more.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=office.now,
            mapping=columns,
            by=office.person(session, "Ada Min"),
        )


def draw_with_high_risk(office: ScoredOffice) -> None:
    with office.writing() as session:
        by = office.person(session, NORA)
        team = session.scalars(select(Team).where(Team.name == "North")).one()
        frame = freeze_open_frame(session, team, certainty_risks=("High",), by=by)
        plan_id, by_id = register_quota_plan(session, frame, by=by).id, by.id
    carry_out_plan(office.engine, plan_id, by_id=by_id, now=office.now)


def reduce(
    office: ScoredOffice,
    name: str,
    caseworker: str,
    required: int,
    *,
    reason: str = "On leave",
    month: date = MONTH,
) -> int:
    with office.writing() as session:
        return request_reduction(
            session,
            session.scalars(select(Team).where(Team.name == "North")).one(),
            caseworker=session.scalars(select(Person).where(Person.case_system_name == caseworker)).one(),
            month=month,
            required=required,
            reason=reason,
            by=office.person(session, name),
        ).id


def approve(office: ScoredOffice, name: str, reduction_id: int) -> None:
    with office.writing() as session:
        reduction = session.get_one(SamplingReduction, reduction_id)
        approve_reduction(session, reduction, by=office.person(session, name))


def test_a_month_fills_up_review_by_review(drawn: ScoredOffice) -> None:
    assert counts(drawn, NORA) == {"North 0": (4, 2, 2, 0), "North 1": (4, 2, 2, 0)}
    first, *others = drawn.to_do(NORA, Route.OPEN)
    drawn.score(NORA, first, submit=False)
    assert sum(row.done for row in rows(drawn, NORA).values()) == 0  # a draft is not done
    for done, sampled_id in enumerate([first, *others], start=1):
        drawn.score(NORA, sampled_id)
        assert sum(row.done for row in rows(drawn, NORA).values()) == done
    assert counts(drawn, NORA) == {"North 0": (4, 2, 2, 2), "North 1": (4, 2, 2, 2)}
    assert all(row.is_drawn and row.quota == 2 for row in rows(drawn, NORA).values())


def test_required_is_the_smaller_of_quota_and_cases(drawn: ScoredOffice) -> None:
    drawn.later(30)
    lines = [f"O-{number:03d},Closed,North,North 0," for number in (0, 4, 8)]
    take_in(drawn, [*lines, "N-1,Open,North,,", "N-2,Open,North,,", "N-3,Open,North,,"])
    expected = {"No caseworker yet": (3, 2, 0, 0), "North 0": (1, 1, 0, 0), "North 1": (4, 2, 0, 0)}
    assert counts(drawn, NORA, AUGUST) == expected
    drawn.draw_open("North", NORA)
    drawn_now = {who: (row[0], row[1], row[1], 0) for who, row in expected.items()}
    assert counts(drawn, NORA, AUGUST) == drawn_now


def test_a_month_that_is_not_drawn_yet_is_told_from_the_open_cases(drawn: ScoredOffice) -> None:
    drawn.later(30)
    found = rows(drawn, NORA, AUGUST)
    assert [(row.is_drawn, row.drawn, row.reviewed, row.done) for row in found.values()] == [
        (False, 0, 0, 0),
        (False, 0, 0, 0),
    ]
    assert counts(drawn, NORA, MONTH) == {"North 0": (4, 2, 2, 0), "North 1": (4, 2, 2, 0)}


def test_what_the_manager_handles_is_required_neither_before_nor_after_the_draw(drawn: ScoredOffice) -> None:
    drawn.later(30)
    take_in(drawn, ["N-1,Open,North,Nora North,", "N-2,Open,North,Nora North,"])
    expected = {"North 0", "North 1"}
    assert set(rows(drawn, NORA, AUGUST)) == expected
    drawn.draw_open("North", NORA)
    assert set(rows(drawn, NORA, AUGUST)) == expected


def test_what_happens_to_the_cases_later_leaves_the_month_as_it_was(drawn: ScoredOffice) -> None:
    drawn.later(1)
    take_in(drawn, [f"O-{number:03d},Closed,North,Somebody Else," for number in range(0, 16, 2)])
    assert counts(drawn, NORA) == {"North 0": (4, 2, 2, 0), "North 1": (4, 2, 2, 0)}


def test_a_quota_that_changes_leaves_what_was_drawn_as_it_was(drawn: ScoredOffice) -> None:
    def set_quota(value: str, starts_on: date) -> None:
        with drawn.writing() as session:
            ada = drawn.person(session, "Ada Min")
            set_setting(session, "monthly_quota", value, starts_on=starts_on, by=ada)

    set_quota("3", START)
    assert [row.required for row in rows(drawn, NORA).values()] == [2, 2]
    # From the middle of August it is one; who draws on the 20th draws one, and one is required.
    set_quota("1", date(2026, 8, 15))
    drawn.later(30)
    assert [row.required for row in rows(drawn, NORA, AUGUST).values()] == [3, 3]
    drawn.later(15)
    assert [row.required for row in rows(drawn, NORA, AUGUST).values()] == [1, 1]
    drawn.draw_open("North", NORA)
    assert counts(drawn, NORA, AUGUST) == {"North 0": (4, 1, 1, 0), "North 1": (4, 1, 1, 0)}


def test_high_risk_cases_are_reviewed_beside_the_required_ones(drawn: ScoredOffice) -> None:
    drawn.later(30)
    closed = [f"O-{number:03d},Closed,North,North 0," for number in (0, 4, 8)]
    high = ["O-012,Open,North,North 0,High", "O-002,Open,North,North 1,High"]
    take_in(drawn, [*closed, *high, "N-1,Open,North,North 2,High", "N-2,Open,North,North 2,"])
    draw_with_high_risk(drawn)
    # North 0 has nothing but a high-risk case, North 1 has one besides three others, North 2 one of each.
    expected = {"North 0": (1, 1, 1, 0), "North 1": (4, 2, 3, 0), "North 2": (2, 2, 2, 0)}
    assert counts(drawn, NORA, AUGUST) == expected
    to_do = august_work(drawn)
    for sampled_id in to_do["High risk"]:
        drawn.score(NORA, sampled_id)
    # What North 1 owes besides its high-risk case is still owed; the others had too few cases without theirs.
    assert {who: row[3] for who, row in counts(drawn, NORA, AUGUST).items()} == {
        "North 0": 1,
        "North 1": 0,
        "North 2": 1,
    }
    for sampled_id in [*to_do["North 1"], *to_do["North 2"]]:
        drawn.score(NORA, sampled_id)
    found = rows(drawn, NORA, AUGUST)
    assert {who: (row.required, row.done, row.reviewed) for who, row in found.items()} == {
        "North 0": (1, 1, 1),
        "North 1": (2, 2, 3),
        "North 2": (2, 2, 2),
    }
    assert found["North 1"].reviewed_beside == 1


def august_work(office: ScoredOffice) -> dict[str, list[int]]:
    """What Nora has to do of August, by stratum."""
    result: dict[str, list[int]] = {}
    ids = office.to_do(NORA, Route.OPEN)
    with office.reading() as session:
        for sampled_id in ids:
            sampled = session.get_one(SampledCase, sampled_id)
            if sampled.draw.plan.frame.period_from == AUGUST:
                result.setdefault(sampled.stratum.label, []).append(sampled_id)
    return result


def test_a_deputys_reviews_count(drawn: ScoredOffice) -> None:
    day = drawn.now.date()
    with drawn.writing() as session:
        nora, otto = drawn.person(session, NORA), drawn.person(session, OTTO)
        record_absence(session, nora, starts_on=day, ends_on=day, deputy=otto, by=nora)
    for sampled_id in drawn.to_do(OTTO, Route.OPEN)[:3]:
        drawn.score(OTTO, sampled_id)
    assert set(rows(drawn, OTTO)) == {"North 0", "North 1"}  # the deputy sees what is to be done
    drawn.later(1)
    assert rows(drawn, OTTO) == {}
    assert sum(row.done for row in rows(drawn, NORA).values()) == 3
    drawn.score(NORA, drawn.to_do(NORA, Route.OPEN)[0])
    assert sum(row.done for row in rows(drawn, NORA).values()) == 4


def test_a_reduction_counts_once_somebody_else_has_approved_it(drawn: ScoredOffice) -> None:
    reduction_id = reduce(drawn, NORA, "North 0", 1, reason=" On leave from 3 to 24 July ")
    assert rows(drawn, NORA)["North 0"].required == 2
    assert rows(drawn, NORA)["North 0"].reduced_to is None
    for name in (NORA, SUE, QUINN, "Ada Min"):
        with pytest.raises(Refused, match="it is for the Head of Customer Care"):
            approve(drawn, name, reduction_id)
    assert [row.id for row in drawn.ask(reductions_to_approve, HEAD)] == [reduction_id]
    assert drawn.ask(reductions_to_approve, NORA) == []
    approve(drawn, HEAD, reduction_id)
    assert drawn.ask(reductions_to_approve, HEAD) == []
    found = rows(drawn, NORA)
    assert (found["North 0"].required, found["North 0"].reduced_to) == (1, 1)
    assert found["North 0"].reduction_reason == "On leave from 3 to 24 July"
    assert (found["North 1"].required, found["North 1"].reduced_to) == (2, None)
    assert rows(drawn, NORA, AUGUST)["North 0"].required == 2  # of that month alone


def test_a_head_does_not_approve_what_they_asked_for(drawn: ScoredOffice) -> None:
    drawn.give_role(HEAD, Role.LINE_MANAGER, "North")
    reduction_id = reduce(drawn, HEAD, "North 0", 0)
    assert drawn.ask(reductions_to_approve, HEAD) == []
    with pytest.raises(Refused, match="somebody else has to approve it"):
        approve(drawn, HEAD, reduction_id)
    drawn.give_role(OTTO, Role.HEAD)
    approve(drawn, OTTO, reduction_id)
    assert rows(drawn, NORA)["North 0"].required == 0
    drawn.later(1)
    with pytest.raises(Refused, match="was approved by Otto Owner already"):
        approve(drawn, OTTO, reduction_id)
    with drawn.reading() as session:
        reduction = session.get_one(SamplingReduction, reduction_id)
        assert reduction.approved_at == drawn.now - timedelta(days=1)


def test_what_a_reduction_must_be(drawn: ScoredOffice) -> None:
    for name, required, reason, words in (
        (SUE, 1, "On leave", "cannot draw or review open cases of North"),
        (NORA, 1, "  ", "Say why fewer reviews are required"),
        (NORA, -1, "On leave", "cannot be below 0"),
        (NORA, 2, "On leave", "2 is no reduction: 2 are required"),
    ):
        with pytest.raises(Refused, match=words):
            reduce(drawn, name, "North 0", required, reason=reason)
    reduce(drawn, NORA, "North 0", 1, month=date(2026, 7, 31))
    with pytest.raises(Refused, match=r"A reduction for North 0 in July 2026 is on record already\."):
        reduce(drawn, NORA, "North 0", 0)


def test_the_reason_of_a_reduction_stays_out_of_the_audit_trail(drawn: ScoredOffice) -> None:
    reduce(drawn, NORA, "North 0", 1, reason="Away after an operation")
    with drawn.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.details) == ("request_reduction", {"required": 1})


def test_who_sees_which_teams_and_whose_names(drawn: ScoredOffice) -> None:
    def seen(name: str) -> list[tuple[str, str]]:
        with drawn.reading() as session:
            found = completion(session, drawn.person(session, name), month=MONTH)
        return [(row.team, row.caseworker) for row in found]

    assert seen(NORA) == [("North", "North 0"), ("North", "North 1")]
    assert seen(SUE) == [("South", "South 0"), ("South", "South 1")]
    nameless = ["Caseworker 1", "Caseworker 2"]
    assert seen(HEAD) == [(team, name) for team in ("North", "South") for name in nameless]
    for name in (QUINN, "Thea Theme", "Ada Min", OTTO):
        assert seen(name) == []
    drawn.give_role(HEAD, Role.LINE_MANAGER, "South")
    assert seen(HEAD) == [("North", name) for name in nameless] + seen(SUE)


def test_a_teams_month_is_the_sum_of_its_caseworkers(drawn: ScoredOffice) -> None:
    approve(drawn, HEAD, reduce(drawn, NORA, "North 0", 1))
    for sampled_id in drawn.to_do(NORA, Route.OPEN):
        drawn.score(NORA, sampled_id)  # all four, of which three are required
    drawn.score(SUE, drawn.to_do(SUE, Route.OPEN)[0])

    def months(name: str, month: date = MONTH) -> list[tuple[str, bool, int, int, int]]:
        with drawn.reading() as session:
            found = team_months(session, drawn.person(session, name), month=month)
            assert all(row.due_on == date(2026, 7, 31) for row in found if month == MONTH)
        return [(row.team, row.is_drawn, row.required, row.done, row.left) for row in found]

    assert months(HEAD) == [("North", True, 3, 3, 0), ("South", True, 4, 1, 3)]
    assert months(NORA) == [("North", True, 3, 3, 0)]
    assert months(QUINN) == []
    drawn.later(30)
    assert months(SUE, date(2026, 8, 19)) == [("South", False, 4, 0, 4)]
