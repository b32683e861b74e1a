"""Serves one GGUF over llama.cpp's own HTTP server. Prints `{"baseURL": …}` once it is ready, and ends when its standard input does."""

import json
import os
import sys

import xllamacpp

settings = json.loads(sys.argv[1])

params = xllamacpp.CommonParams()
params.model.path = settings["model"]
params.hostnames = ["127.0.0.1"]
params.port = settings.get("port", 0)
params.n_parallel = settings["slots"]
params.n_ctx = settings["contextTokens"] * settings["slots"]
params.n_gpu_layers = 0
# More threads than free cores make llama.cpp's barriers spin: one is the only number that is never slow.
params.cpuparams.n_threads = settings["threads"]
params.cpuparams_batch.n_threads = settings["threads"]
params.n_threads_http = settings["slots"] + 2
params.verbosity = 0

server = xllamacpp.Server(params)
print(json.dumps({"baseURL": f"{server.listening_address}/v1"}), flush=True)
sys.stdin.read()
# The C++ server's threads need no farewell, and its destructor may wait for calls in flight.
os._exit(0)
