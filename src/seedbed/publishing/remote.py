# SPDX-License-Identifier: Apache-2.0
"""Datasets behind URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.publishing.dataset import Dataset


def remote_dataset(urls: Sequence[str], *, name: str) -> Dataset:
    """List what is behind URLs."""
    raise InputError(f"{name or urls[0]}: URLs cannot be read yet")
