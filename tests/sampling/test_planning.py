"""What is said of a plan before it is made: sizes, and what the rule would do."""

from datetime import date, timedelta
from itertools import combinations
from math import comb
from typing import Any

import pytest

from sampling.drawing import record_roll
from sampling.intervals import fewest_failing, lower_limit, stratified_limits
from sampling.plan_effects import (
    Rule,
    chance_of_passing,
    expected_by_team,
    expected_result,
    good_office,
    intake,
    likely_to_pass_up_to,
    passing_curves,
    team_shares,
)
from sampling.planning import (
    bound_of,
    in_two_stages,
    last_full_month,
    last_full_quarter,
    options_to_show,
    plans_to_nest_in,
    preview_case_sample,
)
from sampling.randomness import from_beacon, from_dice
from sampling.refused import Refused
from sampling.register import add_line
from sampling.register_chain import Event
from sampling.registering import Terms, plan_contents
from sampling.samples import Size, ToShow, plan_case_sample
from sampling.sizes import breach, chance_of_met, size_for_margin, size_to_show, stop_or_go
from sampling.stratified import EXACT, HOEFFDING_BINOMIAL, METHODS, WORST_CASE
from sampling.tables import Plan, Route


def test_the_sizes_of_one_stratum_are_the_published_ones() -> None:
    options = options_to_show({"S01": 300}, standard="0.98", assurance="0.95")
    assert [option.size for option in options][:3] == [104, 156, 197]


@pytest.mark.parametrize("population", [60, 300, 812])
def test_the_standard_is_missed_from_the_first_count_that_shows_it(population: int) -> None:
    for option in options_to_show({"S01": population}, standard="0.98", assurance="0.95"):
        if option.size is None or option.missed_from is None:
            continue
        first = breach("0.98", population)
        shown = [
            failing
            for failing in range(option.size + 1)
            if fewest_failing(failing, option.size, population, assurance=0.95) >= first
        ]
        assert option.missed_from == max(shown[0], option.allowed_failures + 1)
        assert option.only_just_missing == first


def test_a_good_office_uses_three_tenths_of_what_is_allowed() -> None:
    option = options_to_show({"S01": 1000}, standard="0.98", assurance="0.95")[0]
    assert option.good_failing == 6
    assert option.good_passes is not None
    assert 0 < option.good_passes < 1
    assert option.bad_passes is not None
    assert option.bad_passes <= 0.05


def test_several_strata_are_missed_from_failures_spread_like_the_sample() -> None:
    populations = {"S01": 400, "S02": 300, "S03": 200, "S04": 100}
    options = options_to_show(populations, standard="0.98", assurance="0.95")
    assert [options[0].size, options[2].size] == [136, 276]
    assert options[0].good_passes is None
    sizes = options[0].sizes
    assert sizes is not None
    assert options[0].missed_from is not None
    everything_fails = [(cases, sizes[code], 0) for code, cases in populations.items()]
    assert stratified_limits(everything_fails, assurance=0.95).fewest_failing >= breach("0.98", 1000)


def test_what_cannot_be_shown_says_why() -> None:
    options = options_to_show({"S01": 30}, standard="0.98", assurance="0.95")
    assert options[0].size == 29
    assert "already breach a standard" in options[1].refusal
    with pytest.raises(Refused, match="A standard is a share"):
        options_to_show({"S01": 30}, standard="98%", assurance="0.95")


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 11, 21), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_the_last_full_quarter(day: date, first: date, last: date) -> None:
    assert last_full_quarter(day) == (first, last)


