"""A seccomp filter: system calls are refused unless they are on the list. Hand-built BPF, so no library is needed.

Numbers are the kernel's for x86_64 / aarch64 ("-": that machine has no such call). The aarch64 column is taken from the kernel's headers
and has not been run: the sandbox's self-test decides there.
"""

import ctypes
import os
import struct

ALLOWED = """
read:0/63 write:1/64 readv:19/65 writev:20/66 pread64:17/67 pwrite64:18/68 preadv:295/69 pwritev:296/70 preadv2:327/286 pwritev2:328/287
lseek:8/62 close:3/57 close_range:436/436 dup:32/23 dup2:33/- dup3:292/24 open:2/- openat:257/56 creat:85/- stat:4/- fstat:5/80
lstat:6/- newfstatat:262/79 statx:332/291 statfs:137/43 fstatfs:138/44 access:21/- faccessat:269/48 faccessat2:439/439 readlink:89/-
readlinkat:267/78 getdents:78/- getdents64:217/61 getcwd:79/17 chdir:80/49 fchdir:81/50 mkdir:83/- mkdirat:258/34 rmdir:84/- unlink:87/-
unlinkat:263/35 rename:82/- renameat:264/38 renameat2:316/276 link:86/- linkat:265/37 symlink:88/- symlinkat:266/36 chmod:90/- fchmod:91/52
fchmodat:268/53 umask:95/166 truncate:76/45 ftruncate:77/46 fallocate:285/47 fsync:74/82 fdatasync:75/83 sync_file_range:277/84
fadvise64:221/223 utime:132/- utimes:235/- utimensat:280/88 futimesat:261/- copy_file_range:326/285 sendfile:40/71 flock:73/32 getxattr:191/8
lgetxattr:192/9 fgetxattr:193/10 listxattr:194/11 llistxattr:195/12 flistxattr:196/13 pipe:22/- pipe2:293/59 sendto:44/206 recvfrom:45/207
sendmsg:46/211 recvmsg:47/212 shutdown:48/210 getsockopt:55/209 getsockname:51/204 getpeername:52/205 poll:7/- ppoll:271/73 select:23/-
pselect6:270/72 epoll_create:213/- epoll_create1:291/20 epoll_ctl:233/21 epoll_wait:232/- epoll_pwait:281/22 epoll_pwait2:441/441
eventfd:284/- eventfd2:290/19 timerfd_create:283/85 timerfd_settime:286/86 timerfd_gettime:287/87 signalfd:282/- signalfd4:289/74 mmap:9/222
munmap:11/215 mprotect:10/226 mremap:25/216 madvise:28/233 brk:12/214 msync:26/227 mincore:27/232 mlock:149/228 munlock:150/229
membarrier:324/283 rt_sigaction:13/134 rt_sigprocmask:14/135 rt_sigreturn:15/139 rt_sigpending:127/136 rt_sigsuspend:130/133
rt_sigtimedwait:128/137 sigaltstack:131/132 restart_syscall:219/128 pause:34/- alarm:37/-
getitimer:36/102 setitimer:38/103 clock_gettime:228/113 clock_getres:229/114 clock_nanosleep:230/115 nanosleep:35/101 gettimeofday:96/169 time:201/-
times:100/153 futex:202/98 futex_waitv:449/449 set_robust_list:273/99 get_robust_list:274/100 set_tid_address:218/96 rseq:334/293
arch_prctl:158/- exit:60/93 exit_group:231/94 wait4:61/260 waitid:247/95 getpid:39/172 getppid:110/173 gettid:186/178 getuid:102/174
geteuid:107/175 getgid:104/176 getegid:108/177 getresuid:118/148 getresgid:120/150 getgroups:115/158 getpgid:121/155 getpgrp:111/-
getsid:124/156 getrusage:98/165 getrlimit:97/163 setrlimit:160/164 prlimit64:302/261 sysinfo:99/179 uname:63/160 getcpu:309/168
getpriority:140/141 sched_yield:24/124 sched_getaffinity:204/123 sched_getparam:143/121 sched_getscheduler:145/120
sched_get_priority_max:146/125 sched_get_priority_min:147/126 getrandom:318/278 capget:125/90
"""
# Allowed for some arguments only.
CLONE, IOCTL, PRCTL, SOCKETPAIR, FCNTL = (56, 220), (16, 29), (157, 167), (53, 199), (72, 25)
KILL_PROCESS, KILL_THREAD, KILL_THREAD_OF = (62, 129), (200, 130), (234, 131)
CLONE_THREAD = 0x00010000
AF_UNIX = 1
# TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX, TCGETS2
IOCTLS = (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451, 0x802C542A)
# PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS
PRCTLS = (15, 16, 23, 39)
# An idle session is stopped. Nobody inside may send it on: no SIGCONT, and no timer (timer_create is not on the list) or descriptor that sends one.
SIGCONT, F_SETSIG = 18, 10
# From here on all machines share their numbers, and libraries know to do without: they must hear ENOSYS.
FIRST_SHARED_NUMBER = 424

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32_BIT = 0x40000000
NUMBER_OFFSET, MACHINE_OFFSET, FIRST_ARGUMENT_OFFSET, SECOND_ARGUMENT_OFFSET, THIRD_ARGUMENT_OFFSET = 0, 4, 16, 24, 32
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ASK, KILL, ERRNO = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x00050000
EPERM, ENOSYS = ERRNO | 1, ERRNO | 38
PR_SET_NO_NEW_PRIVS = 38
SECCOMP = {"x86_64": 317, "aarch64": 277}
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 8


