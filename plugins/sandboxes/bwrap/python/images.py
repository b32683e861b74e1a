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
    """Fills SymPy's lazy imports and caches, which every child then inherits (about three times faster on SymPy code)."""
    from sympy import Eq, Rational, factor, factorint, integrate, latex, simplify, solve, symbols, sqrt, sympify

    x, y = symbols("x y")
    solve(Eq(x**2 - 5 * x + 6, 0), x)
    solve([Eq(x + y, 5), Eq(x - y, 1)], [x, y])
    simplify((x**2 - 1) / (x - 1) + sqrt(8) * Rational(1, 3))
    integrate(x**2 + 1, x)
    factor(x**3 - 1)
    factorint(5040)
    latex(sympify("x**2/3").diff(x).evalf())
