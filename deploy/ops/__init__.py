"""What an operator does to a running system; the commands of `deploy/cli` call these."""
