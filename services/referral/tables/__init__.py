"""The referral service's own tables, one module a capability that keeps something.

What identifies a person is encrypted; look-up is by keyed hash.
"""

from services.referral.tables.base import Base
from services.referral.tables.core import Client, Partner, PartnerConsent, Referral

__all__ = ["Base", "Client", "Partner", "PartnerConsent", "Referral"]
