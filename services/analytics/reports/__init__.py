"""Reports: figures over a period, each with its definition; one module a report."""
