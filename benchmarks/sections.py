"""What is measured, one function a subject; ``quick`` leaves out what takes long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Time, exponent, figures, median_of, naive, process
from benchmarks.naive import weights
from benchmarks.tables import Aim, Section
from symrnn import Derivation, Elman, Refused, eq, identity, jacobian, kernel, product, tanh
from symrnn.certificates import Cut, Point, Proof, Proved, Use, Words
from symrnn.certified import certified_jacobian
from symrnn.claims.index import as_index
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import HOLE
from symrnn.search.prove import prove
from symrnn.search.refute import Tally, refute
from symrnn.semantics.instances import Instance, World
from symrnn.semantics.numbers import as_num


def ratio(a: Time, b: Time) -> str:
    """a / b, as a lower bound where a was capped."""
    return f"{'> ' if a.capped else ''}{figures(a.seconds / b.seconds)}"


# ---- the whole derivation, and the command's start -------------------------------------------------------------------

FOUNDING = ("-m", "symrnn.cli", "check", "derivations/vanishing_gradient.py", "--format", "json", "--deadline", "600")


def founding(quick: bool) -> Section:
    """(a) The founding derivation in a fresh process, cross-checked and certified; for a short look step 7 alone."""
    only, name = (("--step", "7"), "step 7 and what it cites") if quick else ((), "the founding derivation")
    bare = process(["-c", "import sympy"], 7)
    with TemporaryDirectory() as place:
        command = (*FOUNDING, "--cache", place, *only)
        whole, again = process(command), process(command, 3)
    rows = (
        ("`import sympy`", str(bare), "1"),
        (f"`symrnn check` of {name}, from nothing", str(whole), ratio(whole, bare)),
        ("the same, with what was found remembered and checked again", str(again), ratio(again, bare)),
    )
    aims = (
        Aim("(a) the founding derivation over `import sympy`, from nothing", whole.seconds / bare.seconds, 5),
        Aim("(a) the founding derivation over `import sympy`, remembered", again.seconds / bare.seconds, 5),
    )
    return Section("The founding derivation", ("fresh process", "time", "ratio"), rows, () if quick else aims)


OURS = "from symrnn.cli import main; main(['--help'])"  # as the installed command has it
EMPTY = "import click\n@click.command()\ndef main(): pass\nmain(['--help'])"


def start(quick: bool) -> Section:
    """(f) ``symrnn --help``."""
    repeat = 7 if quick else 21
    empty, ours = process(["-c", EMPTY], repeat), process(["-c", OURS], repeat)
    rows = (("an empty click program, `--help`", str(empty), "1"), ("`symrnn --help`", str(ours), ratio(ours, empty)))
    aim = Aim("(f) `symrnn --help` over an empty click program", ours.seconds / empty.seconds, 1.3)
    return Section("Start of the command", ("fresh process", "median", "ratio"), rows, (aim,))


# ---- derivative of the k-step recurrence = ordered product -----------------------------------------------------------


def steps_claim(k: int | None, activation: Any = tanh) -> Claim:
    """The Jacobian over k steps (None: any k) is the ordered product of one-step Jacobians, for all n."""
    d = Derivation("Steps", cell=Elman(activation))
    h, t, j, lag = d.h, d.t, d.j, d.k if k is None else k
    body = d.D[j] @ d.W_hh
    return d.step("1", eq(jacobian(h[t], h[t - lag]), product(body, j, t, t - lag + 1))).claim


def proved_afresh(k: int | None) -> None:
    """The claim built, proved and checked by the kernel, nothing kept from before."""
    claim = steps_claim(k)
    proof = prove(claim)
    if proof is None:
        raise RuntimeError(f"no proof at k = {k}")
    kernel.check(claim, Proved(proof, None))


def derivative(quick: bool) -> Section:
    """(b) A fresh proof for all n at each k, against the better of SymPy's two ways at that n and k."""
    repeat, cap = (5, 3) if quick else (25, 20)
    sizes, lags = ((1, 2), (1, 2)) if quick else ((1, 2, 3, 4), (1, 2, 3, 4, 5, 6))
    proved_afresh(2)
    ours = {k: median_of(lambda k=k: proved_afresh(k), repeat) for k in lags}  # type: ignore[misc]
    general = median_of(lambda: proved_afresh(None), repeat)
    rows, ratios = [], dict[tuple[int, int], tuple[float, bool]]()
    hopeless: dict[str, set[tuple[int, int]]] = {"expand": set(), "simplify": set()}
    for n in sizes:
        for k in lags:
            found = {way: _theirs(n, k, way, cap, hopeless[way]) for way in hopeless}
            best = min(found.values(), key=lambda x: (x.capped, x.seconds))
            ratios[n, k] = (best.seconds / ours[k].seconds, best.capped)
            rows.append(
                (f"{n}", f"{k}", str(found["expand"]), str(found["simplify"]), str(ours[k]), ratio(best, ours[k]))
            )
    rows.append(("all", "all", "-", "-", str(general), "-"))
    aims = [
        Aim(f"(b) at n, k = {at}", ratios[at][0], bound, above=True, lower=ratios[at][1])
        for at, bound in (((3, 3), 1e4), ((4, 4), 1e5))
        if at in ratios
    ]
    note = (
        f"SymPy: `jacobian`, then `expand` or `simplify`, ended at {cap} s. symrnn: claim built, proof found and "
        "checked by the kernel, for all n at once. Last row: for all k as well, by induction."
    )
    head = ("n", "k", "`expand`", "`simplify`", "symrnn", "ratio to the better")
    return Section("Derivative of the k-step recurrence = ordered product", head, tuple(rows), tuple(aims), note)


