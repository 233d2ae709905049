# SPDX-License-Identifier: Apache-2.0
"""DuckDB, shut off from everything but the files that it is to read.

It must not fetch extensions (a misspelt function would make it dial out), read other files, or be told otherwise by
a query: so access is given to the named files, taken for all others, and then the settings are locked.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from seedbed.errors import CatalogError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MEMORY_LIMIT = "1GB"
"""Sorting a million ids takes a tenth of it."""


def connect(
    tables: Mapping[str, Path], *, threads: int | None = None, memory_limit: str = MEMORY_LIMIT
) -> duckdb.DuckDBPyConnection:
    """Open Parquet files as tables; row numbers are their column ``file_row_number``.

    Args:
        tables: Name of the table (ours, never a person's text) -> file.
        threads: None lets DuckDB choose.
        memory_limit: As DuckDB reads it.

    Raises:
        NotFoundError: a file is missing.
        CatalogError: a file is not Parquet.
    """
    for path in tables.values():
        if not path.is_file():
            raise NotFoundError(f"{path.name}: there is no such file")
    paths = [str(path.absolute()) for path in tables.values()]
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory_limit,
            "temp_directory": "",
            **({"threads": str(threads)} if threads else {}),
        }
    )
    with our_errors():
        connection.execute("SET parquet_metadata_cache = true")  # or every question reads the whole footer again
        connection.execute("SET enable_geoparquet_conversion = false")  # geometry stays well-known binary
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET allowed_paths = ?", [paths])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        for name, place in zip(tables, paths, strict=True):
            quoted = place.replace("'", "''")  # a view takes no bound values
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted}', file_row_number = true)")
    return connection


@contextmanager
def our_errors() -> Iterator[None]:
    """DuckDB's errors become ours."""
    try:
        yield
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise InputError(f"search: a value cannot be compared: {error!s:.300}") from error
    except duckdb.OutOfMemoryException as error:
        raise CatalogError("catalogue: reading it takes more memory than it may", rule="C19") from error
    except duckdb.Error as error:
        raise CatalogError(f"catalogue: it cannot be searched: {error!s:.300}", rule="C25") from error
