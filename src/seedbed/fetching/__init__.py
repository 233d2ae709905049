# SPDX-License-Identifier: Apache-2.0
"""From a torrent to verified files: plan, transfer, prove."""
