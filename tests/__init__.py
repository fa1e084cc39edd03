"""The tests: one file per module; see CONTRIBUTING.md."""
