"""What may be said of a matrix: properties that symbols can be declared to have, spectral ones, limits."""

from __future__ import annotations

PROPERTIES = (
    "diagonal",
    "invertible",
    "lower_triangular",
    "nonnegative",
    "normal",
    "orthogonal",
    "scalar",
    "skew",
    "symmetric",
    "upper_triangular",
)
SPECTRAL = (
    "diagonalizable",  # A = U S U^-1, S diagonal, over the field
    "jordan_decomposable",  # A = U J U^-1, J of Jordan blocks, over the field
    "squarefree_minimal_polynomial",
    "unitarily_diagonalizable",  # A = U S U^H, over C
)
LIMITS = ("vanishes", "bounded", "explodes")
