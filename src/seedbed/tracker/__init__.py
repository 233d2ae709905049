# SPDX-License-Identifier: Apache-2.0
"""A tracker for the datasets of a catalogue: who has what, told to whoever asks (BEP 3, 7, 15, 23, 48)."""
