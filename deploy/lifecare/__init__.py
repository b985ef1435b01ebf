"""The adapter of a record system, as an example to copy: it knows nopsa by its public contract
alone (a topic, a token, two calls over HTTP) and imports nothing of it. See README.md."""
