# SPDX-License-Identifier: Apache-2.0
"""The web face of a catalogue: browse and download, give data, watch the health of the commons."""
