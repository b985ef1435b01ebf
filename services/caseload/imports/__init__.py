"""History imports: a county's past cases, taken in with their own dates."""
