# SPDX-License-Identifier: Apache-2.0
"""Whom a follower believes: signatures by TUF, a durable memory of what was seen, and what is adopted."""
