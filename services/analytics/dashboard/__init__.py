"""The dashboard: every report as a page for people, which works without any script."""
