"""What is measured, one function a subject; ``quick`` leaves out what takes long."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Time, exponent, figures, median_of, naive, process
from benchmarks.naive import weights
from benchmarks.tables import Aim, Section
from symrnn import GRU, LSTM, Derivation, Elman, eq, identity, index, jacobian, kernel, lag, product, tanh
from symrnn.block_jacobians import one_step_matrix, state_jacobian
from symrnn.certificates import Point, Proved
from symrnn.certified import certified_jacobian
from symrnn.claims.recurrence import Claim
from symrnn.claims.substitution import free_vars
from symrnn.claims.tree import MatMul
from symrnn.replay import entry_of, replay_entry
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
    """(a) The founding derivation in a fresh process, cross-checked and certified; for a short look step 7 alone.

    It is the nine steps of the notes, for which the aim is; the claims that the script has beside them are shown too.
    """
    nine = tuple(word for i in range(1, 10) for word in ("--step", str(i)))
    subjects: dict[str, tuple[str, ...]] = {"the nine steps of the notes": nine, "all steps of the script": ()}
    if quick:
        subjects = {"step 7 and what it cites": ("--step", "7")}
    bare = process(["-c", "import sympy"], 7)
    rows, aims = [("`import sympy`", str(bare), "1")], []
    for name, only in subjects.items():
        whole, again = _twice(only, 1 if quick or not only else 5)
        for how, found in (("from nothing", whole), ("what was found remembered and checked again", again)):
            rows.append((f"`symrnn check` of {name}, {how}", str(found), ratio(found, bare)))
            if only == nine:
                aims.append(Aim(f"(a) {name} over `import sympy`, {how}", found.seconds / bare.seconds, 5))
    return Section("The founding derivation", ("fresh process", "time", "ratio"), tuple(rows), tuple(aims))


def _twice(only: tuple[str, ...], repeat: int) -> tuple[Time, Time]:
    """The medians of runs that begin with nothing remembered, and of others right after each."""
    whole, again = list[float](), list[float]()
    for _ in range(repeat):
        with TemporaryDirectory() as place:
            command = (*FOUNDING, "--cache", place, *only)
            whole.append(process(command).seconds)
            again.append(process(command).seconds)
    return Time(median(whole)), Time(median(again))


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


ELMAN = {activation.name: Elman(activation) for activation in (tanh, identity)}


def steps_claim(k: int | None, activation: Any = tanh, written_out: bool = False) -> Claim:
    """The Jacobian over k steps (None: any k) is the ordered product of one-step Jacobians, for all n."""
    d = Derivation("Steps", cell=ELMAN[activation.name])
    h, t, j, back = d.h, d.t, d.j, d.k if k is None else k
    if written_out:
        steps: Any = MatMul(tuple(f for i in range(k or 0) for f in (d.D[t - i], d.W_hh)))
    else:
        steps = product(d.D[j] @ d.W_hh, j, t, t - back + 1)
    return d.step("1", eq(jacobian(h[t], h[t - back]), steps)).claim


def gated_claim(about: Any, k: int | None, written_out: bool = False) -> Claim:
    """The Jacobian of the whole state, block by block, is the ordered product of those of one step."""
    blocks, t, j, steps_back = about.recurrence.states, about.t, index("j"), lag("k") if k is None else k
    if written_out:
        steps: Any = MatMul(tuple(state_jacobian(blocks, t - i, t - i - 1) for i in range(k or 0)))
    else:
        steps = product(one_step_matrix(about, at=j), j, t, t - steps_back + 1)
    return Derivation("Gated", cell=about).step("1", eq(state_jacobian(blocks, t, t - steps_back), steps)).claim


def proved_afresh(claim: Claim) -> None:
    """A proof found and checked by the kernel, with nothing remembered of either."""
    proof = prove(claim)
    if proof is None:
        raise RuntimeError(f"no proof of {claim.conclusion}")
    kernel.check(claim, Proved(proof, None))


def fresh(build: Callable[[], Claim], repeat: int, count: int = 1) -> tuple[Time, Time, Time]:
    """Building a claim; a proof with the kernel's check of a claim that is new, and of one that was read before.

    The recurrence was read before. ``count``: claims in a row for each measurement, which is of one of them.
    """
    claims: list[Claim] = []
    same = build()
    proved_afresh(same)
    built = median_of(lambda: claims.extend(build() for _ in range(count)), repeat)
    new = median_of(lambda: [proved_afresh(claims.pop()) for _ in range(count)], repeat)
    often = 5 * count
    known = median_of(lambda: [proved_afresh(same) for _ in range(often)], repeat)
    return Time(built.seconds / count), Time(new.seconds / count), Time(known.seconds / often)


def derivative(quick: bool) -> Section:
    """(b) A fresh proof for all n at each k, against the better of SymPy's two ways at that n and k."""
    repeat, count, cap = (5, 20, 3) if quick else (25, 40, 20)
    sizes, lags = ((1, 2), (1, 2)) if quick else ((1, 2, 3, 4), (1, 2, 3, 4, 5, 6))
    found_in = {k: fresh(lambda k=k: steps_claim(k), repeat, count) for k in lags}  # type: ignore[misc]
    rows, ratios = [], dict[tuple[int, int], tuple[float, bool]]()
    hopeless: dict[str, set[tuple[int, int]]] = {"expand": set(), "simplify": set()}
    for n in sizes:
        for k in lags:
            found = {way: _theirs(n, k, way, cap, hopeless[way]) for way in hopeless}
            best = min(found.values(), key=lambda x: (x.capped, x.seconds))
            _, new, known = found_in[k]
            ratios[n, k] = (best.seconds / known.seconds, best.capped)
            rows.append(
                (
                    f"{n}",
                    f"{k}",
                    str(found["expand"]),
                    str(found["simplify"]),
                    *map(str, found_in[k]),
                    ratio(best, new),
                    ratio(best, known),
                )
            )
    rows.append(("all", "all", "-", "-", *map(str, fresh(lambda: steps_claim(None), repeat, count)), "-", "-"))
    rows.append(("all", "3, new recurrence", "-", "-", "-", str(process_once(repeat)), "-", "-", "-"))
    aims = [
        Aim(f"(b) at n, k = {at}", ratios[at][0], bound, above=True, lower=ratios[at][1])
        for at, bound in (((3, 3), 1e4), ((4, 4), 1e5))
        if at in ratios
    ]
    note = (
        f"SymPy: `jacobian`, then `expand` or `simplify`, ended at {cap} s. symrnn, for all n at once: the claim "
        "built, and, apart from that, its proof found and checked by the kernel: each time a new claim; and each time "
        "the same, of which the kernel sees that it has not changed since it was read, and where nothing of the proof "
        "is remembered. The aim is held against the latter. The recurrence was seen before, so that it is known to be "
        "well formed and what its one-step Jacobian is. In the last row it was not."
    )
    head = ("n", "k", "`expand`", "`simplify`", "built", "proof, new claim", "proof, same claim", "ratio, new", "same")
    return Section("Derivative of the k-step recurrence = ordered product", head, tuple(rows), tuple(aims), note)


