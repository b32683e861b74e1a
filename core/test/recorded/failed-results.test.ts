import { expect } from "chai";
import { saysFailed } from "../../src/recorded/failed-results.ts";

const FAILED: readonly string[] = [
  'Traceback (most recent call last):\n  File "x", line 1\nZeroDivisionError: division by zero',
  "1 row\nTraceback (most recent call last):\n  …\nValueError: no",
  "Error: payment method not found",
  "error: unrecognized arguments: --foo",
  "ERROR: could not connect",
  "[ERROR] no such table",
  "Tool error: no such user",
  "Error executing tool search: timeout",
  "Error 404: Not Found",
  "Error",
  "Exception: bad value",
  "NameError: name x is not defined",
  "requests.exceptions.ConnectionError: refused",
  'File "<stdin>", line 1\n    print(\nSyntaxError: unexpected EOF while parsing',
  "An unexpected error occurred while fetching the page.",
  "Invalid Action. Try again.",
  "Invalid arguments: city is required",
  "Unknown tool: serch",
  "Tool call failed: no permission",
  "Failed to fetch https://example.org",
  "Request timed out.",
  "TimeoutError",
  "Timeout after 30 s",
  "HTTP 500 Internal Server Error",
  "HTTP/1.1 404 Not Found",
  "404 Client Error: Not Found for url",
  "503 Service Unavailable",
  "Status code: 403",
  "exit code: 1\nls: cannot access",
  "some output\n[Command finished with exit code 127]",
  "Process exited with status 2",
  "subprocess.CalledProcessError: Command 'x' returned non-zero exit status 1.",
  "bash: foo: command not found",
  "cat: notes.txt: No such file or directory",
  "main.ts:3:7: error: expected ;",
  "thread 'main' panicked at src/main.rs:2:5",
  "Segmentation fault (core dumped)",
  '[call refused: there is no tool "x"]',
  "[the tool is not available]",
  '{"error": "not found"}',
  '{"error": {"code": 404, "message": "x"}}',
  '{"errors": ["a"]}',
  '{"isError": true, "content": []}',
  '{"success": false, "data": null}',
  '{"ok": false}',
  '{"status": "error", "message": "x"}',
  '{"status": "failed"}',
  '{"exit_code": 1, "stdout": ""}',
  '{"returncode": "2"}',
  '{"status_code": 404}',
  '{"output": "Traceback (most recent call last):\\n  x\\nValueError: y"}',
  '[{"error": "quota exceeded"}]',
  '{"traceback": "…"}',
];

const FINE: readonly string[] = [
  "",
  "42",
  "Oslo: 3 C",
  "No error was found.",
  "0 errors, 0 warnings",
  "Errors in judgement are common in chess.",
  "Error analysis in linguistics is a branch of applied linguistics.",
  "The exit code 1 is returned by grep when nothing matches, see the manual.\nline 2\nline 3\nline 4\nline 5\nand more\nx\ny\nz",
  "exit code: 0\nall tests passed",
  "[Command finished with exit code 0]",
  "Failure to launch is a film.",
  "Could not find [Foo]. Similar: ['Foo Fighters', 'Foo (film)'].",
  "[no output]",
  '{"error": null, "data": 3}',
  '{"error": "", "result": "ok"}',
  '{"error": false}',
  '{"errors": []}',
  '{"success": true}',
  '{"exit_code": 0, "stdout": "error: none"}',
  '{"city": "San Francisco", "code": 415}',
  '{"status": "ok"}',
  '{"status": 200}',
  '{"title": "Error: a history", "pages": 300}',
  '[{"error": "x"}, {"name": "y"}]',
  "The standard error is 0.3: small enough.",
  "404 was the year in which Stilicho …",
];

describe("a result that says it failed", () => {
  for (const text of FAILED) it(`fails: ${JSON.stringify(text).slice(0, 90)}`, () => expect(saysFailed(text)).to.equal(true));
  for (const text of FINE) it(`does not fail: ${JSON.stringify(text).slice(0, 90)}`, () => expect(saysFailed(text)).to.equal(false));

  it("also fails by a preset's own patterns", () => {
    expect(saysFailed("OOPS", [/^OOPS/])).to.equal(true);
    expect(saysFailed('{"note": "OOPS"}', [/OOPS/])).to.equal(true);
    expect(saysFailed("fine", [/^OOPS/])).to.equal(false);
  });

  it("is found at both ends of a very long text, and a long text takes no time", () => {
    const long = "a.b ".repeat(200_000);
    expect(saysFailed(`${long}\nValueError: x`)).to.equal(true);
    expect(saysFailed(`Error: x\n${long}`)).to.equal(true);
    expect(saysFailed(long)).to.equal(false);
    expect(saysFailed("a".repeat(100_000))).to.equal(false);
    expect(saysFailed("/".repeat(100_000))).to.equal(false);
  });
});
