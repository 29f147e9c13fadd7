"""Four months of the demonstration office: three that are over, and the one that runs now."""

import hashlib
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from qa_app.demo_agenda import Agenda, month_before, period_in_words
from qa_app.demo_cases import HIGH, MAPPING, FictionalCase, extract, make_cases
from qa_app.demo_learning import (
    DONE_IN_TIME,
    DONE_LATE,
    OVERDUE,
    STILL_OPEN,
    Deed,
    act_on,
    learn_from,
    praise,
)
from qa_app.demo_people import SERVICE, TEAMS, Cast, set_up_office
from qa_app.demo_reviews import (
    NOTHING_WRONG,
    Findings,
    found_wanting,
    review_case,
    wanting,
)
from sampling.actions import register_plan_to_show, register_quota_plan, register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import freeze_case_frame, freeze_open_frame
from sampling.records.calendars import working_days_on
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mappings_saved import save_mapping
from sampling.records.case_rows import parse_cases
from sampling.records.database import OFFICE_TIME, reading, today, writing
from sampling.records.office import record_absence
from sampling.records.people import Person, Team
from sampling.tables import Route
from scorecards.queries import WorkItem, work_of
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.second_scoring import carry_out_second_scoring, plan_second_scoring
from scorecards.tables import SamplingReduction
