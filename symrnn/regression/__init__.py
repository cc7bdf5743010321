"""Regression tests of symbolic results: golden expressions compared by what they mean, not by how they are written.

trees          an expression as plain data, one node a line; read back by this package and by nothing else
sympy_trees    SymPy -> tree;  claim_trees: terms and claims of symrnn <-> lines
polynomials    sparse polynomials over generators, in exact numbers
forms          a tree as a quotient of polynomials, with the places where it is undefined
points         a tree at a point: exact, or in certified enclosures
equality       the decision: equal, different at a point, or undecided
claim_equality the same for terms of symrnn, by search and kernel
snapshots, fixtures     storage by syrupy and what a test sees
"""
