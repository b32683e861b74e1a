"""Imports SymPy and fills its lazy imports and caches, which every interpreter started from the memory image then has."""

from sympy import Eq, Matrix, Rational, diff, factor, factorint, integrate, latex, limit, simplify, sin, solve, sqrt, symbols, sympify

x, y = symbols("x y")
solve(Eq(x**2 - 5 * x + 6, 0), x)
solve([Eq(x + y, 5), Eq(x - y, 1)], [x, y])
simplify((x**2 - 1) / (x - 1) + sqrt(8) * Rational(1, 3))
integrate(x**2 + x * sin(x), x)
limit(sin(x) / x, x, 0)
diff(x**3, x)
factor(x**3 - 1)
factorint(5040)
Matrix([[1, 2], [3, 4]]).eigenvals()
latex(sympify("x**2/3").diff(x).evalf())
