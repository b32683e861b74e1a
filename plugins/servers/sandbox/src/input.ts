/** Standard input and files for code in a sandbox that knows neither: a few lines of Python put both in place first. */
import type { CodeRequest } from "./protocol.ts";

const SOURCE = `
def run(text):
    import base64, json, linecache, os, sys, traceback
    request = json.loads(text)
    for path, content in request["files"].items():
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(content))
    with open(".stdin", "w+b") as file:
        file.write(request["stdin"].encode("utf-8", "surrogatepass"))
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        os.dup2(file.fileno(), 0)
    os.unlink(".stdin")
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    code, scope = request["code"], sys.modules["__main__"].__dict__
    del scope["run"]
    linecache.cache["<code>"] = (len(code), None, code.splitlines(True), "<code>")
    try:
        exec(compile(code, "<code>", "exec", dont_inherit=True), scope)
    except (SystemExit, MemoryError):
        raise
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__.tb_next)
        sys.exit(1)
`;

/** The code itself where it needs neither. */
export function programOf({ code, stdin, files }: Pick<CodeRequest, "code" | "stdin" | "files">): string {
  if (stdin === "" && Object.keys(files).length === 0) return code;
  // A JSON string is a Python string too.
  return `${SOURCE}\nrun(${JSON.stringify(JSON.stringify({ code, stdin, files }))})\n`;
}
