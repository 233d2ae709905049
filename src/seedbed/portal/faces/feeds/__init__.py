# SPDX-License-Identifier: Apache-2.0
"""RSS 2.0 feeds of torrents (BEP 36), for clients that take what is new by themselves."""
