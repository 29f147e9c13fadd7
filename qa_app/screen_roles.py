"""Which screens each role has. What a person may see and do on them is held by queries and actions."""

from collections.abc import Collection, Mapping
from typing import Final

from sampling.records.people import Role

_MANAGER, _QA, _THEME = Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER
_HEAD, _ADMINISTRATOR, _AUDITOR = Role.HEAD, Role.ADMINISTRATOR, Role.AUDITOR
_REVIEWERS: Final = frozenset({_MANAGER, _QA, _THEME})
# Whoever is signed in, even without a role; but for an outside auditor, who has what names them and no more.
_EVERYBODY: Final[frozenset[Role]] = frozenset()

SCREENS_OF: Final[Mapping[str, frozenset[Role]]] = {
    "start": _EVERYBODY,
    "overview": frozenset({_HEAD}),
    "reviews": _REVIEWERS | {_HEAD},
    "review": _REVIEWERS | {_HEAD},
    "samples": _REVIEWERS | {_HEAD},
    "allocation": _REVIEWERS | {_HEAD},
    "results": _REVIEWERS | {_HEAD},
    "service": frozenset({_MANAGER, _HEAD}),
    "risks": frozenset({_MANAGER, _HEAD}),
    "held_cases": _EVERYBODY,  # an approver may have no role
    "disputes": _REVIEWERS | {_HEAD},
    "learning": _EVERYBODY,  # an action may be anybody's
    "reports": _EVERYBODY,  # what is published is for anybody
    "themes": frozenset({_QA, _THEME, _HEAD}),
    "second_scoring": frozenset({_QA, _HEAD}),
    "adjudication": frozenset({_QA, _HEAD}),
    "calibration": _REVIEWERS | {_HEAD},
    "evidence": frozenset({_HEAD, _AUDITOR}),
    "import_cases": frozenset({_ADMINISTRATOR, _HEAD, _QA}),
    "scorecards": _EVERYBODY,
    "policy": _EVERYBODY,
    "reassign": frozenset({_MANAGER, _HEAD, _ADMINISTRATOR}),
    "office": frozenset({_ADMINISTRATOR, _HEAD}),
}


def has_screen(roles: Collection[Role], screen: str) -> bool:
    """Whether somebody with these roles has a screen."""
    wanted = SCREENS_OF[screen]
    if _AUDITOR in roles:
        return _AUDITOR in wanted
    return wanted is _EVERYBODY or not wanted.isdisjoint(roles)
