"""A leaver's or an absent person's work in other hands: who sees what of it, and all of it or nothing."""

from datetime import date

import pytest
from kept import once
from scored_office import NOW, START, ScoredOffice
from sqlalchemy import Engine, select

from learning_register.action_people import hand_over
from learning_register.follow_up import Part
from learning_register.reassigning import Held, Kind, burdened, held_by, reassign
from learning_register.tables_actions import FollowUpAction
from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry
from sampling.records.office import disable_person
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Draw, Route
from scorecards.allocating import allocate_cases
from scorecards.approvals import add_approver
from scorecards.interventions import intervene
from scorecards.requirements import Kind as Requirement
from scorecards.tables import Review
from scorecards.tables_intervention import Approver, Intervention, Level

NORA, SUE, QUINN, ROBIN, HEAD, ADA = (
    "Nora North",
    "Sue South",
    "Quinn Qua",
    "Robin Qua",
    "Hedda Head",
    "Ada Min",
)
OTTO = "Otto Owner"


@pytest.fixture
def office(database: Engine) -> ScoredOffice:
    """Quinn has central and second-scoring cases, Nora an action to authorise, Otto much of North's."""

    def prepare() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database, with_sign_in=(NORA, SUE, QUINN, ROBIN, HEAD, OTTO))
        office.draw_open("North", NORA)
        for number, sampled_id in enumerate(office.to_do(NORA, Route.OPEN)[:3]):
            review_id = office.score(NORA, sampled_id, not_met=Requirement.OUTCOME, submit=number < 2)
        point_id = office.learn(NORA, review_id - 1)
        office.act_on(NORA, point_id, authoriser=NORA)
        office.act_on(NORA, point_id, owner=NORA, authoriser=SUE)
        with office.writing() as session:
            review = session.get_one(Review, review_id - 2)
            intervene(
                session,
                review,
                requirement_key=office.requirement(session, Requirement.OUTCOME),
                what="Answer the second point.",
                owner=office.person(session, OTTO),
                due_on=date(2026, 7, 8),
                by=office.person(session, NORA),
            )
            otto, ada = office.person(session, OTTO), office.person(session, ADA)
            add_approver(session, otto, level=Level.ASSISTANT_DIRECTOR, starts_on=START, ends_on=None, by=ada)
        draws = [office.draw_second(), office.draw_closed([6])]
        with office.writing() as session:
            quinn = office.person(session, QUINN)
            for draw_id in draws:
                draw = session.get_one(Draw, draw_id)
                allocate_cases(session, draw, capacities={quinn.id: None}, by=quinn)
        office.score(QUINN, office.to_do(QUINN, Route.CENTRAL)[0], submit=False)

    once(database, "an office in which much waits for people", prepare)
    return ScoredOffice.found_in(database)


def things(office: ScoredOffice, person: str, by: str) -> list[Held]:
    with office.reading() as session:
        return held_by(session, office.person(session, person).id, by=office.person(session, by))


def kinds(office: ScoredOffice, person: str, by: str) -> dict[Kind, list[str | None]]:
    found: dict[Kind, list[str | None]] = {}
    for held in things(office, person, by):
        found.setdefault(held.kind, []).append(held.reference)
    return found


def give(office: ScoredOffice, person: str, chosen: list[Held], to: str, *, by: str) -> int:
    with office.writing() as session:
        return reassign(
            session,
            office.person(session, person),
            [(held.kind, held.row_id) for held in chosen],
            to=office.person(session, to),
            by=office.person(session, by),
        )


def test_all_that_waits_for_a_person_goes_to_another_in_one_go(office: ScoredOffice) -> None:
    with office.writing() as session:
        disable_person(session, office.person(session, QUINN), by=office.person(session, ADA))
        disable_person(session, office.person(session, OTTO), by=office.person(session, ADA))
    with office.reading() as session:
        rows = burdened(session, by=office.person(session, ADA))
    assert [(row.name, row.has_left, row.things) for row in rows] == [
        (OTTO, True, 3),
        (QUINN, True, 8),
        (NORA, False, 3),
        (SUE, False, 1),
    ]
    of_otto = things(office, OTTO, ADA)
    assert {held.kind for held in of_otto} == {Kind.OWNED, Kind.INTERVENTION, Kind.APPROVER}
    assert give(office, OTTO, of_otto, SUE, by=ADA) == 3
    assert give(office, QUINN, things(office, QUINN, HEAD), ROBIN, by=HEAD) == 8
    assert things(office, OTTO, ADA) == things(office, QUINN, ADA) == []
    moved = things(office, ROBIN, ADA)
    assert [held.kind for held in moved] == [Kind.DRAFT] + [Kind.TO_REVIEW] * 7
    with office.reading() as session:
        sue = office.person(session, SUE)
        assert session.scalars(select(Intervention.owner_id)).one() == sue.id
        assert sue.id in session.scalars(select(FollowUpAction.owner_id)).all()
        first, second = session.scalars(select(Approver).order_by(Approver.id))
        assert (first.ends_on, second.person_id, second.starts_on) == (NOW.date(), sue.id, NOW.date())
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("reassign%")))
        assert sorted(set(entries)) == ["reassign_case", "reassign_intervention"]


