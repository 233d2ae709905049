# SPDX-License-Identifier: Apache-2.0
"""The first admin: whoever starts the server gets a link that makes an admin, once.

There is no first password that somebody could forget to change, and no page that makes the first comer an admin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.portal.accounts import links, people

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal


def needs_admin(portal: Portal) -> bool:
    """Whether nobody can log in as an admin.

    Raises:
        StateError: the database fails.
    """
    with portal.store.read() as connection:
        return not people.admins(connection)


def make_admin_link(portal: Portal) -> str:
    """A link that makes an admin of whoever opens it first, within three days; the one before it ends.

    Whoever can call this has the server's files, and is an admin anyhow: it is also the way back in.

    Raises:
        StateError: the database fails.
    """
    with portal.store.begin() as connection:
        return links.make(portal, connection, "admin")
