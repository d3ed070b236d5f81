"""A second reading of the mapping language, for comparison with the first.

Reads jobs as lines of JSON and answers each with a line, in order:

    {"id": …, "files": {path: text}, "main": path, "inputs": [login policy input, …]}
    {"id": …, "refused": ["line 3: …"], "decisions": [{"login", "roles", "teams", "deny_admin", "sample"}]}

A job with an `entry`, a name of `stack_access`, has inputs of an access policy:

    {"id": …, "refused": [], "decisions": [{"read", "write", "deny", "deny_write", "sample"}]}
"""

import argparse
import json
import multiprocessing
import sys
from functools import lru_cache

from decide import Decider
from mapping import read
from reach import Reach

# Inputs may hold whole numbers of any length.
sys.set_int_max_str_digits(0)
sys.setrecursionlimit(20_000)


@lru_cache(maxsize=16)
def _reading(files, main):
    policy, refused = read(dict(files), main)
    return (Decider(policy) if policy else None), refused


def answer(job):
    """The answer to one job."""
    decider, refused = _reading(tuple(sorted(job["files"].items())), job["main"])
    if decider and job.get("entry") is not None:
        decider = Reach(decider, job["entry"])
    decisions = [decider.decide(given) for given in job["inputs"]] if decider else []
    return {"id": job.get("id"), "refused": refused, "decisions": decisions}


def _line(text):
    return json.dumps(answer(json.loads(text)))


def _lines():
    for text in sys.stdin:
        if text.strip():
            yield text


def main():
    parser = argparse.ArgumentParser(description="decides inputs of login and access policies by mappings, a job a line")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes share the work")
    jobs = parser.parse_args().jobs
    if jobs < 2:
        for text in _lines():
            print(_line(text), flush=True)
        return
    with multiprocessing.Pool(jobs) as pool:
        for text in pool.imap(_line, _lines()):
            print(text, flush=True)


if __name__ == "__main__":
    main()
