"""The referral service's own tables, one module a capability that keeps something.

What identifies a person is encrypted; look-up is by keyed hash.
"""

from services.referral.tables.agreements import Agreement
from services.referral.tables.base import Base
from services.referral.tables.changes import ReferralChange
from services.referral.tables.core import Client, Partner, PartnerConsent, Referral
from services.referral.tables.denials import PartnerDenial, WordTakenBack
from services.referral.tables.imports import Import, ImportChunk, ImportResult
from services.referral.tables.persons import ClientKey, ClientLink, PossibleMatch
from services.referral.tables.retention import RetentionRun
from services.referral.tables.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Agreement",
    "Base",
    "Client",
    "ClientKey",
    "ClientLink",
    "Import",
    "ImportChunk",
    "ImportResult",
    "Partner",
    "PartnerConsent",
    "PartnerDenial",
    "PossibleMatch",
    "Referral",
    "ReferralChange",
    "RetentionRun",
    "Webhook",
    "WebhookDelivery",
    "WordTakenBack",
]
