# SPDX-License-Identifier: Apache-2.0
"""What a node keeps, and when: *hash, confirm, announce* (pure: no files, sockets, clock or chance of its own).

Every node decides for itself, from numbers that are somewhat old, and nobody assigns anything. Three things keep nodes
from running after the same dataset: a lottery whose lots are a hash of node and unit, so that the same few nodes answer
a need each time; a second look at the numbers before anything is fetched; and intent that is announced at once, so that
others see it at their second look.

A *unit* is what is kept or dropped as a whole: a dataset's version, or a part of a very large one. All units stand side
by side in arrays (:mod:`seedbed.node.policy.census`), for a catalogue has up to a million of them.
"""
