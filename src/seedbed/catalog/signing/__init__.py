# SPDX-License-Identifier: Apache-2.0
"""Who says so: keys, roles and signed metadata of a catalogue (TUF 1.0)."""
