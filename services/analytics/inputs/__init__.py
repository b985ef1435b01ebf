"""What people put in for the reports: prices of other services, costs of the teams, targets."""
