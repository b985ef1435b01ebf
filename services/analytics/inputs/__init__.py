"""What people put in for the reports on cost: prices of other services, costs of the teams."""
