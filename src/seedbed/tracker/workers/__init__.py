# SPDX-License-Identifier: Apache-2.0
"""One tracker on several processor cores: each swarm belongs to one of several processes."""
