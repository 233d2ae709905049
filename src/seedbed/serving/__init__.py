# SPDX-License-Identifier: Apache-2.0
"""A whole server by one command: portal, gateway, tracker, seeding node and timed work, each a watched process."""
