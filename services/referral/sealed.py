"""What the referral service keeps sealed: `python -m services.referral.sealed count|rotate`."""

from services.referral.clients.renewing import renew_hashes
from services.referral.settings import Settings
from services.referral.tables import Base
from shared import rotation
from shared.rotation import Sealed

_TABLES = Base.metadata.tables
SEALED = (
    Sealed(_TABLES["clients"], "identity_sealed", "clients/{client_ref}"),
    Sealed(_TABLES["referrals"], "content_sealed", "referrals/{id}"),
    Sealed(_TABLES["referral_changes"], "content_sealed", "referral_changes/{id}"),
    Sealed(_TABLES["agreements"], "contact_sealed", "agreements/{id}"),
    Sealed(_TABLES["webhooks"], "secret_sealed", "webhooks/{id}"),
    Sealed(_TABLES["webhooks"], "old_secret_sealed", "webhooks/{id}"),
    Sealed(_TABLES["import_chunks"], "content_sealed", "import_chunks/{import_id}/{nth}"),
)
UNSEALED = {
    "clients.identity_index": "a look-up hash: renewed from the identity",
    "client_keys.hash": "a look-up hash: renewed from the identity",
    "referrals.content_fingerprint": "a keyed hash of what was sent, compared under every key",
}
"""What holds bytes and is no ciphertext."""


def main() -> None:
    """Counts rows by key, or seals them anew with the current one."""
    rotation.run(Settings, SEALED, [renew_hashes])


if __name__ == "__main__":
    main()
