"""What the consent service keeps sealed: `python -m services.consent.sealed count|rotate`."""

from services.consent.settings import Settings
from services.consent.tables import Base
from shared import rotation
from shared.rotation import Sealed

_TABLES = Base.metadata.tables
SEALED = (Sealed(_TABLES["document_texts"], "content", "document_texts/{document_id}/{number}"),)
UNSEALED = {
    "disclosures.hash": "the chain of the disclosure log: plain SHA-256, without a key",
    "disclosure_head.hash": "the chain of the disclosure log: plain SHA-256, without a key",
    "disclosure_seals.hash": "the chain of the disclosure log: plain SHA-256, without a key",
}
"""What holds bytes and is no ciphertext."""


def main() -> None:
    """Counts rows by key, or seals them anew with the current one."""
    rotation.run(Settings, SEALED)


if __name__ == "__main__":
    main()
