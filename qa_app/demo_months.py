"""Four months of the demonstration office, in order: three that are over, and the one that runs now."""

import hashlib
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from qa_app.demo_agenda import Agenda, month_before
from qa_app.demo_cases import MAPPING, extract, make_cases
from qa_app.demo_central import play_central_sample, play_second_scoring, play_theme
from qa_app.demo_open import CURRENT, play_open_month
from qa_app.demo_people import open_for_auditor, set_up_office
from qa_app.demo_play import Play
from qa_app.demo_quality import play_adjudication, play_calibration, play_dispute, play_findings
from qa_app.demo_reports import play_quarter
from qa_app.demo_risks import plan_risks
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mappings_saved import save_mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import OFFICE_TIME, writing
from sampling.records.people import Person

SEED: Final = 2140
MAPPING_NAME: Final = "Monthly extract"
_TASKS: Final = 480  # about as many reviews and other tasks as there are: for the progress only


def play_months(engine: Engine, *, now: datetime, tell: Callable[[float, str], object]) -> None:
    """Play the four months that end at a moment, into an empty database."""
    done = 0
    doing = ""

    def count() -> None:
        nonlocal done
        done += 1
        if done % 10 == 0:
            tell(min(0.98, 0.05 + 0.93 * done / _TASKS), doing)

    agenda = Agenda(engine, now=now, after_each=count)
    play = _open(engine, agenda, now)
    for number, month in enumerate(play.months):
        first_day = agenda.days(month)[0]
        agenda.play_until(agenda.at(first_day, 7))
        tell(min(0.98, 0.05 + 0.93 * done / _TASKS), f"Importing the extract of {month:%B %Y}")
        _import(play, first_day)
        if number == CURRENT - 1:
            play_theme(play, first_day)
            play_second_scoring(play, first_day, months=(0, 1), is_first=True)
        if number == CURRENT:
            play_central_sample(play, first_day)  # whoever has a case of it does not score it again
            play_second_scoring(play, first_day, months=(2, 2), is_first=False)
            play_findings(play, first_day)
            play_calibration(play, first_day)
            play_adjudication(play, first_day)
        play_open_month(play, number)
        plan_risks(play, number)
        doing = f"Reviewing the cases of {month:%B %Y}"
        play_quarter(play, month)
    agenda.play_until(now)
    play_dispute(play)
    with writing(engine, now=now) as session:
        open_for_auditor(session, play.cast, starts_on=now.astimezone(OFFICE_TIME).date())


def _open(engine: Engine, agenda: Agenda, now: datetime) -> Play:
    months = [now.astimezone(OFFICE_TIME).date().replace(day=1)]
    while len(months) <= CURRENT:
        months.insert(0, month_before(months[0]))
    rng = random.Random(SEED)
    with writing(engine, now=agenda.at(months[0] - timedelta(days=14), 9)) as session:
        cast = set_up_office(session, starts_on=months[0] - timedelta(days=14))
        save_mapping(session, MAPPING_NAME, MAPPING, by=session.get_one(Person, cast.administrator))
    cases = make_cases(rng, first=months[0], end=months[CURRENT])
    return Play(engine, agenda, rng, cast, months, {case.reference: case for case in cases})


def _import(play: Play, day: date) -> None:
    as_at = play.agenda.at(day, 7, 30)
    data = extract(list(play.cases.values()), start=play.months[0], as_at=as_at)
    file_name = f"extract-{day}.csv"
    parsed = parse_cases(read_table(data, file_name), MAPPING, as_at=as_at)
    with writing(play.engine, now=as_at) as session:
        import_cases(
            session,
            parsed,
            file_name=file_name,
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=as_at,
            mapping=MAPPING,
            mapping_name=MAPPING_NAME,
            by=session.get_one(Person, play.cast.administrator),
        )
