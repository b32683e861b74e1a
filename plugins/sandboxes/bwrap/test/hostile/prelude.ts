/** Stands before every hostile case: system calls by name, and words for what came of an attack. */

/** name: x86_64 / aarch64. */
const NUMBERS = `
unshare:272/97 setns:308/268 mount:165/40 umount2:166/39 pivot_root:155/41 chroot:161/51 ptrace:101/117 process_vm_readv:310/270
process_vm_writev:311/271 pidfd_open:434/434 pidfd_getfd:438/438 pidfd_send_signal:424/424 io_uring_setup:425/425 keyctl:250/219 add_key:248/217
request_key:249/218 bpf:321/280 perf_event_open:298/241 userfaultfd:323/282 memfd_create:319/279 memfd_secret:447/447 kcmp:312/272
init_module:175/105 finit_module:313/273 delete_module:176/106 kexec_load:246/104 reboot:169/142 swapon:167/224 acct:163/89 syslog:103/116
settimeofday:164/170 clock_settime:227/112 sethostname:170/161 open_by_handle_at:304/265 name_to_handle_at:303/264 fanotify_init:300/262
inotify_init1:294/26 quotactl:179/60 mknodat:259/33 fchownat:260/54 setxattr:188/5 personality:135/92 sched_setaffinity:203/122 setpriority:141/140
migrate_pages:256/238 move_pages:279/239 shmget:29/194 msgget:68/186 semget:64/190 mq_open:240/180 execve:59/221 execveat:322/281
open_tree:428/428 move_mount:429/429 fsopen:430/430 fsmount:432/432 mount_setattr:442/442 process_madvise:440/440 seccomp:317/277
timer_create:222/107 rt_sigqueueinfo:129/138 rt_tgsigqueueinfo:297/240 io_setup:206/0 setsid:112/157 setpgid:109/154 prctl:157/167
clone:56/220 clone3:435/435 kill:62/129 tkill:200/130 tgkill:234/131 setuid:105/146 setresuid:117/147 setgroups:116/159 capset:126/91
setrlimit:160/164 ioprio_set:251/30 vmsplice:278/75 landlock_create_ruleset:444/444`;

export const PRELUDE = `
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NUMBERS = {name: numbers.split("/")[os.uname().machine == "aarch64"] for name, numbers in (entry.split(":") for entry in """${NUMBERS}""".split())}
def syscall(name, *arguments):
    ctypes.set_errno(0)
    code = libc.syscall(ctypes.c_long(int(NUMBERS[name])), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    print("refused" if code == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.EACCES) else "BREACH", name, code, os.strerror(ctypes.get_errno()))
def tries(what, attempt):
    try:
        got = attempt()
    except Exception as error:
        print("refused", what, type(error).__name__, error)
    else:
        print("BREACH", what, repr(got)[:200])
`;
