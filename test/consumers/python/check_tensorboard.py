"""Reads a folder of event files with TensorBoard's own reader; prints scalars, histograms and whether its server lists them, as JSON."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.backend.event_processing.io_wrapper import ListDirectoryAbsolute

folder = sys.argv[1]
files = [path for path in ListDirectoryAbsolute(folder) if "tfevents" in path]
# Raises DataLossError where a record's length or checksum is wrong.
records = sum(len(list(RawEventFileLoader(path).Load())) for path in files)
accumulator = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
accumulator.Reload()
tags = accumulator.Tags()
print(
    json.dumps(
        {
            "records": records,
            "scalars": {tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags["scalars"]},
            "histograms": {
                tag: [[event.step, event.histogram_value.num, event.histogram_value.min, event.histogram_value.max] for event in accumulator.Histograms(tag)]
                for tag in tags["histograms"]
            },
        }
    )
)
