/** Questions and endpoints that are not what a preset says of them: what people read, word for word. */
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { CHECK, rightPreset, saysInFull } from "./mistake.ts";

const right = rightPreset();

saysInFull("a file of questions:", [
  {
    mistake: "not there",
    preset: right.replace("questions.jsonl", "question.jsonl"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] question.jsonl: there is no such file. Did you mean "questions.jsonl"?
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "named nowhere",
    preset: right.replace(/^queries: .*\n/, ""),
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] demo: it names no questions.
  Set queries.train to a JSONL file of {question, answer} rows, or queries.recorded to logs; in the preset or with --set queries.train=FILE.`,
  },
  {
    mistake: "empty",
    preset: right,
    files: { "questions.jsonl": "" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: it has no questions.
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "a row without a question",
    preset: right,
    files: { "questions.jsonl": '{"question":"What is 1 + 1?","answer":"2"}\n{"prompt":"What is 1 + 2?","answer":"3"}\n' },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: 1 of 2 rows cannot be used.
  no "question" (the row has: prompt, answer) (questions.jsonl:2)
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "a misspelt question",
    preset: right,
    files: { "questions.jsonl": '{"quesiton":"What is 1 + 1?","answer":"2"}\n' },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: 1 of 1 rows cannot be used.
  no "question"; "quesiton" is most likely meant to be it (questions.jsonl:1)
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "an id twice",
    preset: right,
    files: { "questions.jsonl": '{"id":"a","question":"What is 1 + 1?","answer":"2"}\n{"id":"a","question":"What is 1 + 2?","answer":"3"}\n' },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: 1 of 2 rows cannot be used.
  the id "a" is taken by line 1 already (questions.jsonl:2)
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "one JSON list",
    preset: right,
    files: { "questions.jsonl": '[\n{"question":"What is 1 + 1?","answer":"2"}\n]\n' },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: 2 of 3 rows cannot be used.
  the file is one JSON list; write each question as an object in a line of its own, without the brackets (questions.jsonl:1)
  not JSON: a row begins with { and ends with } (questions.jsonl:3)
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "UTF-16, which is read",
    preset: right,
    files: { "questions.jsonl": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{"question":"What is 1 + 1?","answer":"2"}\n', "utf16le")]) },
    command: CHECK,
    exit: 0,
    says: `demo is valid: 4 plugins, 2 dimensions.`,
  },
]);

const endpoint = (baseURL: string) =>
  right.replace(/student: \{.*\}/, `student: { use: "@autotraj/policy-openai", options: { model: m, maxRetries: 0, baseURL: "${baseURL}" } }`);

describe("an endpoint", () => {
  let server: FakeServer;
  before(async () => {
    server = await startFakeOpenAI({
      port: 18431,
      fault: ({ body }) => ({
        kind: "status",
        ...(body.model === "m" ? { status: 401, message: "Incorrect API key provided." } : { status: 404, code: "model_not_found" }),
      }),
    });
  });
  after(() => server.close());

  saysInFull("that", [
    {
      mistake: "cannot be reached",
      preset: endpoint("http://127.0.0.1:9/v1"),
      exit: 1,
      says: `! student: POST http://127.0.0.1:PORT/v1/completions failed: connect ECONNREFUSED 127.0.0.1:PORT
! student: POST http://127.0.0.1:PORT/v1/completions failed: connect ECONNREFUSED 127.0.0.1:PORT (more of these are in log.jsonl)
[ATRAJ_POLICY_FAILED] policy "student": 10 turns in a row could not be had; the last: POST http://127.0.0.1:PORT/v1/completions failed: connect ECONNREFUSED 127.0.0.1:PORT
  Check that the server runs and that \`baseURL\` is right. Nothing is lost: \`autotraj resume runs/demo\` goes on from here.`,
    },
    {
      mistake: "refuses the key",
      preset: endpoint("http://127.0.0.1:18431/v1"),
      exit: 1,
      says: `[ATRAJ_POLICY_FAILED] policy "student": POST http://127.0.0.1:PORT/v1/completions answered 401: Incorrect API key provided.
  Check \`apiKey\` (write { $env: NAME } and export the variable) and that it may use this model. Nothing is lost: \`autotraj resume runs/demo\` goes on from here; with a changed preset start anew, in another folder.`,
    },
  ]);
});
