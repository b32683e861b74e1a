#!/usr/bin/env node
// Committed, so that npm links the command before anything is compiled.
import "../dist/main.js";
