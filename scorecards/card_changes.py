"""What differs between versions of a scorecard, and since when a requirement asks the same.

A requirement is the same one as long as it keeps its key. Each version says of every requirement that
differs from the last published version whether its wording or its meaning changed.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from sampling.refused import Refused
from scorecards.card_reading import requirement_named
from scorecards.requirements import Change, Requirement, Scorecard

_CARD_FIELDS = ("title", "policy_document", "policy_version", "method_share", "asks")


@dataclass(frozen=True)
class ChangedRequirement:
    """A requirement that both versions have, and the names of the fields that differ."""

    before: Requirement
    after: Requirement
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """What differs from one version to another, in the order of the later one.

    `fields` are those of the card itself. `moved` are the fewest requirements that, put elsewhere, make
    the one order of what both have into the other.
    """

    fields: tuple[str, ...]
    added: tuple[Requirement, ...]
    removed: tuple[Requirement, ...]
    changed: tuple[ChangedRequirement, ...]
    moved: tuple[Requirement, ...]


def compare(before: Scorecard, after: Scorecard) -> Comparison:
    """What differs from `before` to `after`? What a requirement says of its own change is no difference."""
    old, new = _by_key(before), _by_key(after)
    places = {key: place for place, key in enumerate(old)}
    kept = [key for key in new if key in old]
    in_order = _longest_rising([places[key] for key in kept])
    changed = [
        ChangedRequirement(old[key], new[key], _differing(old[key], new[key]))
        for key in kept
        if differs(old[key], new[key])
    ]
    return Comparison(
        fields=tuple(name for name in _CARD_FIELDS if getattr(before, name) != getattr(after, name)),
        added=tuple(requirement for key, requirement in new.items() if key not in old),
        removed=tuple(requirement for key, requirement in old.items() if key not in new),
        changed=tuple(changed),
        moved=tuple(new[key] for key in kept if places[key] not in in_order),
    )


def differs(before: Requirement, after: Requirement) -> bool:
    """Does a requirement differ from one of the same key? Its place on the card makes no difference."""
    return bool(_differing(before, after))


def marks_missing(card: Scorecard, before: Scorecard | None) -> tuple[str, ...]:
    """What does a version still have to say of how its requirements changed? A sentence each.

    `before` is the version of the scorecard that was published last, None for the first. A requirement
    that differs from it must say `change`; one that is new or the same must not.
    """
    old = {} if before is None else _by_key(before)
    missing = []
    for number, requirement in enumerate(card.requirements, start=1):
        where, was = requirement_named(number, requirement.key), old.get(requirement.key)
        if was is None and requirement.change is not None:
            missing.append(f"{where}: it is new, so it cannot have changed. Leave its change out.")
        elif before is None or was is None:
            continue
        elif differs(was, requirement) and requirement.change is None:
            missing.append(
                f"{where}: it is not as it was in version {before.version}. Say whether its wording or its "
                f'meaning changed (in a file: change = "{Change.WORDING}" or "{Change.MEANING}").'
            )
        elif not differs(was, requirement) and requirement.change is not None:
            missing.append(
                f"{where}: it says that its {requirement.change} changed, and is as it was in version "
                f"{before.version}. Leave its change out."
            )
    return tuple(missing)


def without_idle_marks(card: Scorecard, before: Scorecard | None) -> Scorecard:
    """The card on which only what differs from the version before says how it changed."""
    old = {} if before is None else _by_key(before)
    return replace(
        card,
        requirements=tuple(
            requirement
            if requirement.key in old and differs(old[requirement.key], requirement)
            else replace(requirement, change=None)
            for requirement in card.requirements
        ),
    )


def same_meaning_since(versions: Sequence[Scorecard], requirement_key: str) -> int:
    """From which version on can the answers to a requirement be put into one trend?

    `versions` are all that were ever published of one scorecard, oldest first, up to the one looked back
    from. The newest of them that has the requirement is the start; from there back through every version
    that has it, until one whose meaning had changed, or the one that brought it. A version that does not
    have the requirement ends the trend: what comes back later under the same key is new. Gives the
    number of that version. Refused when none has the requirement.
    """
    since = None
    for card in reversed(versions):
        found = _by_key(card).get(requirement_key)
        if found is None and since is not None:
            break
        if found is not None:
            since = card.version
            if found.change is Change.MEANING:
                break
    if since is None:
        raise Refused(f"No version of this scorecard asks {requirement_key}. Reload the page.")
    return since


def changes_named(before: Scorecard, after: Scorecard) -> list[str]:
    """What differs, in a few words for the audit trail: `["title", "on-file: text", "new: on-time"]`."""
    found = compare(before, after)
    old, new = _by_key(before), _by_key(after)
    marked = [key for key in new if key in old and old[key].change != new[key].change]
    return [
        *found.fields,
        *(f"{change.after.key}: {', '.join(change.fields)}" for change in found.changed),
        *(f"{key}: change" for key in marked),
        *(f"new: {requirement.key}" for requirement in found.added),
        *(f"removed: {requirement.key}" for requirement in found.removed),
        *(f"moved: {requirement.key}" for requirement in found.moved),
    ]


def _by_key(card: Scorecard) -> dict[str, Requirement]:
    return {requirement.key: requirement for requirement in card.requirements}


def _differing(before: Requirement, after: Requirement) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in fields(Requirement)
        if field.name != "change" and getattr(before, field.name) != getattr(after, field.name)
    )


def _longest_rising(places: Sequence[int]) -> set[int]:
    """The members of a longest rising run of different numbers, gaps allowed (Fredman, 1975)."""
    ends: list[int] = []  # the smallest number that ends a run of each length
    runs: list[tuple[int, ...]] = []
    for place in places:
        length = bisect_left(ends, place)
        run = (*(runs[length - 1] if length else ()), place)
        ends[length : length + 1] = [place]
        runs[length : length + 1] = [run]
    return set(runs[-1]) if runs else set()
