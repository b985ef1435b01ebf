"""Denials: what a client forbids, looked up and lifted. They win over every consent."""
