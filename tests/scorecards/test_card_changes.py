"""What differs between two versions, what must be said of it, and since when a requirement asks the same."""

from dataclasses import replace
from fractions import Fraction

import pytest

from sampling.refused import Refused
from scorecards.card_changes import changes_named, compare, marks_missing, same_meaning_since
from scorecards.card_editing import (
    asked_only_of,
    begun_from,
    blank_card,
    key_from,
    moved,
    share_of_percent,
    with_fields,
    with_requirement,
    without_requirement,
)
from scorecards.requirements import CaseAttribute, Change, Kind, Scorecard


def card(*keys: str, version: int = 1) -> Scorecard:
    """A card of outcome requirements with these keys, and the method requirement “told”."""
    made = replace(blank_card("Small card"), version=version)
    for key in keys:
        made = with_fields(
            with_requirement(made, Kind.OUTCOME), made_key(made, Kind.OUTCOME), key=key, text=key
        )
    return with_fields(with_requirement(made, Kind.METHOD), made_key(made, Kind.METHOD), key="told", text="t")


def made_key(before: Scorecard, kind: Kind) -> str:
    """The key that a requirement gets when it is added to this card."""
    (key,) = {r.key for r in with_requirement(before, kind).requirements} - {
        r.key for r in before.requirements
    }
    return key


def keys(requirements: object) -> list[str]:
    return [requirement.key for requirement in requirements]  # type: ignore[attr-defined]


def test_a_comparison_names_what_is_new_gone_changed_and_moved() -> None:
    before = card("a", "b", "c", "d")
    after = with_fields(moved(card("a", "b", "c", "d"), "d", up=True), "b", text="Else", critical=True)
    after = moved(moved(without_requirement(after, "told"), "d", up=True), "d", up=True)
    after = replace(with_requirement(after, Kind.METHOD), title="Another")
    found = compare(before, after)
    assert found.fields == ("title",)
    assert (keys(found.added), keys(found.removed)) == (["requirement-5"], ["told"])
    assert [(one.after.key, one.fields) for one in found.changed] == [("b", ("text", "critical"))]
    assert keys(after.requirements) == ["d", "a", "b", "c", "requirement-5"]
    assert keys(found.moved) == ["d"]
    said = with_fields(after, "c", change=Change.WORDING)
    assert changes_named(before, said) == [
        "title",
        "b: text, critical",
        "c: change",
        "new: requirement-5",
        "removed: told",
        "moved: d",
    ]
    same = compare(before, with_fields(before, "a", change=Change.MEANING))
    assert (same.fields, same.added, same.removed, same.changed, same.moved) == ((), (), (), (), ())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "Else"}, "Requirement 1 (“a”): it is not as it was in version 1. Say whether its wording"),
        ({"text": "Else", "change": Change.WORDING}, None),
        ({"kind": Kind.METHOD, "change": Change.MEANING}, None),
        ({"change": Change.WORDING}, "Requirement 1 (“a”): it says that its wording changed, and is as it"),
        ({"key": "z", "change": Change.MEANING}, "Requirement 1 (“z”): it is new, so it cannot have changed"),
        ({"key": "z"}, None),
        ({}, None),
    ],
)
def test_what_differs_says_how_and_nothing_else_does(fields: dict[str, object], says: str | None) -> None:
    missing = marks_missing(with_fields(card("a"), "a", **fields), card("a"))
    assert [sentence[: len(says or "")] for sentence in missing] == ([] if says is None else [says])


def test_the_first_version_says_nothing_of_changes() -> None:
    assert marks_missing(card("a"), None) == ()
    assert len(marks_missing(with_fields(card("a"), "a", change=Change.WORDING), None)) == 1


def test_a_requirement_means_the_same_back_to_its_last_change_of_meaning() -> None:
    def version(number: int, change: Change | None = None, *others: str) -> Scorecard:
        return with_fields(card("a", *others, version=number), "a", change=change)

    wording, meaning = Change.WORDING, Change.MEANING
    history = [version(1), version(2, wording), version(4, meaning), version(5), version(6, wording, "b")]
    assert [same_meaning_since(history[:count], "a") for count in range(1, 6)] == [1, 1, 4, 4, 4]
    assert same_meaning_since(history, "b") == 6
    without = replace(card(version=7), requirements=())
    assert same_meaning_since([*history, without], "a") == 4  # what is gone keeps the trend it had
    assert same_meaning_since([*history, without, version(8)], "a") == 8  # what comes back begins anew
    with pytest.raises(Refused, match="No version of this scorecard asks z"):
        same_meaning_since(history, "z")


def test_outcome_requirements_stand_first_and_move_among_themselves() -> None:
    made = card("a", "b")
    assert keys(moved(made, "a", up=True).requirements) == ["a", "b", "told"]
    assert keys(moved(made, "b", up=False).requirements) == ["a", "b", "told"]
    assert keys(moved(made, "a", up=False).requirements) == ["b", "a", "told"]
    assert keys(with_requirement(made, Kind.OUTCOME).requirements) == ["a", "b", "requirement-4", "told"]
    assert keys(with_fields(made, "a", kind=Kind.METHOD).requirements) == ["b", "a", "told"]
    again = with_requirement(without_requirement(with_requirement(made, Kind.OUTCOME), "b"), Kind.METHOD)
    assert len(set(keys(again.requirements))) == 4
    with pytest.raises(Refused, match="Another requirement has the key “b”"):
        with_fields(made, "a", key="b")
    with pytest.raises(Refused, match="The draft no longer has the requirement “z”"):
        moved(made, "z", up=True)


def test_a_requirement_is_asked_of_some_cases_until_no_value_is_left() -> None:
    some = asked_only_of(card("a"), "a", CaseAttribute.RISK, ["High"])
    both = asked_only_of(some, "a", CaseAttribute.TYPE, ["Service", "Other"])
    assert both.requirements[0].applies_when == (
        (CaseAttribute.TYPE, ("Service", "Other")),
        (CaseAttribute.RISK, ("High",)),
    )
    assert asked_only_of(
        asked_only_of(both, "a", CaseAttribute.RISK, []), "a", CaseAttribute.TYPE, []
    ) == card("a")


def test_a_draft_begins_without_the_marks_of_the_version_it_is_begun_from() -> None:
    marked = with_fields(card("a"), "a", change=Change.MEANING)
    assert begun_from(marked) == card("a")
    assert begun_from(marked, title="Else ") == replace(card("a"), key="else", title="Else")


def test_keys_come_from_words_and_shares_from_percents() -> None:
    assert key_from("  Right remedy, in full ") == "right-remedy-in-full"
    with pytest.raises(Refused, match="makes no key"):
        key_from("…")
    assert share_of_percent("80") == Fraction(4, 5)
    assert share_of_percent("66.7 %") == Fraction(667, 1000)
    for typed in ("0", "101", "100.1", "", "4/5", "-5", "1e1", "８０"):
        with pytest.raises(Refused, match="is not a share in percent"):
            share_of_percent(typed)
