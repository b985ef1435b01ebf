"""Cases: one period of service of a client with a team, from assignment to the end."""
