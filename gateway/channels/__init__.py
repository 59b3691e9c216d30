"""Channels: how a letter reaches a person, and how her answer comes back.

- `signing`: signs links and webhooks; `composing`: what a letter says, filled and in her language
- `calls`: HTTP calls, and what each way of failing means
- `webhook`, `mail`, `sms`, `messenger`, `wechat`: one channel each, with what it promises
- `settings`: what has to be set for each; `make`: the channels that are set up
"""

from gateway.channels.make import make_channels
from gateway.channels.settings import ChannelSettings
from gateway.channels.signing import SIGNATURE, Signer, verify_signature

__all__ = ["SIGNATURE", "ChannelSettings", "Signer", "make_channels", "verify_signature"]
