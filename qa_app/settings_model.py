"""Every setting there is: what it is for, what it must be, and what is wrong with it otherwise.

Rules that belong to one thing alone (a mail server, the roles of claims) stand where that thing is. They
raise `Refused` with their sentence, and no sentence repeats a secret.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from learning_register.mail_message import is_address
from qa_app.claim_rules import ClaimRules, claim_rules
from qa_app.mail_server import server_at
from sampling.refused import Refused

_PREFIX: Final = "QA_"
_FILE: Final = "_FILE"
_SHORTEST_SECRET: Final = 32
_LEVELS: Final = ("debug", "info", "warning", "error")
_OF_THE_PROVIDER: Final = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")


def _database(address: SecretStr) -> SecretStr:
    try:
        url = make_url(address.get_secret_value())
        kind = url.get_backend_name(), url.get_driver_name()
    except ArgumentError:
        kind = None
    if kind not in (("sqlite", "pysqlite"), ("postgresql", "psycopg")):
        raise Refused(
            "QA_DATABASE_URL is not the address of a database. Set it to one such as "
            "postgresql+psycopg://user:password@localhost/qa or sqlite:////var/lib/qa/office.sqlite."
        )
    return address


def _address(address: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", address) or not _host(address):
        raise Refused(
            "QA_ADDRESS is no address of a web site. Set it to the one where people open the app, such as "
            "https://qa.example.org."
        )
    return address.rstrip("/")


def _issuer(address: str) -> str:
    parts = urlsplit(address) if _host(address) else urlsplit("")
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
        raise Refused(
            "QA_OIDC_ISSUER is no address of a web site. Set it to one such as https://login.example.org."
        )
    _check_is_secure("QA_OIDC_ISSUER", address)
    return address


def _check_is_secure(name: str, address: str) -> None:
    if address.startswith("http:") and _host(address) not in ("localhost", "127.0.0.1", "::1"):
        raise Refused(f"{name} begins with http: anybody on the way could sign in as others. Use https.")


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _secret(secret: SecretStr) -> SecretStr:
    if len(secret) < _SHORTEST_SECRET:
        raise Refused(
            f"QA_SECRET has {len(secret)} characters. Use at least {_SHORTEST_SECRET}, made by "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return secret


def _sender(address: str) -> str:
    if not is_address(address):
        raise Refused("QA_MAIL_FROM is no address. Set it to one such as casework-qa@example.org.")
    return address


def _mail_server(url: SecretStr) -> SecretStr:
    server_at(url.get_secret_value(), sender="")
    return url


def _on_or_off(word: str) -> str:
    if word.lower() not in ("on", "off"):
        raise Refused(f"QA_LOCAL_ACCOUNTS is {word!r}. Set it to on or off.")
    return word.lower()


def _level(word: str) -> str:
    if word.lower() not in _LEVELS:
        raise Refused(f"QA_LOG_LEVEL is {word!r}. Set it to {', '.join(_LEVELS[:-1])} or {_LEVELS[-1]}.")
    return word.lower()


class Settings(BaseSettings):
    """What may be set. A secret may stand in a file instead, which QA_…_FILE names."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        default=None,
        description="The database. `--database` of a command goes before it; otherwise `data/office.sqlite`.",
    )
    address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="Where people open the app: for links in e-mails, and for the sign-in provider.",
    )
    local_accounts: Annotated[Literal["on", "off"], BeforeValidator(_on_or_off)] = Field(
        default="on",
        description="`off` leaves only the organisation’s accounts (the demonstration keeps its own).",
    )
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        default=None,
        description="The sign-in provider, as it calls itself: "
        "`https://login.microsoftonline.com/TENANT/v2.0`.",
    )
    oidc_client_id: str | None = Field(default=None, description="What the provider knows the app by.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="What the provider gave the app.")
    oidc_roles: Annotated[ClaimRules, BeforeValidator(claim_rules)] | None = Field(
        default=None, description="Which value of which claim gives which role."
    )
    secret: Annotated[SecretStr, AfterValidator(_secret)] | None = Field(
        default=None,
        description=f"At least {_SHORTEST_SECRET} characters, the same in all processes. It signs a cookie "
        "of ten minutes on the way to the provider and back.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = Field(
        default=None,
        description="The mail server: `smtp://HOST`, `smtp+starttls://USER:PASSWORD@HOST` or "
        "`smtps://USER:PASSWORD@HOST`. The ports are 25, 587 and 465 unless one is given.",
    )
    mail_from: Annotated[str, AfterValidator(_sender)] | None = Field(
        default=None, description="The address that e-mails come from."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_level)] = Field(
        default="info", description="How much is logged: `debug`, `info`, `warning` or `error`."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.smtp_url and not self.mail_from:
            raise Refused("QA_MAIL_FROM is empty. Set it to the address that e-mails are to come from.")
        if any(getattr(self, name) for name in (*_OF_THE_PROVIDER, "oidc_roles")):
            needed = (*_OF_THE_PROVIDER, "address", "secret")
            missing = ", ".join(_variable(name) for name in needed if not getattr(self, name))
            if missing:
                raise Refused(f"For single sign-on something is missing: {missing}. Set it, or none of it.")
            _check_is_secure("QA_ADDRESS", self.address or "")
        elif self.local_accounts == "off":
            raise Refused(
                "QA_LOCAL_ACCOUNTS is off and QA_OIDC_ISSUER is empty: nobody could sign in. Set one."
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_others: Any, **_more: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_Environment(settings_cls),)


class _Environment(PydanticBaseSettingsSource):
    """The environment, and files that it names. What is blank counts as not set."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str, str, bool]:
        return _given(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return {name: given for name in self.settings_cls.model_fields if (given := _given(name))}


def _given(field: str) -> str:
    name = _variable(field)
    direct, path = os.environ.get(name, "").strip(), _file(field)
    if path is None:
        return direct
    if direct:
        raise Refused(f"{name} and {name}{_FILE} are both set. Set one.")
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refused(
            f"{name}{_FILE} names a file that cannot be read, {path}: {reason}. Name another, or set {name}."
        ) from error


def _file(field: str) -> Path | None:
    """The file that holds a secret, where one is named."""
    named = os.environ.get(_variable(field) + _FILE, "").strip() if _is_secret(field) else ""
    return Path(named) if named else None


def _is_secret(field: str) -> bool:
    kinds = get_args(Settings.model_fields[field].annotation)
    return any(SecretStr in (kind, *get_args(kind)) for kind in kinds)


def _variable(field: str) -> str:
    return f"{_PREFIX}{field.upper()}"


def read_settings() -> Settings:
    """The settings as the environment has them; refuses each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        sentences = [str(one["ctx"]["error"]) for one in error.errors(include_input=False)]
        raise Refused("\n".join(sentences)) from None  # not from an error that holds what was given


def variables() -> tuple[str, ...]:
    """The names of all settings, and of the files of those that are secret."""
    names = [_variable(field) for field in Settings.model_fields]
    return (*names, *(_variable(field) + _FILE for field in Settings.model_fields if _is_secret(field)))


def where_from() -> str:
    """Which settings are given, and how; never what they are."""
    files = [f"{_variable(field)} from {path}" for field in Settings.model_fields if (path := _file(field))]
    direct = [name for name in map(_variable, Settings.model_fields) if os.environ.get(name, "").strip()]
    parts = ([f"{', '.join(direct)} from the environment"] if direct else []) + files
    return f"Set are {'; '.join(parts)}." if parts else "None is set: everything is as it comes."


def settings_in_markdown() -> str:
    """All settings as a table: the name, what it is for, and what holds where it is not set."""
    lines = ["| Setting | What it is | Otherwise |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        variable = f"`{_variable(name)}`"
        if _is_secret(name):
            variable += f", or a file: `{_variable(name)}{_FILE}`"
        otherwise = f"`{field.default}`" if field.default else "–"
        lines.append(f"| {variable} | {field.description} | {otherwise} |")
    return "\n".join(lines)