def process_once(repeat: int) -> Time:
    """A proof and its check where the recurrence is new as well, as for the first step of a derivation."""

    def anew() -> Claim:
        d = Derivation("Steps", cell=Elman(tanh))
        steps = product(d.D[d.j] @ d.W_hh, d.j, d.t, d.t - 2)
        return d.step("1", eq(jacobian(d.h[d.t], d.h[d.t - 3]), steps)).claim

    claims = [anew() for _ in range(repeat)]
    return median_of(lambda: proved_afresh(claims.pop()), repeat)


GATED = {"LSTM": LSTM(), "GRU": GRU()}


def gated(quick: bool) -> Section:
    """(g) The same for the whole state of gated cells, against SymPy with explicit entries and symbolic gates."""
    repeat, cap = (5, 3) if quick else (51, 10)
    places = ((1, 1), (1, 2)) if quick else ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3))
    rows, hopeless = [], dict[str, set[tuple[int, int]]]()
    for name, about in GATED.items():
        for n, k in places:
            theirs = {}
            for way in ("expand", "simplify"):
                known = hopeless.setdefault(f"{name} {way}", set())
                hard = any(n >= a and k >= b for a, b in known)
                theirs[way] = Time(cap, capped=True) if hard else naive("gated", name.lower(), n, k, way, cap=cap)
                if theirs[way].capped:
                    known.add((n, k))
            _, ours, _ = fresh(lambda about=about, k=k: gated_claim(about, k), repeat)  # type: ignore[misc]
            best = min(theirs.values(), key=lambda x: (x.capped, x.seconds))
            rows.append((name, f"{n}", f"{k}", *map(str, theirs.values()), str(ours), ratio(best, ours)))
        for k, out in ((None, False), (1000, False), (1000, True)):
            how = "all" if k is None else f"{k}, written out" if out else f"{k}"
            _, ours, _ = fresh(lambda about=about, k=k, out=out: gated_claim(about, k, out), 3)  # type: ignore[misc]
            rows.append((name, "all", how, "-", "-", str(ours), "-"))
    note = (
        f"d (state at t) / d (state at t - k) as a matrix of blocks. SymPy: ended at {cap} s. symrnn: proof found and "
        "checked by the kernel, for all n at once; written out: a product of 1000 matrices of blocks."
    )
    head = ("cell", "n", "k", "`expand`", "`simplify`", "proved and checked", "ratio to the better")
    return Section("The same for gated cells", head, tuple(rows), (), note)


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
    lags = (4, 8, 16, 32) if quick else (4, 8, 16, 32, 64, 128, 250, 500, 1000)
    ranges, written = ({k: _replay(k, repeat, out) for k in lags} for out in (False, True))
    evaluated = _evaluations(quick, repeat)
    rows = [(f"replay at k = {k}, all n, a product over a range", str(t)) for k, t in ranges.items()]
    rows += [(f"replay at k = {k}, all n, all factors written out", str(t)) for k, t in written.items()]
    rows += [(f"exact evaluation at a network, n = {n}, k = {k}", str(t)) for (n, k), t in evaluated.items()]
    largest_n, middle = max(n for n, _ in evaluated), 8 if quick else 16
    over_n = [(n, t.seconds) for (n, k), t in evaluated.items() if k == middle]
    over_k = [(k, t.seconds) for (n, k), t in evaluated.items() if n == largest_n]
    last = max(lags)
    aims = (
        Aim("(c) growth of the structural proof in n", 0.0, 0, note="one proof, in which n is a symbol"),
        *(
            Aim(f"(c) growth of replay in k, up to {last}, {how}", exponent(lags, [t.seconds for t in x.values()]), 1.1)
            for how, x in (("over a range", ranges), ("written out", written))
        ),
        *(
            Aim(f"(c) replay at k = {last}, seconds, {how}", x[last].seconds, 0.2)
            for how, x in (("over a range", ranges), ("written out", written))
        ),
        Aim("(c) growth of exact evaluation in n", exponent(*zip(*over_n, strict=True)), 3.2),
        Aim("(c) growth of exact evaluation in k", exponent(*zip(*over_k, strict=True)), 1.2),
    )
    return Section("Growth", ("what", "median"), tuple(rows), aims)


def _replay(k: int, repeat: int, written_out: bool) -> Time:
    """The whole of a replay: the certificate read from its JSON, and checked by the kernel."""
    claim = steps_claim(k, written_out=written_out)
    proof = prove(claim)
    text = json.dumps(entry_of(claim, "proved", Proved(proof, None))) if proof is not None else ""
    return median_of(lambda: replay_entry(json.loads(text)), repeat)


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
    "g": gated,
    "d": refutation,
    "e": precision,
    "f": start,
}
