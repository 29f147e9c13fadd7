"""Sharing a drawn sample out, and what it does to the lists of reviewers."""

from datetime import date, timedelta
from itertools import count

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import select

from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry, record
from sampling.records.office import disable_person
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.actions import declare_involvement, save_answer, start_review
from scorecards.allocating import Sharing, allocate_cases, reassign_case
from scorecards.allocation_queries import allocated_sample, colleagues_for, own_cases, samples_to_allocate
from scorecards.queries import case_to_declare, review_sheet
from scorecards.requirements import ResponseValue
from scorecards.submitting import submit_review
from scorecards.tables import Allocation, Review
from scorecards.work_list import WorkItem, work_of

NORA, SUE, QUINN, ROBIN, HEAD = "Nora North", "Sue South", "Quinn Qua", "Robin Qua", "Hedda Head"
ADA, THEA = "Ada Min", "Thea Theme"


def draw_of(office: ScoredOffice, route: Route) -> int:
    with office.reading() as session:
        query = select(Draw.id).join(Plan).join(Frame, Frame.id == Plan.frame_id).where(Frame.route == route)
        return session.scalars(query.order_by(Draw.id)).first() or 0


def allocate(
    office: ScoredOffice,
    draw_id: int,
    capacities: dict[str, int | None],
    *,
    by: str = QUINN,
    again: bool = False,
    due_on: date | None = None,
) -> Sharing:
    with office.writing() as session:
        return allocate_cases(
            session,
            session.get_one(Draw, draw_id),
            capacities={office.person(session, name).id: most for name, most in capacities.items()},
            again=again,
            due_on=due_on,
            by=office.person(session, by),
        )


def reassign(office: ScoredOffice, sampled_id: int, to: str, *, by: str = QUINN) -> None:
    with office.writing() as session:
        sampled = session.get_one(SampledCase, sampled_id)
        reassign_case(session, sampled, to=office.person(session, to), by=office.person(session, by))


def declare(office: ScoredOffice, name: str, sampled_id: int, *, is_involved: bool) -> None:
    with office.writing() as session:
        case = session.get_one(SampledCase, sampled_id).frame_case.case
        by = office.person(session, name)
        declare_involvement(session, case, is_involved=is_involved, note="I know of it.", by=by)


def listed(office: ScoredOffice, name: str, route: Route = Route.CENTRAL) -> list[WorkItem]:
    return [item for item in office.ask(work_of, name) if item.route == route]


def numbers(items: list[WorkItem]) -> list[int]:
    return [item.sampled_case_id for item in items]


def test_shared_out_evenly_each_case_is_on_one_list_in_the_order_of_tickets(drawn: ScoredOffice) -> None:
    every = drawn.to_do(QUINN, Route.CENTRAL)
    assert drawn.to_do(ROBIN, Route.CENTRAL) == every
    draw_id = draw_of(drawn, Route.CENTRAL)
    day = date(2026, 7, 20)
    sharing = allocate(drawn, draw_id, {QUINN: None, ROBIN: None}, due_on=day)
    assert sharing.left == ()
    quinns, robins = listed(drawn, QUINN), listed(drawn, ROBIN)
    assert (numbers(quinns), numbers(robins)) == (every[::2], every[1::2])
    assert {(item.due_on, item.is_own) for item in quinns + robins} == {(day, True)}
    with drawn.writing() as session:
        robin, sampled = drawn.person(session, ROBIN), session.get_one(SampledCase, every[0])
        declare_involvement(session, sampled.frame_case.case, is_involved=False, by=robin)
        with pytest.raises(Refused, match="is allocated to Quinn Qua"):
            start_review(session, sampled, by=robin)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "allocate_cases")).one()
        assert sorted(entry.details["cases"].values()) == [5, 5]
    review_id = drawn.score(QUINN, every[0], submit=False)
    assert drawn.ask(lambda s, p: review_sheet(s, review_id, p), QUINN).due_on == day


