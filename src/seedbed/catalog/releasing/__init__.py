# SPDX-License-Identifier: Apache-2.0
"""How a release of the catalogue is put in place: whole or not at all, whatever stops it half-way."""
