"""Long checks of what operators run, listed by `make ops-check`; `make test` leaves them out."""
