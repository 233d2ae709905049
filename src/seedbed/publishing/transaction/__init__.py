# SPDX-License-Identifier: Apache-2.0
"""One publication to several homes, as a transaction: journal, deposits, pushes, proofs, then the signed release."""
