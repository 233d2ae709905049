# SPDX-License-Identifier: Apache-2.0
"""A node's folders, and the units in them."""
