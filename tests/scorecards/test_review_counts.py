"""What the screens of results count, against counts by hand, and who may see which of it."""

from collections.abc import Iterable
from fractions import Fraction

import pandas as pd
import pytest
from scored_office import CARD, JULY, QUARTER, ScoredOffice
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session
from unguarded import unguarded

from sampling.records.people import Person, Role
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.actions import declare_involvement, save_answer, start_review
from scorecards.cards import publish_scorecard
from scorecards.drawn_samples import replace_sampled_case
from scorecards.periods import Grain, month_number, period_of
from scorecards.requirement_results import RequirementResults, cases_behind, requirement_results
from scorecards.requirements import Kind, ResponseValue
from scorecards.result_cells import cells
from scorecards.results import sample_result
from scorecards.review_counts import CaseGroup, answer_counts, cases_not_met, groups_seen, review_counts
from scorecards.standing import drawn_unevenly, parts_standing, sample_verdicts
from scorecards.submitting import submit_review
from scorecards.verdicts import Verdict

HEAD, QA, SECOND_QA, THEME = "Hedda Head", "Quinn Qua", "Robin Qua", "Thea Theme"
NORTH, SOUTH = "Nora North", "Sue South"
CLOSED, OPEN = CaseGroup.CLOSED, CaseGroup.OPEN
SPRING = tuple(month_number(day) for day in QUARTER)
EVER = (0, 99_999)


def by_requirement(office: ScoredOffice, *, by: Grain | None = None) -> RequirementResults:
    return office.ask(
        requirement_results,
        HEAD,
        CLOSED,
        counts=office.ask(review_counts, HEAD, CLOSED),
        scorecard="short-card",
        by=by,
        months=EVER,
        confidence=0.95,
    )


def counted(office: ScoredOffice, name: str, group: CaseGroup, by: str = "scorecard") -> pd.DataFrame:
    """Reviewed, with a result, met, and met had all been assessed, by a column."""
    counts = office.ask(review_counts, name, group)
    measure = "overall" if group is OPEN else "outcome"
    found = cells(counts, by, measure, confidence=0.95).set_index(by)
    return found[["reviewed", "n", "met", "met_if_assessed"]]


def by_team(office: ScoredOffice, sampled: Iterable[int]) -> dict[str, list[int]]:
    with office.reading() as session:
        teams: dict[str, list[int]] = {"North": [], "South": []}
        for number in sampled:
            team = session.get_one(SampledCase, number).frame_case.team
            assert team is not None
            teams[team.name].append(number)
        return teams