def test_one_that_cannot_go_keeps_all_of_them_where_they_are(office: ScoredOffice) -> None:
    before = things(office, NORA, HEAD)
    assert {held.kind for held in before} == {Kind.DRAFT, Kind.OWNED, Kind.TO_AUTHORISE}
    with pytest.raises(Refused) as refusal:
        give(office, NORA, before, SUE, by=HEAD)
    draft, owned = (next(held for held in before if held.kind is kind) for kind in (Kind.DRAFT, Kind.OWNED))
    assert str(refusal.value).startswith("2 of 3 cannot go to Sue South, so nothing was changed: ")
    assert f"{draft.reference} (does not review such cases)" in str(refusal.value)
    assert f"{owned.reference} (authorises this action)" in str(refusal.value)
    assert things(office, NORA, HEAD) == before
    for to, words in (
        (OTTO, "owns this action"),
        (QUINN, "cannot authorise actions"),
        (NORA, "has it already"),
    ):
        chosen = [held for held in before if held.kind is Kind.TO_AUTHORISE]
        with pytest.raises(Refused, match=words):
            give(office, NORA, chosen, to, by=HEAD)
    with pytest.raises(Refused, match="reviews for QA"):
        give(office, NORA, [owned], QUINN, by=HEAD)
    with pytest.raises(Refused, match="is not Otto Owner's any more"):
        give(office, OTTO, [draft], SUE, by=HEAD)
    with pytest.raises(Refused, match="Nothing is chosen"):
        give(office, NORA, [], SUE, by=HEAD)


def test_whoever_verifies_an_action_is_followed_by_somebody_who_did_not_do_it(office: ScoredOffice) -> None:
    with office.writing() as session:
        action = session.scalars(select(FollowUpAction).order_by(FollowUpAction.id)).first()
        assert action is not None
        head = office.person(session, HEAD)
        sue = office.person(session, SUE)
        hand_over(session, action, part=Part.VERIFIER, to=sue, reason="She can.", by=head)
    to_verify = [held for held in things(office, SUE, HEAD) if held.kind is Kind.TO_VERIFY]
    with pytest.raises(Refused, match="owns this action"):
        give(office, SUE, to_verify, OTTO, by=HEAD)
    assert give(office, SUE, to_verify, HEAD, by=HEAD) == 1
    assert [held.kind for held in things(office, HEAD, HEAD)] == [Kind.TO_VERIFY]


def test_nobody_learns_here_which_cases_are_scored_again_or_what_was_found(office: ScoredOffice) -> None:
    for name in (HEAD, ADA):
        references = kinds(office, QUINN, name)[Kind.TO_REVIEW]
        assert (len(references), references.count(None)) == (7, 2)
    # A manager has the team's own, nothing of QA's; another team's manager has none of it.
    assert kinds(office, QUINN, NORA) == {}
    assert set(kinds(office, OTTO, NORA)) == {Kind.OWNED, Kind.INTERVENTION}
    assert kinds(office, OTTO, SUE) == kinds(office, NORA, SUE) == {}
    # Whoever scores blind sees nothing that came of a manager's review.
    for name in (HEAD, ADA):
        office.give_role(name, Role.QA_REVIEWER)
        assert kinds(office, NORA, name) == {}
        assert set(kinds(office, OTTO, name)) <= {Kind.APPROVER}
    for name in (QUINN, OTTO):
        with pytest.raises(Refused, match="it is for the Head of Customer Care"):
            things(office, NORA, name)


def test_a_manager_gives_the_teams_drafts_to_the_deputy(office: ScoredOffice) -> None:
    with office.writing() as session:
        nora, sue = office.person(session, NORA), office.person(session, SUE)
        until = date(2026, 7, 31)
        record_absence(session, nora, starts_on=NOW.date(), ends_on=until, deputy=sue, by=nora)
    (draft,) = (held for held in things(office, NORA, SUE) if held.kind is Kind.DRAFT)
    assert give(office, NORA, [draft], SUE, by=SUE) == 1
    assert draft.reference in kinds(office, SUE, SUE)[Kind.DRAFT]
