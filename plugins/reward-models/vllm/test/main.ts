/** The tests' server as a command: `main.ts FOLDER PORT` serves that folder. */
import { fakeVllm } from "./server.ts";

const [folder = "", port = "0"] = process.argv.slice(2);
await fakeVllm({ port: Number(port), models: () => [{ id: folder, root: folder }], score: () => process.pid });
