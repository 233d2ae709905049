# SPDX-License-Identifier: Apache-2.0
"""A folder's contents as a page for people and as JSON for programs; pure."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.gateway.folders import Entry

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}
td{{padding:.15em 1em .15em 0}}td+td{{text-align:right;font-variant-numeric:tabular-nums}}</style></head>
<body><h1>{title}</h1><table>
{rows}
</table></body></html>
"""


def as_page(path: str, entries: Sequence[Entry], *, has_parent: bool) -> bytes:
    """HTML 5, without scripts.

    Args:
        path: The folder's, decoded.
        entries: What it holds.
        has_parent: Whether a link leads up.
    """
    rows = ['<tr><td><a href="../">../</a></td><td></td></tr>'] if has_parent else []
    for entry in entries:
        slash = "/" if entry.is_folder else ""
        target = html.escape("./" + quote(entry.name, safe="") + slash)
        size = "" if entry.is_folder else f"{entry.size_bytes:,}"
        rows.append(f'<tr><td><a href="{target}">{html.escape(entry.name)}{slash}</a></td><td>{size}</td></tr>')
    return _PAGE.format(title=html.escape(path), rows="\n".join(rows)).encode()


def as_json(path: str, entries: Sequence[Entry]) -> bytes:
    """``{"path": …, "entries": [{"name": …, "kind": "file" | "folder", "size_bytes": …}]}``; folders have no size."""
    listed = [
        {"name": entry.name, "kind": "folder"}
        if entry.is_folder
        else {"name": entry.name, "kind": "file", "size_bytes": entry.size_bytes}
        for entry in entries
    ]
    return json.dumps({"path": path, "entries": listed}, ensure_ascii=False).encode() + b"\n"
