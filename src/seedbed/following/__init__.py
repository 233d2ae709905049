# SPDX-License-Identifier: Apache-2.0
"""Following a catalogue from wherever its bytes can be had: folder, HTTPS, its own torrent, the DHT."""
