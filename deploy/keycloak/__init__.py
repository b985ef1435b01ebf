"""Keycloak's realm for the demo region."""
