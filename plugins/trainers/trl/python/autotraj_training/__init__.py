"""Training with TRL, as AutoTraj's trainer plugin starts it: one process per stage, told what to do by the `config.json` that the plugin writes."""

import os
import sys

# Packages of services that steps are reported to: behind all others, whose versions were tested together.
if folder := os.environ.get("AUTOTRAJ_REPORTING"):
    sys.path.append(folder)
