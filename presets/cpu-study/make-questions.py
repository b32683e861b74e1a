#!/usr/bin/env python3
"""Writes the study's questions, worked examples and worked solutions beside this file, made with reasoning-gym 0.1.25:

    python3 -m venv gym && gym/bin/pip install reasoning-gym==0.1.25 && gym/bin/python make-questions.py

A solution is a program made from what the question says, never from its answer, and run here. A question whose program does not give reasoning-gym's
answer is left out, and so is one whose text stands in another file already.
"""
import contextlib
import io
import json
import pathlib
import re

import reasoning_gym

SEED = 20261130
TRAIN, HELD_OUT, SPECIALIST = 60, 60, 150  # of each task
CALCULATE = "I calculate the expression with Python."


def expression(pattern, decimals=None):
    def program(question):
        text = re.search(pattern, question).group(1)
        return CALCULATE, f"print({text})" if decimals is None else f"print(round({text}, {decimals}))"

    return program


def conversion(question):
    named = question.replace("binary", "base-2").replace("hexadecimal", "base-16")
    base, number, target = re.search(r"base-(\d+) number (\w+) to base-(\d+)", named).groups()
    code = f'n = int("{number}", {base})\ns = ""\nwhile n:\n    s = "0123456789abcdef"[n % {target}] + s\n    n //= {target}\nprint(s)'
    return f"I read the number in base {base} and write it in base {target} with Python.", code


TASKS = {
    "chain_sum": ({"min_terms": 6, "max_terms": 9}, expression(r"problem: (.+) =$")),
    "decimal_chain_sum": ({"min_terms": 4, "max_terms": 6}, expression(r"problem: (.+) =$", 4)),
    "basic_arithmetic": ({}, expression(r"Calculate (.+)\.$")),
    "base_conversion": ({}, conversion),
}


def run(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().strip()


def same(said, answer):
    try:
        return abs(float(said) - float(answer)) < 1e-9 * max(1, abs(float(answer)))
    except ValueError:
        return said == answer


def solved(task, seen):
    settings, program = TASKS[task]
    for entry in reasoning_gym.create_dataset(task, seed=SEED, size=20_000, **settings):
        question, answer = entry["question"].strip(), entry["answer"].strip()
        if question in seen:
            continue
        seen.add(question)
        think, code = program(question)
        said = run(code)
        if same(said, answer):
            yield {"question": question, "answer": answer, "think": think, "code": code, "said": said}


def row(task, number, made):
    words = f"{made['think']}\n```python\n{made['code']}\n```\n```output\n{made['said']}\n```\nThe result is {made['said']}. The final answer is \\boxed{{{made['said']}}}"
    return {"id": f"{task}-{number:04}", "task": task, "question": made["question"], "answer": made["answer"], "solution": words}


def example(task, made):
    call = {"id": "call-0", "name": "python", "arguments": {"code": made["code"]}}
    return {
        "question": made["question"],
        "task": task,
        "messages": [
            {"role": "assistant", "content": "", "reasoning": made["think"], "toolCalls": [call]},
            {"role": "tool", "toolCallId": "call-0", "name": "python", "content": made["said"], "ok": True},
            {"role": "assistant", "content": f"The final answer is \\boxed{{{made['said']}}}", "reasoning": f"The result is {made['said']}."},
        ],
    }


def write(name, rows):
    pathlib.Path(__file__).with_name(name).write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows))


def main():
    seen, examples, files = set(), [], {"questions.jsonl": [], "held-out.jsonl": [], "specialist.jsonl": []}
    for task in TASKS:
        made = solved(task, seen)
        examples.append(example(task, next(made)))
        for name, count in (("questions.jsonl", TRAIN), ("held-out.jsonl", HELD_OUT), ("specialist.jsonl", SPECIALIST)):
            files[name].append([row(task, number, next(made)) for number in range(count)])
    write("examples.jsonl", examples)
    for name, by_task in files.items():
        write(name, [one for same_place in zip(*by_task) for one in same_place])  # in turn, so that a limit takes as many of each


main()
