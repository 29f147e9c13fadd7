"""The register of draws: what can happen to a plan, and that nothing in it can be done quietly."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from unguarded import unguarded

from sampling.draw import draw, draw_at_rate, rate_threshold, seed_from, ticket
from sampling.drawing import carry_out_plan, confirm_roll, record_roll, seed_plan
from sampling.late_strata import late_cases, plan_late_strata
from sampling.next_tickets import extend_draw, replace_case
from sampling.queries import drawn_cases, samples
from sampling.randomness import for_demonstration, from_beacon, from_dice
from sampling.receipt import is_voided, verify_receipt
from sampling.receipt_queries import check_against_register, receipt_of
from sampling.records.office import add_person
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register import details_of, head_of_register, last_line, lines_of, state_of
from sampling.register_chain import Event, best_of, check_chain
from sampling.registering import Terms
from sampling.samples import AtRate, InTwoStages, ToEstimate, ToShow, plan_case_sample
from sampling.sizes import exact_share
from sampling.tables import Cause, Draw, Frame, Plan, Purpose, RegisterEntry, Route, SampledCase
from sampling.voiding import ask_to_void, close_draw, decline_to_void, request_to_void, void_plan

QUINN, HEDDA, NORA = "Quinn Qua", "Hedda Head", "Nora North"


def plan_with(office: Any, terms: Terms, name: str = "Quarter", size: Any = 5) -> int:
    with office.writing() as session:
        plan = plan_case_sample(
            session,
            name,
            route=Route.CENTRAL,
            period=(date(2026, 4, 1), date(2026, 6, 30)),
            filters={},
            stratify_by=None,
            size=size,
            due_on=date(2027, 1, 4),
            terms=terms,
            by=office.person(session, QUINN),
        )
        return int(plan.id)


def events(office: Any, plan_id: int) -> list[str]:
    with office.reading() as session:
        return [line.event for line in lines_of(session, session.get_one(Plan, plan_id))]


def receipt(office: Any, draw_id: int) -> dict[str, Any]:
    """The receipt of a draw, verified by itself and against the register."""
    with office.reading() as session:
        facts = verify_receipt(receipt_of(session, draw_id, office.person(session, QUINN)))
        check_against_register(session, facts)
    return facts


def void(office: Any, plan_id: int, *, asked_by: str = QUINN, by: str = HEDDA, reviewed: int = 0) -> None:
    with office.writing() as session:
        plan = session.get_one(Plan, plan_id)
        asker = office.person(session, asked_by)
        ask_to_void(session, plan, reason="The wrong extract", reviewed=reviewed, by=asker)
    with office.writing() as session:
        void_plan(session, session.get_one(Plan, plan_id), by=office.person(session, by))


def test_the_chain_holds_over_all_that_happens(office: Any) -> None:
    office.closed(30)
    first = office.plan_cases(5, name="One")
    office.draw(first, QUINN)
    void(office, first)
    office.draw(office.plan_cases(5, name="Two"), QUINN)
    assert events(office, first) == ["planned", "seeded", "drawn", "void asked", "voided"]
    with office.reading() as session:
        lines = lines_of(session)
        assert check_chain(lines) == 8
        assert head_of_register(session) == (8, lines[-1].entry_sha256)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"details": '{"cases":4}'}, "Line 3 of the register .* was changed"),
        ({"event": "closed"}, "Line 3 of the register .* was changed"),
        ({"by_id": 1}, "Line 3 of the register .* was changed"),
        ({"previous_sha256": "f" * 64}, "Line 3 of the register does not follow"),
        ({"number": 99}, "has no line 3"),
    ],
)
def test_an_altered_line_is_named(office: Any, values: dict[str, Any], says: str) -> None:
    office.closed(30)
    office.draw(office.plan_cases(5), QUINN)
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(RegisterEntry).where(RegisterEntry.number == 3).values(**values))
    with office.reading() as session, pytest.raises(Refused, match=says):
        check_chain(lines_of(session))


def test_a_draw_is_voided_by_two_people_and_counted_for_ever(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(5, name="One")
    draw_id = office.draw(plan_id, QUINN)
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        with pytest.raises(Refused, match="Say why"):
            ask_to_void(session, plan, reason=" ", reviewed=0, by=quinn)
        with pytest.raises(Refused, match="Nobody has asked"):
            void_plan(session, plan, by=quinn)
        ask_to_void(session, plan, reason="The wrong extract", reviewed=2, by=quinn)
        with pytest.raises(Refused, match="asked already"):
            ask_to_void(session, plan, reason="Again", reviewed=2, by=quinn)
        with pytest.raises(Refused, match="somebody else has to answer"):
            void_plan(session, plan, by=quinn)
        with pytest.raises(Refused, match="it is for"):
            void_plan(session, plan, by=office.person(session, NORA))
        decline_to_void(session, plan, reason="It was the right one", by=office.person(session, HEDDA))
        assert request_to_void(session, plan) is None
    void(office, plan_id, reviewed=3)
    with office.reading() as session:
        plan = session.get_one(Plan, plan_id)
        assert plan.voided_at == office.now
        asked = last_line(session, plan, Event.VOID_ASKED)
        assert asked is not None
        assert details_of(asked) == {"reason": "The wrong extract", "reviewed": 3}
    second = office.draw(office.plan_cases(5, name="Two"), QUINN)
    with office.reading() as session:
        told = {row.name: row.series for row in samples(session, office.person(session, QUINN))}
    assert (told["One"].number, told["One"].made, told["One"].voided) == (1, 2, 1)
    assert (told["Two"].number, told["Two"].made, told["Two"].voided) == (2, 2, 1)
    assert is_voided(receipt(office, draw_id))
    assert receipt(office, second)["series"] == {"number": 2, "made": 2, "voided": 1}


def test_what_was_voided_is_never_drawn(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(5)
    void(office, plan_id)
    with pytest.raises(Refused, match=r"voided on 6 July 2026: nothing is drawn by it"):
        office.draw(plan_id, QUINN)
    assert events(office, plan_id) == ["planned", "void asked", "voided"]


def test_a_month_can_be_drawn_again_once_it_was_voided(office: Any) -> None:
    office.cases(*(f"A-{n},Open,North,Asha,,,,," for n in range(4)))
    plan_id = office.plan_open("North", NORA)
    office.draw(plan_id, NORA)
    with pytest.raises(Refused, match="drawn already"):
        office.plan_open("North", NORA)
    void(office, plan_id, asked_by=NORA)
    again = office.plan_open("North", NORA)
    office.draw(again, NORA)
    with office.reading() as session:
        assert session.get_one(Plan, again).frame.attempt == 2
    with pytest.raises(Refused, match="drawn already"):
        office.plan_open("North", NORA)


def test_names_periods_and_strata_do_not_hide_that_it_was_drawn_before(office: Any) -> None:
    office.closed(30)
    office.draw(office.plan_cases(5, name="A"), QUINN)
    longer = (date(2026, 4, 1), date(2026, 7, 1))
    office.draw(office.plan_cases(5, name="B", period=longer, stratify_by="team"), QUINN)
    after = (date(2026, 7, 1), date(2026, 9, 30))
    office.closed(5, start=100, day="01/07/2026")
    office.draw(office.plan_cases(5, name="C", period=after), QUINN)
    with office.reading() as session:
        told = {row.name: row.series for row in samples(session, office.person(session, QUINN))}
    assert [(told[name].number, told[name].made) for name in "ABC"] == [(1, 2), (2, 3), (2, 2)]


def test_best_of_three_passes_three_times_as_often_by_luck() -> None:
    assert best_of(0.05, 3) == pytest.approx(0.142625)
    assert best_of(0.05, 1) == pytest.approx(0.05)


def member(office: Any, session: Any, name: str) -> Person:
    return add_person(
        session,
        name,
        email=f"{name.lower()}@example.org",
        password="a long enough password",
        case_system_name=None,
        by=office.person(session, "Ada Min"),
    )


def test_dice_are_rolled_by_two_people_and_written_in_one_way(office: Any) -> None:
    office.closed(30)
    plan_id = plan_with(office, Terms(randomness=from_dice()))
    roll = "12345612345612345612"
    with pytest.raises(Refused, match="comes from dice"):
        office.draw(plan_id, QUINN)
    with office.writing() as session:
        wanda = member(office, session, "Wanda")
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        minute = "At the Monday meeting"
        for wrong in (roll[:-1], roll + "1", roll.replace("6", "7"), " ".join(roll), ""):
            with pytest.raises(Refused, match="public value"):
                record_roll(session, plan, wrong, second=wanda, minute=minute, by=quinn)
        with pytest.raises(Refused, match="rolled by two people"):
            record_roll(session, plan, roll, second=quinn, minute=minute, by=quinn)
        with pytest.raises(Refused, match="cannot sign in here"):
            record_roll(session, plan, roll, second=office.person(session, HEDDA), minute=minute, by=quinn)
        with pytest.raises(Refused, match="Write the minute"):
            record_roll(session, plan, roll, second=wanda, minute="", by=quinn)
        with pytest.raises(Refused, match="No roll of dice is recorded"):
            confirm_roll(session, plan, by=wanda)
        record_roll(session, plan, roll, second=wanda, minute=minute, by=quinn)
        with pytest.raises(Refused, match="cannot be rolled"):
            record_roll(session, plan, roll[::-1], second=wanda, minute=minute, by=quinn)
        with pytest.raises(Refused, match="by the second person"):
            confirm_roll(session, plan, by=quinn)
    with office.writing() as session:
        made = confirm_roll(session, session.get_one(Plan, plan_id), by=office.person(session, "Wanda"))
        assert made.seed == seed_from(made.plan.plan_sha256, roll)
    facts = receipt(office, office.draw(plan_id, QUINN))
    assert facts["public_value"] == roll
    assert [line["event"] for line in facts["register"]] == ["planned", "rolled", "seeded", "drawn"]
    assert facts["register"][1]["second"] is not None


def test_a_beacon_is_named_before_its_value_is_out(office: Any) -> None:
    office.closed(30)
    with pytest.raises(Refused, match="Choose a later moment"):
        from_beacon("drand quicknet", office.now, registered_at=office.now)
    named = from_beacon("drand quicknet", office.now + timedelta(hours=1), registered_at=office.now)
    plan_id = plan_with(office, Terms(randomness=named))
    value = "ab" * 32
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        with pytest.raises(
            Refused, match=rf"Round {named['round']} of drand quicknet comes out on 6 July 2026"
        ):
            seed_plan(session, plan, public_value=value, by=quinn)
    office.later(days=1)
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        with pytest.raises(Refused, match="Type its value"):
            seed_plan(session, plan, by=quinn)
        with pytest.raises(Refused, match="64 lower-case"):
            seed_plan(session, plan, public_value=value.upper(), by=quinn)
    draw_id = carry_out_plan(office.engine, plan_id, by_id=quinn.id, public_value=value, now=office.now)
    facts = receipt(office, draw_id)
    assert (facts["randomness"], facts["plan"]["randomness"]["round"]) == ("beacon", named["round"])


def test_a_typed_seed_makes_a_demonstration_that_says_so(office: Any) -> None:
    office.closed(30)
    plan_id = plan_with(office, Terms(randomness=for_demonstration()))
    with office.reading() as session:
        by_id = office.person(session, QUINN).id
    draw_id = carry_out_plan(office.engine, plan_id, by_id=by_id, public_value="swordfish", now=office.now)
    assert receipt(office, draw_id)["randomness"] == "demonstration"
    another = plan_with(office, Terms(randomness=for_demonstration()), name="Demonstration: named so")
    nested = plan_with(office, Terms(parent_id=another), name="Nested in it")
    with office.reading() as session:
        names = [session.get_one(Plan, made).frame.name for made in (plan_id, another, nested)]
    assert names == ["Demonstration: Quarter", "Demonstration: named so", "Demonstration: Nested in it"]


def test_two_samples_nest_in_one_seed_that_did_not_exist(office: Any) -> None:
    office.closed(40)
    parent = office.plan_cases(12, name="Large")
    child = plan_with(office, Terms(parent_id=parent), name="Small", size=5)
    with pytest.raises(Refused, match="no seed yet"):
        office.draw(child, QUINN)
    large, small = office.draw(parent, QUINN), office.draw(child, QUINN)
    assert receipt(office, large)["seed"] == receipt(office, small)["seed"]
    with office.reading() as session:
        quinn = office.person(session, QUINN)
        inner, outer = (list(drawn_cases(session, made, quinn)["reference"]) for made in (small, large))
        assert inner == outer[:5]
    with pytest.raises(Refused, match="has its seed already"):
        plan_with(office, Terms(parent_id=parent), name="Too late")


def test_a_seed_is_not_shared_once_its_value_may_be_known(office: Any) -> None:
    office.closed(40)
    beacon = from_beacon("drand default", office.now + timedelta(hours=1), registered_at=office.now)
    named = plan_with(office, Terms(randomness=beacon), name="Beacon")
    nested = plan_with(office, Terms(parent_id=named), name="In time")
    with pytest.raises(Refused, match="shares the seed of another plan itself"):
        plan_with(office, Terms(parent_id=nested), name="Grandchild")
    office.later(days=1)
    with pytest.raises(Refused, match="its public value is out"):
        plan_with(office, Terms(parent_id=named), name="Too late")
    void(office, named)
    with pytest.raises(Refused, match="was voided"):
        plan_with(office, Terms(parent_id=named), name="Of a voided plan")


def test_a_second_stage_is_drawn_only_by_a_plan_that_foresaw_it(office: Any) -> None:
    office.closed(200)
    plain = office.draw(office.plan_cases(20, name="Plain"), QUINN)
    with office.writing() as session, pytest.raises(Refused, match="foresaw no second stage"):
        extend_draw(session, session.get_one(Draw, plain), by=office.person(session, QUINN))
    plan_id = plan_with(office, Terms(), name="Stages", size=InTwoStages("0.95", "0.9"))
    with office.reading() as session:
        plan = session.get_one(Plan, plan_id)
        stages = (sum(plan.sizes.values()), json.loads(plan.plan_text)["rule"]["second_stage"])
    draw_id = office.draw(plan_id, QUINN)
    with office.writing() as session:
        quinn = office.person(session, QUINN)
        assert extend_draw(session, session.get_one(Draw, draw_id), by=quinn) == stages[1]
        with pytest.raises(Refused, match="drawn already"):
            extend_draw(session, session.get_one(Draw, draw_id), by=quinn)
    facts = receipt(office, draw_id)
    frame = {"S01": [f"C-{n:04d}" for n in range(200)]}
    assert [entry["reference"] for entry in facts["sample"]] == draw(
        frame, {"S01": sum(stages)}, seed=facts["seed"]
    )["S01"]
    causes = [entry["cause"] for entry in facts["sample"]]
    assert causes == ["drawn"] * stages[0] + ["extension"] * stages[1]


def test_a_case_out_of_scope_is_replaced_by_the_next_ticket(office: Any) -> None:
    office.closed(12)
    draw_id = office.draw(office.plan_cases(10), QUINN)
    with office.writing() as session:
        quinn = office.person(session, QUINN)
        made = session.get_one(Draw, draw_id)
        cases = session.scalars(
            select(SampledCase).where(SampledCase.draw_id == draw_id).order_by(SampledCase.position)
        ).all()
        with pytest.raises(Refused, match="cannot be replaced as cancelled"):
            replace_case(session, cases[0], code="cancelled", reason="It was withdrawn", by=quinn)
        with pytest.raises(Refused, match="Say in a few words"):
            replace_case(session, cases[0], code="out_of_scope", reason="", by=quinn)
        first = replace_case(session, cases[0], code="duplicate", reason="As C-0001", by=quinn)
        with pytest.raises(Refused, match="replaced already"):
            replace_case(session, cases[0], code="duplicate", reason="As C-0001", by=quinn)
        second = replace_case(session, cases[1], code="out_of_scope", reason="An enquiry", by=quinn)
        third = replace_case(session, cases[2], code="out_of_scope", reason="An enquiry", by=quinn)
        assert first is not None
        assert second is not None
        assert third is None  # the stratum has no further ticket
        assert (first.position, second.position, first.cause) == (11, 12, Cause.REPLACEMENT)
        assert first.ticket == ticket(made.seed, first.frame_case.reference)
    facts = receipt(office, draw_id)
    assert [entry["cause"] for entry in facts["sample"]].count("replacement") == 2
    with office.reading() as session:
        shown = drawn_cases(session, draw_id, office.person(session, QUINN))
    assert list(shown["replaced"].dropna()) == ["duplicate", "out_of_scope", "out_of_scope"]


def test_a_case_that_was_cancelled_is_replaced_as_that(office: Any) -> None:
    office.closed(12)
    draw_id = office.draw(office.plan_cases(10), QUINN)
    with office.reading() as session:
        sampled = session.scalars(select(SampledCase).where(SampledCase.draw_id == draw_id)).first()
        assert sampled is not None
        reference = sampled.frame_case.reference
    office.later(days=1)
    office.cases(f"{reference},Cancelled,North,North 0,,,,,East")
    with office.writing() as session:
        sampled = session.get_one(SampledCase, sampled.id)
        quinn = office.person(session, QUINN)
        with pytest.raises(Refused, match="cannot be replaced as merged"):
            replace_case(session, sampled, code="merged", reason="Merged", by=quinn)
        assert replace_case(session, sampled, code="cancelled", reason="Withdrawn", by=quinn) is not None


def test_late_cases_are_strata_of_their_own_at_the_same_rate_or_more(office: Any) -> None:
    office.closed(100)
    plan_id = office.plan_cases(ToShow("0.9", "0.95", 0))
    office.draw(plan_id, QUINN)
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        assert late_cases(session, plan) == 0
        with pytest.raises(Refused, match="No case has come"):
            plan_late_strata(session, plan, due_on=date(2027, 1, 4), by=quinn)
        size = sum(plan.sizes.values())
    office.later(days=1)
    office.closed(7, start=500)
    with office.writing() as session:
        plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
        assert late_cases(session, plan) == 7
        late = plan_late_strata(session, plan, due_on=date(2027, 1, 4), by=quinn)
        late_id = late.id
        assert late.frame.population == 7
        assert late.frame.late_to_id == plan.frame_id
        assert sum(late.sizes.values()) / 7 >= size / 100
        assert json.loads(late.plan_text)["late_to"] == plan.plan_sha256
        assert late_cases(session, plan) == 0
    draw_id = office.draw(late_id, QUINN)
    assert receipt(office, draw_id)["series"]["made"] == 1  # not a second roll
    with office.writing() as session, pytest.raises(Refused, match="takes no late cases"):
        plan_late_strata(
            session, session.get_one(Plan, late_id), due_on=date(2027, 1, 4), by=office.person(session, QUINN)
        )


def test_an_intake_is_in_by_its_tickets_alone(office: Any) -> None:
    office.closed(200)
    plan_id = plan_with(office, Terms(), size=AtRate("0.1"))
    draw_id = office.draw(plan_id, QUINN)
    facts = receipt(office, draw_id)
    references = [f"C-{n:04d}" for n in range(200)]
    wanted = draw_at_rate(references, rate_threshold(exact_share("0.1")), seed=facts["seed"])
    assert [entry["reference"] for entry in facts["sample"]] == wanted
    assert 5 <= len(wanted) <= 40
    with office.reading() as session:
        (row,) = samples(session, office.person(session, QUINN))
    assert row.size == len(wanted)
    for reference in references:
        inside = int(ticket(facts["seed"], reference)[:13], 16) < 2**52 // 10
        assert inside is (reference in wanted)


def test_a_plan_to_estimate_says_what_it_expects(office: Any) -> None:
    office.closed(400)
    plan_id = plan_with(office, Terms(), size=ToEstimate("0.98", "0.05"))
    with office.reading() as session:
        plan = session.get_one(Plan, plan_id)
        assert (plan.purpose, sum(plan.sizes.values())) == (Purpose.ESTIMATE, 49)
        assert json.loads(plan.plan_text)["rule"]["margin"] == "0.05"


def test_closing_is_once_and_a_closed_draw_can_still_be_voided(office: Any) -> None:
    office.closed(30)
    plan_id = office.plan_cases(5)
    draw_id = office.draw(plan_id, QUINN)
    with office.writing() as session:
        made, quinn = session.get_one(Draw, draw_id), office.person(session, QUINN)
        assert close_draw(session, made, by=quinn) == close_draw(session, made, by=quinn)
        assert state_of(session, made.plan) == Event.CLOSED
        sampled = session.scalars(select(SampledCase).where(SampledCase.draw_id == draw_id)).first()
        assert sampled is not None
        with pytest.raises(Refused, match="closed cannot be replaced"):
            replace_case(session, sampled, code="duplicate", reason="As another", by=quinn)
        session.rollback()
    void(office, plan_id)
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Frame)) == 1


def test_a_sample_that_could_be_looked_at_counts_though_it_was_left_lying(office: Any) -> None:
    office.closed(30)
    beacon = from_beacon("drand default", office.now + timedelta(hours=1), registered_at=office.now)
    for name in ("One", "Two", "Three"):
        plan_with(office, Terms(randomness=beacon), name=name)
    with office.reading() as session:
        assert {row.series.made for row in samples(session, office.person(session, QUINN))} == {0}
    office.later(days=1)
    with office.reading() as session:
        first = session.scalars(select(Plan.id).order_by(Plan.id)).first()
        by_id = office.person(session, QUINN).id
    assert first is not None
    draw_id = carry_out_plan(office.engine, first, by_id=by_id, public_value="ab" * 32, now=office.now)
    assert receipt(office, draw_id)["series"] == {"number": 1, "made": 3, "voided": 0}


def test_intakes_of_the_same_cases_are_draws_of_the_same(office: Any) -> None:
    office.closed(40)
    draws = [office.draw(plan_with(office, Terms(), name=name, size=AtRate("0.3")), QUINN) for name in "AB"]
    assert receipt(office, draws[1])["series"] == {"number": 2, "made": 2, "voided": 0}


def test_voiding_a_sample_voids_its_late_strata_which_can_be_drawn_anew_alone(office: Any) -> None:
    office.closed(100)
    plan_id = office.plan_cases(20)
    office.draw(plan_id, QUINN)
    office.later(days=1)
    office.closed(7, start=500)

    def late() -> int:
        with office.writing() as session:
            plan, quinn = session.get_one(Plan, plan_id), office.person(session, QUINN)
            return int(plan_late_strata(session, plan, due_on=date(2027, 1, 4), by=quinn).id)

    first = late()
    office.draw(first, QUINN)
    void(office, first)
    second = late()  # the seven are late again
    office.draw(second, QUINN)
    void(office, plan_id)
    with office.reading() as session:
        assert session.get_one(Plan, second).voided_at is not None


def test_a_plan_nested_in_a_voided_one_says_what_to_do(office: Any) -> None:
    office.closed(40)
    parent = office.plan_cases(12, name="Large")
    child = plan_with(office, Terms(parent_id=parent), name="Small")
    void(office, parent)
    with pytest.raises(Refused, match="voided before it had one"):
        office.draw(child, QUINN)


def test_an_intake_that_draws_nobody_is_closed(office: Any) -> None:
    office.closed(1)
    plan_id = plan_with(office, Terms(), size=AtRate("0.000001"))
    office.draw(plan_id, QUINN)
    assert events(office, plan_id) == ["planned", "seeded", "drawn", "closed"]
