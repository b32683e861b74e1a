"""Compares answers with math-verify: one JSON case a line in, one JSON verdict a line out, until stdin ends.

Case:    {"id", "gold": {"text", "targets"}, "prediction": {"text", "targets"}, "timeoutMs", "precision", "strict", "relationAsSet"}
Verdict: {"id", "equal": bool} or {"id", "timeout": true} or {"id", "error": str}

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
from functools import lru_cache

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

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify  # noqa: E402

TARGETS = {"latex": LatexExtractionConfig(), "expr": ExprExtractionConfig()}


class CaseTimeout(BaseException):
    """Not an Exception, so that no `except Exception` in math-verify or SymPy swallows it."""


def on_alarm(_signal, _frame):
    raise CaseTimeout


signal.signal(signal.SIGPROF, on_alarm)


# The candidates of one question share its gold answer.
@lru_cache(maxsize=512)
def parse_gold(text, targets):
    return parse_text(text, targets)


def parse_text(text, targets):
    return parse(text, extraction_config=[TARGETS[target] for target in targets], parsing_timeout=None)


def compare(case):
    gold, prediction = case["gold"], case["prediction"]
    gold = parse_gold(gold["text"], tuple(gold["targets"]))
    prediction = parse_text(prediction["text"], prediction["targets"])
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


def answer(case):
    seconds = case["timeoutMs"] / 1000
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard_limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard_limit))
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            return compare(case)
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
