"""Two people who change one thing: the second is told what changed, also when both save at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from learning_register.actions import correct_point
from learning_register.recording import UNWEIGHED
from learning_register.tables import LearningPoint
from qa_app.changed_meanwhile import Watched, changed_meanwhile, check_unchanged, shown_now
from sampling.records.database import writing
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind

NORA, HEAD = "Nora North", "Hedda Head"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    return ScoredOffice(engine, closed=4, open_cases=4)


@pytest.fixture
def point(office: ScoredOffice) -> Watched:
    office.draw_open("North", NORA)
    review_id = office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME)
    point_id = office.learn(NORA, review_id, description="The letter left a point out.")

    def words(session: Session) -> dict[str, str]:
        return {"what was learned": session.get_one(LearningPoint, point_id).description}

    return Watched((LearningPoint, point_id), f"learning point {point_id}", ["correct_learning_point"], words)


def correct(session: Session, point: Watched, office: ScoredOffice, name: str, text: str) -> None:
    correct_point(
        session,
        session.get_one(*point.row),
        description=text,
        weight=UNWEIGHED,
        reason="Clearer.",
        by=office.person(session, name),
    )


def test_the_second_is_told_who_changed_what_from_what_to_what(office: ScoredOffice, point: Watched) -> None:
    with office.reading() as session:
        nora, hedda = office.person(session, NORA), office.person(session, HEAD)
        shown = shown_now(session, point)
        assert changed_meanwhile(session, point, shown, nora) is None
    with office.writing() as session:
        correct(session, point, office, HEAD, "The letter left two points out.")
    told = (
        "Hedda Head (6 July 2026 at 10:00) changed this since you began: what was learned, from “The letter "
        "left a point out.” to “The letter left two points out.”."
    )
    with office.writing() as session:
        assert changed_meanwhile(session, point, shown, nora) == told
        own = changed_meanwhile(session, point, shown, hedda)
        assert own is not None
        assert own.startswith("You, in another window (6 July 2026")
        with pytest.raises(Refused) as refused:
            check_unchanged(session, point, shown, nora)
        assert str(refused.value).startswith(told)
        check_unchanged(session, point, shown_now(session, point), nora)  # seen, and to be replaced


def test_of_two_who_save_at_once_the_second_is_told(office: ScoredOffice, point: Watched) -> None:
    with office.reading() as session:
        shown = shown_now(session, point)
    together = Barrier(2)

    def save(name: str) -> str:
        together.wait(timeout=30)
        try:
            with writing(office.engine) as session:
                check_unchanged(session, point, shown, office.person(session, name))
                correct(session, point, office, name, f"As {name.split()[0].lower()} has it.")
        except Refused as refused:
            return str(refused)
        return ""

    with ThreadPoolExecutor(2) as pool:
        results = dict(zip((NORA, HEAD), pool.map(save, (NORA, HEAD)), strict=True))
    (first,) = [name for name, sentence in results.items() if not sentence]
    (told,) = filter(None, results.values())
    assert told.startswith(first)
    with office.reading() as session:
        assert first.split()[0].lower() in point.words(session)["what was learned"]
