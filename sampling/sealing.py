"""What of a second scoring is kept from whom: its cases from everybody, its strata from who reviews for QA.

The cases are sealed until the last score is in. Where the strata are by the managers' verdicts, which case
is in which is kept from reviewers for good, since they adjudicate the pairs without being told whose review
is which; and so are number, sizes and populations of the strata, and the receipt with its frame file. What
such a second scoring says of agreement is kept from them until its last score is in.
"""

from typing import Final

from sqlalchemy.orm import Session

from sampling.records.people import Person, Role, roles_of
from sampling.registering import plan_contents
from sampling.tables import Draw, Plan, Route

# Whoever has one of these learns nothing of a manager's review before its second score is in.
BLIND_ROLES: Final = frozenset({Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


def is_sealed(draw: Draw) -> bool:
    """Whether a draw's cases are kept from everybody: a second scoring's, until its last score is in."""
    return draw.plan.frame.route == Route.SECOND and draw.closed_at is None


def tells_verdicts(plan: Plan) -> bool:
    """Whether the strata of a plan are by what managers said of the cases."""
    return plan.frame.route == Route.SECOND and "strata_by" in plan_contents(plan)["rule"]


def reviews_blind(session: Session, person: Person) -> bool:
    """Whether a person has to be kept from knowing what managers said."""
    return bool(roles_of(session, person) & BLIND_ROLES)


def hides_strata(plan: Plan, *, blind: bool) -> bool:
    """Whether the strata of a plan are kept from somebody who reviews blind."""
    return blind and tells_verdicts(plan)


def hides_figures(draw: Draw, *, blind: bool) -> bool:
    """Whether what a second scoring says is kept now from somebody who reviews blind."""
    return draw.closed_at is None and hides_strata(draw.plan, blind=blind)


def hides_receipt(session: Session, plan: Plan, person: Person) -> bool:
    """Whether the receipt of a draw would tell this person what managers said of cases not scored again."""
    return tells_verdicts(plan) and reviews_blind(session, person)
