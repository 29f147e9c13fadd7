"""The words for a plan before it is registered."""

from datetime import UTC, datetime

import pytest

from qa_app.planning_words import (
    bound_in_words,
    consequences_of_stages,
    convention,
    cost_in_words,
    intake_in_words,
    margin_in_words,
    of_the_time,
    reading,
    round_in_words,
    share_of_percent,
    share_typed,
    shares_for_people,
    teams_in_words,
)
from qa_app.sample_words import Judged, points_in_words
from sampling.plan_effects import Rule, intake, team_shares
from sampling.randomness import from_beacon
from sampling.sizes import size_for_margin
from sampling.stratified import EXACT, METHODS

JUDGED = Judged(812, "0.98", "0.95")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("98%", "0.98"), (" 97.5 % ", "0.975"), ("0.98", "0.98"), ("100%", "1"), ("most%", "most%"), ("", "")],
)
def test_a_share_is_kept_as_plans_write_it(typed: str, kept: str) -> None:
    assert share_typed(typed) == kept


@pytest.mark.parametrize(("number", "share"), [(5.0, "0.05"), (2.5, "0.025"), (100.0, "1"), (10, "0.1")])
def test_a_number_of_per_cent_is_a_share(number: float, share: str) -> None:
    assert share_of_percent(number) == share


def test_points() -> None:
    assert [points_in_words(margin) for margin in ("0.05", "0.01", "0.025")] == [
        "5 points",
        "1 point",
        "2.5 points",
    ]


def test_the_convention_stands_beside_a_size() -> None:
    assert convention(JUDGED) == (
        "The standard of 98% is missed when 17 or more of all 812 cases fail; with 16 it is still met."
    )
    assert convention(Judged(30, "0.98", "0.95")).endswith(
        "when 1 or more of all 30 cases fail; with none it is still met."
    )
    assert "4 or more of all 30 reviews differ" in convention(
        Judged(30, "0.9", "0.95", "review", "agree", "differ")
    )


def test_a_curve_is_read_at_the_points_that_matter() -> None:
    assert reading(Rule(130, 0), JUDGED) == (
        "An office at 99.4% passes 42% of the time. One that only just meets the standard, at 98.0%, passes "
        "6% of the time; one that only just misses it, at 97.9%, 5% of the time. An office at 99.6% or above "
        "passes more often than not."
    )


def test_where_one_failing_case_breaches_the_standard_the_curve_is_short() -> None:
    said = reading(Rule(29, 0), Judged(30, "0.98", "0.95"))
    assert said.startswith("An office that only just misses the standard, at 96.7%, passes 3% of the time.")
    assert said.endswith("Only an office without a single failure passes more often than not.")


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0.444, "44% of the time"),
        (0.0001, "less than 1% of the time"),
        (0.9999, "more than 99% of the time"),
        (0, "never"),
        (1, "every time"),
    ],
)
def test_a_chance_is_never_rounded_to_never_or_always(chance: float, said: str) -> None:
    assert of_the_time(chance) == said


def test_two_stages_say_so_before_anything_is_drawn() -> None:
    lines = consequences_of_stages(134, 134, JUDGED)
    assert lines[1] == (
        "**Second stage** if exactly one fails: the next 134 of the same draw are reviewed too. "
        "**Met** if none of those fails."
    )


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ({"North": 10, "South": 10}, "No team's share can show 98% of that team on its own"),
        ({"North": 100, "South": 10}, "1 of 2 teams have a share that can show 98%"),
        ({"North": 100, "South": 50}, "Every team's share is large enough"),
        ({"North": 10}, "Of 1 team it says nothing at all."),
    ],
)
def test_what_shares_say_of_teams(drawn: dict[str, int], said: str) -> None:
    shares = team_shares({"North": 100, "South": 50}, drawn, standard="0.98")
    assert said in teams_in_words(shares, JUDGED)


def test_the_table_of_shares_says_what_cannot_be_shown() -> None:
    shares = team_shares({"North": 100, "South": 50}, {"North": 63}, standard="0.98")
    frame = shares_for_people(shares, JUDGED, exact=True)
    assert list(frame.iloc[0]) == ["North", "100", "63", "98.0%", "This is enough"]
    assert list(frame.iloc[1])[2:4] == ["0", "Nothing"]
    assert "To review, about" in shares_for_people(shares, JUDGED, exact=False)


def test_the_cost_is_hours_and_days() -> None:
    assert cost_in_words(130, 45) == (
        "130 reviews of 45 minutes: **97.5 hours**, 13.9 working days of 7 hours."
    )
    assert cost_in_words(1, 60).startswith("1 review of 60 minutes: **1 hour**")
    assert cost_in_words(134, 45, more=134).endswith("With the second stage 201 hours.")


def test_a_margin_is_read_as_an_interval() -> None:
    said = margin_in_words(size_for_margin("0.98", "0.05", 400))
    assert said.startswith("If 48 of 49 meet, as you expect, the likely range is")
    assert "half of its width is at most 5 points" in said


def test_an_intake_and_its_chance() -> None:
    assert intake_in_words(intake(812, "0.1"), 812).startswith(
        "Chance decides how many: about 81 of 812 cases, and nearly always (95% of the time) 65 to 98."
    )


def test_every_bound_is_explained_and_fixed() -> None:
    for bound in (*METHODS, EXACT):
        assert bound_in_words(bound).endswith("Registering the plan fixes this, before any result is known.")
    for bound, name in METHODS.items():
        assert f"judged together by the {name}:" in bound_in_words(bound)


def test_the_round_of_a_beacon() -> None:
    noon = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)
    said = round_in_words(from_beacon("drand default", noon, registered_at=datetime(2026, 7, 1, tzinfo=UTC)))
    assert "of drand default, which comes out on 6 July 2026 at 13:00." in said
