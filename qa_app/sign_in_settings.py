"""How people may sign in, from the environment: local accounts, and the organisation's own sign-in.

QA_OIDC_ISSUER, QA_OIDC_CLIENT_ID and QA_OIDC_CLIENT_SECRET name the provider of OpenID Connect and what it
knows this app by; QA_ADDRESS is where people open the app, QA_SECRET signs a cookie of ten minutes.
QA_OIDC_ROLES says which value of which claim gives which role, and QA_LOCAL_ACCOUNTS=off leaves no other way.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sampling.records.claimed_roles import ClaimedRole
from sampling.records.people import Role
from sampling.refused import Refused

_OF_THE_PROVIDER: Final = ("QA_OIDC_ISSUER", "QA_OIDC_CLIENT_ID", "QA_OIDC_CLIENT_SECRET")
_NEEDED: Final = (*_OF_THE_PROVIDER, "QA_ADDRESS", "QA_SECRET")
_SHORTEST_SECRET: Final = 32
_ANY_TEAM: Final = "*"
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
class Provider:
    """The organisation's provider of OpenID Connect, and what this app is to it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    address: str
    secret: str = field(repr=False)
    claim: str | None
    roles: tuple[RoleOfClaim, ...]

    @property
    def is_secure(self) -> bool:
        """Whether the app is opened by https: then its cookies go no other way."""
        return self.address.startswith("https:")

    def claimed(self, claims: Mapping[str, object]) -> set[ClaimedRole]:
        """The roles that somebody's claims give."""
        said = claims.get(self.claim) if self.claim else None
        values = said if isinstance(said, list) else [said]
        given = (rule.given_by(value) for value in values for rule in self.roles)
        return {role for role in given if role is not None}


@dataclass(frozen=True)
class SignInSettings:
    """The ways to sign in. `provider` is None where there is no single sign-on."""

    provider: Provider | None
    local_accounts: bool


def sign_in_settings() -> SignInSettings:
    """The settings of this process; refuses those that are wrong or incomplete, and repeats no secret."""
    given = {name: os.environ.get(name, "").strip() for name in (*_NEEDED, "QA_OIDC_ROLES")}
    provider = None
    if any(given[name] for name in (*_OF_THE_PROVIDER, "QA_OIDC_ROLES")):
        provider = _provider(given)
    local = os.environ.get("QA_LOCAL_ACCOUNTS", "").strip().lower() or "on"
    if local not in ("on", "off"):
        raise Refused(f"QA_LOCAL_ACCOUNTS is {local!r}. Set it to on or off.")
    if local == "off" and provider is None:
        raise Refused("QA_LOCAL_ACCOUNTS is off and QA_OIDC_ISSUER is empty: nobody could sign in. Set one.")
    return SignInSettings(provider, local_accounts=local == "on")


def _provider(given: dict[str, str]) -> Provider:
    missing = [name for name in _NEEDED if not given[name]]
    if missing:
        raise Refused(
            f"For single sign-on something is missing: {', '.join(missing)}. Set it, or none of it."
        )
    for name in ("QA_OIDC_ISSUER", "QA_ADDRESS"):
        _check_address(name, given[name])
    if len(given["QA_SECRET"]) < _SHORTEST_SECRET:
        raise Refused(
            f"QA_SECRET has {len(given['QA_SECRET'])} characters. Use at least {_SHORTEST_SECRET}, made by "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    claim, roles = _roles(given["QA_OIDC_ROLES"]) if given["QA_OIDC_ROLES"] else (None, ())
    return Provider(
        issuer=given["QA_OIDC_ISSUER"],
        client_id=given["QA_OIDC_CLIENT_ID"],
        client_secret=given["QA_OIDC_CLIENT_SECRET"],
        address=given["QA_ADDRESS"].rstrip("/"),
        secret=given["QA_SECRET"],
        claim=claim,
        roles=roles,
    )


def _check_address(name: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
        raise Refused(f"{name} is no address of a web site. Set it to one such as https://login.example.org.")
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise Refused(f"{name} begins with http: anybody on the way could sign in as others. Use https.")


def _roles(text: str) -> tuple[str, tuple[RoleOfClaim, ...]]:
    first, *others = [part.strip() for part in text.split(";") if part.strip()]
    word, _, claim = first.partition("=")
    if word.strip() != "claim" or not claim.strip() or not others:
        raise Refused(f"QA_OIDC_ROLES does not say which claim gives which roles. {_LIKE}")
    return claim.strip(), tuple(_role(part) for part in others)


def _role(part: str) -> RoleOfClaim:
    value, _, given = part.rpartition("=")
    name, _, team = given.partition(":")
    value, name, team = value.strip(), name.strip(), team.strip()
    if name not in list(Role):
        raise Refused(f"QA_OIDC_ROLES names no role in “{part}”. Choose from {', '.join(Role)}.")
    role = Role(name)
    if not value or (role == Role.LINE_MANAGER) != bool(team):
        raise Refused(
            f"QA_OIDC_ROLES needs a value in “{part}”, and a team for a line manager alone. {_LIKE}"
        )
    if (team == _ANY_TEAM) != value.endswith(_ANY_TEAM):
        raise Refused(f"QA_OIDC_ROLES has one * in “{part}”, and a team's name needs two. {_LIKE}")
    return RoleOfClaim(value, role, team or None)
