# SPDX-License-Identifier: Apache-2.0
"""Who holds what, by what nodes sign and a registry proves (docs/spec/leases.md)."""
