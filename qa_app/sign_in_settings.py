"""How people may sign in, by the settings: local accounts, and the organisation's own sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qa_app.claim_rules import ClaimRules
from qa_app.settings import settings
from sampling.records.claimed_roles import ClaimedRole


@dataclass(frozen=True)
class Provider:
    """The organisation's provider of OpenID Connect, and what this app is to it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    address: str
    secret: str = field(repr=False)
    roles: ClaimRules | None

    @property
    def is_secure(self) -> bool:
        """Whether the app is opened by https: then its cookies go no other way."""
        return self.address.startswith("https:")

    def claimed(self, claims: Mapping[str, object]) -> set[ClaimedRole]:
        """The roles that somebody's claims give."""
        return self.roles.claimed(claims) if self.roles else set()


@dataclass(frozen=True)
class SignInSettings:
    """The ways to sign in. `provider` is None where there is no single sign-on."""

    provider: Provider | None
    local_accounts: bool


def sign_in_settings() -> SignInSettings:
    """The ways to sign in to this process."""
    read = settings()
    provider = None
    if read.oidc_issuer and read.oidc_client_id and read.oidc_client_secret and read.address and read.secret:
        provider = Provider(
            issuer=read.oidc_issuer,
            client_id=read.oidc_client_id,
            client_secret=read.oidc_client_secret.get_secret_value(),
            address=read.address,
            secret=read.secret.get_secret_value(),
            roles=read.oidc_roles,
        )
    return SignInSettings(provider, local_accounts=read.local_accounts == "on")
