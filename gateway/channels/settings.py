"""Settings of the channels, `channels.…`. A channel that is not set up delivers nothing."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from gateway.channels.calls import LOOPBACK
from gateway.channels.trust import trust_of


class MailSettings(BaseModel):
    """E-mail by an SMTP server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str | None = None
    """The server that takes our mail; none: no e-mail is sent."""

    port: int = Field(default=587, ge=1, le=65_535)
    """Its port."""

    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is made secret; `none` for a server on this machine alone."""

    user: str | None = None
    """What we sign in with; none signs in nowhere."""

    password: SecretStr | None = None
    """The same."""

    sender: str = Field(default="Vigil <vigil@localhost>", pattern=r"^[^\r\n]*@[^\r\n]+$")
    """Whom letters come from: `Help <help@example.com>`. Its domain is that of `Message-ID`."""

    unsubscribe: str | None = Field(default=None, pattern=r"^(mailto:|https://)[^\s<>]+$")
    """`List-Unsubscribe`, where you have a page of your own for it; none: a link of Vigil's for
    each letter, by one click (RFC 8058), if `api.public_url` begins with `https`; else a letter to
    the sender."""

    timeout_s: float = Field(default=20.0, gt=0, le=300)
    """How long each step of SMTP may take, in seconds."""

    @model_validator(mode="after")
    def _hide_the_password(self) -> Self:
        if self.security == "none" and self.password is not None and self.host not in LOOPBACK:
            raise ValueError(
                f"a password would go to {self.host} for all to read: set security to starttls or "
                "tls, or give no password"
            )
        return self


class SmsSettings(BaseModel):
    """SMS by a provider's HTTP call, as `docs/channels.md` describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Where messages are posted to; none: no SMS is sent."""

    token: SecretStr | None = None
    """Sent as `Authorization: Bearer …`."""

    sender: str = Field(default="Vigil", max_length=15)
    """Number or name that messages come from."""

    honours_id: bool = False
    """Whether the provider recognises a repeat by `Idempotency-Key`. Only then is a message whose
    fate is unknown sent again."""


class MessengerSettings(BaseModel):
    """A page on Messenger."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="https://graph.facebook.com/v23.0", pattern=r"^https?://\S+$")
    """The Graph API, with its version."""

    page_token: SecretStr | None = None
    """The page's access token; none: nothing is sent."""

    app_secret: SecretStr | None = None
    """The app's secret: proves our calls, and checks those that come in."""

    verify_token: SecretStr | None = None
    """What the app's page of webhooks asks for when they are set up."""

    tag: Literal["ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"] | None = None
    """The tag for urgent letters more than 24 hours after the person wrote; none sends none then.
    Whether your letters fit a tag, Meta's policy says."""


class WeChatSettings(BaseModel):
    """An official account on WeChat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="https://api.weixin.qq.com", pattern=r"^https?://\S+$")
    """The API."""

    app_id: str | None = None
    """The account's AppID; none: nothing is sent."""

    secret: SecretStr | None = None
    """Its AppSecret."""

    token: SecretStr | None = None
    """Its Token: checks the calls that come in."""


class ChannelSettings(BaseModel):
    """How people are reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_hosts: list[str] = ["127.0.0.1", "localhost", "::1"]
    """Hosts that webhooks may go to; nothing else is ever called."""

    ca_file: Path | None = None
    """Certificates (PEM) of authorities of your own, which mail servers and receivers may have
    theirs from; those that the system trusts are trusted, too."""

    mail: MailSettings = MailSettings()
    """E-mail."""

    sms: SmsSettings = SmsSettings()
    """SMS."""

    messenger: MessengerSettings = MessengerSettings()
    """Messenger."""

    wechat: WeChatSettings = WeChatSettings()
    """WeChat."""

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, ca_file: Path | None) -> Path | None:
        trust_of(ca_file)
        return ca_file
