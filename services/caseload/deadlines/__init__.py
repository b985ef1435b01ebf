"""Deadlines: by when the team wants to have reached a client, and by when the law wants it to have
begun an assessment. Each that passes is told once."""
