"""math-verify as it is by default: rows {"gold", "pred"} in, one JSON bool (or null, where it fails) a line out."""

import json
import logging
import sys

from math_verify import parse, verify

logging.disable(logging.CRITICAL)
for line in sys.stdin:
    row = json.loads(line)
    try:
        verdict = bool(verify(parse(row["gold"]), parse(row["pred"])))
    except Exception:
        verdict = None
    print(json.dumps(verdict), flush=True)
