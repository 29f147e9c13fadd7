"""What a disposal took from the audit trail is accounted for by a later entry, or it is a break."""

from dataclasses import replace

import pytest

from sampling.records.audit_chain import (
    DISPOSE,
    NOTHING_BEFORE,
    Change,
    Clearing,
    Entry,
    first_break,
    hash_of,
    hash_of_changes,
    hash_of_cleared,
)

WRITTEN = (
    Change("answer", "1", "added", None, {"evidence": "A name"}),
    Change("team", "1", "added", None, {}),
)
ONCE = (replace(WRITTEN[0], after=None), WRITTEN[1])
TWICE = (ONCE[0], replace(ONCE[1], after=None))
FIRST = Clearing(1, hash_of_changes(WRITTEN), hash_of_changes(ONCE))
SECOND = Clearing(2, hash_of_changes(ONCE), hash_of_changes(TWICE))


def chained(*told: tuple[str, str, object]) -> list[Entry]:
    """An entry with changes, and after it those told of: action, subject, details."""
    entries: list[Entry] = []
    for number, (action, subject, details) in enumerate((("answer", "review 1", {}), *told), start=1):
        entry = Entry(
            number=number,
            at="2026-07-06T09:00:00.000000+00:00",
            by=1,
            source="",
            action=action,
            subject=subject,
            details=details,
            changes=WRITTEN if number == 1 else (),
            previous_sha256=entries[-1].sha256 if entries else NOTHING_BEFORE,
            sha256="",
        )
        entries.append(replace(entry, sha256=hash_of(entry)))
    return entries


def disposal(number: int, *cleared: Clearing) -> tuple[str, str, object]:
    sha256 = hash_of_cleared([(1, one) for one in cleared])
    return DISPOSE, f"disposal {number}", {"trail_sha256": sha256}


def test_a_trail_that_was_cleared_holds_as_long_as_each_disposal_accounts_for_what_it_took() -> None:
    entries = chained(disposal(1, FIRST), disposal(2, SECOND))
    cleared = [replace(entries[0], changes=TWICE, cleared=(FIRST, SECOND)), *entries[1:]]
    assert first_break(cleared) is None


@pytest.mark.parametrize(
    ("changes", "cleared", "told", "number", "words"),
    [
        (ONCE, (), (), 1, "altered"),
        (ONCE, (FIRST,), (), 1, "no disposal accounts for it"),
        (ONCE, (FIRST,), (disposal(2, FIRST),), 2, "no disposal accounts for it"),
        (ONCE, (FIRST,), (disposal(1, SECOND),), 1, "no disposal accounts for it"),
        (ONCE, (FIRST,), ((DISPOSE, "disposal x", {}),), 2, "no disposal accounts for it"),
        (TWICE, (FIRST,), (disposal(1, FIRST),), 1, "altered"),
        (TWICE, (FIRST, SECOND), (disposal(1, FIRST),), 1, "no disposal accounts for it"),
        (TWICE, (SECOND,), (disposal(2, SECOND),), 1, "altered"),
    ],
)
def test_what_no_disposal_accounts_for_is_named(
    changes: tuple[Change, ...],
    cleared: tuple[Clearing, ...],
    told: tuple[tuple[str, str, object], ...],
    number: int,
    words: str,
) -> None:
    entries = chained(*told)
    found = first_break([replace(entries[0], changes=changes, cleared=cleared), *entries[1:]])
    assert found is not None
    assert (found.number, words in found.words) == (number, True), found
