"""Which value of which claim gives which role: what QA_OIDC_ROLES says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sampling.records.claimed_roles import ClaimedRole
from sampling.records.people import Role
from sampling.refused import Refused

_ANY_TEAM: Final = "*"
_CHOICES: Final = ", ".join(role for role in Role if role != Role.AUDITOR)
_LIKE: Final = (
    "Write it like “claim=groups; qa-team=qa_reviewer; heads=head; manager:*=line_manager:*”, where * is the "
    "name of a team."
)


@dataclass(frozen=True)
class RoleOfClaim:
    """A value of the claim and the role it gives. With the team `*` the value ends in the team's name."""

    value: str
    role: Role
    team: str | None

    def given_by(self, value: object) -> ClaimedRole | None:
        """The role that somebody has with a value of the claim, if this is the value meant."""
        if self.team != _ANY_TEAM:
            return ClaimedRole(self.role, self.team) if value == self.value else None
        beginning = self.value.removesuffix(_ANY_TEAM)
        if not isinstance(value, str) or not value.startswith(beginning):
            return None
        return ClaimedRole(self.role, value.removeprefix(beginning).strip())


@dataclass(frozen=True)
class ClaimRules:
    """A claim, and the roles that its values give."""

    claim: str
    roles: tuple[RoleOfClaim, ...]

    def claimed(self, claims: Mapping[str, object]) -> set[ClaimedRole]:
        """The roles that somebody's claims give."""
        said = claims.get(self.claim)
        values = said if isinstance(said, list) else [said]
        given = (rule.given_by(value) for value in values for rule in self.roles)
        return {role for role in given if role is not None}


def claim_rules(text: str) -> ClaimRules:
    """The rules as they are written: “claim=groups; heads=head; manager:*=line_manager:*”."""
    first, *others = [part.strip() for part in text.split(";") if part.strip()] or [""]
    word, _, claim = first.partition("=")
    if word.strip() != "claim" or not claim.strip() or not others:
        raise Refused(f"QA_OIDC_ROLES does not say which claim gives which roles. {_LIKE}")
    return ClaimRules(claim.strip(), tuple(_role(part) for part in others))


def _role(part: str) -> RoleOfClaim:
    value, _, given = part.rpartition("=")
    name, _, team = given.partition(":")
    value, name, team = value.strip(), name.strip(), team.strip()
    if name not in list(Role):
        raise Refused(f"QA_OIDC_ROLES names no role in “{part}”. Choose from {_CHOICES}.")
    role = Role(name)
    if role == Role.AUDITOR:
        raise Refused(
            f"QA_OIDC_ROLES gives an auditor's role in “{part}”, and that one needs a last day. Leave it "
            "out: accounts for outside auditors are opened under Office, Auditors."
        )
    if not value or (role == Role.LINE_MANAGER) != bool(team):
        raise Refused(
            f"QA_OIDC_ROLES needs a value in “{part}”, and a team for a line manager alone. {_LIKE}"
        )
    if (team == _ANY_TEAM) != value.endswith(_ANY_TEAM):
        raise Refused(f"QA_OIDC_ROLES has one * in “{part}”, and a team's name needs two. {_LIKE}")
    return RoleOfClaim(value, role, team or None)
