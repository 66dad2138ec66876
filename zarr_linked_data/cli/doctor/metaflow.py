"""What Metaflow is told by its variables and files."""

from typing import Any


def metaflow_settings() -> Any:
    """Give what Metaflow read from its variables and files; None where it cannot be imported."""
    try:
        from metaflow import metaflow_config
    except Exception:  # noqa: BLE001 - its own line of the report says what is wrong with it
        return None
    return metaflow_config
