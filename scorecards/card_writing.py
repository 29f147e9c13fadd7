"""Writing a scorecard as a TOML file that `scorecards.card_reading` reads back as the same scorecard."""

from dataclasses import MISSING, fields

import tomli_w

from scorecards.requirements import Requirement, Scorecard, scorecard_as_json


def write_scorecard(card: Scorecard) -> str:
    """The scorecard, whole or as far as it has come, as TOML text. Read back, it has the same hash."""
    table: dict[str, object] = {
        "key": card.key,
        "title": card.title,
        "version": card.version,
        "policy_document": card.policy_document,
        "policy_version": card.policy_version,
        "method_share": str(card.method_share),
    }
    if card.asks:
        table["asks"] = list(card.asks)
    table["requirement"] = [_written(requirement) for requirement in card.requirements]
    # A long guidance is easier to read over several lines, where a carriage return would be lost.
    return tomli_w.dumps(table, multiline_strings=r"\r\n" not in scorecard_as_json(card))


def _written(requirement: Requirement) -> dict[str, object]:
    """Its fields in the order of reading; what is left at its default is left out."""
    row: dict[str, object] = {}
    for field in fields(Requirement):
        value = getattr(requirement, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        row[field.name] = list(value) if isinstance(value, tuple) else value
    if requirement.applies_when:
        row["applies_when"] = {name: list(values) for name, values in requirement.applies_when}
    return row
