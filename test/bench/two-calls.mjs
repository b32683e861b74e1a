/** What the fake server answers in run-rate.ts: two calls of the calculator, then an answer. The prompt tells which turn it is. */
export default {
  answer: ({ body: { prompt } }) => {
    const written = prompt.slice(prompt.lastIndexOf("<|im_start|>assistant"));
    const results = written.split("<result>").length - 1;
    return results < 2 ? `<think>step ${results}</think><calculator>6*${results + 1}</calculator>` : "<answer>\\boxed{42}</answer>";
  },
};
