"""The platform under the four services: it knows none of them.

What every service does the same way lives here once: settings, database session, outbox and relay,
inbox and consumer, web conventions, tokens, telemetry, encryption, calendar. The language the
services share is in `shared.contracts`.
"""
