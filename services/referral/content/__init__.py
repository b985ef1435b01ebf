"""What a sender told in words: read by the team, and erased where the client refuses."""
