"""The table of cited statements: facts that are used, not derived, each with a reference and a test that attacks it.

A lemma's symbols stand for any terms of the stated shapes, its sizes for any sizes.
"""

from __future__ import annotations

from symrnn.claims.build import (
    absolute,
    block_matrix,
    det,
    diag,
    discriminant,
    eye,
    hadamard,
    inv,
    matrix,
    norm,
    product,
    scalar,
    spectral_radius,
    trace,
    vector,
    zeros,
)
from symrnn.claims.index import index, lag, size
from symrnn.claims.recurrence import Claim
from symrnn.claims.statements import (
    any_of,
    bounded,
    diagonal,
    diagonalizable,
    eq,
    explodes,
    invertible,
    jordan_decomposable,
    le,
    lt,
    negation,
    squarefree_minimal_polynomial,
    symmetric,
    unitarily_diagonalizable,
    vanishes,
)
from symrnn.claims.statements import has_property as _is
from symrnn.claims.tree import Prop
from symrnn.records import dataclass


@dataclass(frozen=True)
class Lemma:
    """A cited statement; ``claim`` has no cell."""

    name: str
    claim: Claim
    reference: str


def _lemma(name: str, conclusion: Prop, reference: str, *hypotheses: Prop) -> Lemma:
    return Lemma(name, Claim(conclusion, hypotheses, None), reference)


_n, _m, _k = size("n"), size("m"), lag("k")
_A, _B = matrix("A", _n), matrix("B", _n)
_M, _N = matrix("M", _n, _m), matrix("N", _m, _n)
_C, _P = matrix("C", _m), matrix("P", _n, _m)
_c, _v, _i = scalar("c"), vector("v", _n), index("i")
_U, _S = matrix("U", _n), matrix("S", _n)
_SMALL = matrix("A", 2)
_HJ = "Horn and Johnson, Matrix Analysis, 2nd ed., "
_rho = spectral_radius

