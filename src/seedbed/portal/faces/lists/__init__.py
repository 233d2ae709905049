# SPDX-License-Identifier: Apache-2.0
"""Lists: what is needed most and fits, and the shapes that Academic Torrents gave to its catalogue."""
