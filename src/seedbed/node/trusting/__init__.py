# SPDX-License-Identifier: Apache-2.0
"""Who a node is, what it tells others, and what it believes of what they say."""
