"""The words for policy documents: how binding a paragraph is, and what a version goes by."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from learning_register.citations import Force
from qa_app.wording import in_words

FORCES: Final = {
    Force.LEGAL: "Legal requirement",
    Force.POLICY: "Policy requirement",
    Force.GUIDANCE: "Guidance",
}


def forces_in_words(forces: Sequence[Force]) -> str:
    """“Legal requirement, policy requirement”, the most binding first."""
    return ", ".join(FORCES[force] for force in forces).capitalize()


def version_named(title: str, version: str, day: date | None) -> str:
    """“Review and feedback guidance, version 12.0 of 1 August 2023”."""
    return f"{title}, {version_in_words(version, day)}"


def version_in_words(version: str, day: date | None) -> str:
    """“version 12.0 of 1 August 2023”."""
    return f"version {version} of {in_words(day)}" if day else f"version {version}, without a date"


def found_in_words(forces: Sequence[Sequence[Force]]) -> str:
    """How many paragraphs were found, and how many of them are marked: “79 paragraphs: 23 marked …”."""
    policy = sum(Force.POLICY in one for one in forces)
    legal = sum(Force.LEGAL in one for one in forces)
    paragraphs = "1 paragraph" if len(forces) == 1 else f"{len(forces)} paragraphs"
    return f"{paragraphs}: {policy} marked as policy requirement, {legal} as legal requirement."
