# SPDX-License-Identifier: Apache-2.0
"""DOIs from whoever registers them, for versions whose mirrors give none."""
