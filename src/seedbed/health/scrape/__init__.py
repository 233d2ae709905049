# SPDX-License-Identifier: Apache-2.0
"""How many have a dataset: trackers and the distributed hash table are asked, gently, and remembered."""
