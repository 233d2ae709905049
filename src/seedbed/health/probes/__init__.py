# SPDX-License-Identifier: Apache-2.0
"""Whether a peer has what it says: a piece of its torrent is asked for and proved (docs/spec/leases.md)."""
