# SPDX-License-Identifier: Apache-2.0
"""The torrent itself: from a file, a URL, or a magnet link."""
