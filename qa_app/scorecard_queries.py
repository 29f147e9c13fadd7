"""What the screens of scorecards show beside a card: the policy it rests on, and what extracts say."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import parse_reference
from learning_register.document_queries import charter_commitments
from learning_register.policy_reading import shipped_quality_standards
from learning_register.tables_policy import PolicyParagraph, PolicyVersion
from sampling.records.cases import Case
from scorecards.requirements import CaseAttribute, Scorecard


@dataclass(frozen=True)
class Policy:
    """What a card can rest on: the paragraphs of its document by number, commitments, quality standards.

    The titles and the one-line summaries of its paragraphs are empty where the document is not loaded.
    """

    titles: dict[str, str]
    summaries: dict[str, str]
    commitments: dict[int, str]
    quality_standards: dict[int, str]

    def cited(self, citation: str) -> list[str]:
        """The paragraphs that a citation takes in, each in words; none where the document is not loaded."""
        reference = parse_reference(citation)
        return [
            f"{number} {name}: {self.summaries[number]}"
            for number, name in self.titles.items()
            if reference.covers(number)
        ]


def policy_of(session: Session, card: Scorecard) -> Policy:
    """The policy in the version that a card names, as far as it is loaded."""
    rows = session.scalars(
        select(PolicyParagraph)
        .join(PolicyVersion, PolicyVersion.id == PolicyParagraph.version_id)
        .where(PolicyVersion.document == card.policy_document, PolicyVersion.version == card.policy_version)
        .order_by(PolicyParagraph.place)
    ).all()
    return Policy(
        titles={row.number: row.title for row in rows},
        summaries={row.number: row.summary for row in rows},
        commitments={row.number: row.summary for row in charter_commitments(session)},
        quality_standards=_quality_standards(),
    )


@cache
def _quality_standards() -> dict[int, str]:
    return {int(row.number): row.title for row in shipped_quality_standards().paragraphs}


def policy_documents(session: Session) -> dict[tuple[str, str], str]:
    """The policy documents that are loaded, by key and version: “Review and feedback guidance 12.0”."""
    rows = session.execute(
        select(PolicyVersion.document, PolicyVersion.version, PolicyVersion.title).order_by(
            PolicyVersion.title, PolicyVersion.version
        )
    )
    return {(document, version): f"{name} {version}" for document, version, name in rows}


def values_of_cases(session: Session) -> dict[CaseAttribute, list[str]]:
    """What extracts have said of cases, for each attribute by which a requirement may be asked."""
    columns = {
        CaseAttribute.TYPE: Case.case_type,
        CaseAttribute.STAGE: Case.stage,
        CaseAttribute.RISK: Case.risk,
    }
    return {
        attribute: sorted(
            value for value in session.scalars(select(column).where(column.is_not(None)).distinct()) if value
        )
        for attribute, column in columns.items()
    }
