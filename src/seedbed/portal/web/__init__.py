# SPDX-License-Identifier: Apache-2.0
"""What all pages share: templates, words in three languages, headers, errors as pages or JSON."""
