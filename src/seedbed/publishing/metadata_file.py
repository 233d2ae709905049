# SPDX-License-Identifier: Apache-2.0
"""Metadata files of people, YAML or JSON, read without trusting them.

A YAML file of a few hundred bytes can stand for gigabytes through aliases, so there are none; size and depth have
limits. A field that is there twice is a fault, because nobody can know which of both is meant.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from seedbed.catalog.findings import Finding, refuse
from seedbed.errors import MetadataError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

MAX_BYTES = 1 << 20
"""A hundred times the longest description in open-data portals."""
MAX_DEPTH = 20


def load(path: Path) -> dict[str, Any]:
    """Read a metadata file.

    Args:
        path: JSON if it ends in ``.json``, else YAML (of which JSON is nearly a part).

    Raises:
        NotFoundError: it is not there.
        MetadataError: it is too long, not YAML or JSON, not an object, or says a field twice.
    """
    text = _text(path)
    value = _json(path, text) if path.suffix.lower() in {".json", ".geojson"} else _yaml(path, text)
    if not isinstance(value, dict):
        raise MetadataError(f"{path}: expected fields such as 'title: …', got {type(value).__name__}", findings=[])
    return value


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}", hint="--metadata FILE.yaml names your own file.") from error
    if len(data) > MAX_BYTES:
        raise MetadataError(f"{path}: expected at most {MAX_BYTES:,} bytes of metadata", findings=[])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MetadataError(f"{path}: it is not UTF-8: byte {error.start:,}", findings=[]) from error


def _json(path: Path, text: str) -> Any:
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in found]
        twice.extend(dict.fromkeys(key for key in keys if keys.count(key) > 1) if len(keys) <= 1000 else ())
        return dict(found)

    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except ValueError as error:
        raise MetadataError(f"{path}: it is not JSON: {error}", findings=[]) from error
    except RecursionError as error:
        raise MetadataError(f"{path}: it is nested too deeply", findings=[]) from error
    refuse(str(path), [Finding(key, "it is there twice") for key in twice])
    return value


def _yaml(path: Path, text: str) -> Any:
    import yaml  # noqa: PLC0415  # 15 ms that only this file needs

    try:
        _check_yaml(path, text)
        return yaml.load(text, Loader=_plain_loader())  # noqa: S506  # a safe loader, with fewer types
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f" in line {mark.line + 1}" if mark else ""
        raise MetadataError(f"{path}: it is not YAML{at}: {error.problem}", findings=[]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MetadataError(f"{path}: it is not YAML: {error}", findings=[]) from error


def _plain_loader() -> type[Any]:
    """YAML's safe loader without its dates: 2020-13 is then told as a wrong ``time``, with all other faults."""
    import yaml  # noqa: PLC0415

    class Plain(yaml.SafeLoader):
        pass

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in those if tag != "tag:yaml.org,2002:timestamp"]
        for first, those in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain


def _check_yaml(path: Path, text: str) -> None:
    """Refuse what grows, before anything is built."""
    import yaml  # noqa: PLC0415

    depth, is_key = 0, False
    seen: set[str] = set()
    twice: list[Finding] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise MetadataError(f"{path}:{_line(event)} aliases (& and *) are not read", findings=[])
        if depth == 1 and isinstance(event, yaml.ScalarEvent):
            if is_key and event.value in seen:
                twice.append(Finding(event.value, f"it is there twice{_line(event).rstrip(':')}"))
            if is_key:
                seen.add(event.value)
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            is_key = not is_key
        if depth == 0 and isinstance(event, yaml.MappingStartEvent):
            is_key = True
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise MetadataError(f"{path}: it is nested more than {MAX_DEPTH} deep", findings=[])
    refuse(str(path), twice)


def _line(event: Any) -> str:
    return f" line {event.start_mark.line + 1}:" if event.start_mark else ""