def test_closed_cases_by_hand(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([16])
    teams = by_team(office, office.to_do(QA, Route.CENTRAL))
    north, south = teams["North"], teams["South"]
    bad, missing, unclear, nothing = (
        office.score(QA, north[0], not_met=Kind.OUTCOME),
        office.score(QA, north[1], file_found=False),
        office.score(QA, north[2], not_met=Kind.OUTCOME, response=ResponseValue.CANNOT_ASSESS),
        office.score(QA, north[3], everything=ResponseValue.NOT_APPLICABLE),
    )
    office.score(QA, north[4])
    method = office.score(QA, south[0], not_met=Kind.METHOD)
    office.score(QA, south[1])
    with office.writing() as session:  # drawn, and then out of scope
        sampled = session.get_one(SampledCase, south[2])
        by = office.person(session, QA)
        replace_sampled_case(session, sampled, code="duplicate", reason="Twice in the extract.", by=by)

    found = counted(office, HEAD, CLOSED, by="team")
    assert found.loc["North"].tolist() == [5, 4, 1, 3]
    assert found.loc["South"].tolist() == [2, 2, 2, 2]
    months = office.ask(review_counts, HEAD, CLOSED)["month"]
    assert {period_of(int(month), Grain.QUARTER) for month in months} == {SPRING[0]}
    behind = office.ask(cases_not_met, HEAD, CLOSED, of="outcome")
    assert set(behind["review_id"]) == {bad, missing, unclear}
    assert office.ask(cases_not_met, HEAD, CLOSED, of="outcome", team="South").empty
    assert office.ask(cases_not_met, HEAD, CLOSED, of="outcome", months=(0, SPRING[0])).empty
    assert list(office.ask(cases_not_met, HEAD, CLOSED, of="method")["review_id"]) == [
        missing,
        method,
    ] or set(office.ask(cases_not_met, HEAD, CLOSED, of="method")["review_id"]) == {missing, method}

    results = by_requirement(office)
    together = results.together.set_index("requirement")
    columns = ["asked", "n", "met", "not_met", "cannot_assess", "not_found", "not_applicable"]
    assert together.loc["answered", columns].tolist() == [7, 6, 3, 1, 1, 1, 1]
    assert together.loc["told", columns].tolist() == [7, 6, 4, 1, 0, 1, 1]
    assert together.loc["answered", "met_if_assessed"] == 5
    assert [each.number for each in results.requirements] == [1, 2, 3]
    for _, cell in results.parts.iterrows():
        cases = office.ask(
            cases_behind,
            HEAD,
            CLOSED,
            scorecard="short-card",
            requirement=cell["requirement"],
            team=cell["team"],
        )
        assert len(cases) == cell["n"] - cell["met"]
    assert nothing not in set(behind["review_id"])

    # A whole sample has the verdict of its own screen, by the rule of its plan.
    (outcome,) = office.ask(sample_verdicts, HEAD, CLOSED, measure="outcome")
    assert outcome.result.judgement == office.ask(sample_result, HEAD, draw_id).measures[0].judgement
    office.void(draw_id)
    assert office.ask(review_counts, HEAD, CLOSED).empty
    assert office.ask(answer_counts, HEAD, CLOSED, scorecard="short-card", months=EVER).empty
    assert office.ask(cases_not_met, HEAD, CLOSED, of="outcome").empty
    assert office.ask(sample_verdicts, HEAD, CLOSED, measure="outcome") == []


def test_open_cases_and_themes_stand_apart(drawn: ScoredOffice) -> None:
    drawn.score(NORTH, drawn.to_do(NORTH, Route.OPEN)[0], not_met=Kind.METHOD)
    drawn.score(QA, drawn.to_do(QA, Route.CENTRAL)[0])
    drawn.draw_closed([36], route=Route.THEMATIC, name="Theme", period=None)
    with drawn.reading() as session:
        states = {
            number: session.get_one(SampledCase, number).frame_case.state
            for number in drawn.to_do(THEME, Route.THEMATIC)
        }
    of_theme = {
        state: next(number for number, each in states.items() if each == state) for state in states.values()
    }
    drawn.score(THEME, of_theme["open"])
    drawn.score(THEME, of_theme["closed"], not_met=Kind.OUTCOME)
    found = {group: counted(drawn, HEAD, group).iloc[0].tolist() for group in CaseGroup}
    assert found == {
        CLOSED: [1, 1, 1, 1],
        OPEN: [1, 1, 0, 0],
        CaseGroup.THEME_CLOSED: [1, 1, 0, 0],
        CaseGroup.THEME_OPEN: [1, 1, 1, 1],
    }
    july = month_number(JULY[0])
    assert set(drawn.ask(review_counts, HEAD, OPEN)["month"]) == {july}
    assert set(drawn.ask(review_counts, HEAD, CaseGroup.THEME_OPEN)["month"]) == {july}
    assert drawn.ask(groups_seen, THEME) == (CaseGroup.THEME_CLOSED, CaseGroup.THEME_OPEN)
    assert drawn.ask(groups_seen, NORTH) == (OPEN,)
    assert drawn.ask(review_counts, THEME, CLOSED).empty
    assert drawn.ask(review_counts, NORTH, CLOSED).empty
    assert drawn.ask(review_counts, SOUTH, OPEN).empty


def test_nothing_of_a_managers_review_before_its_second_score(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.set_standard("monthly_quota", "1")
    for team, manager in (("North", NORTH), ("South", SOUTH)):
        office.draw_open(team, manager)
        for sampled_id in office.to_do(manager, Route.OPEN):
            office.score(manager, sampled_id, not_met=Kind.OUTCOME)
    office.draw_second()

    def seen(name: str) -> tuple[int, int, int]:
        counts = office.ask(review_counts, name, OPEN)
        answers = office.ask(answer_counts, name, OPEN, scorecard="short-card", months=EVER)
        cases = office.ask(cases_behind, name, OPEN, scorecard="short-card", requirement="answered")
        return int(counts["reviewed"].sum()), int(answers["answers"].sum()), len(cases)

    assert [seen(name) for name in (HEAD, NORTH, QA, SECOND_QA)] == [
        (4, 4, 4),
        (2, 2, 2),
        (0, 0, 0),
        (0, 0, 0),
    ]
    office.give_role("Otto Owner", Role.QA_REVIEWER)
    office.give_role("Otto Owner", Role.LINE_MANAGER, "North")
    first, *others = office.to_do(QA, Route.SECOND)
    office.score(QA, first)
    assert [seen(name) for name in (HEAD, NORTH, QA, SECOND_QA)] == [
        (4, 4, 4),
        (2, 2, 2),
        (1, 1, 1),
        (1, 1, 1),
    ]
    # Somebody who manages the team as well waits for the last score.
    of_north = len(by_team(office, [first])["North"])
    assert seen("Otto Owner") == (1 - of_north,) * 3
    for sampled_id in others:
        office.score(QA, sampled_id)
    assert seen(QA) == seen("Otto Owner") == (4, 4, 4)


def test_a_trend_begins_where_the_meaning_changed(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.draw_closed([8])
    before, *later = office.to_do(QA, Route.CENTRAL)
    office.score(QA, before, not_met=Kind.OUTCOME)
    second = CARD.replace("version = 1", "version = 2").replace(
        'text = "Every point was answered."', 'text = "Every question was answered."\nchange = "meaning"'
    )
    second = second.replace(
        'text = "The person was told what happens next."',
        'text = "The person was told all."\nchange = "wording"',
    )
    gone, kept = (second.index(f'[[requirement]]\nkey = "{key}"') for key in ("remedy", "told"))
    second = second[:gone] + second[kept:]
    with office.writing() as session:
        publish_scorecard(session, second, by=office.person(session, "Ada Min"))
        by = office.person(session, QA)
        case = session.get_one(SampledCase, later[0])
        _score_on_the_new_version(session, case, by)
    found = by_requirement(office, by=Grain.MONTH)
    assert [(each.requirement.key, each.number, each.since) for each in found.requirements] == [
        ("answered", 1, 2),
        ("told", 2, 1),
        ("remedy", None, 1),
    ]
    assert found.together.set_index("requirement")["asked"].to_dict() == {
        "answered": 1,
        "remedy": 1,
        "told": 2,
    }
    behind = [
        office.ask(cases_behind, HEAD, CLOSED, scorecard="short-card", requirement=key)
        for key in ("answered", "told")
    ]
    assert [len(cases) for cases in behind] == [0, 0]  # the failure is of another question
    with pytest.raises(Refused, match="was ever published"):
        office.ask(cases_behind, HEAD, CLOSED, scorecard="no-card", requirement="answered")


def _score_on_the_new_version(session: Session, sampled: SampledCase, by: Person) -> None:
    declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
    review = start_review(session, sampled, by=by)
    for key in ("answered", "told"):
        save_answer(
            session,
            review,
            requirement_key=key,
            response=ResponseValue.MET,
            evidence="",
            put_right=False,
            by=by,
        )
    session.expire(review, ["answers"])
    submit_review(session, review, by=by)


def test_no_verdict_on_a_team_whose_cases_were_drawn_at_different_rates(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    office.draw_closed([16, 4])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)

    def standing() -> pd.DataFrame:
        with office.reading() as session:
            counts = review_counts(session, CLOSED, office.person(session, HEAD))
            return parts_standing(
                session,
                counts,
                CLOSED,
                by="team",
                measure="outcome",
                standard=Fraction(1, 2),
                confidence=0.95,
            )

    assert [judgement.verdict for judgement in standing()["judgement"]] == [Verdict.MET, Verdict.NOT_SHOWN]
    with office.reading() as session:  # which the screens say, of teams together
        counts = review_counts(session, CLOSED, office.person(session, HEAD))
        assert drawn_unevenly(session, counts, CLOSED)
        assert not drawn_unevenly(session, counts[counts["team"] == "North"], CLOSED)
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(FrameCase).values(team_id=None))
    together = standing()
    assert together["judgement"].tolist() == [None]
    assert together["team"].tolist() == ["No team"]


def test_a_second_stage_is_not_counted_nor_what_replaced_a_case_of_it(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.draw_closed([10])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id, not_met=Kind.OUTCOME)
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(SampledCase).where(SampledCase.position == 8).values(cause="extension"))
        session.execute(update(SampledCase).where(SampledCase.position == 9).values(cause="replacement"))
    assert counted(office, HEAD, CLOSED)["reviewed"].tolist() == [7]
    assert len(office.ask(cases_not_met, HEAD, CLOSED, of="outcome")) == 7
