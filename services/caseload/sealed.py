"""What the caseload service keeps sealed: `python -m services.caseload.sealed count|rotate`.

The look-up keys of this service are never taken out of the ring: the refs of clients in imported
history are derived from them (`imports.taking.client_refs`).
"""

from services.caseload.settings import Settings
from services.caseload.tables import Base
from shared import rotation
from shared.rotation import Sealed

_TABLES = Base.metadata.tables
SEALED = (
    Sealed(_TABLES["goals"], "wording", "goals/{id}"),
    Sealed(_TABLES["consultations"], "text_sealed", "consultations/{id}"),
    Sealed(_TABLES["service_gaps"], "description_sealed", "service_gaps/{id}"),
    Sealed(_TABLES["service_paths"], "plan_sealed", "service_paths/{id}"),
    Sealed(_TABLES["lead_decisions"], "words_sealed", "lead_decisions/{id}"),
    Sealed(_TABLES["case_import_pieces"], "content_sealed", "case_import_pieces/{import_id}/{nth}"),
)
UNSEALED: dict[str, str] = {}
"""What holds bytes and is no ciphertext."""


def main() -> None:
    """Counts rows by key, or seals them anew with the current one."""
    rotation.run(Settings, SEALED)


if __name__ == "__main__":
    main()
