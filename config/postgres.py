"""The embedded PostgreSQL launcher."""

from pathlib import Path
from urllib.parse import quote


def embedded_url(data_dir: Path) -> str:
    return f"postgresql://holdfast@/holdfast?host={quote(str(data_dir / 'postgres'))}"
