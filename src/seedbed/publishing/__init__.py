# SPDX-License-Identifier: Apache-2.0
"""Publishing a dataset: scan, hash, torrent, metadata, item, files, signed release."""
