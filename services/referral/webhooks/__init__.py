"""Webhooks: partners are told, at an address of theirs, when what they may see has changed."""
