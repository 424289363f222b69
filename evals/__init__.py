"""How good it is: benchmarks, scenarios, reports."""
