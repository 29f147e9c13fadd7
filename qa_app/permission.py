"""A line of the table of permissions: what is done or seen, and of what each role may."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sampling.records.people import Role


class Scope(StrEnum):
    """Of what a role may do or see something."""

    ALL = "yes"
    TEAM = "own team"
    THEIRS = "their own"  # what they wrote, have been given, or are named in
    AFTER = "after their own score"
    NAMED = "named samples"
    NONE = "–"


@dataclass(frozen=True)
class Permission:
    """A line of the table. Who has several roles may do what any of them may, but for what is kept blind."""

    what: str
    names: tuple[str, ...]  # of actions and queries
    scopes: Mapping[Role | None, Scope]  # None: whoever is signed in; a role left out is as they are
    but: str = ""

    def scope(self, role: Role | None) -> Scope:
        """What a role may. An outside auditor has nothing of what is for whoever is signed in."""
        if role is Role.AUDITOR:
            return self.scopes.get(role, Scope.NONE)
        return self.scopes.get(role, self.scopes.get(None, Scope.NONE))


def line(what: str, names: str, *, but: str = "", **scopes: Scope) -> Permission:
    """A line: the actions and queries it is of, apart by spaces, and the scope of each role by its word."""
    roles = {
        "manager": Role.LINE_MANAGER,
        "qa": Role.QA_REVIEWER,
        "theme": Role.THEMATIC_REVIEWER,
        "head": Role.HEAD,
        "administrator": Role.ADMINISTRATOR,
        "auditor": Role.AUDITOR,
        "anybody": None,
    }
    return Permission(what, tuple(names.split()), {roles[name]: scope for name, scope in scopes.items()}, but)
