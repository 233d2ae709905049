# SPDX-License-Identifier: Apache-2.0
"""For those who keep the server: metrics in Prometheus' form, and whether it lives and is ready."""
