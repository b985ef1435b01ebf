"""The embedded stack: PostgreSQL, a broker, a token issuer and all services on one machine.

Nothing but Python and the packages of the lock file is needed. Not for production.
"""
