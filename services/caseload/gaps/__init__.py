"""Service gaps: holes and bottlenecks of the service system, until they are mended."""
