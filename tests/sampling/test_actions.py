"""Plans and draws: registered once, seeded once, drawn once, whatever comes between."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update
from unguarded import unguarded

from sampling import drawing
from sampling.actions import register_sized_plan, take_back_import
from sampling.draw import draw, seed_from, sha256_hex, ticket
from sampling.drawing import draw_sample, seed_plan
from sampling.queries import (
    drawn_cases,
    frames_touched,
    may_draw,
    samples,
    strata_of_sample,
    this_months_sample,
)
from sampling.records.audit_trail import AuditEntry
from sampling.records.cases import Import
from sampling.refused import Refused
from sampling.samples import EVERY_CASE, ToShow
from sampling.sizes import size_to_show_stratified
from sampling.tables import Draw, FrameCase, Plan, Purpose, RegisterEntry, Route, SampledCase


def sizes(plan: Plan) -> dict[str, int]:
    return dict(plan.sizes)


def test_one_stratum_is_sized_exactly(office: Any) -> None:
    office.closed(300)
    for allowed, size in ((0, 104), (1, 156), (2, 197)):
        plan_id = office.plan_cases(ToShow("0.98", "0.95", allowed), name=str(allowed))
        assert office.frame_of(plan_id, sizes) == {"S01": size}
        assert office.frame_of(plan_id, lambda plan: plan.purpose) == Purpose.SHOW


def test_several_strata_are_sized_by_the_bound_that_judges_them(office: Any) -> None:
    office.closed(200)
    office.closed(100, team="South", start=1000)
    plan_id = office.plan_cases(ToShow("0.98", "0.95", 1), stratify_by="team")
    exact = size_to_show_stratified("0.98", {"S01": 200, "S02": 100}, assurance=0.95, allowed_failures=1)
    assert office.frame_of(plan_id, sizes) == exact.sizes
    assert office.frame_of(plan_id, lambda plan: json.loads(plan.plan_text)["method"]) == (
        "Hoeffding-binomial limit"
    )


def test_a_number_is_shared_out_and_every_case_is_a_census(office: Any) -> None:
    office.closed(20)
    office.closed(10, team="South", start=1000)
    chosen = office.plan_cases(12, name="Twelve", stratify_by="team")
    every = office.plan_cases(EVERY_CASE, name="All", stratify_by="team")
    assert office.frame_of(chosen, sizes) == {"S01": 8, "S02": 4}
    assert office.frame_of(every, sizes) == {"S01": 20, "S02": 10}
    assert office.frame_of(every, lambda plan: plan.purpose) == Purpose.CENSUS


def test_sizes_that_cannot_be_are_refused_and_nothing_is_frozen(office: Any) -> None:
    office.closed(20)
    with pytest.raises(Refused, match="A sample of 21 cannot be drawn from 20 cases"):
        office.plan_cases(21)
    with pytest.raises(Refused, match="draws no case at all"):
        office.plan_cases(0)
    with pytest.raises(Refused, match="already breach"):
        office.plan_cases(ToShow("0.98", "0.95", 1))
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(FrameCase)) == 0


def test_a_sample_with_the_name_of_another_is_refused(office: Any) -> None:
    office.closed(20)
    office.plan_cases(5, name="Second quarter")
    with pytest.raises(Refused, match="already a sample called “Second quarter”"):
        office.plan_cases(5, name=" second QUARTER ")


def test_reviews_cannot_be_due_before_today(office: Any) -> None:
    office.closed(20)
    office.later(days=365)
    with pytest.raises(Refused, match="due before today"):
        office.plan_cases(5)


def test_a_frame_has_one_plan(office: Any) -> None:
    office.closed(20)
    plan_id = office.plan_cases(5)
    with office.writing() as session:
        frame, by = session.get_one(Plan, plan_id).frame, office.person(session, "Quinn Qua")
        with pytest.raises(Refused, match="has its plan already"):
            register_sized_plan(session, frame, sizes={"S01": 6}, due_on=date(2026, 8, 3), by=by)


def test_the_sample_is_what_the_recipe_gives(office: Any) -> None:
    office.closed(30)
    office.closed(20, team="South", start=1000)
    draw_id = office.draw(office.plan_cases(10, stratify_by="team"), "Quinn Qua")
    with office.reading() as session:
        made = session.get_one(Draw, draw_id)
        plan = made.plan
        found = drawn_cases(session, draw_id, office.person(session, "Quinn Qua"))
    assert plan.plan_sha256 == sha256_hex(plan.plan_text.encode())
    assert made.seed == seed_from(plan.plan_sha256, made.public_value)
    assert len(made.public_value) == 64
    frame = {"S01": [f"C-{n:04d}" for n in range(30)], "S02": [f"C-{n:04d}" for n in range(1000, 1020)]}
    wanted = draw(frame, {"S01": 6, "S02": 4}, seed=made.seed)
    assert list(found["reference"]) == wanted["S01"] + wanted["S02"]
    assert list(found["ticket"]) == [ticket(made.seed, reference) for reference in found["reference"]]
    assert list(found["position"]) == [*range(1, 7), *range(1, 5)]


def test_a_plan_is_drawn_once(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(10)
    draw_id = office.draw(plan_id, "Quinn Qua")
    assert office.draw(plan_id, "Hedda Head") == draw_id  # a second click finds it done
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(SampledCase)) == 10
    with (
        office.writing() as session,
        pytest.raises(Refused, match=r"drawn on 6 July 2026\. One plan has one"),
    ):
        draw_sample(session, session.get_one(Draw, draw_id), by=office.person(session, "Quinn Qua"))


def test_a_crash_between_seed_and_draw_goes_on_with_the_same_seed(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.closed(30)
    plan_id = office.plan_cases(10)

    def crash(*_arguments: object, **_named: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(drawing, "draw_sample", crash)
        with pytest.raises(KeyboardInterrupt):
            office.draw(plan_id, "Quinn Qua")
    with office.reading() as session:
        (waiting,) = samples(session, office.person(session, "Quinn Qua"))
        seed = session.scalars(select(Draw.seed)).one()
    assert waiting.drawn_at is None
    assert (waiting.series.number, waiting.series.made) == (1, 1)  # its sample can be worked out
    draw_id = office.draw(plan_id, "Quinn Qua")
    with office.reading() as session:
        made = session.get_one(Draw, draw_id)
        assert made.seed == seed
        assert made.drawn_at is not None


def test_a_plan_keeps_its_first_seed(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(10)
    seeds = []
    for _ in range(2):
        with office.writing() as session:
            plan, by = session.get_one(Plan, plan_id), office.person(session, "Quinn Qua")
            seeds.append(seed_plan(session, plan, by=by).seed)
    assert seeds[0] == seeds[1]


def test_a_frame_that_was_tampered_with_is_not_drawn_from(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(10)
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(FrameCase).where(FrameCase.reference == "C-0003").values(reference="C-9999"))
    with pytest.raises(Refused, match="no longer what was frozen"):
        office.draw(plan_id, "Quinn Qua")
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(SampledCase)) == 0


def test_who_may_draw(office: Any) -> None:
    office.cases("A-1,Open,North,Asha,,,,,")
    office.closed(5)
    of_team = office.plan_open("North", "Nora North")
    central = office.plan_cases(3)
    theme = office.plan_cases(3, name="Theme", route=Route.THEMATIC, period=None, by="Thea Theme")
    may = {
        of_team: {"Nora North"},
        central: {"Quinn Qua", "Hedda Head"},
        theme: {"Quinn Qua", "Hedda Head", "Thea Theme"},
    }
    names = ["Nora North", "Sue South", "Quinn Qua", "Thea Theme", "Hedda Head", "Ada Min"]
    for plan_id, allowed in may.items():
        with office.reading() as session:
            frame_id = session.get_one(Plan, plan_id).frame_id
            able = {name for name in names if may_draw(session, frame_id, office.person(session, name))}
        assert able == allowed
        for name in set(names) - allowed:
            with pytest.raises(Refused, match=name):
                office.draw(plan_id, name)


def test_an_import_is_not_taken_back_once_a_frame_was_frozen(office: Any) -> None:
    first = office.cases(*(f"C-{n},Closed,North,Asha,,05/05/2026,,," for n in range(5)))
    office.later(days=1)
    second = office.cases("C-9,Closed,North,Asha,,05/05/2026,,,")
    with office.writing() as session:
        by = office.person(session, "Ada Min")
        take_back_import(session, session.get_one(Import, second), by=by)
    office.plan_cases(3)
    with office.writing() as session:
        import_, by = session.get_one(Import, first), office.person(session, "Ada Min")
        with pytest.raises(Refused, match="the sample “Quarter” was drawn from it"):
            take_back_import(session, import_, by=by)


def test_a_correcting_import_lists_the_frames_it_touches(office: Any) -> None:
    office.closed(5)
    office.plan_cases(3)
    office.later(days=1)
    changed = office.cases("C-0001,Closed,South,Sid,,06/05/2026,,,East")
    with office.reading() as session:
        assert frames_touched(session, changed) == ["Quarter"]


def test_draws_of_one_period_are_counted(office: Any) -> None:
    office.closed(30)
    office.draw(office.plan_cases(5, name="First"), "Quinn Qua")
    office.later(days=1)
    office.draw(office.plan_cases(5, name="Again", filters={"attribute:Region": ["East"]}), "Quinn Qua")
    themes = {"route": Route.THEMATIC, "period": None, "by": "Thea Theme"}
    office.draw(office.plan_cases(5, name="Theme", **themes), "Thea Theme")
    east = {"attribute:Region": ["East"]}
    office.draw(office.plan_cases(5, name="Another theme", filters=east, **themes), "Thea Theme")
    office.plan_cases(5, name="Not drawn")
    with office.reading() as session:
        found = samples(session, office.person(session, "Hedda Head"))
    assert {row.name: (row.series.number, row.series.made) for row in found} == {
        "First": (1, 2),
        "Again": (2, 2),
        "Theme": (1, 2),
        "Another theme": (2, 2),  # a filter that leaves out nobody
        "Not drawn": (0, 0),
    }


def test_who_sees_which_samples_and_whose_names(office: Any) -> None:
    office.cases("A-1,Open,North,Asha,,,,,", "U-1,Open,North,,,,,,")
    office.closed(5)
    of_team = office.draw(office.plan_open("North", "Nora North"), "Nora North")
    office.draw(office.plan_cases(3), "Quinn Qua")

    def labels(session: Any, name: str) -> list[str]:
        person = office.person(session, name)
        by_case = set(drawn_cases(session, of_team, person)["stratum"])
        by_stratum = list(strata_of_sample(session, of_team, person)["stratum"])
        assert by_case == set(by_stratum)
        return by_stratum

    with office.reading() as session:
        seen = {
            name: [row.name for row in samples(session, office.person(session, name))]
            for name in ("Nora North", "Sue South", "Quinn Qua", "Thea Theme", "Hedda Head")
        }
        assert labels(session, "Nora North") == ["Asha", "No caseworker yet"]
        assert labels(session, "Hedda Head") == ["Caseworker S01", "No caseworker yet"]
        for name in ("Sue South", "Quinn Qua"):
            with pytest.raises(Refused, match="not for you to see"):
                labels(session, name)
    of_north = "North, open cases, July 2026"
    assert seen == {
        "Nora North": [of_north],
        "Sue South": [],
        "Quinn Qua": ["Quarter"],
        "Thea Theme": [],
        "Hedda Head": ["Quarter", of_north],
    }


def test_this_months_sample_is_found_until_the_month_ends(office: Any) -> None:
    office.cases("A-1,Open,North,Asha,,,,,")

    def found(team: str) -> str | None:
        with office.reading() as session:
            person = office.person(session, "Nora North")
            row = this_months_sample(session, person, office.team(session, team).id)
            return row.name if row else None

    assert found("North") is None
    office.plan_open("North", "Nora North")
    assert found("North") == "North, open cases, July 2026"
    assert found("South") is None
    office.later(days=31)
    assert found("North") is None


def test_a_draw_is_in_the_audit_trail_step_by_step(office: Any) -> None:
    office.closed(5)
    office.draw(office.plan_cases(3), "Quinn Qua")
    with office.reading() as session:
        steps = session.execute(select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.id)).all()
        public_value = session.scalars(select(Draw.public_value)).one()
        seeded = session.get_one(RegisterEntry, dict(steps[-2][1])["line"])
    assert [action for action, _ in steps][-4:] == [
        "freeze_frame",
        "register_plan",
        "seed_plan",
        "draw_sample",
    ]
    assert seeded.event == "seeded"
    assert json.loads(seeded.details) == {"source": "operating system", "public_value": public_value}
