"""Changes: a sender amends its referral, takes it back, or says that it was an error."""
