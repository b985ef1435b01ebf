"""The waitlist: who waits for a team's room, in which order and why."""
