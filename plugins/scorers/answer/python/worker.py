"""Compares answers with math-verify and pint: one JSON case a line in, one JSON verdict a line out, until stdin ends.

Formula: {"id", "kind": "formula", "gold": {"text", "targets"}, "prediction": {"text", "targets"}, "units"?: {"gold", "prediction"},
          "timeoutMs", "precision", "strict", "relationAsSet"}
Convert: {"id", "kind": "convert", "gold": [{"value", "units"}], "given": [{"value", "units"}], "timeoutMs"}; units are [{"money", "unit"}]
Verdict: {"id", "equal": bool}, {"id", "converted": [[gold, given], …]}, {"id", "timeout": true} or {"id", "error": str}

A case is stopped by its own timer of CPU time, so that a busy machine changes no verdict. What Python cannot interrupt (one huge
integer power) is stopped by the CPU limit set for the case, or by the parent, which kills a worker that has not answered. The CPU
limit also ends a worker whose parent is gone.
"""

import json
import logging
import os
import resource
import signal
import sys
from fractions import Fraction
from itertools import product

logging.disable(logging.CRITICAL)
memory_mib = int(sys.argv[1])
# Only verdicts go to the pipe: whatever a library prints goes to stderr.
verdicts = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
os.dup2(2, 1)

try:
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib << 20, memory_mib << 20))
except (ValueError, OSError):  # macOS refuses to limit address space
    pass
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

from math_verify import ExprExtractionConfig, LatexExtractionConfig, grader, parse, verify  # noqa: E402
from sympy import Basic, Expr, FiniteSet, Float, I, Pow, Rational, Rel, Symbol, Tuple, nan, oo, postorder_traversal, zoo  # noqa: E402
from sympy.core.cache import clear_cache  # noqa: E402

TARGETS = {"latex": LatexExtractionConfig(), "expr": ExprExtractionConfig()}


class CaseTimeout(BaseException):
    """Not an Exception, so that no `except Exception` in math-verify or SymPy swallows it."""


def on_alarm(_signal, _frame):
    raise CaseTimeout


signal.signal(signal.SIGPROF, on_alarm)

# How many digits may cancel before two exact numbers count as one that SymPy cannot simplify.
MAX_DIGITS = 200
rounded_equal = grader.sympy_numeric_eq


def numeric_equal(gold, prediction, float_rounding, numeric_precision):
    """math-verify rounds to so many places after the point, which makes any two tiny numbers equal, and huge ones that differ late."""
    if not rounded_equal(gold, prediction, float_rounding, numeric_precision):
        return False
    if grader.get_pct_val(gold) is not None or grader.get_pct_val(prediction) is not None:
        return True
    return agree_relatively(gold, prediction, float_rounding)


def agree_relatively(gold, prediction, float_rounding):
    """Exact numbers must agree in all digits that can be had, rounded ones in their leading digits. What is no number passes."""
    if not (isinstance(gold, Basic) and isinstance(prediction, Basic)) or gold.free_symbols or prediction.free_symbols:
        return True
    try:
        if gold.has(Float) or prediction.has(Float):
            one, other = (abs(number.evalf()) for number in (gold, prediction))
            return bool(abs((gold - prediction).evalf()) <= max(1e-3, 5 * 10**-float_rounding) * max(one, other))
        difference = grader.safe_sympy_doit(gold - prediction)
        return bool(difference.evalf(maxn=MAX_DIGITS, strict=True) == 0)
    except Exception:  # not to be told from nothing, or no number after all: math-verify's word stands
        return True


grader.sympy_numeric_eq = numeric_equal


def is_undefined(expression):
    """0 · ∞ and 7/0 equal nothing, in whatever order SymPy would multiply them out."""
    if not isinstance(expression, Basic):
        return False
    if expression.has(nan, zoo) or (expression.has(oo) and grader.safe_sympy_doit(expression) in (nan, zoo)):
        return True
    return any(
        isinstance(node, Pow) and not node.free_symbols and node.exp.is_negative and grader.safe_sympy_doit(node.base) == 0
        for node in postorder_traversal(expression)
    )


