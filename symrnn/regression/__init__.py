"""Regression tests of symbolic results: golden expressions compared by what they mean, not by how they are written.

- ``trees``: an expression as plain data, one node a line; read back by this package and by nothing else
- ``sympy_trees``: SymPy to trees; ``sympy_matrices``: its matrices of symbolic size to terms of symrnn;
  ``claim_trees``: terms and claims of symrnn to lines and back
- ``polynomials``: sparse polynomials over generators, in exact numbers
- ``facts``, ``exponents``: what is known of generators; exponents that depend on each other
- ``forms``: a tree as a quotient of polynomials, with the conditions under which it is defined
- ``points``: a tree at a point, exactly or in certified enclosures
- ``equality``: the decision: equal, different at a point, or undecided
- ``claim_equality``: the same for terms of symrnn, by search and kernel
- ``golden``, ``snapshots``, ``fixtures``: what is stored, where, and what a test sees
"""
