# SPDX-License-Identifier: Apache-2.0
"""Names for arrays, by what is in them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Numbers: TypeAlias = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
Ints: TypeAlias = NDArray[np.integer[Any]]
Keys: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]