def program():
    """The filter for this machine as packed `struct sock_filter`s."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(f"no system call table for {machine}")
    column, audit_arch = MACHINES[machine]
    steps = [
        (LOAD, 0, 0, MACHINE_OFFSET),
        (EQUAL, 1, 0, audit_arch),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_OFFSET),
    ]
    if machine == "x86_64":
        steps += [(AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    for entry in ALLOWED.split():
        number = entry.partition(":")[2].split("/")[column]
        if number != "-":
            steps += [(EQUAL, 0, 1, int(number)), (RETURN, 0, 0, ALLOW)]
    steps += [
        *only(CLONE[column], FIRST_ARGUMENT_OFFSET, ANY_BIT, (CLONE_THREAD,), ASK),
        *only(IOCTL[column], SECOND_ARGUMENT_OFFSET, EQUAL, IOCTLS),
        *only(PRCTL[column], FIRST_ARGUMENT_OFFSET, EQUAL, PRCTLS),
        *only(SOCKETPAIR[column], FIRST_ARGUMENT_OFFSET, EQUAL, (AF_UNIX,)),
        *all_but(FCNTL[column], SECOND_ARGUMENT_OFFSET, F_SETSIG),
        *all_but(KILL_PROCESS[column], SECOND_ARGUMENT_OFFSET, SIGCONT),
        *all_but(KILL_THREAD[column], SECOND_ARGUMENT_OFFSET, SIGCONT),
        *all_but(KILL_THREAD_OF[column], THIRD_ARGUMENT_OFFSET, SIGCONT),
        (AT_LEAST, 0, 1, FIRST_SHARED_NUMBER),
        (RETURN, 0, 0, ENOSYS),
        (RETURN, 0, 0, EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def only(number, offset, test, values, answer=ALLOW):
    """Answers a call when the low half of one argument passes the test for any of the values, and refuses it otherwise."""
    body = [(LOAD, 0, 0, offset)]
    for value in values:
        body += [(test, 0, 1, value), (RETURN, 0, 0, answer)]
    body += [(RETURN, 0, 0, EPERM)]
    return [(EQUAL, 0, len(body), number), *body]


def all_but(number, offset, value):
    """Allows a call but where the low half of one argument is this value."""
    return [(EQUAL, 0, 4, number), (LOAD, 0, 0, offset), (EQUAL, 0, 1, value), (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]


def install(libc, filters):
    """Cannot be undone. `filters` comes from `program`, made before the fork. Returns the descriptor that is asked before a thread is started."""
    buffer = ctypes.create_string_buffer(filters, len(filters))
    # struct sock_fprog: a 16-bit length, padding, a pointer.
    header = struct.pack("@HxxxxxxQ", len(filters) // 8, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs: " + os.strerror(ctypes.get_errno()))
    listener = libc.syscall(SECCOMP[os.uname().machine], SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, header)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp with a listener (Linux 5.5, and nobody listening around it): " + os.strerror(ctypes.get_errno()))
    return listener
