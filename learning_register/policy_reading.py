"""Reading and writing policy documents and the Charter as TOML.

Reading is strict: a paragraph that is silently dropped would make a true citation look false.
"""

from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files

from learning_register.citations import Commitment, Force, PolicyDocument, PolicyParagraph, parse_reference
from sampling.refused import Refused
from scorecards.card_reading import refuse_unknown_fields, rows_in, text_in, toml_table, whole_number_in

QUALITY_STANDARDS = "quality-standards-10.toml"

_SHIPPED = files("learning_register") / "shipped"
_CHARTER = "service-charter.toml"

_DOCUMENT_FIELDS = frozenset({"key", "title", "short_name", "version", "version_date", "paragraph"})
_PARAGRAPH_FIELDS = frozenset({"number", "section", "title", "summary", "force"})


def shipped_documents() -> list[PolicyDocument]:
    """The policy documents that come with the product, each in each of its versions, by title."""
    documents = [
        read_policy_document(path.read_text("utf-8"))
        for path in _SHIPPED.iterdir()
        if path.name.endswith(".toml") and path.name != _CHARTER
    ]
    return sorted(documents, key=lambda document: (document.title, document.version))


def shipped_commitments() -> tuple[Commitment, ...]:
    """The commitments of the Service Charter that come with the product."""
    return read_commitments((_SHIPPED / _CHARTER).read_text("utf-8"))


def shipped_quality_standards() -> PolicyDocument:
    """The ten quality and service standards, to which scorecards map their requirements."""
    return read_policy_document((_SHIPPED / QUALITY_STANDARDS).read_text("utf-8"))


def read_policy_document(text: str) -> PolicyDocument:
    """Which policy document does this TOML text describe? Refused, naming the part, when it is not whole.

    A document that bears no date has no `version_date`.
    """
    where = "The policy document"
    table = toml_table(text, what=where)
    refuse_unknown_fields(table, _DOCUMENT_FIELDS, where=where)
    document = PolicyDocument(
        key=text_in(table, "key", where=where),
        title=text_in(table, "title", where=where),
        short_name=text_in(table, "short_name", where=where),
        version=text_in(table, "version", where=where),
        version_date=_date_in(table, "version_date", where=where),
        paragraphs=tuple(
            _read_paragraph(row, f"Paragraph entry {count}")
            for count, row in enumerate(rows_in(table, "paragraph", where=where), start=1)
        ),
    )
    _refuse_repeats([paragraph.number for paragraph in document.paragraphs], what="paragraph")
    return document


def read_commitments(text: str) -> tuple[Commitment, ...]:
    """Which commitments does this TOML text list? Refused, naming the entry, when one is not whole."""
    table = toml_table(text, what="The charter")
    commitments = tuple(
        Commitment(
            number=whole_number_in(row, "number", where=where),
            section=text_in(row, "section", where=where),
            summary=text_in(row, "summary", where=where),
            in_published_scores=_yes_or_no_in(row, "in_published_scores", where=where),
            number_inferred=_yes_or_no_in(row, "number_inferred", where=where),
        )
        for where, row in _entries(table, "commitment", what="The charter")
    )
    _refuse_repeats([commitment.number for commitment in commitments], what="commitment")
    return commitments


def check_number(number: str, *, where: str) -> None:
    """Refuse a paragraph's number that is not one paragraph or annex, written in the one way."""
    try:
        reference = parse_reference(number)
    except Refused as refused:
        raise Refused(f"{where}: {refused}") from refused
    if str(reference) != number or reference.heading or reference.first != reference.last:
        raise Refused(f"{where}: “{number}” must be one paragraph or annex, written such as 14 or Annex A.")


def _read_paragraph(row: Mapping[str, object], where: str) -> PolicyParagraph:
    refuse_unknown_fields(row, _PARAGRAPH_FIELDS, where=where)
    number = text_in(row, "number", where=where)
    check_number(number, where=where)
    listed = row.get("force")
    forces = listed if isinstance(listed, list) else [listed]
    if not forces or not set(map(str, forces)) <= set(Force):
        raise Refused(f"{where}: force must be one or more of “{'”, “'.join(Force)}”, in quotes.")
    return PolicyParagraph(
        number=number,
        section=text_in(row, "section", where=where),
        title=text_in(row, "title", where=where),
        summary=text_in(row, "summary", where=where),
        forces=tuple(Force(str(force)) for force in forces),
    )


def _entries(table: Mapping[str, object], name: str, *, what: str) -> list[tuple[str, Mapping[str, object]]]:
    rows = rows_in(table, name, where=what)
    return [(f"{name.capitalize()} entry {count}", row) for count, row in enumerate(rows, start=1)]


def _date_in(table: Mapping[str, object], name: str, *, where: str) -> date | None:
    value = table.get(name)
    if value is None:
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refused(
            f"{where}: {name} must be a date without quotes. Write for example {name} = 2023-08-01."
        )
    return value


def _yes_or_no_in(row: Mapping[str, object], name: str, *, where: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{where}: {name} must be true or false, without quotes.")
    return value


def _refuse_repeats(numbers: list[str] | list[int], *, what: str) -> None:
    seen: set[object] = set()
    for number in numbers:
        if number in seen:
            raise Refused(f"The {what} {number} is there twice. Keep one of the two.")
        seen.add(number)
