"""The words for scorecards: their fields, their rules, and what differs between versions."""

from fractions import Fraction
from typing import Final

from qa_app.wording import cases_in_words, whole_percent
from scorecards.card_changes import Comparison
from scorecards.requirements import (
    CaseAttribute,
    Change,
    EvidenceRule,
    Kind,
    Requirement,
    Scorecard,
    share_each_needs,
    share_of_cases_clear,
)
from scorecards.tables import VersionState

STATES: Final = {
    VersionState.DRAFT: "Draft",
    VersionState.PUBLISHED: "Published",
    VersionState.RETIRED: "Retired",
}
KINDS: Final = {Kind.OUTCOME: "Outcome", Kind.METHOD: "Method"}
HEADINGS: Final = {Kind.OUTCOME: "Outcome requirements", Kind.METHOD: "Method requirements"}
EVIDENCE: Final = {
    EvidenceRule.NEVER: "Never",
    EvidenceRule.ON_NOT_MET: "When it is not met",
    EvidenceRule.ALWAYS: "Always",
}
CHANGES: Final = {
    Change.WORDING: "The wording only: its trend goes on",
    Change.MEANING: "The meaning: its trend begins anew",
}
ATTRIBUTES: Final = {
    CaseAttribute.TYPE: "Type of case",
    CaseAttribute.STAGE: "Stage",
    CaseAttribute.RISK: "Risk",
}
FIELDS: Final = {
    "title": "Title",
    "policy_document": "Policy document",
    "policy_version": "Version of the policy document",
    "method_share": "Method rule",
    "asks": "Facts recorded of each case",
    "kind": "Kind",
    "section": "Section",
    "text": "Requirement",
    "guidance": "Guidance",
    "met": "Example of met",
    "not_met": "Example of not met",
    "not_applicable": "Example of not applicable",
    "critical": "Critical",
    "evidence": "Evidence",
    "applies_when": "Asked of",
    "citations": "Paragraphs",
    "commitments": "Commitments",
    "quality_standards": "Quality standards",
}


def version_name(card: Scorecard) -> str:
    """“Service complaint, version 2”; a draft without a title goes by its key."""
    return f"{card.title or card.key}, version {card.version}"


def method_rule(card: Scorecard) -> str:
    """When a case meets the requirements of each kind."""
    share = "all" if card.method_share == 1 else f"at least {whole_percent(card.method_share)}"
    return (
        "A case meets its outcome requirements when all that apply are met, and its method requirements "
        f"when {share} of those that apply are met."
    )


def what_the_standard_implies(card: Scorecard, standard: Fraction) -> str:
    """What a standard for cases asks of each outcome requirement; "" for a card that has fewer than two."""
    count = sum(requirement.kind is Kind.OUTCOME for requirement in card.requirements)
    if count < 2:
        return ""
    asked = whole_percent(standard)
    clear = float(share_of_cases_clear(count, standard))
    return (
        f"The standard of {asked} is for whole cases. Were each of these {count} outcome requirements met in "
        f"{asked} of cases, independently of the others, only {clear:.1%} of cases would meet them all. For "
        f"{asked} of cases, each has to be met in {share_each_needs(count, standard):.2%}."
    )


def asked_of_words(requirement: Requirement) -> str:
    """Of which cases a requirement is asked."""
    if not requirement.applies_when:
        return "Every case"
    return "; ".join(
        f"{ATTRIBUTES[attribute]}: {' or '.join(values)}" for attribute, values in requirement.applies_when
    )


def field_in_words(part: Scorecard | Requirement, name: str) -> str:
    """What a field of a card or of a requirement holds."""
    value = getattr(part, name)
    if isinstance(part, Requirement) and name == "applies_when":
        return asked_of_words(part)
    if isinstance(value, Fraction):
        return "All that apply" if value == 1 else f"At least {whole_percent(value)} of those that apply"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "None"
    if isinstance(value, Kind):
        return KINDS[value]
    if isinstance(value, EvidenceRule):
        return EVIDENCE[value]
    return str(value) or "Nothing"


def differences(found: Comparison) -> str:
    """What differs, counted: “2 new requirements, 1 no longer asked, 3 changed, 1 moved.”"""
    parts = [
        f"{cases_in_words(len(found.added), 'new requirement')}" if found.added else "",
        f"{len(found.removed)} no longer asked" if found.removed else "",
        f"{len(found.changed)} changed" if found.changed else "",
        f"{len(found.moved)} moved" if found.moved else "",
        "the card itself changed" if found.fields else "",
    ]
    said = ", ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}." if said else "The two are the same."


def no_longer_asked(found: Comparison) -> str:
    """The requirements that a version leaves out, named; "" where there is none."""
    if not found.removed:
        return ""
    return f"No longer asked: {'; '.join(f'“{one.text}”' for one in found.removed)}"
