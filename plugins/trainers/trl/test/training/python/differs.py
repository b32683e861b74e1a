"""Which tensors of two models' bodies differ: `differs.py FOLDER FOLDER`. `sameNames`: neither has tensors that the other has not.

Without torch, whose import takes longer than all the rest.
"""

import json
import sys

import numpy
from safetensors.numpy import load_file

one, other = (load_file(f"{folder}/model.safetensors") for folder in sys.argv[1:])
same_names = one.keys() == other.keys()
differs = [name for name in sorted(one.keys() & other.keys()) if not numpy.array_equal(one[name], other[name])]
print(json.dumps({"sameNames": same_names, "differs": differs}))
