"""What a zygote has imported before it forks. An image must be the same on every start: hash seed and warm-up are fixed."""

import importlib

STDLIB = """abc array ast asyncio base64 bisect calendar cmath collections contextlib copy csv dataclasses datetime decimal difflib enum
fractions functools hashlib heapq inspect io itertools json locale math numbers operator os pathlib pprint queue random re secrets statistics
string struct sys textwrap threading time timeit traceback typing unicodedata warnings""".split()
SCIENTIFIC = ["numpy", "numpy.random", "numpy.linalg", "sympy", "mpmath"]


def load(name):
    for module in STDLIB:
        importlib.import_module(module)
    if name == "scientific":
        for module in SCIENTIFIC:
            importlib.import_module(module)
        warm_up()


def warm_up():
    """Fills SymPy's lazy imports and caches with what mathematics questions use; every child inherits them."""
    from sympy import (
        Eq, Matrix, Rational, Symbol, diff, expand, factor, factorint, integrate, isprime, latex, limit, log, nsimplify, oo, pi, simplify, sin,
        solve, solveset, sqrt, summation, symbols, sympify, trigsimp,
    )  # fmt: skip

    x, y, n = symbols("x y n")
    solve(Eq(x**2 - 5 * x + 6, 0), x)
    solve([Eq(x + y, 5), Eq(x - y, 1)], [x, y])
    solve([x**2 + y - 3, x - y + 1], [x, y])
    solveset(sin(x) - Rational(1, 2), x)
    simplify((x**2 - 1) / (x - 1) + sqrt(8) * Rational(1, 3))
    trigsimp(sin(pi / 6) ** 2 + sin(x) ** 2)
    integrate(x * sin(x), x)
    integrate(x**2 + 1, (x, 0, 1))
    limit(sin(x) / x, x, 0)
    summation(1 / n**2, (n, 1, oo))
    diff(log(x) * expand((x + 1) ** 3), x)
    factor(x**3 - 1)
    Matrix([[1, 2], [3, 4]]).inv().det()
    isprime(factorint(5040)[2])
    nsimplify(0.25)
    latex(sympify("x**2/3").diff(Symbol("x")).evalf())