LEMMAS: dict[str, Lemma] = {
    lemma.name: lemma
    for lemma in (
        # determinants and inverses
        _lemma("determinant of a product", eq(det(_A @ _B), det(_A) * det(_B)), _HJ + "section 0.3.5"),
        _lemma("determinant of a transpose", eq(det(_A.T), det(_A)), _HJ + "section 0.3.1"),
        _lemma("determinant of an inverse", eq(det(inv(_A)), det(_A) ** -1), _HJ + "section 0.3.5", invertible(_A)),
        _lemma("a left inverse is a right inverse", eq(_B @ _A, eye(_n)), _HJ + "section 0.5", eq(_A @ _B, eye(_n))),
        _lemma("an inverse is a left inverse", eq(inv(_A) @ _A, eye(_n)), "the definition", invertible(_A)),
        _lemma("an inverse is a right inverse", eq(_A @ inv(_A), eye(_n)), "the definition", invertible(_A)),
        _lemma("what has an inverse", invertible(_A), _HJ + "section 0.5", eq(_A @ _B, eye(_n))),
        _lemma("first factor of an invertible product", invertible(_A), _HJ + "section 0.5", invertible(_A @ _B)),
        _lemma("last factor of an invertible product", invertible(_B), _HJ + "section 0.5", invertible(_A @ _B)),
        _lemma("invertible by the determinant", invertible(_A), _HJ + "section 0.5", negation(eq(det(_A), 0))),
        _lemma("determinant of what is invertible", negation(eq(det(_A), 0)), _HJ + "section 0.5", invertible(_A)),
        _lemma("I plus a skew matrix", invertible(eye(_n) + _A), _HJ + "section 4.1", _is("skew", _A)),
        _lemma(
            "determinant of what has a kernel",
            eq(det(_A), 0),
            _HJ + "section 0.5",
            eq(_A @ _v, zeros(_n, 1)),
            negation(eq(_v, zeros(_n, 1))),
        ),
        _lemma(
            "what has a kernel",
            negation(invertible(_A)),
            _HJ + "section 0.5",
            eq(_A @ _v, zeros(_n, 1)),
            negation(eq(_v, zeros(_n, 1))),
        ),
        _lemma("Sylvester's determinant identity", eq(det(eye(_n) + _M @ _N), det(eye(_m) + _N @ _M)), _HJ + "1.3.P20"),
        _lemma(
            "determinant of an upper triangular matrix",
            eq(det(_A), product(_A[_i, _i], _i, 1, _n)),
            _HJ + "section 0.9.3",
            _is("upper_triangular", _A),
        ),
        _lemma(
            "determinant of a lower triangular matrix",
            eq(det(_A), product(_A[_i, _i], _i, 1, _n)),
            _HJ + "section 0.9.3",
            _is("lower_triangular", _A),
        ),
        _lemma(
            "determinant of an upper block triangular matrix",
            eq(det(block_matrix([[_A, _M], [zeros(_m, _n), _C]])), det(_A) * det(_C)),
            _HJ + "section 0.9.4",
        ),
        _lemma(
            "determinant of a lower block triangular matrix",
            eq(det(block_matrix([[_A, zeros(_n, _m)], [_N, _C]])), det(_A) * det(_C)),
            _HJ + "section 0.9.4",
        ),
        _lemma("determinant by the spectral radius", le(absolute(det(_A)), _rho(_A) ** _n), _HJ + "section 1.2"),
        # numbers
        _lemma("a number and its reciprocal", eq(_c * _c**-1, 1), "the definition", negation(eq(_c, 0))),
        _lemma("square of a magnitude", eq(absolute(_c) ** 2, _c**2), "the definition"),
        _lemma("magnitude of what is not negative", eq(absolute(_c), _c), "the definition", le(0, _c)),
        # norms and spectral radii
        _lemma("spectral radius below the 2-norm", le(_rho(_A), norm(_A)), _HJ + "theorem 5.6.9"),
        _lemma("spectral radius below the 1-norm", le(_rho(_A), norm(_A, 1)), _HJ + "theorem 5.6.9"),
        _lemma("spectral radius below the maximum norm", le(_rho(_A), norm(_A, "inf")), _HJ + "theorem 5.6.9"),
        _lemma(
            "norm of a normal matrix", eq(norm(_A), _rho(_A)), _HJ + "section 5.6, problem 5.6.P6", _is("normal", _A)
        ),
        _lemma("2-norm by a spectral radius", eq(_rho(_M.T @ _M), norm(_M) ** 2), _HJ + "section 5.6, example 5.6.6"),
        _lemma("1-norm by the entries", eq(trace(diag(absolute(_v))), norm(_v, 1)), _HJ + "section 5.2"),
        _lemma("Frobenius norm by a trace", eq(trace(_M.T @ _M), norm(_M, "fro") ** 2), _HJ + "section 5.6"),
        _lemma(
            "Cauchy and Schwarz",
            le(absolute(trace(_M.T @ _P)), norm(_M, "fro") * norm(_P, "fro")),
            _HJ + "theorem 0.6.3, the inner product of section 5.6",
        ),
        _lemma("trace by the spectral radius", le(absolute(trace(_A)), trace(eye(_n)) * _rho(_A)), _HJ + "section 1.2"),
        _lemma(
            "eigenvalues below the spectral radius",
            le(absolute(_c), _rho(_A)),
            _HJ + "definition 1.2.9",
            eq(_A @ _v, _c * _v),
            negation(eq(_v, zeros(_n, 1))),
        ),
        _lemma("Neumann series", invertible(eye(_n) - _A), _HJ + "corollary 5.6.16", lt(_rho(_A), 1)),
        _lemma("norm of what is not 0", lt(0, norm(_M)), _HJ + "definition 5.1.1", negation(eq(_M, zeros(_n, _m)))),
        _lemma("what has norm 0", eq(_M, zeros(_n, _m)), _HJ + "definition 5.1.1", eq(norm(_M), 0)),
        _lemma("2-norm of a vector below its 1-norm", le(norm(_v), norm(_v, 1)), _HJ + "problem 5.4.P3"),
        _lemma(
            "1-norm of a vector by its 2-norm",
            le(norm(_v, 1) ** 2, trace(eye(_n)) * norm(_v) ** 2),
            _HJ + "problem 5.4.P3",
        ),
        _lemma(
            "2-norm of a vector by its maximum norm",
            le(norm(_v) ** 2, trace(eye(_n)) * norm(_v, "inf") ** 2),
            _HJ + "problem 5.4.P3",
        ),
        _lemma("2-norm below the Frobenius norm", le(norm(_M), norm(_M, "fro")), _HJ + "section 5.6, 5.6.P23"),
        _lemma(
            "2-norm by the 1-norm and the maximum norm",
            le(norm(_M) ** 2, norm(_M, 1) * norm(_M, "inf")),
            _HJ + "section 5.6, problem 5.6.P21",
        ),
        _lemma("spectral radius of magnitudes", le(_rho(_A), _rho(absolute(_A))), _HJ + "theorem 8.1.18"),
        _lemma(
            "Perron and Frobenius: monotonicity",
            le(_rho(_A), _rho(_B)),
            _HJ + "corollary 8.1.19",
            _is("nonnegative", _A),
            le(_A, _B),
        ),
        _lemma(
            "spectral radius of an upper triangular matrix",
            eq(_rho(absolute(_A)), _rho(_A)),
            _HJ + "section 1.2: the eigenvalues are the diagonal entries",
            _is("upper_triangular", _A),
        ),
        _lemma(
            "spectral radius of a lower triangular matrix",
            eq(_rho(absolute(_A)), _rho(_A)),
            _HJ + "section 1.2: the eigenvalues are the diagonal entries",
            _is("lower_triangular", _A),
        ),
        _lemma(
            "eigenvalues of an upper triangular matrix",
            eq(_rho(_A), norm(hadamard(eye(_n), _A))),
            _HJ + "section 1.2: the eigenvalues are the diagonal entries",
            _is("upper_triangular", _A),
        ),
        _lemma(
            "eigenvalues of a lower triangular matrix",
            eq(_rho(_A), norm(hadamard(eye(_n), _A))),
            _HJ + "section 1.2: the eigenvalues are the diagonal entries",
            _is("lower_triangular", _A),
        ),
        _lemma(
            "nilpotent matrices",
            eq(_A**_n, zeros(_n)),
            _HJ + "theorem 2.4.3.2 (Cayley and Hamilton): the characteristic polynomial is z^n",
            eq(_rho(_A), 0),
        ),
        _lemma(
            "spectral radius of a product of commuting matrices",
            le(_rho(_A @ _B), _rho(_A) * _rho(_B)),
            _HJ + "theorem 2.4.8.1",
            eq(_A @ _B, _B @ _A),
        ),
        _lemma(
            "spectral radius of a sum of commuting matrices",
            le(_rho(_A + _B), _rho(_A) + _rho(_B)),
            _HJ + "theorem 2.4.8.1",
            eq(_A @ _B, _B @ _A),
        ),
        # powers
        _lemma("powers vanish", vanishes(_A**_k, _k), _HJ + "theorem 5.6.12", lt(_rho(_A), 1)),
        _lemma("powers that vanish", lt(_rho(_A), 1), _HJ + "theorem 5.6.12", vanishes(_A**_k, _k)),
        _lemma("powers that do not vanish", negation(vanishes(_A**_k, _k)), _HJ + "theorem 5.6.12", le(1, _rho(_A))),
        _lemma("powers explode", explodes(_A**_k, _k), _HJ + "corollary 5.6.14 (Gelfand)", lt(1, _rho(_A))),
        _lemma("powers of a number explode", explodes(_c**_k, _k), "Bernoulli's inequality", lt(1, absolute(_c))),
        _lemma("powers that are bounded", le(_rho(_A), 1), _HJ + "corollary 5.6.14 (Gelfand)", bounded(_A**_k, _k)),
        _lemma(
            "powers of a diagonalisable matrix",
            bounded(_A**_k, _k),
            "W^k = U S^k U^-1",
            diagonalizable(_A),
            le(_rho(_A), 1),
        ),
        # decompositions
        _lemma("spectral theorem", diagonalizable(_A, "R"), _HJ + "theorem 4.1.5", symmetric(_A)),
        _lemma("normal matrices", unitarily_diagonalizable(_A), _HJ + "theorem 2.5.3", _is("normal", _A)),
        _lemma(
            "unitarily diagonalisable matrices", _is("normal", _A), _HJ + "theorem 2.5.3", unitarily_diagonalizable(_A)
        ),
        _lemma("unitary bases are bases", diagonalizable(_A), "the definition", unitarily_diagonalizable(_A)),
        _lemma("real bases are complex bases", diagonalizable(_A), "the definition", diagonalizable(_A, "R")),
        _lemma(
            "an eigenvector basis",
            diagonalizable(_A, "R"),
            "the definition",
            invertible(_U),
            diagonal(_S),
            eq(_A, _U @ _S @ inv(_U)),
        ),
        _lemma("diagonal matrices", diagonalizable(_A, "R"), "the definition, with U = I", diagonal(_A)),
        _lemma(
            "distinct eigenvalues",
            diagonalizable(_A),
            _HJ + "theorem 1.3.9",
            negation(eq(discriminant(_A), 0)),
        ),
        _lemma(
            "squarefree minimal polynomial suffices",
            diagonalizable(_A),
            _HJ + "corollary 3.3.10",
            squarefree_minimal_polynomial(_A),
        ),
        _lemma(
            "squarefree minimal polynomial is necessary",
            squarefree_minimal_polynomial(_A),
            _HJ + "corollary 3.3.10",
            diagonalizable(_A),
        ),
        _lemma(
            "diagonalisable with a repeated eigenvalue at size 2",
            any_of(negation(eq(discriminant(_SMALL), 0)), _is("scalar", _SMALL)),
            _HJ + "corollary 3.3.10: the minimal polynomial has degree 1",
            diagonalizable(_SMALL),
        ),
        _lemma("Jordan form", jordan_decomposable(_A), _HJ + "theorem 3.1.11"),
        _lemma(
            "powers of a diagonalisable matrix are diagonalisable",
            diagonalizable(_A @ _A),
            "W^2 = U S^2 U^-1",
            diagonalizable(_A),
        ),
        _lemma("transposes of diagonalisable matrices", diagonalizable(_A.T), "W^T = U^-T S U^T", diagonalizable(_A)),
    )
}
