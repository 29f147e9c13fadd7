"""What a scorecard asks: requirements of two kinds, each with the paragraphs it rests on.

`scorecards.card_reading` reads one from its TOML file.
"""

import hashlib
import json
import math
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from fractions import Fraction

COMMITMENTS = range(1, 19)  # the Service Charter has 18
QUALITY_STANDARDS = range(1, 11)  # the quality and service standards are ten


class Kind(StrEnum):
    """Outcome: was the result right. Method: was it reached in the right way."""

    OUTCOME = "outcome"
    METHOD = "method"


class ResponseValue(StrEnum):
    """What a reviewer may answer to one requirement."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    NOT_YET_DUE = "not_yet_due"
    CANNOT_ASSESS = "cannot_assess"


class Severity(StrEnum):
    """How grave it is that a requirement was not met; apart from the response, and in no result."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"


class EvidenceRule(StrEnum):
    """When a response needs words beside it. Reasons that a response itself asks for come on top."""

    NEVER = "never"
    ON_NOT_MET = "on_not_met"
    ALWAYS = "always"


class Change(StrEnum):
    """How a requirement differs from that of the same key in the version before."""

    WORDING = "wording"  # it asks the same in other words: its trend goes on
    MEANING = "meaning"  # it asks something else: its trend begins anew


class CaseAttribute(StrEnum):
    """What an extract says of a case that may decide whether a requirement is asked."""

    TYPE = "type"
    STAGE = "stage"
    RISK = "risk"


@dataclass(frozen=True)
class Requirement:
    """One thing a case must meet. Citations are references into the scorecard's policy document.

    `met`, `not_met` and `not_applicable` are examples, "" where there is none. `applies_when` lists for
    an attribute of the case the values with which the requirement is asked; whatever the case, when empty.
    A failure of a critical requirement marks the case. `change` is None for what is new or the same.
    """

    key: str
    kind: Kind
    section: str
    text: str
    guidance: str
    citations: tuple[str, ...]
    commitments: tuple[int, ...]
    quality_standards: tuple[int, ...]
    met: str = ""
    not_met: str = ""
    not_applicable: str = ""
    critical: bool = False
    evidence: EvidenceRule = EvidenceRule.ON_NOT_MET
    applies_when: tuple[tuple[CaseAttribute, tuple[str, ...]], ...] = ()
    change: Change | None = None


@dataclass(frozen=True)
class Scorecard:
    """A versioned list of requirements. `method_share` is the share that must be met, 0 < share <= 1.

    `asks` names the lists of facts (outcome of the review, referral triggers) that a review records.
    """

    key: str
    title: str
    version: int
    policy_document: str
    policy_version: str
    method_share: Fraction
    requirements: tuple[Requirement, ...]
    asks: tuple[str, ...] = ()


def scorecard_as_json(scorecard: Scorecard) -> str:
    """The scorecard as canonical JSON: sorted keys, no spaces, the share as a fraction such as "4/5".

    What a field leaves at its default is left out, so that a field that is added changes no hash of before.
    """
    parts = _without_defaults(scorecard)
    parts["method_share"] = str(scorecard.method_share)
    parts["requirements"] = [_without_defaults(requirement) for requirement in scorecard.requirements]
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _without_defaults(part: Scorecard | Requirement) -> dict[str, object]:
    given = {field.name: getattr(part, field.name) for field in fields(part)}
    defaults = {field.name: field.default for field in fields(part)}
    return {name: value for name, value in given.items() if value != defaults[name]}


def scorecard_sha256(scorecard: Scorecard) -> str:
    """Which scorecard is this, to the letter? 64 hex digits over its canonical JSON in UTF-8.

    The layout of the TOML file and the way the share was typed (0.8 or 4/5) make no difference.
    """
    return hashlib.sha256(scorecard_as_json(scorecard).encode("utf-8")).hexdigest()


def allowed_responses(*, open_case: bool) -> tuple[ResponseValue, ...]:
    """What may a reviewer answer? “Not yet due” is for open cases: a closed case has nothing to come."""
    return tuple(value for value in ResponseValue if open_case or value is not ResponseValue.NOT_YET_DUE)


def asked_of(
    scorecard: Scorecard, *, case_type: str | None, stage: str | None, risk: str | None
) -> Scorecard:
    """What does the scorecard ask of a case of this type, stage and risk? The card with those requirements.

    What the extract does not say (None) leaves nothing out: a reviewer answers “not applicable” instead.
    """
    case = {CaseAttribute.TYPE: case_type, CaseAttribute.STAGE: stage, CaseAttribute.RISK: risk}
    asked = tuple(
        requirement
        for requirement in scorecard.requirements
        if all(case[name] is None or case[name] in values for name, values in requirement.applies_when)
    )
    return replace(scorecard, requirements=asked)


def share_of_cases_clear(requirements: int, each_met: Fraction) -> Fraction:
    """In which share of cases are all requirements met, if each is met in `each_met` of cases?

    Each independently of the others: eight at 98% leave 85% of cases clear. Failures that come together
    leave more, up to `each_met`.
    """
    return each_met**requirements


def share_each_needs(requirements: int, clear: Fraction) -> float:
    """In which share of cases must each of 1 or more requirements be met so that `clear` of cases meet all?

    The other way round, and independently again: for 98% of cases, each of eight in 99.75%.
    """
    return math.pow(clear, 1 / requirements)
