"""Which event moves what in the consent service: none so far, it only tells."""

from shared.consumer import Handlers

HANDLERS: Handlers = {}
