# SPDX-License-Identifier: Apache-2.0
"""Where data comes from: local files, HTTP, object stores."""
