# SPDX-License-Identifier: Apache-2.0
"""A few real nodes on this machine: real transfers, a real tracker, and a clock that runs faster than ours."""
