# SPDX-License-Identifier: Apache-2.0
"""Published files over HTTP, from folders: a web seed, a place for range reads, and the catalogue itself."""
