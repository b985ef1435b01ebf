"""History: what became of a consent or a denial, as the audit log of this service has it."""
