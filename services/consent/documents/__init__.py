"""Documents that belong into both records, social and health, as far as the client permits."""