def _theirs(n: int, k: int, way: str, cap: int, hopeless: set[tuple[int, int]]) -> Time:
    """One naive run; not begun where a smaller one was capped already."""
    if any(n >= a and k >= b for a, b in hopeless):
        return Time(cap, capped=True)
    found = naive("jacobian", n, k, way, cap=cap)
    if found.capped:
        hopeless.add((n, k))
    return found


# ---- growth ----------------------------------------------------------------------------------------------------------


def growth(quick: bool) -> Section:
    """(c) How the time grows with n and k."""
    repeat = 3 if quick else 9
    lags = (4, 8, 16, 32) if quick else (4, 8, 16, 32, 64)
    replayed = {k: _replay(k, repeat) for k in lags}
    slope = exponent(lags, [t.seconds for t in replayed.values()])
    thousand = _replay(1000, repeat)
    evaluated = _evaluations(quick, repeat)
    rows = [(f"replay at k = {k}, all n", str(t)) for k, t in replayed.items()]
    rows.append(("replay at k = 1000, all n", str(thousand)))
    rows += [(f"exact evaluation at a network, n = {n}, k = {k}", str(t)) for (n, k), t in evaluated.items()]
    largest_n, middle = max(n for n, _ in evaluated), 8 if quick else 16
    over_n = [(n, t.seconds) for (n, k), t in evaluated.items() if k == middle]
    over_k = [(k, t.seconds) for (n, k), t in evaluated.items() if n == largest_n]
    aims = (
        Aim("(c) growth of the structural proof in n", 0.0, 0, note="one proof, in which n is a symbol"),
        Aim("(c) growth of replay in k, up to 64", slope, 1.1),
        Aim(
            "(c) replay at k = 1000, seconds",
            None if thousand.missing else thousand.seconds,
            0.2,
            note=thousand.missing,
        ),
        Aim("(c) growth of exact evaluation in n", exponent(*zip(*over_n, strict=True)), 3.2),
        Aim("(c) growth of exact evaluation in k", exponent(*zip(*over_k, strict=True)), 1.2),
    )
    return Section("Growth", ("what", "median"), tuple(rows), aims)


def _replay(k: int, repeat: int) -> Time:
    """The kernel's check of the first certificate that it accepts for the claim at an explicit k."""
    claim, reason = steps_claim(k), ""
    for proof in _explicit_proofs(k):
        try:
            kernel.check(claim, Proved(proof, None))
        except Refused as error:
            reason = reason or f"refused ({error})"
        else:
            return median_of(lambda proof=proof: kernel.check(claim, Proved(proof, None)), repeat)  # type: ignore[misc]
    return Time(0.0, missing=reason)


def _explicit_proofs(k: int) -> Sequence[Proof]:
    """Equal normal forms; or the statement for all lags, proved on the way, and the claim as an instance of it."""
    written_out = Words("left", "left", (), ())
    general = steps_claim(None)
    proof = prove(general)
    lag = next(v for v in _lags(general))
    instance = Words("left", "left", (), (Use(HOLE, "cut:0", ((lag, as_index(k)),), ()),))
    return (written_out, Cut(general.conclusion, proof, instance)) if proof is not None else (written_out,)


def _lags(claim: Claim) -> Sequence[Any]:
    return sorted((v for v in free_vars(claim.conclusion) if v.kind == "lag"), key=lambda v: v.key)


def _evaluations(quick: bool, repeat: int) -> dict[tuple[int, int], Time]:
    """The claim at k evaluated by the kernel's exact arithmetic, at a linear network, where entries stay small."""
    places = ((4, 8), (8, 8), (8, 4)) if quick else ((3, 16), (6, 16), (12, 16), (12, 4), (12, 8), (12, 32))
    return {at: median_of(_evaluation(*at), repeat) for at in places}


def _evaluation(n: int, k: int) -> Callable[[], object]:
    claim = steps_claim(k, identity)
    instance = linear_network(claim, n, k)
    return lambda: World(claim, instance).conclusion_holds() or _fail(n, k)


