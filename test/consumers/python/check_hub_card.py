"""What `load_dataset` makes of a folder by its card: rows and columns of each configuration, the default one first."""

import json
import sys

from datasets import get_dataset_config_names, get_dataset_default_config_name, load_dataset

folder = sys.argv[2]
default = get_dataset_default_config_name(folder)
names = get_dataset_config_names(folder)
loaded = {name: load_dataset(folder, name, split="train") for name in sorted(names, key=lambda name: name != default)}
print(json.dumps({name: {"rows": rows.num_rows, "columns": rows.column_names} for name, rows in loaded.items()}))