def test_by_capacity_the_rest_stays_everybodys_and_a_second_sharing_evens_out(drawn: ScoredOffice) -> None:
    draw_id = draw_of(drawn, Route.CENTRAL)
    sharing = allocate(drawn, draw_id, {QUINN: 5, ROBIN: 1})
    assert [left.is_barred for left in sharing.left] == [False] * 4
    assert (len(listed(drawn, QUINN)), len(listed(drawn, ROBIN))) == (9, 5)
    assert len(allocate(drawn, draw_id, {QUINN: None, ROBIN: None}).reviewer_of) == 4
    assert (len(listed(drawn, QUINN)), len(listed(drawn, ROBIN))) == (5, 5)
    with pytest.raises(Refused, match="No case can be given to those chosen"):
        allocate(drawn, draw_id, {QUINN: None})
    begun = drawn.to_do(QUINN, Route.CENTRAL)[0]
    drawn.score(QUINN, begun, submit=False)
    allocate(drawn, draw_id, {ROBIN: None}, again=True)
    assert numbers(listed(drawn, QUINN)) == [begun]
    state = drawn.ask(lambda s, p: allocated_sample(s, draw_id, p), HEAD)
    assert [(load.name, load.allocated, load.begun, load.submitted) for load in state.reviewers] == [
        (QUINN, 0, 1, 0),
        (ROBIN, 9, 0, 0),
    ]
    assert list(state.cases["reviewer"].value_counts()) == [9, 1]


def cases_of(office: ScoredOffice, draw_id: int) -> dict[int, str]:
    """The references of a sample by the numbers of its sampled cases, in the order of the tickets."""
    with office.reading() as session:
        drawn = select(SampledCase).where(SampledCase.draw_id == draw_id).order_by(SampledCase.ticket)
        return {sampled.id: sampled.frame_case.reference for sampled in session.scalars(drawn)}


def test_nobody_gets_a_case_they_had_a_hand_in_nor_two_lines_of_one(drawn: ScoredOffice) -> None:
    central = draw_of(drawn, Route.CENTRAL)
    lines: list[int] = []
    for number in count():  # what is drawn is left to chance: until a case of it is in the central sample too
        if lines:
            break
        theme = drawn.draw_closed([3], route=Route.THEMATIC, name=f"Theme {number}")
        in_theme = set(cases_of(drawn, theme).values())
        lines = [n for n, reference in cases_of(drawn, central).items() if reference in in_theme]
    allocate(drawn, theme, {QUINN: None})
    others = [n for n in cases_of(drawn, central) if n not in lines]
    with drawn.writing() as session:
        quinn, robin = drawn.person(session, QUINN), drawn.person(session, ROBIN)
        approved = session.get_one(SampledCase, others[0]).frame_case.case
        approved.approved_by_id = robin.id
        record(session, "set_up", "test", by=None)
        both = session.get_one(SampledCase, others[1]).frame_case.case
        both.decided_by_id, reference = quinn.id, both.reference
    declare(drawn, ROBIN, others[1], is_involved=True)
    sharing = allocate(drawn, central, {QUINN: None, ROBIN: None})
    assert [(left.reference, left.is_barred, left.reasons) for left in sharing.left] == [
        (
            reference,
            True,
            ("Quinn Qua decided this case", "Robin Qua declared an involvement in this case"),
        )
    ]
    assert sharing.reviewer_of[others[0]] == quinn.id
    assert {sharing.reviewer_of[line] for line in lines} == {robin.id}
    with pytest.raises(Refused, match="Quinn Qua decided this case"):
        reassign(drawn, others[1], QUINN)
    # Whoever manages a team is not told the reason: it might be that the case is scored again.
    drawn.give_role(HEAD, Role.LINE_MANAGER, "North")
    for sampled_id, name in ((others[1], QUINN), (lines[0], QUINN)):
        with pytest.raises(Refused, match=f"{name} may not have this case"):
            reassign(drawn, sampled_id, name, by=HEAD)


