# SPDX-License-Identifier: Apache-2.0
"""The smartnode: keeps alive what a catalogue lists, within the disk and bandwidth that somebody gives."""
