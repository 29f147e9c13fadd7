"""Which cases are frozen into a frame, in which strata, and who may freeze one."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from sampling.case_filters import attribute_names, field_values, filter_fields
from sampling.draw import sha256_hex
from sampling.frames import frame_content, freeze_case_frame, may_plan
from sampling.planning import preview_case_sample, preview_open_sample, risks_of_open_cases
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, ToShow
from sampling.tables import Frame, FrameCase, Plan, Route

QUARTER = (date(2026, 4, 1), date(2026, 6, 30))


def strata(plan: Plan) -> list[tuple[str, int, bool, int]]:
    """Label, cases, whether all are reviewed, and how many are to be drawn."""
    return [
        (stratum.label, stratum.population, stratum.is_certainty, plan.sizes[stratum.code])
        for stratum in plan.frame.strata
    ]


def references(office: Any, plan_id: int) -> set[str]:
    with office.reading() as session:
        frame_id = session.get_one(Plan, plan_id).frame_id
        return set(session.scalars(select(FrameCase.reference).where(FrameCase.frame_id == frame_id)))


@pytest.fixture
def open_cases(office: Any) -> Any:
    office.cases(
        *(f"A-{n},Open,North,Asha,,,,," for n in range(5)),
        "B-1,Open,North,Bo,,,High: death,,",
        "B-2,Open,North,Bo,,,,,",
        "U-1,Open,North,,,,,,",
        "U-2,Open,North,,,,,,",
        "U-3,Open,North,,,,High: death,,",
        "M-1,Open,North,Nora North,,,,,",
        "M-2,Open,North,Asha,Nora North,,High: death,,",
        "S-1,Open,South,Sid,,,,,",
        "C-1,Closed,North,Asha,,05/05/2026,,,",
        "X-1,Cancelled,North,Asha,,,,,",
    )
    return office


def test_an_open_frame_has_a_stratum_per_caseworker_and_certainty_strata(open_cases: Any) -> None:
    plan_id = open_cases.plan_open("North", "Nora North", risks=("High: death",))
    assert open_cases.frame_of(plan_id, strata) == [
        ("High risk", 2, True, 2),
        ("Asha", 5, False, 2),
        ("Bo", 1, False, 1),
        ("No caseworker yet", 2, False, 2),
    ]


def test_an_open_frame_leaves_out_what_the_manager_handled_or_decided(open_cases: Any) -> None:
    plan_id = open_cases.plan_open("North", "Nora North")
    assert not references(open_cases, plan_id) & {"M-1", "M-2", "S-1", "C-1", "X-1"}
    assert open_cases.frame_of(plan_id, lambda plan: plan.frame.excluded) == {
        "handled or decided by the manager": 2
    }


def test_the_preview_says_what_the_draw_then_does(open_cases: Any) -> None:
    with open_cases.reading() as session:
        team, by = open_cases.team(session, "North"), open_cases.person(session, "Nora North")
        risks = risks_of_open_cases(session, team)
        preview = preview_open_sample(session, team, certainty_risks=risks, by=by)
    assert risks == ["High: death"]
    assert (preview.population, preview.size, preview.own_cases) == (10, 7, 2)
    assert preview.due_on == date(2026, 7, 31)
    plan_id = open_cases.plan_open("North", "Nora North", risks=tuple(risks))
    assert open_cases.frame_of(plan_id, strata) == [
        (row.label, row.population, row.is_certainty, row.to_draw) for row in preview.strata
    ]


def test_a_team_is_drawn_once_a_month(open_cases: Any) -> None:
    open_cases.plan_open("North", "Nora North")
    open_cases.plan_open("South", "Sue South")
    with pytest.raises(Refused, match="The sample of North for July 2026 was drawn already"):
        open_cases.plan_open("North", "Nora North")
    open_cases.later(days=31)
    open_cases.plan_open("North", "Nora North")


def test_a_manager_draws_only_their_own_team(open_cases: Any) -> None:
    for name in ("Sue South", "Quinn Qua", "Hedda Head"):
        with pytest.raises(Refused, match=f"{name} cannot draw or review open cases of North"):
            open_cases.plan_open("North", name)


def test_a_team_without_open_cases_has_nothing_to_draw(office: Any) -> None:
    with pytest.raises(Refused, match=r"North has no open cases to sample\. Import"):
        office.plan_open("North", "Nora North")
    office.cases("M-1,Open,North,Nora North,,,,,")
    with pytest.raises(Refused, match="besides 1 you handled"):
        office.plan_open("North", "Nora North")


def test_the_central_frame_holds_dated_closed_cases_of_the_period(office: Any) -> None:
    office.cases(
        "IN-1,Closed,North,Asha,,01/04/2026,,,",
        "IN-2,Closed,,,,30/06/2026,,,",
        "EARLY,Closed,North,Asha,,31/03/2026,,,",
        "LATE,Closed,North,Asha,,01/07/2026,,,",
        "UNDATED,Closed,North,Asha,,,,,",
        "OPEN,Open,North,Asha,,,,,",
        "GONE,Cancelled,North,Asha,,05/05/2026,,,",
        "MERGED,Merged,North,Asha,,05/05/2026,,,",
    )
    plan_id = office.plan_cases(EVERY_CASE)
    assert references(office, plan_id) == {"IN-1", "IN-2"}
    assert office.frame_of(plan_id, lambda plan: plan.frame.excluded) == {
        "cancelled": 1,
        "merged": 1,
        "closed without a closing date": 1,
    }


def test_a_thematic_frame_holds_what_its_filters_select(office: Any) -> None:
    office.cases(
        "E-1,Open,North,Asha,,,,decision,East",
        "E-2,Closed,South,Sid,,05/05/2026,,service,East",
        "E-3,Closed,South,Sid,,,,decision,East",
        "W-1,Open,North,Asha,,,,decision,West",
        "N-1,Open,North,Asha,,,,decision,",
        "X-1,Cancelled,North,Asha,,,,decision,East",
    )

    def frame(**named: Any) -> set[str]:
        named = {"route": Route.THEMATIC, "period": None, "by": "Thea Theme", **named}
        return references(office, office.plan_cases(EVERY_CASE, name=str(named), **named))

    assert frame(filters={"attribute:Region": ["East"]}) == {"E-1", "E-2", "E-3"}
    assert frame(filters={"attribute:Region": ["East"], "case_type": ["decision"]}) == {"E-1", "E-3"}
    assert frame(filters={"state": ["open"]}) == {"E-1", "W-1", "N-1"}
    assert frame(period=QUARTER) == {"E-2"}
    with office.reading() as session:
        south = office.team(session, "South").id
    assert frame(filters={"team": [south]}) == {"E-2", "E-3"}
    with pytest.raises(Refused, match="No case fits"):
        frame(filters={"attribute:Region": ["North pole"]})


def test_the_fields_and_values_to_filter_by_are_those_that_occur(office: Any) -> None:
    office.cases("E-1,Open,North,Asha,,,,decision,East", "W-1,Open,,Asha,,,,service,West")
    with office.reading() as session:
        assert attribute_names(session) == ["Region"]
        assert filter_fields(session) == ["case_type", "state", "team", "attribute:Region"]
        assert field_values(session, "case_type") == {"decision": "decision", "service": "service"}
        assert field_values(session, "attribute:Region") == {"East": "East", "West": "West"}
        assert list(field_values(session, "team").values()) == ["North"]
        with pytest.raises(Refused, match="no field called password"):
            field_values(session, "password")


def test_a_preview_counts_what_a_frame_then_holds(office: Any) -> None:
    office.cases(
        *(f"N-{n},Closed,North,Asha,,05/05/2026,,decision,East" for n in range(4)),
        *(f"S-{n},Closed,South,Sid,,05/05/2026,,service,West" for n in range(3)),
        "NONE,Closed,,,,05/05/2026,,,",
    )
    for field in (None, "team", "case_type", "attribute:Region"):
        with office.reading() as session:
            preview = preview_case_sample(
                session,
                route=Route.CENTRAL,
                period=QUARTER,
                filters={},
                stratify_by=field,
                by=office.person(session, "Quinn Qua"),
            )
        plan_id = office.plan_cases(EVERY_CASE, name=str(field), stratify_by=field)
        frozen = office.frame_of(
            plan_id, lambda plan: {s.code: (s.label, s.population) for s in plan.frame.strata}
        )
        assert frozen == {code: (preview.labels[code], cases) for code, cases in preview.strata.items()}
        assert sum(preview.strata.values()) == preview.population == 8


def test_a_frame_is_kept_with_the_hash_of_its_file(office: Any) -> None:
    office.closed(6)
    office.closed(5, team="South", start=100)
    plan_id = office.plan_cases(4, stratify_by="team")
    with office.reading() as session:
        frame = session.get_one(Plan, plan_id).frame
        content = frame_content(session, frame)
    lines = content.decode().splitlines()
    assert lines == sorted(lines)
    assert Counter(line.split("\t")[1] for line in lines) == {"S01": 6, "S02": 5}
    assert sha256_hex(content) == frame.frame_sha256


def test_who_may_plan_which_route(office: Any) -> None:
    may = {
        Route.CENTRAL: {"Quinn Qua", "Hedda Head"},
        Route.THEMATIC: {"Thea Theme", "Quinn Qua", "Hedda Head"},
        Route.SECOND: {"Quinn Qua", "Hedda Head"},
    }
    names = ["Nora North", "Quinn Qua", "Thea Theme", "Hedda Head", "Ada Min"]
    with office.reading() as session:
        for route, allowed in may.items():
            assert {
                name for name in names if may_plan(session, office.person(session, name), route)
            } == allowed
    office.closed(5)
    with pytest.raises(Refused, match="it is for a QA reviewer or the Head"):
        office.plan_cases(EVERY_CASE, by="Thea Theme")


def test_what_a_frame_cannot_be(office: Any) -> None:
    office.closed(5)
    with office.reading() as session:
        by = office.person(session, "Quinn Qua")

        def freeze(name: str, period: tuple[date, date] | None) -> Frame:
            return freeze_case_frame(
                session, name, route=Route.CENTRAL, period=period, filters={}, stratify_by=None, by=by
            )

        with pytest.raises(Refused, match="ends on 1 April 2026, before it starts"):
            freeze("Quarter", (date(2026, 6, 30), date(2026, 4, 1)))
        with pytest.raises(Refused, match="has no name"):
            freeze("  ", QUARTER)
        with pytest.raises(Refused, match="needs a period"):
            freeze("Quarter", None)
        with pytest.raises(Refused, match="No case fits"):
            freeze("Quarter", (date(2020, 1, 1), date(2020, 3, 31)))
        assert session.scalar(select(func.count()).select_from(Frame)) == 0


def test_more_strata_than_cases_could_be_shared_among_are_refused(office: Any) -> None:
    office.cases(*(f"C-{n},Closed,North,Asha,,05/05/2026,,type {n}," for n in range(201)))
    with pytest.raises(Refused, match="would make 201 strata"):
        office.plan_cases(ToShow("0.98", "0.95", 0), stratify_by="case_type")
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Frame)) == 0
