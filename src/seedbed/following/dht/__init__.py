# SPDX-License-Identifier: Apache-2.0
"""The distributed hash table, as far as a pointer to the newest catalogue needs it (BEP 5, 44, 46)."""