def _fail(n: int, k: int) -> bool:
    raise RuntimeError(f"the claim does not hold at n = {n}, k = {k}")


def linear_network(claim: Claim, n: int, k: int) -> Instance:
    """A linear network with a permutation as W_hh, run over k steps."""

    def rows(count: int, width: int, entry: Callable[[int, int], int]) -> Any:
        return tuple(tuple(as_num(Fraction(entry(i, j))) for j in range(width)) for i in range(count))

    values = {
        "W_hh": rows(n, n, lambda i, j: int((i + 1) % n == j)),
        "W_xh": rows(n, 1, lambda i, j: 1),
        "b": rows(n, 1, lambda i, j: 0),
    }
    integers = {v: {"n": n, "m": 1, "t": k}[v.name] for v in free_vars(claim) if v.name in ("n", "m", "t")}
    return Instance(
        integers=tuple(sorted(integers.items(), key=lambda x: x[0].key)),
        matrices=tuple(sorted(values.items())),
        families=(),
        start=0,
        stop=k,
        initial=(("h", rows(n, 1, lambda i, j: i)),),
        inputs=(("x", tuple(rows(1, 1, lambda i, j: 0) for _ in range(k))),),
        activation=None,
        feedback=(),
    )


# ---- refutation ------------------------------------------------------------------------------------------------------


def seven(n: int, k: int) -> Claim:
    """Step 7 at explicit sizes and lags."""
    d = Derivation("Seven", cell=Elman(tanh, bias=False))
    h, W, D, t, j = d.h, d.W_hh, d.D, d.t, d.j
    claim = eq(jacobian(h[t], h[t - k]), product(D[j], j, t, t - k + 1) @ W**k)
    return d.step("7", claim, assuming=[eq(d.n, n), eq(d.m, n)]).claim


def refuted_afresh(n: int, k: int) -> None:
    """A counterexample found, and checked by the kernel."""
    claim = seven(n, k)
    instance = refute(claim, Tally(), ())
    if instance is None:
        raise RuntimeError(f"no counterexample at n = {n}, k = {k}")
    kernel.check(claim, Point(instance))


def refutation(quick: bool) -> Section:
    """(d) The counterexample for step 7 against SymPy's ``simplify`` of the residual."""
    repeat, cap = (3, 3) if quick else (15, 20)
    places = [(2, 2)] if quick else [(n, k) for n in (2, 3, 4) for k in (2, 3, 4)]
    rows, hopeless = [], set[tuple[int, int]]()
    for n, k in places:
        refuted_afresh(n, k)
        ours = median_of(lambda n=n, k=k: refuted_afresh(n, k), repeat)  # type: ignore[misc]
        hard = any(n >= a and k >= b for a, b in hopeless)
        theirs = Time(cap, capped=True) if hard else naive("residual", n, k, cap=cap)
        hopeless |= {(n, k)} if theirs.capped else set()
        rows.append((str(n), str(k), str(theirs), str(ours), ratio(theirs, ours)))
    note = f"symrnn: an exact network found and checked by the kernel. SymPy is ended at {cap} s."
    return Section("A counterexample for step 7", ("n", "k", "`simplify`", "symrnn", "ratio"), tuple(rows), (), note)


# ---- high precision --------------------------------------------------------------------------------------------------


def precision(quick: bool) -> Section:
    """(e) The certified product against mpmath with gmpy2."""
    k = 10 if quick else 100
    places = [(8, 50)] if quick else [(n, d) for n in (8, 32, 64) for d in (50, 200)]
    rows, aims = [], []
    for n, digits in places:
        bits: list[int] = []
        ours = median_of(lambda n=n, d=digits, b=bits: b.append(_certified(n, k, d)), 3)  # type: ignore[misc]
        theirs = naive("mpmath", n, k, digits, cap=300)
        rows.append((str(n), str(digits), str(theirs), str(ours), str(bits[0]), ratio(theirs, ours)))
        if n >= 32 and digits == 50:
            aims.append(Aim(f"(e) n = {n}, {digits} digits", theirs.seconds / ours.seconds, 20, above=True))
    note = (
        f"k = {k} steps of a tanh network with random weights. mpmath works with so many digits and bounds no error; "
        "symrnn's enclosures are certain to be that accurate, and cost the bits in the fifth column."
    )
    head = ("n", "digits", "mpmath with gmpy2", "symrnn, certified", "bits", "ratio")
    return Section("Products to many digits", head, tuple(rows), tuple(aims), note)


def _certified(n: int, k: int, digits: int) -> int:
    W, inputs = weights(n, k)
    unit = [[int(i == j) for j in range(n)] for i in range(n)]
    return certified_jacobian("tanh", W, unit, inputs, [0] * n, digits=digits).bits


ALL: dict[str, Callable[[bool], Section]] = {
    "a": founding,
    "b": derivative,
    "c": growth,
    "d": refutation,
    "e": precision,
    "f": start,
}
