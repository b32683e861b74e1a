"""Client of the kernel's episodes: it plays the tools and gives the rewards (docs/guide/serve.md). Requests are for the whole batch: tools run side by side."""

import http.client
import json
import os
import time
import urllib.error
import urllib.request

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0
#: A request ends when the slowest tool of the batch does.
_REQUEST_TIMEOUT_S = 900
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class ServiceLost(Exception):
    """The service could not be reached for as long as the settings allow."""


class Episodes:
    """@param on_lost: `pause` asks for ever, `drop` and `fail` raise ServiceLost after `timeout_s`. check: raises when the training is to stop."""

    def __init__(self, url, token, timeout_s, on_lost, check, waiting):
        self.url = url.rstrip("/")
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self.timeout_s = timeout_s
        self.on_lost = on_lost
        self.check = check
        self.waiting = waiting

    @classmethod
    def of(cls, job, waiting):
        url, token = os.environ["AUTOTRAJ_SERVICE_URL"], os.environ["AUTOTRAJ_SERVICE_TOKEN"]
        return cls(url, token, job["serviceTimeoutMs"] / 1000, job["onServiceLost"], job.stop.check, waiting)

    def begin(self, items):
        """[{task, key}] -> session names."""
        return [item["session"] for item in self._post("/v1/sessions", items)]

    def turns(self, items):
        """[{session, index, text, finish}] -> [{append, results, done, finish?}]"""
        return self._post("/v1/turns", items)

    def score(self, items):
        """[{id, session}] -> [{id, reward | null, terms, bounded?: {value, limit}, valid, error?}]"""
        return self._post("/v1/score", items)

    def _post(self, path, items):
        """Asks again where nobody answered: all requests are idempotent by session and turn."""
        body = json.dumps({"items": items}).encode("utf8")
        began, wait = time.monotonic(), _FIRST_WAIT_S
        while True:
            self.check()
            try:
                request = urllib.request.Request(self.url + path, data=body, headers=self.headers)
                with urllib.request.urlopen(request, timeout=_REQUEST_TIMEOUT_S) as response:
                    answers = json.load(response)["items"]
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING:
                    raise RuntimeError(f"{path} was refused with {error.code}: {error.read().decode('utf8', 'replace')[:500]}") from None
                reason = f"it answered {error.code}"
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, json.JSONDecodeError) as error:
                reason = str(getattr(error, "reason", error)) or type(error).__name__
            else:
                if len(answers) != len(items):
                    raise RuntimeError(f"{path} gave {len(answers)} answers to {len(items)} items.")
                return answers
            away = time.monotonic() - began
            if away >= self.timeout_s and self.on_lost != "pause":
                raise ServiceLost(f"{self.url}{path} could not be reached for {away:.0f} s: {reason}.")
            self.waiting(away, reason)
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
