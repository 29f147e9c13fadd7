"""Who stands where somebody was named: within one record always the same, from record to record nobody."""

from collections.abc import Hashable

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.tables_retention import StandIn


class StandIns:
    """Gives each person of a record a stand-in, so that two people of it stay two."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people = list(session.scalars(select(StandIn.person_id).order_by(StandIn.number)))
        self._known = set(self._people)
        self._given: dict[Hashable, dict[int, int]] = {}

    def of(self, record: Hashable, person_id: int) -> int:
        """Who stands for a person in a record."""
        if person_id in self._known:
            return person_id
        given = self._given.setdefault(record, {})
        if person_id not in given:
            given[person_id] = self._person(len(given) + 1)
        return given[person_id]

    def _person(self, number: int) -> int:
        while len(self._people) < number:
            place = len(self._people) + 1
            person = Person(name=f"Disposed of ({place})", disabled_on=today(self._session))
            self._session.add(person)
            self._session.flush()
            self._session.execute(insert(StandIn).values(number=place, person_id=person.id))
            self._people.append(person.id)
            self._known.add(person.id)
        return self._people[number - 1]