def test_a_draft_goes_with_its_case_once_its_new_reviewer_has_declared(drawn: ScoredOffice) -> None:
    draw_id = draw_of(drawn, Route.CENTRAL)
    allocate(drawn, draw_id, {QUINN: None, ROBIN: None}, due_on=date(2026, 7, 20))
    sampled_id = drawn.to_do(QUINN, Route.CENTRAL)[0]
    review_id = drawn.score(QUINN, sampled_id, submit=False)
    drawn.later(1)
    reassign(drawn, sampled_id, ROBIN)
    assert sampled_id not in numbers(listed(drawn, QUINN))
    item = next(item for item in listed(drawn, ROBIN) if item.sampled_case_id == sampled_id)
    assert (item.state, item.review_id, item.due_on) == ("draft", None, date(2026, 7, 20))
    assert drawn.ask(lambda s, p: case_to_declare(s, sampled_id, p), ROBIN).review_id is None
    with drawn.writing() as session:
        review, quinn = session.get_one(Review, review_id), drawn.person(session, QUINN)
        assert review.file_read_at == drawn.now
        with pytest.raises(Refused, match="belongs to Robin Qua"):
            save_answer(session, review, requirement_key="told", response=ResponseValue.MET, by=quinn)
        with pytest.raises(Refused, match="Say first whether you were involved"):
            submit_review(session, review, by=drawn.person(session, ROBIN))
    declare(drawn, ROBIN, sampled_id, is_involved=False)
    with drawn.writing() as session:
        robin = drawn.person(session, ROBIN)
        review = start_review(session, session.get_one(SampledCase, sampled_id), by=robin)
        assert (review.id, len(review.answers)) == (review_id, 3)
        submit_review(session, review, by=robin)
    with pytest.raises(Refused, match="has been reviewed, and its review stays with who submitted it"):
        reassign(drawn, sampled_id, QUINN)


def test_whoever_says_that_they_were_involved_leaves_the_case_and_its_draft_to_others(
    drawn: ScoredOffice,
) -> None:
    allocate(drawn, draw_of(drawn, Route.CENTRAL), {QUINN: None, ROBIN: None})
    begun, waiting, *_ = drawn.to_do(QUINN, Route.CENTRAL)
    drawn.score(QUINN, begun, submit=False)
    for sampled_id in (begun, waiting):
        assert sampled_id not in numbers(listed(drawn, ROBIN))
        declare(drawn, QUINN, sampled_id, is_involved=True)
        assert sampled_id not in numbers(listed(drawn, QUINN))
        assert sampled_id in numbers(listed(drawn, ROBIN))
        assert drawn.score(ROBIN, sampled_id)


def test_a_leavers_cases_are_everybodys_again(drawn: ScoredOffice) -> None:
    draw_id = draw_of(drawn, Route.CENTRAL)
    allocate(drawn, draw_id, {QUINN: None, ROBIN: None})
    with drawn.writing() as session:
        disable_person(session, drawn.person(session, QUINN), by=drawn.person(session, ADA))
    assert len(listed(drawn, ROBIN)) == 10
    state = drawn.ask(lambda s, p: allocated_sample(s, draw_id, p), ROBIN)
    assert (state.unallocated, state.allocated, [load.name for load in state.reviewers]) == (5, 5, [ROBIN])
    with pytest.raises(Refused, match="Quinn Qua has left"):
        reassign(drawn, drawn.to_do(ROBIN, Route.CENTRAL)[0], QUINN, by=HEAD)


def test_a_second_scoring_is_shared_out_blind_and_comes_mixed(drawn: ScoredOffice) -> None:
    for sampled_id in drawn.to_do(NORA, Route.OPEN):
        drawn.score(NORA, sampled_id)
    draw_id = drawn.draw_second()
    for shared in (draw_id, draw_of(drawn, Route.CENTRAL)):
        sharing = allocate(drawn, shared, {QUINN: None, ROBIN: None})
        assert sharing.left == ()
    items = [item for item in drawn.ask(work_of, QUINN) if item.route in (Route.CENTRAL, Route.SECOND)]
    assert {(item.sample, item.due_on, item.caseworker) for item in items} == {
        ("Review for QA", date(2026, 8, 3), None)
    }
    with drawn.reading() as session:
        tickets = [session.get_one(SampledCase, item.sampled_case_id).ticket for item in items]
        titles = {
            case_to_declare(session, item.sampled_case_id, drawn.person(session, QUINN)).sample
            for item in items
        }
    assert tickets == sorted(tickets)
    assert titles == {"Review for QA"}
    for name in (QUINN, HEAD):
        state = drawn.ask(lambda s, p: allocated_sample(s, draw_id, p), name)
        assert (state.is_sealed, len(state.cases)) == (True, 0)
        assert [(load.name, load.allocated) for load in state.reviewers] == [(QUINN, 2), (ROBIN, 2)]
    for name in (NORA, SUE, THEA, ADA):
        assert draw_id not in {sample.draw_id for sample in drawn.ask(samples_to_allocate, name)}
        with pytest.raises(Refused, match="not for you to share out"):
            drawn.ask(lambda s, p: allocated_sample(s, draw_id, p), name)
        with pytest.raises(Refused, match=f"{name} cannot share these cases out"):
            reassign(drawn, drawn.to_do(QUINN, Route.SECOND)[0], ROBIN, by=name)
    # What the reviewer has, they may pass on; both kinds of case stand in one list.
    own = drawn.ask(own_cases, QUINN)
    assert {item.route for item in own} == {Route.CENTRAL, Route.SECOND}
    second = next(item.sampled_case_id for item in own if item.route == Route.SECOND)
    assert list(drawn.ask(lambda s, p: colleagues_for(s, second, p), QUINN).values()) == [ROBIN]
    reassign(drawn, second, ROBIN)
    assert second in drawn.to_do(ROBIN, Route.SECOND)


