# SPDX-License-Identifier: Apache-2.0
"""A network of smartnodes in a computer: virtual time, chance from a seed, and the decisions of the real policy."""
