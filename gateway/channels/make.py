"""Make: the channels of an effect worker, as they are set up."""

from collections.abc import Mapping

import httpx2

from actors.effects.deliverer import Deliverer
from gateway.channels.calls import TIMEOUT_S, Caller, host_of
from gateway.channels.composing import Composer
from gateway.channels.mail import MailChannel
from gateway.channels.messenger import MessengerChannel
from gateway.channels.settings import ChannelSettings
from gateway.channels.signing import Signer
from gateway.channels.sms import SmsChannel
from gateway.channels.trust import trust_of
from gateway.channels.webhook import WebhookChannel
from gateway.channels.wechat import WeChatChannel


def make_channels(
    offer_key: bytes, base_url: str, settings: ChannelSettings | None = None
) -> Mapping[str, Deliverer]:
    """The channels of a worker, by name.

    Args:
        offer_key: Signs offer links.
        base_url: Where customers reach the API, for example `https://help.example.com`.
        settings: What is set up; default: webhooks to this machine alone.
    """
    settings = settings or ChannelSettings()
    trust = trust_of(settings.ca_file)
    client = httpx2.AsyncClient(
        verify=trust, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False
    )
    composer = Composer(Signer(offer_key), base_url)

    def caller(*hosts: str) -> Caller:
        return Caller(client, frozenset(host.lower() for host in hosts))

    channels: dict[str, Deliverer] = {
        "webhook": WebhookChannel(composer, caller(*settings.webhook_hosts))
    }
    if settings.mail.host is not None:
        channels["email"] = MailChannel(composer, settings.mail, trust)
    if settings.sms.url is not None:
        channels["sms"] = SmsChannel(composer, caller(host_of(settings.sms.url)), settings.sms)
    messenger, wechat = settings.messenger, settings.wechat
    if messenger.page_token is not None:
        channels["messenger"] = MessengerChannel(
            composer, caller(host_of(messenger.url)), messenger
        )
    if wechat.app_id is not None and wechat.secret is not None:
        channels["wechat"] = WeChatChannel(composer, caller(host_of(wechat.url)), wechat)
    return channels
