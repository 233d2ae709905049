# SPDX-License-Identifier: Apache-2.0
"""Questions to a catalogue: a version, the newest one, all that have some words, lie in a box, hold a file."""
