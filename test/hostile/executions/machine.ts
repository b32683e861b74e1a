/** The machine: its files, processes, network, environment and clock. */
import { ATTEMPT, type Row } from "./row.ts";

export const MACHINE: readonly Row[] = [
  // ── files ──
  {
    promise: "no file of the host is read",
    code: `${ATTEMPT}attempt(lambda: open("{{SECRET_FILE}}").read(), lambda: open("/etc/passwd").read(), lambda: open("/proc/self/environ").read(), lambda: open("/proc/1/cmdline").read(), lambda: __import__("os").listdir("/root"))`,
    stdout: "tried 5\n",
  },
  {
    promise: "no file of the host is written",
    code: "import os\nos.makedirs(os.path.dirname('{{SECRET_FILE}}'), exist_ok=True)\nopen('{{SECRET_FILE}}', 'w').write('x')\nprint('in memory')",
    stdout: "in memory\n",
  },
  {
    promise: "links lead to no file of the host",
    code: `${ATTEMPT}import os
os.symlink("/", "root")
os.symlink("root/etc/passwd", "link")
os.symlink("loop", "loop")
attempt(lambda: open("link").read(), lambda: os.readlink("/proc/self/exe"), lambda: os.listdir("/proc/self/fd/3"), lambda: open("loop").read())`,
    alone: true,
    stdout: "tried 4\n",
  },
  {
    promise: "a file beyond the limit is refused",
    code: "with open('big', 'wb', buffering=0) as file:\n    for _ in range(17): file.write(bytes(1 << 20))",
    alone: true,
    status: "error",
    stderr: /File too large/,
  },
  {
    promise: "a file made long by its end is refused",
    code: `${ATTEMPT}import os
f = os.open("sparse", os.O_RDWR | os.O_CREAT)
attempt(lambda: os.ftruncate(f, 1 << 30), lambda: os.pwrite(f, b"x", 1 << 30), lambda: (os.lseek(f, 1 << 40, 0), os.write(f, b"x")), lambda: __import__("mmap").mmap(f, 1 << 30))`,
    stdout: "tried 4\n",
  },
  {
    promise: "many files beyond the limit are refused",
    code: "for n in range(100):\n    with open(f'f{n}', 'wb') as file: file.write(bytes(1 << 20))",
    alone: true,
    status: "error",
    stderr: /No space left/,
  },
  {
    promise: "files made and deleted without end are refused",
    code: "import os\nwhile True:\n    with open('f', 'wb') as file: file.write(bytes(1 << 20))\n    os.unlink('f')",
    alone: true,
    status: "error",
    stderr: /No space left/,
  },
  {
    promise: "files without content end with the memory for them or the time",
    code: "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close()\n    n += 1",
    timeoutMs: 800,
    status: "timeout",
  },
  {
    promise: "a device for memory or disks is not there",
    code: `${ATTEMPT}attempt(*[lambda name=name: open(name, "rb").read(1) for name in ("/dev/mem", "/dev/kmem", "/dev/sda", "/dev/fd/3", "/proc/kcore", "/sys/kernel")])`,
    stdout: "tried 6\n",
  },
  {
    promise: "nothing is mounted",
    code: `${ATTEMPT}import os, ctypes
attempt(lambda: os.mount, lambda: ctypes.CDLL(None).mount, lambda: ctypes.CDLL(None).__syscall_mount, lambda: os.chroot("/"), lambda: os.mknod("x", 0o60660, os.makedev(8, 0)) or open("x").read())`,
    stdout: "tried 5\n",
  },
  // ── processes and signals ──
  {
    promise: "no program is started",
    code: `${ATTEMPT}import os, subprocess
attempt(lambda: subprocess.run(["/bin/true"]), lambda: os.fork(), lambda: os.execv("/bin/true", ["true"]), lambda: os.posix_spawn("/bin/true", ["true"], {}), lambda: os.popen("true").read())
print(os.system("true") != 0)`,
    stdout: "tried 5\nTrue\n",
  },
  {
    promise: "nobody else is signalled",
    code: `${ATTEMPT}import os
attempt(lambda: os.kill(os.getppid(), 9), lambda: os.kill(-1, 9), lambda: os.kill(1, 9), lambda: os.killpg(1, 9))`,
    stdout: "tried 4\n",
  },
  { promise: "os._exit ends this interpreter, and what was printed is kept", code: "import os\nprint('hi')\nos._exit(0)", stdout: "hi\n" },
  { promise: "os._exit with an error is one", code: "import os\nos._exit(3)", status: "error" },
  {
    promise: "os.abort ends this interpreter",
    code: "import os\nprint('before')\nos.abort()",
    status: "killed",
    stdout: /^before\n/,
    stderr: /crashed/,
  },
  {
    promise: "signals raised are the code's own",
    code: "import signal\nsignal.signal(signal.SIGTERM, lambda *given: print('caught'))\nsignal.raise_signal(signal.SIGTERM)\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)",
    stdout: "caught\n",
  },
  {
    promise: "memory outside its own ends this interpreter",
    code: "import ctypes\nprint('before')\nctypes.string_at(0xfffffff0, 64)",
    status: "killed",
    stdout: /^before\n/,
    stderr: /crashed/,
  },
  {
    promise: "a call through a wild pointer ends this interpreter",
    code: "import ctypes\nprint('before')\nctypes.CFUNCTYPE(None)(12345678)()",
    status: "killed",
    stdout: /^before\n/,
    stderr: /crashed/,
  },
  {
    promise: "memory that is written over ends this interpreter at most",
    code: "import ctypes\nctypes.memset(id(type(None)), 255, 400)\nNone.x",
    alone: true,
    status: "killed",
    stdout: /^/,
    stderr: /^/,
  },
  // ── network ──
  {
    promise: "no socket connects",
    code: `${ATTEMPT}import socket
attempt(lambda: socket.create_connection(("127.0.0.1", {{PORT}}), 1), lambda: socket.getaddrinfo("localhost", {{PORT}})[0] and socket.create_connection(("localhost", {{PORT}}), 1), lambda: socket.socket(socket.AF_UNIX).connect("{{SOCKET}}"))`,
    stdout: "tried 3\n",
  },
  {
    promise: "no request leaves",
    code: `${ATTEMPT}import urllib.request, http.client
attempt(lambda: urllib.request.urlopen("http://127.0.0.1:{{PORT}}/", timeout=1), lambda: http.client.HTTPConnection("127.0.0.1", {{PORT}}, timeout=1).request("GET", "/"), lambda: urllib.request.urlopen("file://{{SECRET_FILE}}").read() if open("{{SECRET_FILE}}").read() != "x" else 1 / 0)`,
    stdout: "tried 3\n",
  },
  // ── environment, clock, chance ──
  { promise: "the environment holds nothing of the host", code: "import os\nprint(sorted(os.environ))", stdout: /^\['HOME', 'LANG', [^\]]*\]\n$/ },
  {
    promise: "the home folder is an empty one in memory",
    code: "import os\nprint(os.path.expanduser('~'), os.getcwd())",
    stdout: "/home/pyodide /home/pyodide\n",
  },
  {
    promise: "who runs it is not told",
    code: "import os, platform, getpass, socket\nprint(platform.node() in ('', 'emscripten'), os.getpid(), os.getuid() if hasattr(os, 'getuid') else 0)",
    stdout: "True 42 1000\n",
  },
  {
    promise: "chance and the order of sets are the same every time",
    code: "import random\nprint(random.random(), {'a', 'b', 'c'})",
    alone: true,
    stdout: /^0\.8444218515250481 /,
  },
  { promise: "secrets are not the same every time", code: "import secrets\nprint(len({secrets.token_hex(8) for _ in range(3)}))", stdout: "3\n" },
  {
    promise: "the clock cannot be set",
    code: `${ATTEMPT}import time\nattempt(lambda: time.clock_settime(time.CLOCK_REALTIME, 0))\nprint(time.time() > 1.7e9)`,
    stdout: "tried 1\nTrue\n",
  },
];
