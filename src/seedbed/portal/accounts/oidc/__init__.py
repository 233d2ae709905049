# SPDX-License-Identifier: Apache-2.0
"""Log in by a provider of OpenID Connect: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636)."""