def parse_text(text, targets):
    return parse(text, extraction_config=[TARGETS[target] for target in targets], parsing_timeout=None)


def with_imaginary_unit(expression):
    """math-verify leaves i a variable, and beside a lone i makes none of them real: 3 * i is not 3i to it, nor is that x this x."""
    if not isinstance(expression, (Expr, FiniteSet, Tuple)) or expression.has(Rel):
        return expression
    try:
        return expression.xreplace({name: I if name.name == "i" else Symbol(name.name, real=True) for name in expression.free_symbols})
    except Exception:  # nothing in which names could be replaced
        return expression


def compare(case):
    # What SymPy has cached of earlier cases must not show in this one.
    clear_cache()
    gold, prediction = (parse_text(case[side]["text"], case[side]["targets"]) for side in ("gold", "prediction"))
    if "units" in case:
        factor = next((factor for factor in factors(case["units"]) if factor is not None), None)
        if factor is None:
            return {"equal": False}
        # The strings beside what was parsed have lost their units.
        gold, prediction = ([one for one in side if not isinstance(one, str)] for side in (gold, prediction))
        prediction = [Rational(factor.numerator, factor.denominator) * one if factor != 1 else one for one in prediction]
    gold, prediction = ([with_imaginary_unit(one) for one in side if not is_undefined(one)] for side in (gold, prediction))
    if not gold or not prediction:
        return {"equal": False}
    return {
        "equal": verify(
            gold,
            prediction,
            float_rounding=case["precision"],
            strict=case["strict"],
            allow_set_relation_comp=case["relationAsSet"],
            timeout_seconds=None,
        )
    }


registry = None


def load_units():
    """Made for the first case that needs it, which is not charged with the time."""
    global registry
    if registry is None:
        import pint

        registry = pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)
        for definition in ("acre = 43560 * foot ** 2", "furlong = 660 * foot"):  # pint's are of the survey foot
            registry.define(definition)


def quantity(value, unit):
    """Exact: every factor of pint is a fraction here."""
    units = registry.parse_units(unit) if unit else registry.dimensionless
    return registry.Quantity(Fraction(value), units)


def factors(units):
    """What a number in the predicted unit is multiplied by to be in gold's, for each way to read both; temperatures have no factor."""
    for gold, prediction in product(units["gold"], units["prediction"]):
        if gold["money"] != prediction["money"]:
            continue
        if gold["unit"] == prediction["unit"]:
            yield Fraction(1)
            continue
        try:
            yield quantity(1, prediction["unit"]).to(gold["unit"]).magnitude if not {"degC", "degF"} & set((gold["unit"] + " " + prediction["unit"]).split()) else None
        except Exception:
            yield None


def convert(case):
    converted = []
    for gold, given in product(*(product(*(part["units"] for part in case[side])) for side in ("gold", "given"))):
        if len({unit["money"] for unit in gold + given}) > 1:
            continue
        target = given[0]["unit"]
        try:
            sums = [
                sum(quantity(part["value"], unit["unit"]).to(target).magnitude for part, unit in zip(case[side], units))
                for side, units in (("gold", gold), ("given", given))
            ]
        except Exception:  # no such conversion
            continue
        converted.append([f"{Fraction(total).numerator}/{Fraction(total).denominator}" for total in sums])
    return {"converted": converted}


def answer(case):
    if case["kind"] == "convert" or "units" in case:
        load_units()
    seconds = case["timeoutMs"] / 1000
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard_limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard_limit))
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            return convert(case) if case["kind"] == "convert" else compare(case)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except CaseTimeout:
        return {"timeout": True}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


verdicts.write(json.dumps({"ready": True}) + "\n")
for line in sys.stdin:
    case = json.loads(line)
    verdicts.write(json.dumps({"id": case["id"], **answer(case)}) + "\n")
