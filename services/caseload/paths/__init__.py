"""Multi-service paths: one shared plan and coordinator for a client of many services."""
