"""The test suite: unit, contract, integration and end-to-end tests, and the benchmarks."""
