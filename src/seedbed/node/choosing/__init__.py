# SPDX-License-Identifier: Apache-2.0
"""Which units there are, and what a node does next."""
