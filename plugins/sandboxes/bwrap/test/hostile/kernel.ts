/** Ways through the kernel: namespaces, mounts, tracing, devices, rights. All are refused by the system call filter before the kernel looks at them. */
import type { Row } from "./row.ts";

/** Each call with arguments that would mean something; `syscall` of the prelude says what came of it. */
const calls = (...lines: readonly string[]) => lines.map((line) => `syscall(${line})`).join("\n");

export const kernel: readonly Row[] = [
  {
    promise: "unshare makes no namespace of any kind",
    code: "for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000, 0x80, 0x400, 0):\n    syscall('unshare', flag)",
  },
  { promise: "setns enters no namespace", code: "for kind in (0, 0x10000000, 0x20000000, 0x40000000):\n    syscall('setns', 0, kind)" },
  {
    promise: "clone makes no process in a namespace of its own",
    code: "for flag in (0x10000000, 0x20000000, 0x20000, 0x40000000):\n    syscall('clone', flag | 17, 0, 0, 0, 0)",
  },
  {
    promise: "a thread in a new user or pid namespace is not started",
    code: `
for flag in (0x10000000, 0x20000000, 0x20000, 0x40000000):
    code = libc.syscall(int(NUMBERS["clone"]), flag | 0x10000 | 0x800 | 0x100, 0, 0, 0, 0)
    print("refused" if code == -1 else "BREACH", os.strerror(ctypes.get_errno()))`,
  },
  { promise: "clone3 is not there", code: calls("'clone3', 0, 0", "'clone3', ctypes.create_string_buffer(88), 88") },
  {
    promise: "nothing can be mounted",
    code: calls(
      "'mount', b'none', b'/work', b'tmpfs', 0, None",
      "'mount', b'/usr/lib', b'/work', None, 4096, None",
      "'mount', b'none', b'/', None, 32 | 4096, None",
      "'mount', b'proc', b'/proc', b'proc', 0, None",
      "'mount', b'overlay', b'/work', b'overlay', 0, b'lowerdir=/'",
    ),
  },
  { promise: "nothing can be unmounted", code: calls("'umount2', b'/proc', 2", "'umount2', b'/work', 2", "'umount2', b'/', 8") },
  {
    promise: "the new mount calls are not there",
    code: calls(
      "'open_tree', -100, b'/', 1",
      "'fsopen', b'tmpfs', 0",
      "'fsmount', 0, 0, 0",
      "'move_mount', 0, b'', -100, b'/work', 4",
      "'mount_setattr', -100, b'/', 0, 0, 0",
    ),
  },
  { promise: "the root stays where it is", code: calls("'chroot', b'/work'", "'pivot_root', b'/work', b'/work'") },
  {
    promise: "no process can be traced, by any request",
    code: "for request in (0, 16, 0x4206):\n    for pid in (0, 1, 2, os.getppid()):\n        syscall('ptrace', request, pid, 0, 0)",
  },
  {
    promise: "no other process's memory can be read or written",
    code: "buffer = ctypes.create_string_buffer(16)\nfor pid in (1, 2, os.getppid()):\n    syscall('process_vm_readv', pid, buffer, 1, buffer, 1, 0)\n    syscall('process_vm_writev', pid, buffer, 1, buffer, 1, 0)\n    syscall('kcmp', pid, 1, 0, 0, 0)",
  },
  {
    promise: "no descriptor of another process can be had",
    code: calls(
      "'pidfd_open', 1, 0",
      "'pidfd_open', 2, 0",
      "'pidfd_getfd', 0, 0, 0",
      "'pidfd_send_signal', 0, 9, 0, 0",
      "'process_madvise', 0, 0, 0, 21, 0",
    ),
  },
  {
    promise: "there is no io_uring and no kernel aio",
    code: calls("'io_uring_setup', 1, ctypes.create_string_buffer(256)", "'io_setup', 8, ctypes.create_string_buffer(8)"),
  },
  {
    promise: "kernel keyrings, which namespaces do not separate, cannot be used",
    code: calls("'keyctl', 0, -3, 1", "'keyctl', 1, b'LEFT'", "'add_key', b'user', b'LEFT', b'x', 1, -3", "'request_key', b'user', b'LEFT', 0, -3"),
  },
  {
    promise: "no BPF program can be loaded",
    code: calls("'bpf', 0, ctypes.create_string_buffer(128), 128", "'bpf', 5, ctypes.create_string_buffer(128), 128"),
  },
  {
    promise: "no performance event can be opened",
    code: calls("'perf_event_open', ctypes.create_string_buffer(128), 0, -1, -1, 0", "'perf_event_open', 0, -1, 0, -1, 0"),
  },
  { promise: "page faults cannot be handled in user space", code: calls("'userfaultfd', 0", "'userfaultfd', 1") },
  {
    promise: "the kernel cannot be changed or stopped",
    code: calls(
      "'init_module', 0, 0, b''",
      "'finit_module', 0, b'', 0",
      "'delete_module', b'x', 0",
      "'kexec_load', 0, 0, 0, 0",
      "'reboot', 0xFEE1DEAD - (1 << 32), 672274793, 0, 0",
      "'swapon', b'/work/x', 0",
      "'acct', b'/work/x'",
      "'syslog', 3, 0, 0",
    ),
  },
  {
    promise: "clocks and names of the machine stay",
    code: calls("'settimeofday', 0, 0", "'clock_settime', 0, ctypes.create_string_buffer(16)", "'sethostname', b'x', 1"),
  },
  {
    promise: "files cannot be opened by handle, which would pass by the mounts",
    code: calls(
      "'name_to_handle_at', -100, b'/', ctypes.create_string_buffer(256), ctypes.create_string_buffer(8), 0",
      "'open_by_handle_at', -100, ctypes.create_string_buffer(256), 0",
    ),
  },
  { promise: "files cannot be watched", code: calls("'fanotify_init', 0, 0", "'inotify_init1', 0") },
  {
    promise: "no device or named pipe can be made",
    code: "for mode, device in ((0o020666, 0x0101), (0o060666, 0x0800), (0o010666, 0), (0o140666, 0)):\n    syscall('mknodat', -100, b'made', mode, device)\ntries('mkfifo', lambda: os.mkfifo('made'))",
  },
  {
    promise: "no user, group or capability can be gained",
    code: `${calls("'setuid', 0", "'setresuid', 0, 0, 0", "'setgroups', 0, 0", "'fchownat', -100, b'/work', 0, 0, 0", "'setxattr', b'/work', b'security.capability', b'x', 1, 0")}
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
syscall("capset", header, data)`,
  },
  {
    promise: "scheduling, layout of memory and execution domain stay as they are",
    code: calls(
      "'personality', 0x0040000",
      "'sched_setaffinity', 0, 8, ctypes.create_string_buffer(b'\\xff' * 8)",
      "'setpriority', 0, 0, -20",
      "'ioprio_set', 1, 0, 0x2000",
      "'migrate_pages', 0, 0, 0, 0",
      "'move_pages', 0, 0, 0, 0, 0, 0",
    ),
  },
  {
    promise: "there is no System V or message queue memory",
    code: calls("'shmget', 1234, 4096, 0o1666", "'msgget', 1234, 0o1666", "'semget', 1234, 1, 0o1666", "'mq_open', b'left', 0o102, 0o666, 0"),
  },
  {
    promise: "memory cannot be had as a file",
    code: "for name in ('memfd_create', 'memfd_secret'):\n    syscall(name, b'left', 0)\ntries('os.memfd_create', lambda: os.memfd_create('left'))",
  },
  {
    promise: "no program can be started, by path or by descriptor",
    code: "syscall('execve', b'/usr/bin/python3', 0, 0)\nsyscall('execveat', -100, b'/usr/bin/python3', 0, 0, 0)\ntries('fexecve', lambda: os.execve(os.open(sys.executable, os.O_RDONLY), ['x'], {}))",
  },
  {
    promise: "no filter of its own, and nobody to ask in the supervisor's place",
    code: calls(
      "'seccomp', 1, 8, ctypes.create_string_buffer(16)",
      "'seccomp', 0, 0, 0",
      "'prctl', 22, 2, 0, 0, 0",
      "'landlock_create_ruleset', 0, 0, 1",
    ),
  },
  {
    promise: "no process option that reaches beyond the process",
    code: "for option in (1, 4, 8, 22, 24, 26, 28, 35, 36, 37, 38, 47, 53, 0x59616D61):\n    syscall('prctl', option, 1, 1, 0, 0)",
  },
  {
    promise: "32-bit system calls do not slip past the filter",
    code: `
import mmap
if os.uname().machine != "x86_64":
    print("refused: this machine has none")
    raise SystemExit(0)
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex("b802000000cd80c3"))  # mov eax, fork; int 0x80; ret
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
print("refused", flush=True)
print("BREACH", ctypes.CFUNCTYPE(ctypes.c_int)(address)())`,
    status: ["killed", "ok"],
  },
  {
    promise: "pages cannot be given away through a pipe",
    code: "reading, writing = os.pipe()\nsyscall('vmsplice', writing, ctypes.create_string_buffer(16), 1, 8)",
  },
];
