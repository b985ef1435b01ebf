"""Which pseudonyms are one person, and whose a referral is that was told of another."""

from uuid import UUID

from sqlmodel import Field

from services.caseload.tables.base import Base
from shared.aliases import Alias


class ClientAlias(Alias, Base, table=True):
    """Another pseudonym of a person. Cases and places keep the one they began under."""

    __tablename__ = "client_aliases"


class NamedReferral(Base, table=True):
    """A referral that is this ref's, as an unlink told before the referral itself came here under
    the other one."""

    __tablename__ = "named_referrals"

    referral_id: UUID = Field(primary_key=True)
    client_ref: UUID
