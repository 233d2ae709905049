# SPDX-License-Identifier: Apache-2.0
"""Pages to find datasets, see whether they are safe, and download them."""
