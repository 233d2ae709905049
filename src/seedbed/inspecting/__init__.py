# SPDX-License-Identifier: Apache-2.0
"""What data says of itself: extent, columns, rows, coordinate system."""
