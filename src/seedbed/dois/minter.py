# SPDX-License-Identifier: Apache-2.0
"""What somebody who registers DOIs must do. A DOI is a draft until :meth:`DoiMinter.finish`; then it is for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from seedbed.mirrors.deposits import Description, Facts, Wanted


class DoiMinter(Protocol):
    """Registers DOIs: one for each version, one for the dataset. Every method may be called again after a crash."""

    @property
    def name(self) -> str:
        """For people: without secrets."""
        ...

    def reserve(self, wanted: Wanted) -> Facts:
        """Take the DOIs of a version and of its dataset; the same version gets the same ones.

        Raises:
            InputError: credentials, or a DOI that is somebody else's.
            SourceError: the service cannot be reached.
        """
        ...

    def describe(self, facts: Facts, description: Description) -> None:
        """Say what the version is, and how it is related to the dataset and to the version before.

        Raises:
            InputError: the service does not accept what is said; with its own words.
            SourceError: the service cannot be reached.
        """
        ...

    def finish(self, facts: Facts) -> None:
        """Make both DOIs findable, for good.

        Raises:
            SourceError: the service cannot be reached.
        """
        ...

    def discard(self, facts: Facts) -> bool:
        """Delete what is still a draft.

        Returns:
            Whether the version's DOI is gone; False when it is registered for good.

        Raises:
            SourceError: the service cannot be reached.
        """
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...