def test_of_a_sealed_draw_a_case_left_over_is_only_counted(drawn: ScoredOffice) -> None:
    drawn.give_role(NORA, Role.QA_REVIEWER)
    for sampled_id in drawn.to_do(NORA, Route.OPEN):
        drawn.score(NORA, sampled_id)
    sharing = allocate(drawn, drawn.draw_second(), {NORA: None, QUINN: 1})
    assert set(sharing.reviewer_of.values()) == {drawn.ask(lambda _, p: p.id, QUINN)}
    assert {(left.reference, left.is_barred, left.reasons) for left in sharing.left} == {(None, False, ())}


def test_a_manager_shares_the_month_with_the_deputy(drawn: ScoredOffice) -> None:
    draw_id = draw_of(drawn, Route.OPEN)
    with drawn.writing() as session:
        record_absence(
            session,
            drawn.person(session, NORA),
            starts_on=START + timedelta(days=180),
            ends_on=date(2026, 7, 31),
            deputy=drawn.person(session, SUE),
            by=drawn.person(session, HEAD),
        )
    allocate(drawn, draw_id, {SUE: 2, NORA: None}, by=NORA)
    own = drawn.ask(own_cases, SUE)
    assert len(own) == 2
    with pytest.raises(Refused, match="Nora North is away until 31 July 2026"):
        reassign(drawn, own[0].sampled_case_id, NORA, by=SUE)
    with pytest.raises(Refused, match="Quinn Qua does not review such cases"):
        reassign(drawn, own[0].sampled_case_id, QUINN, by=NORA)
    with pytest.raises(Refused, match="Quinn Qua cannot share these cases out"):
        reassign(drawn, own[0].sampled_case_id, SUE, by=QUINN)
    drawn.give_role(HEAD, Role.QA_REVIEWER)
    assert draw_id not in {sample.draw_id for sample in drawn.ask(samples_to_allocate, HEAD)}


@pytest.mark.parametrize(
    ("capacities", "due_on", "words"),
    [
        ({}, None, "Nobody is chosen"),
        ({NORA: None}, None, "does not review such cases any more"),
        ({QUINN: -1}, None, "fewer than no cases"),
        ({QUINN: None}, date(2026, 7, 5), "The day by which they are due, 05 July 2026, has passed"),
    ],
)
def test_what_cannot_be_shared_out(
    drawn: ScoredOffice, capacities: dict[str, int | None], due_on: date | None, words: str
) -> None:
    draw_id = draw_of(drawn, Route.CENTRAL)
    with pytest.raises(Refused, match=words):
        allocate(drawn, draw_id, capacities, due_on=due_on)
    with drawn.reading() as session:
        assert session.scalars(select(Allocation)).all() == []


def test_a_voided_draw_is_not_shared_out(drawn: ScoredOffice) -> None:
    draw_id = draw_of(drawn, Route.CENTRAL)
    drawn.void(draw_id)
    with pytest.raises(Refused, match="was voided"):
        allocate(drawn, draw_id, {QUINN: None})
    assert drawn.ask(samples_to_allocate, QUINN) == []
