# SPDX-License-Identifier: Apache-2.0
"""From a folder of data to a torrent: scan, hash, build."""
