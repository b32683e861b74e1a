"""What is noted of a running execution, so that it can be ended by others. As a program: `records.py FOLDER [MARK]` ends it, or all
whose owner is gone."""

import json
import os
import sys

import processes


def write(folder, mark, owner):
    """Of this process, which supervises; `owner`: the process it does it for."""
    if not processes.ON_LINUX:
        return
    record = {"place": processes.place(), "supervisor": processes.identity(os.getpid()), "owner": processes.identity(owner)}
    # The cache may have been emptied meanwhile.
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, mark)
    with open(path + ".draft", "w") as file:
        json.dump(record, file)
    os.replace(path + ".draft", path)


def remove(folder, mark):
    try:
        os.unlink(os.path.join(folder, mark))
    except FileNotFoundError:
        pass


def end_recorded(folder, mark=None):
    """Returns how many processes were ended."""
    ended = 0
    for name in os.listdir(folder) if mark is None else [mark]:
        try:
            with open(os.path.join(folder, name)) as file:
                record = json.load(file)
        except (FileNotFoundError, ValueError):
            continue
        if mark is None and (record["place"] != processes.place() or processes.is_alive(record["owner"])):
            continue
        ended += processes.end_marked(record["supervisor"], name)
        remove(folder, name)
    return ended


if __name__ == "__main__":
    print(end_recorded(*sys.argv[1:]))
