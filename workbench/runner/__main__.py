"""``python -m workbench.runner``: the engine's process (see ``workbench.runner.engine``)."""

from __future__ import annotations

from workbench.runner.lean import without_slow_imports


def main() -> None:
    """Execute the plan on standard input."""
    without_slow_imports()
    from workbench.runner.engine import main as execute  # noqa: PLC0415 - after the line above

    execute()


if __name__ == "__main__":
    main()
