"""What the decision of a dispute says, and which answers it must and must not change."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sampling.refused import Refused
from scorecards.requirements import ResponseValue, Severity


class Decision(StrEnum):
    """What came of a dispute."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"


class Finding(NamedTuple):
    """What a review says of a requirement: the response, and how grave it is where that is “not met”."""

    response: ResponseValue
    severity: Severity | None = None


def check_decision(
    decision: Decision, disputed: Mapping[str, Finding], decided: Mapping[str, Finding]
) -> None:
    """Refuse a decision that its answers contradict.

    `disputed` is what the review says of each disputed requirement, `decided` what it is to say of those
    that change. Upheld: every response is another one. Not upheld: nothing changes. Partly upheld: what
    lies between, a lower severity alone for example.
    """
    if not set(decided) <= set(disputed):
        raise Refused("Only what is disputed can be changed here. Leave the other requirements as they are.")
    changed = {key for key, finding in decided.items() if finding != disputed[key]}
    others = {key for key in changed if decided[key].response != disputed[key].response}
    if decision is Decision.NOT_UPHELD and changed:
        raise Refused(
            "The dispute is not upheld, and an answer is changed. Leave it, or decide “partly upheld”."
        )
    if decision is Decision.UPHELD and len(others) < len(disputed):
        raise Refused(
            "The dispute is upheld, and a disputed answer stays as it was. Choose another response to each "
            "disputed requirement, or decide “partly upheld”."
        )
    if decision is Decision.PARTLY_UPHELD and not changed:
        raise Refused(
            "The dispute is partly upheld, and nothing is changed. Change what was wrong, or decide "
            "“not upheld”."
        )
    if decision is Decision.PARTLY_UPHELD and len(others) == len(disputed):
        raise Refused("Every disputed answer is changed. That is “upheld”: decide so, or leave some of them.")
