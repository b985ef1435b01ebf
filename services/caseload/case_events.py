"""The events of one case in one transaction, numbered on from the version it had."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import outbox
from shared.contracts.caseload import CaseEvent


@dataclass
class CaseEvents:
    """Collects events; `version` is that of the last one. The first referral began the case, if
    one did: a case of imported history had none here."""

    case_id: UUID
    client_ref: UUID
    referral_ids: tuple[UUID, ...]
    version: int
    messages: list[outbox.Message] = field(default_factory=list)

    def add(
        self,
        event: type[CaseEvent],
        *,
        at: datetime,
        team: UUID | None,
        about: UUID | None = None,
        **facts: Any,
    ) -> None:
        """Adds an event of the next version; `about` is the one referral it concerns."""
        self.version += 1
        common = {
            "aggregate_id": self.case_id,
            "version": self.version,
            "occurred_at": at,
            "client_ref": self.client_ref,
            "referral_ids": self.referral_ids,
            "team": team,
        }
        concerned = {} if about is None else {"referral_id": about}
        self.messages.append(
            outbox.message(
                event.model_validate(common | concerned | facts),
                key=self.client_ref,
                correlation_id=about or next(iter(self.referral_ids), None),
            )
        )
