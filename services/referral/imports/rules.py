"""What a bulk import takes, and what may become of a line; pure."""

from datetime import timedelta
from enum import StrEnum

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_LINE_BYTES = 256 * 1024
"""The same as for a referral that is posted by itself."""
MAX_LINES = 100_000
"""No file of real referrals within the size limit has more."""
RESULTS_KEPT = timedelta(days=90)
"""How long a sender can look up what became of its lines."""
UPLOAD_PATIENCE = timedelta(hours=1)
"""An upload that is not whole after so long will not be."""


class Format(StrEnum):
    """What a file is written in."""

    NDJSON = "ndjson"
    CSV = "csv"


MEDIA_TYPES = {"application/x-ndjson": Format.NDJSON, "text/csv": Format.CSV}


class Outcome(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepted"
    """A new referral; in a dry run: it would be one."""
    DUPLICATE = "duplicate"
    """The partner sent the same referral under the same external_id before."""
    REFUSED = "refused"
