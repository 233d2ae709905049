# SPDX-License-Identifier: Apache-2.0
"""How the copies of datasets fare over time: what audits found, and what follows from it."""
