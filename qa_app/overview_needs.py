"""What waits for the Head today: actions, cases held back, risks, and what only their word settles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import pandas as pd
from sqlalchemy.orm import Session

from learning_register.action_overview import ActionsOverview
from learning_register.action_queries import Concern
from learning_register.no_action import cases_without_plan
from qa_app.action_words import CONCERNS
from qa_app.wording import cases_in_words
from sampling.records.people import Person
from sampling.register_queries import voids_to_answer
from scorecards.cases_as_at import CasesAsAt
from scorecards.going_out import Standing
from scorecards.held_cases import held_cases
from scorecards.reductions import reductions_to_approve
from scorecards.risk_queries import RiskFigures, case_risks, figures_of, signed_months
from scorecards.sampling_months import sampling_months
from scorecards.theme_queries import recommendations_to_decide

_MONTHS: Final = 6  # finished months of risk that may still be signed off


@dataclass(frozen=True)
class Need:
    """Something that waits: how many, in words, and where its list is. `nothing` says that none does."""

    count: int
    words: str
    nothing: str
    screen: str
    query: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Risks:
    """The risks of open cases now: figures, the high-risk cases, and the finished months to sign off."""

    figures: RiskFigures
    high: pd.DataFrame
    to_sign: tuple[date, ...]


def risks_now(session: Session, person: Person, cases: CasesAsAt, moment: datetime) -> Risks | None:
    """The risks of the open cases at a moment; None before there are any cases."""
    if cases.day is None:
        return None
    rows = case_risks(session, cases, moment)
    signed = {month.month for month in signed_months(session, person)}
    finished = sampling_months(session)[1 : _MONTHS + 1]
    return Risks(
        figures_of(rows, month=cases.day.replace(day=1), as_at=moment),
        rows[rows["is_high"]],
        tuple(month for month in finished if month not in signed),
    )


def needs_of_actions(session: Session, person: Person, actions: ActionsOverview) -> list[Need]:
    """Actions to authorise, late, without an owner, or done and not verified; and cases without a plan."""
    by_concern = {
        Concern.UNAUTHORISED: (actions.unauthorised, "to authorise", "waits to be authorised"),
        Concern.LATE: (actions.late, "overdue", "is overdue"),
        Concern.UNOWNED: (actions.unowned, "without an owner", "is without an owner"),
        Concern.UNVERIFIED: (actions.unverified, "to be verified", "waits to be verified"),
    }
    found = [
        Need(
            len(rows),
            f"{cases_in_words(len(rows), 'action')} {words}",
            f"no action {nothing}",
            "learning",
            {"part": "Actions", "actions-shown": CONCERNS[concern]},
        )
        for concern, (rows, words, nothing) in by_concern.items()
    ]
    without = len(cases_without_plan(session, person))
    plan = Need(
        without,
        f"{cases_in_words(without)} without an action plan",
        "no case is without the action plan that its policy asks for",
        "learning",
        {"part": "Cases without a plan"},
    )
    return [*found, plan]


def needs_of_cases(session: Session, person: Person, risks: Risks | None) -> list[Need]:
    """Held cases that went out or wait, and months of risk that nobody has signed off."""
    held = held_cases(session, person)
    out, waiting = sum(row.went_out for row in held), sum(row.standing == Standing.WAITING for row in held)
    months = len(risks.to_sign) if risks else 0
    high = risks.figures.high if risks else 0
    return [
        Need(
            out,
            f"{cases_in_words(out, 'held case')} went out: {'a breach' if out == 1 else 'breaches'}",
            "no held case went out",
            "held_cases",
            {"part": "Breaches"},
        ),
        Need(waiting, f"{cases_in_words(waiting)} held back now", "no case is held back", "held_cases"),
        Need(
            months,
            f"Risks of {cases_in_words(months, 'month')} to sign off; {high:,} high-risk "
            f"{'case' if high == 1 else 'cases'} open now",
            "no month of risks waits for a signature",
            "risks",
            {"part": "Months"},
        ),
    ]


def needs_of_word(session: Session, person: Person) -> list[Need]:
    """What only the Head's word settles: reductions of sampling, voids, recommendations of themes."""
    reductions, voids = len(reductions_to_approve(session, person)), len(voids_to_answer(session, person))
    waiting = recommendations_to_decide(session, person)
    recommended = sum(count for _, _, count in waiting)
    return [
        Need(
            reductions,
            f"{cases_in_words(reductions, 'reduction')} of sampling to approve",
            "no reduction waits",
            "samples",
        ),
        Need(
            voids,
            f"{cases_in_words(voids, 'request')} to void a sample",
            "nobody asks to void a sample",
            "samples",
            {"part": "Register"},
        ),
        Need(
            recommended,
            f"{cases_in_words(recommended, 'recommendation')} of themes to decide",
            "no recommendation waits",
            "themes",
            {"theme": waiting[0][0]} if len(waiting) == 1 else {},
        ),
    ]
