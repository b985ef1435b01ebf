"""Signing secrets: made here, encrypted at rest, and what they sign."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook as Signer

from services.referral.tables import Webhook
from shared.crypto import FieldCipher

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    """A secret in the form of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(cipher: FieldCipher, webhook_id: object, secret: str) -> bytes:
    """The secret, encrypted for its row."""
    return cipher.encrypt(secret.encode(), f"webhooks/{webhook_id}")


def unseal(cipher: FieldCipher, webhook_id: object, sealed: bytes) -> str:
    """The secret again. Raises `UnreadableError`."""
    return cipher.decrypt(sealed, f"webhooks/{webhook_id}").decode()


def live_secrets(cipher: FieldCipher, webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first: two while a rotation lasts."""
    sealed = [webhook.secret_sealed]
    until = webhook.old_secret_until
    if webhook.old_secret_sealed is not None and until is not None and now < until:
        sealed.append(webhook.old_secret_sealed)
    return [unseal(cipher, webhook.id, secret) for secret in sealed]


def signed_headers(
    message_id: str, body: str, live: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by every live secret."""
    signatures = [Signer(secret).sign(message_id, now, body) for secret in live]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
