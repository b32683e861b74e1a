/** Memory, files, descriptors, devices and sockets. */
import type { Row } from "./row.ts";

export const storage: readonly Row[] = [
  // ── memory ──
  { promise: "one mapping larger than the limit is refused", code: "import mmap\ntries('mmap', lambda: mmap.mmap(-1, 8 << 30))" },
  {
    promise: "many mappings are refused at the limit",
    code: "import mmap\nkept = []\ntry:\n    while len(kept) < 64:\n        kept.append(mmap.mmap(-1, 16 << 20))\n    print('BREACH')\nexcept OSError as error:\n    print('refused after', len(kept), error)",
  },
  {
    promise: "a growing bytearray meets the memory limit",
    code: "b = bytearray(1 << 20)\nwhile True:\n    b = b + b\n    if len(b) > 4 << 30: print('BREACH')",
    status: ["memory-limit"],
    says: /MemoryError/,
  },
  {
    promise: "a huge string meets the memory limit",
    code: "s = '%4000000000d' % 1\nprint('BREACH')",
    status: ["memory-limit", "error"],
    says: /MemoryError|OverflowError/,
  },
  {
    promise: "an endless list meets the memory limit, wherever memory ends",
    code: "import itertools\nlist(itertools.count())\nprint('BREACH')",
    status: ["memory-limit"],
    says: /MemoryError/,
  },
  {
    promise: "code that swallows its memory errors is stopped",
    code: "print('refused to end', flush=True)\nkept = []\nwhile True:\n    try:\n        kept.append(bytearray(1 << 20))\n    except MemoryError:\n        pass",
    timeoutMs: 1_500,
    status: ["timeout"],
  },
  {
    promise: "a session at its memory limit goes on, and no one else notices",
    code: ["kept = 1", "try:\n    b = bytearray(2 << 30)\n    print('BREACH')\nexcept MemoryError as error:\n    print('refused', kept)"],
  },
  {
    promise: "there is no shared memory to fill or to leave things in",
    code: "from multiprocessing import shared_memory\ntries('shared_memory', lambda: shared_memory.SharedMemory('left', True, 1 << 20))\ntries('/dev/shm', lambda: open('/dev/shm/left', 'w'))\nprint('BREACH' if os.listdir('/dev/shm') else 'refused: empty')",
  },
  {
    promise: "what pipes and sockets hold in the kernel is bounded",
    code: `
import fcntl, socket
held = 0
def fill(descriptor):
    global held
    os.set_blocking(descriptor, False)
    try:
        while True:
            held += os.write(descriptor, b"x" * 65536)
    except (BlockingIOError, OSError):
        pass
kept = []
try:
    while True:
        reading, writing = os.pipe()
        try:
            fcntl.fcntl(writing, 1031, 1 << 24)
        except OSError:
            pass
        fill(writing)
        kept.append(socket.socketpair())
        fill(kept[-1][0].fileno())
except OSError as error:
    print("refused", error)
print("held", held >> 20, "MiB", "BREACH" if held > 96 << 20 else "")`,
  },
  {
    promise: "descriptors in flight do not get around the number of open files",
    code: `
import array, socket
sent = 0
try:
    while sent < 100_000:
        a, b = socket.socketpair()
        null = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
        while sent < 100_000:
            a.setblocking(False)
            try:
                socket.send_fds(a, [b"x"], null + [b.fileno()])
            except BlockingIOError:
                break
            sent += len(null) + 1
        a.detach()
        [os.close(n) for n in null]
    print("BREACH", sent)
except OSError as error:
    print("refused after", sent, error)
print("BREACH" if sent > 2000 else "")`,
  },
  {
    promise: "memory cannot be locked beyond the address space",
    code: "syscall('process_madvise', 0, 0, 0, 0, 0)\nprint('refused' if libc.mlockall(3) else 'BREACH')",
  },
  // ── disk ──
  {
    promise: "a sparse file is no larger than a file may be",
    code: "tries('truncate', lambda: os.truncate(open('sparse', 'w').fileno(), 1 << 40))\ntries('fallocate', lambda: os.posix_fallocate(open('f', 'w').fileno(), 0, 1 << 30))",
  },
  {
    promise: "folders, links and files are counted together",
    code: "made = 0\ntry:\n    while made < 5000:\n        os.mkdir(f'd{made}')\n        os.symlink('x', f'l{made}')\n        open(f'f{made}', 'w').close()\n        made += 3\n    print('BREACH', made)\nexcept OSError as error:\n    print('refused after', made, error)",
  },
  {
    promise: "a deep tree of folders is bounded, and gone afterwards",
    code: "depth = 0\ntry:\n    while depth < 5000:\n        os.mkdir('d'); os.chdir('d'); depth += 1\n    print('BREACH')\nexcept OSError as error:\n    print('refused after', depth, error)",
  },
  {
    promise: "a deleted file that is kept open counts on",
    code: "kept = []\ntry:\n    while len(kept) < 16:\n        kept.append(open('gone', 'wb', buffering=0)); os.unlink('gone'); kept[-1].write(b'x' * (8 << 20))\n        if os.fstat(kept[-1].fileno()).st_size < 8 << 20: raise OSError('cut')\n    print('BREACH')\nexcept OSError as error:\n    print('refused after', len(kept), error)",
  },
  {
    promise: "files without a name are counted as well",
    code: "kept = 0\ntry:\n    while kept < 64:\n        d = os.open('/work', os.O_TMPFILE | os.O_RDWR); kept += os.write(d, b'x' * (4 << 20)) >> 22\n    print('BREACH')\nexcept OSError as error:\n    print('refused after', kept, error)",
  },
  {
    promise: "names of any bytes go with the execution",
    code: "for name in (b'\\xff\\xfe', b'a\\nb', b'x' * 255, b' ', b'-rf', '\\u202e'.encode()):\n    open(name, 'w').close()\ntries('a slash', lambda: open('a/b', 'w'))\nprint(len(os.listdir()))",
  },
  // ── other places ──
  {
    promise: "symbolic links lead nowhere outside",
    code: "for target in ('/etc/passwd', '/proc/1/root/etc/passwd', '/../etc/shadow', '/work/../../../etc/hostname', '/proc/self/root', '/sys/kernel', '/var/run'):\n    os.symlink(target, 'trap')\n    tries(target, lambda: open('trap').read())\n    os.unlink('trap')",
  },
  {
    promise: "the root shows Python, its libraries and nothing else",
    code: "found = set(os.listdir('/')) - {'usr', 'lib', 'lib64', 'proc', 'dev', 'work', 'tmp', 'pysite', 'autotraj', 'root', 'home', 'opt'}\nprint('BREACH' if found else 'refused', found)\ntries('etc', lambda: os.listdir('/etc'))\ntries('sys', lambda: os.listdir('/sys'))",
  },
  {
    promise: "hard links to files outside the work folder are refused",
    code: "tries('link', lambda: os.link(os.__file__, 'linked'))\ntries('rename', lambda: os.rename(os.__file__, 'moved'))\ntries('unlink', lambda: os.unlink(os.__file__))",
  },
  {
    promise: "no place where the next interpreter would look for code can be written",
    code: `
import site, sysconfig
places = {*sys.path, *site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values(), "/pysite", "/autotraj", os.path.dirname(sys.executable)}
for place in places:
    if not place or place.startswith("/work"):
        continue
    for name in ("sitecustomize.py", "usercustomize.py", "left.pth", "__pycache__/os.cpython-311.pyc", "json.py"):
        tries(place + "/" + name, lambda: open(os.path.join(place, name), "w"))`,
  },
  {
    promise: "the machinery's own files cannot be changed",
    code: "for name in ('child.py', 'zygote.py', 'supervisor.py', 'seccomp.py'):\n    tries(name, lambda: open('/autotraj/' + name, 'a'))\n    tries(name, lambda: os.chmod('/autotraj/' + name, 0o777))\n    tries(name, lambda: os.utime('/autotraj/' + name))",
  },
  {
    promise: "modules left in the work folder are not the next one's",
    code: "for name in ('json', 'random', 'sitecustomize', 'usercustomize', 'encodings'):\n    open(name + '.py', 'w').write('print(\"BREACH\")')\nos.mkdir('__pycache__')\nprint('refused')",
  },
  {
    promise: "devices are the harmless ones",
    code: "found = {name for name in os.listdir('/dev')} - {'null', 'zero', 'full', 'random', 'urandom', 'tty', 'shm', 'pts', 'ptmx', 'fd', 'stdin', 'stdout', 'stderr', 'core', 'console'}\nprint('BREACH' if found else 'refused', found)\nfor name in ('/dev/tty', '/dev/ptmx', '/dev/pts/ptmx', '/dev/console', '/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/fuse', '/dev/kvm', '/dev/net/tun', '/dev/vsock'):\n    tries(name, lambda: os.open(name, os.O_RDWR))",
  },
  {
    promise: "nothing of the kernel's own files is there",
    code: "for name in ('/proc/sysrq-trigger', '/proc/kcore', '/proc/kmsg', '/proc/self/mem', '/proc/self/maps', '/proc/sys/kernel/core_pattern', '/sys/kernel/uevent_helper', '/proc/1/environ', '/proc/self/status'):\n    tries(name, lambda: open(name).read())",
  },
  {
    promise: "no descriptor but the three standard ones is open",
    code: "for descriptor in range(3, 4096):\n    try:\n        os.fstat(descriptor)\n        print('BREACH', descriptor)\n    except OSError:\n        pass\nfor place in ('/proc/self/fd', '/proc/1/fd', '/dev/fd'):\n    tries(place, lambda: os.listdir(place))",
  },
  {
    promise: "a session has one descriptor more, its own",
    code: [
      "kept = 1",
      "import stat\nfor descriptor in range(3, 4096):\n    try:\n        mode = os.fstat(descriptor).st_mode\n        print('own' if descriptor == 3 and stat.S_ISSOCK(mode) else 'BREACH %d' % descriptor)\n    except OSError:\n        pass\nprint('refused')",
    ],
  },
  {
    promise: "standard input is empty and leads nowhere",
    code: "print('refused' if sys.stdin.read() == '' else 'BREACH')\ntries('write', lambda: os.write(0, b'x'))",
  },
  {
    promise: "what is written to output cannot be read back",
    code: "tries('stdout', lambda: os.read(1, 1))\ntries('stderr', lambda: os.read(2, 1))",
  },
  // ── network ──
  {
    promise: "no socket of any family or type",
    code: "import socket\nrefused = 0\nfor family in range(0, 47):\n    for kind in (1, 2, 3, 5):\n        try:\n            socket.socket(family, kind, 0)\n            print('BREACH', family, kind)\n        except OSError:\n            refused += 1\nprint('refused', refused)",
  },
  {
    promise: "no pair of sockets but Unix ones",
    code: "import socket\nfor family in (2, 10, 16, 40):\n    tries(family, lambda: socket.socketpair(family, 1))\na, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))",
  },
  {
    promise: "a pair of sockets cannot be turned towards anything else",
    code: "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nfor what, attempt in {'bind': lambda: a.bind('\\0left'), 'bind file': lambda: a.bind('/work/s'), 'connect': lambda: a.connect('\\0autotraj'), 'listen': lambda: a.listen(1), 'sendto': lambda: a.sendto(b'x', '\\0autotraj'), 'accept': lambda: a.accept()}.items():\n    tries(what, attempt)",
  },
  {
    promise: "no name is resolved",
    code: "import socket\ntries('getaddrinfo', lambda: socket.getaddrinfo('localhost', 80))\ntries('gethostbyname', lambda: socket.gethostbyname('example.org'))\ntries('create_server', lambda: socket.create_server(('', 0)))\nprint('' if socket.gethostname() == 'sandbox' else 'BREACH')",
  },
];