def test_the_last_full_month() -> None:
    assert last_full_month(date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert last_full_month(date(2026, 1, 1)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_an_office_at_99_4_per_cent_passes_44_per_cent_of_the_time() -> None:
    # 119 cases, none failing, are the audit tables' size for 98% of 500.
    assert good_office("0.98", 500) == 3
    assert chance_of_passing(500, [3], Rule(119, 0))[0] == pytest.approx(0.44, abs=0.005)


def test_the_curve_of_a_rule_is_the_chance_of_met() -> None:
    curves = passing_curves(300, "0.98", {"none": Rule(104, 0), "one": Rule(156, 1)})
    assert list(curves["rule"].unique()) == ["none", "one"]
    one = curves[curves["rule"] == "one"]
    assert list(one["failing"]) == list(range(15))  # twice the seven that breach the standard
    assert list(one["chance"]) == [
        chance_of_met(300, failing, sample_size=156, allowed_failures=1) for failing in range(15)
    ]
    assert list(one["share"])[:2] == [1.0, 299 / 300]


@pytest.mark.parametrize("population", [1, 5, 100_000])
def test_a_curve_is_short_however_many_cases_there_are(population: int) -> None:
    curves = passing_curves(population, "0.98", {"none": Rule(1, 0)})
    assert len(curves) <= 80
    assert curves["failing"].max() <= population
    assert curves["chance"].between(0, 1).all()


def test_two_stages_pass_as_often_as_counting_every_sample_says() -> None:
    population, first, second = 8, 3, 3
    for failing in range(population + 1):
        passed = total = 0
        for one in combinations(range(population), first):
            rest = [case for case in range(population) if case not in one]
            for two in combinations(rest, second):
                total += 1
                bad = sum(case < failing for case in one)
                passed += bad == 0 or (bad == 1 and not any(case < failing for case in two))
        assert total == comb(8, 3) * comb(5, 3)
        chance = chance_of_passing(population, [failing], Rule(first, 0, second))[0]
        assert chance == pytest.approx(passed / total)


def test_two_stages_keep_the_assurance() -> None:
    found = in_two_stages(812, standard="0.98", assurance="0.95")
    assert found == stop_or_go("0.98", 812)
    assert found is not None
    at_breach = chance_of_passing(812, [17], Rule(found.first_stage, 0, found.second_stage))[0]
    assert at_breach == pytest.approx(found.chance_of_false_pass)
    assert in_two_stages(30, standard="0.98", assurance="0.95") is None  # one failing case breaches it


def test_up_to_where_an_office_passes_more_often_than_not() -> None:
    most = likely_to_pass_up_to(812, Rule(130, 0))
    assert most is not None
    assert (
        chance_of_passing(812, [most], Rule(130, 0))[0]
        > 0.5
        >= (chance_of_passing(812, [most + 1], Rule(130, 0))[0])
    )
    assert likely_to_pass_up_to(10, Rule(10, 0)) == 0


def test_failing_cases_that_sit_anywhere_make_strata_a_simple_sample() -> None:
    # Every way to place two failing cases among six, of which one of two and two of four are drawn.
    drawn, ways = {0, 2, 3}, list(combinations(range(6), 2))
    none_seen = sum(not drawn & set(way) for way in ways)
    assert chance_of_passing(6, [2], Rule(3, 0))[0] == pytest.approx(none_seen / len(ways))


def test_what_a_teams_share_says_of_the_team() -> None:
    teams = {f"Team {cases}": cases for cases in range(1, 201)}
    drawn = {team: cases // 3 for team, cases in teams.items()}
    for share in team_shares(teams, drawn, standard="0.98"):
        assert share.shows == lower_limit(share.drawn, share.drawn, share.cases)
        assert share.needed == size_to_show("0.98", share.cases).sample_size
        assert share.is_enough == (share.shows >= 0.98)
    assert team_shares({}, {}, standard="0.98") == ()


def test_the_share_of_a_team_that_is_expected() -> None:
    assert expected_by_team({"East": 400, "North": 300, "South": 200, "West": 100}, 37) == {
        "East": 15,
        "North": 11,
        "South": 7,
        "West": 4,
    }


def test_the_result_that_a_margin_expects() -> None:
    found = size_for_margin("0.98", "0.05", 400)
    result = expected_result(found)
    assert (result.met, result.reviewed) == (48, 49)
    assert (result.high - result.low) / 2 == pytest.approx(found.half_width)
    assert found.half_width <= 0.05


def test_an_intake_is_as_large_as_chance_has_it() -> None:
    found = intake(812, "0.1")
    assert (found.expected, found.low, found.high) == (pytest.approx(81.2), 65, 98)
    assert intake(5, "1").low == 5
    with pytest.raises(Refused, match="A sampling rate is a share above 0"):
        intake(812, "0")


def test_the_bound_depends_on_the_purpose_and_on_the_rates() -> None:
    populations = {"S01": 4000, "S02": 3000, "S03": 20, "S04": 10}
    sizes = {"S01": 10, "S02": 10, "S03": 10, "S04": 5}
    assert bound_of({"S01": 100}, {"S01": 10}, to_show=True) == EXACT
    assert bound_of(populations, sizes, to_show=True) == HOEFFDING_BINOMIAL
    assert bound_of(populations, sizes, to_show=False) == WORST_CASE


@pytest.mark.parametrize("size", [ToShow("0.9", "0.95", 0), 12, 40])
def test_the_bound_foreseen_is_the_one_that_is_registered(office: Any, size: Size) -> None:
    office.closed(40)
    office.closed(20, team="South", start=40)
    plan_id = office.plan_cases(size, stratify_by="team")
    contents = office.frame_of(plan_id, plan_contents)
    assert isinstance(contents, dict)
    bound = bound_of({"S01": 40, "S02": 20}, contents["sizes"], to_show=isinstance(size, ToShow))
    assert contents["method"] == METHODS[bound]


@pytest.mark.parametrize("stratify_by", [None, "team", "case_type", "attribute:Region"])
def test_a_preview_counts_the_teams(office: Any, stratify_by: str | None) -> None:
    office.closed(30)
    office.closed(12, team="South", start=30)
    office.cases("N-1,Closed,,,,05/05/2026,,,West", "N-2,Closed,North,North 1,,05/01/2026,,,West")
    with office.reading() as session:
        preview = preview_case_sample(
            session,
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=stratify_by,
            by=office.person(session, "Quinn Qua"),
        )
    assert (preview.population, sum(preview.strata.values())) == (43, 43)
    assert preview.teams == {"North": 30, "South": 12, "No team": 1}
    if stratify_by == "team":
        assert {preview.labels[code]: cases for code, cases in preview.strata.items()} == preview.teams


def test_a_preview_of_nothing(office: Any) -> None:
    with office.reading() as session:
        preview = preview_case_sample(
            session,
            route=Route.THEMATIC,
            period=None,
            filters={},
            stratify_by=None,
            by=office.person(session, "Thea Theme"),
        )
    assert (preview.population, preview.strata, preview.teams) == (0, {}, {})


def test_a_plan_nests_only_where_nobody_can_know_the_seed(office: Any) -> None:
    office.closed(40)
    soon = office.now + timedelta(hours=1)
    kinds = {
        "Dice": from_dice(),
        "Rolled": from_dice(),
        "Beacon": from_beacon("drand default", soon, registered_at=office.now),
        "Voided": from_dice(),
    }
    plans = {name: register(office, name, Terms(randomness=source)) for name, source in kinds.items()}
    register(office, "Child", Terms(parent_id=plans["Dice"]))
    office.draw(register(office, "Drawn", Terms()), "Quinn Qua")
    with office.writing() as session:
        quinn, ada = office.person(session, "Quinn Qua"), office.person(session, "Ada Min")
        record_roll(
            session, session.get_one(Plan, plans["Rolled"]), "1" * 20, second=ada, minute="Room 1.", by=quinn
        )
        add_line(session, session.get_one(Plan, plans["Voided"]), Event.VOIDED, by=ada, details={})
        session.get_one(Plan, plans["Voided"]).voided_at = office.now

    def offered(name: str) -> set[str]:
        with office.reading() as session:
            return {row.name for row in plans_to_nest_in(session, office.person(session, name))}

    assert offered("Quinn Qua") == offered("Hedda Head") == {"Dice", "Beacon"}
    assert offered("Nora North") == set()
    office.later(1)  # the round is out
    assert offered("Quinn Qua") == {"Dice"}


def register(office: Any, name: str, terms: Terms) -> int:
    with office.writing() as session:
        plan = plan_case_sample(
            session,
            name,
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=None,
            size=5,
            due_on=date(2027, 1, 4),
            terms=terms,
            by=office.person(session, "Quinn Qua"),
        )
        return plan.id
