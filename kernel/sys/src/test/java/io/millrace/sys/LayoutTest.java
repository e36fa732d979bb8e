// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares every constant, size and offset of this room with what a C compiler of this machine says. */
class LayoutTest {
    /** Fields of ours that have another name in C: sizes and offsets. */
    private static final Map<String, String> EXPRESSIONS = Map.ofEntries(
            Map.entry("Uring.PARAMS_SIZE", "sizeof(struct io_uring_params)"),
            Map.entry("Uring.PARAMS_SQ_ENTRIES", "offsetof(struct io_uring_params, sq_entries)"),
            Map.entry("Uring.PARAMS_CQ_ENTRIES", "offsetof(struct io_uring_params, cq_entries)"),
            Map.entry("Uring.PARAMS_FLAGS", "offsetof(struct io_uring_params, flags)"),
            Map.entry("Uring.PARAMS_FEATURES", "offsetof(struct io_uring_params, features)"),
            Map.entry("Uring.SQ_OFF_HEAD", "offsetof(struct io_uring_params, sq_off.head)"),
            Map.entry("Uring.SQ_OFF_TAIL", "offsetof(struct io_uring_params, sq_off.tail)"),
            Map.entry("Uring.SQ_OFF_FLAGS", "offsetof(struct io_uring_params, sq_off.flags)"),
            Map.entry("Uring.SQ_OFF_DROPPED", "offsetof(struct io_uring_params, sq_off.dropped)"),
            Map.entry("Uring.SQ_OFF_ARRAY", "offsetof(struct io_uring_params, sq_off.array)"),
            Map.entry("Uring.CQ_OFF_HEAD", "offsetof(struct io_uring_params, cq_off.head)"),
            Map.entry("Uring.CQ_OFF_TAIL", "offsetof(struct io_uring_params, cq_off.tail)"),
            Map.entry("Uring.CQ_OFF_OVERFLOW", "offsetof(struct io_uring_params, cq_off.overflow)"),
            Map.entry("Uring.CQ_OFF_CQES", "offsetof(struct io_uring_params, cq_off.cqes)"),
            Map.entry("Uring.SQE_SIZE", "sizeof(struct io_uring_sqe)"),
            Map.entry("Uring.CQE_SIZE", "sizeof(struct io_uring_cqe)"),
            Map.entry("Uring.CQE_RES", "offsetof(struct io_uring_cqe, res)"),
            Map.entry("Uring.CQE_FLAGS", "offsetof(struct io_uring_cqe, flags)"),
            Map.entry("Uring.BUF_SIZE", "sizeof(struct io_uring_buf)"),
            Map.entry("Uring.BUF_LEN", "offsetof(struct io_uring_buf, len)"),
            Map.entry("Uring.BUF_BID", "offsetof(struct io_uring_buf, bid)"),
            Map.entry("Uring.BUF_RING_TAIL", "offsetof(struct io_uring_buf_ring, tail)"),
            Map.entry("Uring.BUF_REG_SIZE", "sizeof(struct io_uring_buf_reg)"),
            Map.entry("Uring.BUF_REG_ENTRIES", "offsetof(struct io_uring_buf_reg, ring_entries)"),
            Map.entry("Uring.BUF_REG_BGID", "offsetof(struct io_uring_buf_reg, bgid)"),
            Map.entry("Uring.BUF_REG_FLAGS", "offsetof(struct io_uring_buf_reg, bgid) + 2"),
            Map.entry("Uring.GETEVENTS_ARG_SIZE", "sizeof(struct io_uring_getevents_arg)"),
            Map.entry("Uring.GETEVENTS_ARG_TS", "offsetof(struct io_uring_getevents_arg, ts)"),
            Map.entry("Uring.TIMESPEC_SIZE", "sizeof(struct __kernel_timespec)"),
            Map.entry("Uring.PROBE_SIZE", "sizeof(struct io_uring_probe)"),
            Map.entry("Uring.PROBE_OPS_LEN", "offsetof(struct io_uring_probe, ops_len)"),
            Map.entry("Uring.PROBE_OP_SIZE", "sizeof(struct io_uring_probe_op)"),
            Map.entry("Uring.PROBE_OP_FLAGS", "offsetof(struct io_uring_probe_op, flags)"),
            Map.entry("Uring.SYS_IO_URING_SETUP", "SYS_io_uring_setup"),
            Map.entry("Uring.SYS_IO_URING_ENTER", "SYS_io_uring_enter"),
            Map.entry("Uring.SYS_IO_URING_REGISTER", "SYS_io_uring_register"),
            Map.entry("Uring.SYS_MMAP", "SYS_mmap"),
            Map.entry("Uring.SYS_MUNMAP", "SYS_munmap"),
            Map.entry("Epoll.EVENT_SIZE", "sizeof(struct epoll_event)"),
            Map.entry("Epoll.DATA_OFFSET", "offsetof(struct epoll_event, data)"),
            Map.entry("Poll.POLLFD_SIZE", "sizeof(struct pollfd)"),
            Map.entry("Poll.EVENTS_OFFSET", "offsetof(struct pollfd, events)"),
            Map.entry("Poll.REVENTS_OFFSET", "offsetof(struct pollfd, revents)"),
            Map.entry("Select.WORD", "8 * sizeof(((fd_set *) 0)->fds_bits[0])"),
            Map.entry("ThreadSignals.SIGSET_SIZE", "sizeof(sigset_t)"),
            Map.entry("ThreadSignals.SIGINFO_SIZE", "sizeof(siginfo_t)"),
            Map.entry("ThreadSignals.SI_CODE", "offsetof(siginfo_t, si_code)"),
            Map.entry("ThreadSignals.SI_BAND", "offsetof(siginfo_t, si_band)"),
            Map.entry("ThreadSignals.SI_FD", "offsetof(siginfo_t, si_fd)"),
            Map.entry("Timespec.SIZE", "sizeof(struct timespec)"),
            Map.entry("Timespec.FRACTION", "offsetof(struct timespec, tv_nsec)"),
            Map.entry("SocketAddresses.SIZE_IN", "sizeof(struct sockaddr_in)"),
            Map.entry("SocketAddresses.SIZE_IN6", "sizeof(struct sockaddr_in6)"),
            Map.entry("SocketAddresses.SIZE_UN", "sizeof(struct sockaddr_un)"),
            Map.entry("SocketAddresses.UN_PATH", "offsetof(struct sockaddr_un, sun_path)"),
            Map.entry("UnixSockets.MSGHDR_SIZE", "sizeof(struct msghdr)"),
            Map.entry("UnixSockets.MSG_NAME", "offsetof(struct msghdr, msg_name)"),
            Map.entry("UnixSockets.MSG_NAMELEN", "offsetof(struct msghdr, msg_namelen)"),
            Map.entry("UnixSockets.MSG_IOV", "offsetof(struct msghdr, msg_iov)"),
            Map.entry("UnixSockets.MSG_IOVLEN", "offsetof(struct msghdr, msg_iovlen)"),
            Map.entry("UnixSockets.MSG_CONTROL", "offsetof(struct msghdr, msg_control)"),
            Map.entry("UnixSockets.MSG_CONTROLLEN", "offsetof(struct msghdr, msg_controllen)"),
            Map.entry("UnixSockets.MSG_FLAGS", "offsetof(struct msghdr, msg_flags)"),
            Map.entry("UnixSockets.IOVEC_SIZE", "sizeof(struct iovec)"),
            Map.entry("UnixSockets.IOV_LEN", "offsetof(struct iovec, iov_len)"),
            Map.entry("UnixSockets.CMSG_LEVEL", "offsetof(struct cmsghdr, cmsg_level)"),
            Map.entry("UnixSockets.CMSG_TYPE", "offsetof(struct cmsghdr, cmsg_type)"),
            Map.entry("UnixSockets.CMSG_DATA", "CMSG_LEN(0)"),
            Map.entry("UnixSockets.UCRED_SIZE", "sizeof(struct ucred)"),
            Map.entry("UnixSockets.SCM_MAX_FD", "253 /* in no header of user space: unix(7) */"),
            Map.entry("Datagrams.MREQN_SIZE", "sizeof(struct ip_mreqn)"),
            Map.entry("Datagrams.MREQ6_SIZE", "sizeof(struct ipv6_mreq)"),
            Map.entry("Datagrams.MMSGHDR_SIZE", "sizeof(struct mmsghdr)"),
            Map.entry("Datagrams.MMSG_LEN", "offsetof(struct mmsghdr, msg_len)"),
            Map.entry("ErrorQueue.EE_ERRNO", "offsetof(struct sock_extended_err, ee_errno)"),
            Map.entry("ErrorQueue.EXTENDED_ERR_SIZE", "sizeof(struct sock_extended_err)"),
            Map.entry("Files.STATX_SIZE", "sizeof(struct statx)"),
            Map.entry("Files.STX_MODE", "offsetof(struct statx, stx_mode)"),
            Map.entry("Files.STX_INO", "offsetof(struct statx, stx_ino)"),
            Map.entry("Files.STX_SIZE", "offsetof(struct statx, stx_size)"),
            Map.entry("Files.STX_CTIME", "offsetof(struct statx, stx_ctime)"),
            Map.entry("Files.STX_MTIME", "offsetof(struct statx, stx_mtime)"),
            Map.entry("Files.STX_DEV_MAJOR", "offsetof(struct statx, stx_dev_major)"),
            Map.entry("Files.STATX_WANTED", "(STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_INO)"),
            Map.entry("Files.OPEN_HOW_SIZE", "sizeof(struct open_how)"),
            Map.entry("Files.SYS_OPENAT2", "SYS_openat2"),
            Map.entry("Files.SYS_GETDENTS64", "SYS_getdents64"),
            Map.entry("Sockets.BPF_LOAD", "(BPF_LD | BPF_W | BPF_ABS)"),
            Map.entry("Sockets.BPF_MODULO", "(BPF_ALU | BPF_MOD | BPF_K)"),
            Map.entry("Sockets.BPF_RETURN", "(BPF_RET | BPF_A)"),
            Map.entry("Sockets.SKF_AD_RANDOM", "(SKF_AD_OFF + SKF_AD_RANDOM)"),
            Map.entry("Spawn.FILE_ACTIONS_SIZE", "sizeof(posix_spawn_file_actions_t)"),
            Map.entry("Spawn.ATTRIBUTES_SIZE", "sizeof(posix_spawnattr_t)"),
            Map.entry("Spawn.SIGSET_SIZE", "sizeof(sigset_t)"),
            Map.entry("Pidfd.SYS_PIDFD_OPEN", "SYS_pidfd_open"),
            Map.entry("Pidfd.SI_CODE", "offsetof(siginfo_t, si_code)"),
            Map.entry("Pidfd.SI_PID", "offsetof(siginfo_t, si_pid)"),
            Map.entry("Pidfd.SI_STATUS", "offsetof(siginfo_t, si_status)"),
            Map.entry("Files.DIRENT_RECLEN", "offsetof(struct dirent64, d_reclen)"),
            Map.entry("Files.DIRENT_NAME", "offsetof(struct dirent64, d_name)"));

    /** Numbers that are ours alone. */
    private static final List<String> OURS = List.of(
            "Files.MODE",
            "Files.SIZE",
            "Files.MODIFIED_SECONDS",
            "Files.MODIFIED_NANOS",
            "Files.DEVICE",
            "Files.INODE",
            "Files.CHANGED_SECONDS",
            "Files.CHANGED_NANOS",
            // An enum of headers of Linux 6.12, which a preprocessor cannot ask for.
            "Uring.IOU_PBUF_RING_INC",
            "Files.STAT_VALUES",
            "Sockets.LENGTH_AT",
            "UnixSockets.PART_AT",
            "Datagrams.PART_AT",
            "Datagrams.ADDRESS_AT",
            "Datagrams.ADDRESS_ROOM",
            "Datagrams.CONTROL_AT",
            "Datagrams.CONTROL_ROOM",
            "Datagrams.HEADERS",
            "Timespec.AT",
            "ErrorQueue.PART_AT",
            "ErrorQueue.ADDRESS_AT",
            "ErrorQueue.ADDRESS_ROOM",
            "ErrorQueue.CONTROL_AT",
            "ErrorQueue.CONTROL_ROOM");

    /** What the layouts drawn in comments rest on, checked by the C compiler itself. */
    private static final String ASSERTIONS = """
            // Newer than the headers of some systems.
            #ifndef IORING_SETUP_NO_SQARRAY
            #define IORING_SETUP_NO_SQARRAY (1U << 16)
            #endif
            #ifndef IORING_CQE_F_BUF_MORE
            #define IORING_CQE_F_BUF_MORE (1U << 4)
            #endif
            _Static_assert(offsetof(struct io_uring_sqe, off) == 8 && offsetof(struct io_uring_sqe, addr) == 16, "sqe");
            _Static_assert(offsetof(struct io_uring_sqe, len) == 24 && offsetof(struct io_uring_sqe, msg_flags) == 28, "sqe");
            _Static_assert(offsetof(struct io_uring_sqe, user_data) == 32 && offsetof(struct io_uring_sqe, buf_group) == 40, "sqe");
            _Static_assert(offsetof(struct io_uring_sqe, fd) == 4 && offsetof(struct io_uring_sqe, ioprio) == 2, "sqe");
            _Static_assert(offsetof(struct io_uring_cqe, user_data) == 0 && offsetof(struct io_uring_buf, addr) == 0, "cqe");
            _Static_assert(offsetof(struct io_uring_buf_reg, ring_addr) == 0, "buf_reg");
            _Static_assert(offsetof(struct sockaddr_in, sin_port) == 2, "port");
            _Static_assert(offsetof(struct sockaddr_in, sin_addr) == 4, "address");
            _Static_assert(offsetof(struct sockaddr_in6, sin6_port) == 2, "port");
            _Static_assert(offsetof(struct sockaddr_in6, sin6_addr) == 8, "address");
            _Static_assert(offsetof(struct sockaddr_in6, sin6_scope_id) == 24, "scope");
            _Static_assert(sizeof(struct sockaddr_in6) <= 32 && offsetof(struct sockaddr_un, sun_family) == 0, "addresses");
            _Static_assert(offsetof(struct ucred, pid) == 0 && offsetof(struct ucred, uid) == 4, "ucred");
            _Static_assert(offsetof(struct ucred, gid) == 8 && sizeof(((struct ucred *) 0)->gid) == 4, "ucred");
            _Static_assert(sizeof(((struct msghdr *) 0)->msg_controllen) == 8 && CMSG_ALIGN(17) == 24, "control");
            _Static_assert(sizeof(((struct cmsghdr *) 0)->cmsg_len) == 8, "control");
            _Static_assert(sizeof(((struct msghdr *) 0)->msg_iovlen) == 8 && offsetof(struct iovec, iov_base) == 0, "parts");
            _Static_assert(offsetof(struct ip_mreqn, imr_address) == 4 && offsetof(struct ip_mreqn, imr_ifindex) == 8, "mreqn");
            _Static_assert(offsetof(struct ipv6_mreq, ipv6mr_interface) == 16, "mreq6");
            _Static_assert(sizeof(struct linger) == 8 && offsetof(struct linger, l_linger) == 4, "linger");
            _Static_assert(offsetof(struct epoll_event, events) == 0, "events");
            _Static_assert(offsetof(struct statx_timestamp, tv_nsec) == 8, "nanoseconds");
            _Static_assert(offsetof(struct statx, stx_dev_minor) == offsetof(struct statx, stx_dev_major) + 4, "device");
            _Static_assert(sizeof(struct open_how) == 24, "open_how");
            _Static_assert(offsetof(struct open_how, resolve) == 16, "resolve");
            _Static_assert(sizeof(struct rlimit) == 16 && sizeof(rlim_t) == 8, "rlimit");
            _Static_assert(sizeof(struct sock_fprog) == 16 && offsetof(struct sock_fprog, filter) == 8, "sock_fprog");
            _Static_assert(sizeof(struct sock_filter) == 8 && offsetof(struct sock_filter, k) == 4, "sock_filter");
            _Static_assert(sizeof(struct pollfd) == 8 && offsetof(struct pollfd, revents) == 6, "pollfd");
            _Static_assert(sizeof(nfds_t) == 8 && sizeof(((struct pollfd *) 0)->events) == 2, "pollfd");
            _Static_assert(sizeof(struct timeval) == 16 && offsetof(struct timeval, tv_usec) == 8, "timeval");
            _Static_assert(sizeof(struct f_owner_ex) == 8 && offsetof(struct f_owner_ex, pid) == 4, "f_owner_ex");
            _Static_assert(sizeof(((siginfo_t *) 0)->si_band) == 8, "band");
            _Static_assert(sizeof(socklen_t) == 4 && sizeof(size_t) == 8 && sizeof(off_t) == 8, "words");
            """;

    @Test
    void everyNumberIsTheCompilers(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(Platform.LINUX, "compares with Linux headers");
        Assumptions.assumeTrue(runs("gcc"), "no C compiler (gcc) on this machine");
        Map<String, Long> ours = numbers();
        assertTrue(ours.size() > 80, "constants found by reflection: " + ours.size());
        Map<String, Long> theirs = compileAndRun(folder, ours.keySet(), List.of("gcc"), List.of());
        assertEquals(new TreeMap<>(theirs), new TreeMap<>(ours));
    }

    @Test
    void everyNumberOfAArch64IsTheCompilers(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(Platform.LINUX, "compares with Linux headers");
        List<String> compiler = List.of("aarch64-linux-gnu-gcc", "-static");
        Assumptions.assumeTrue(runs(compiler.getFirst()), "no cross compiler (gcc-aarch64-linux-gnu) on this machine");
        Assumptions.assumeTrue(runs("qemu-aarch64"), "no emulator (qemu-user) on this machine");
        Map<String, Long> ours = parse(run(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                OfAArch64.class.getName()));
        assertEquals(16, ours.get("Epoll.EVENT_SIZE"), "the numbers are those of AArch64");
        Map<String, Long> theirs = compileAndRun(folder, ours.keySet(), compiler, List.of("qemu-aarch64"));
        assertEquals(new TreeMap<>(theirs), new TreeMap<>(ours));
    }

    /**
     * Prints the numbers that this room has on AArch64. A main of its own: a JVM decides once which processor it is on.
     * What calls the system is linked before it is told another name.
     */
    static final class OfAArch64 {
        private OfAArch64() {}

        /** Prints a number a line. */
        public static void main(String[] args) throws IllegalAccessException {
            Linker.nativeLinker();
            System.setProperty("os.arch", "aarch64");
            numbers().forEach((name, value) -> System.out.println(name + " " + value));
        }
    }

    private static Map<String, Long> numbers() throws IllegalAccessException {
        Map<String, Long> numbers = new TreeMap<>();
        for (Class<?> type : List.of(
                Errno.class,
                Sockets.class,
                SocketAddresses.class,
                UnixSockets.class,
                Datagrams.class,
                ErrorQueue.class,
                Epoll.class,
                Descriptors.class,
                Uring.class,
                Select.class,
                Poll.class,
                ThreadSignals.class,
                Timespec.class,
                Spawn.class,
                Pidfd.class,
                Pipes.class,
                io.millrace.sys.Files.class)) {
            for (Field field : type.getDeclaredFields()) {
                String name = type.getSimpleName() + "." + field.getName();
                if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class && !OURS.contains(name)) {
                    field.setAccessible(true);
                    numbers.put(name, (long) field.getInt(null));
                }
            }
        }
        return numbers;
    }

    private static Map<String, Long> compileAndRun(
            Path folder, Iterable<String> names, List<String> compiler, List<String> emulator) throws Exception {
        StringBuilder c = new StringBuilder("""
                #define _GNU_SOURCE
                #include <dirent.h>
                #include <errno.h>
                #include <fcntl.h>
                #include <linux/errqueue.h>
                #include <linux/io_uring.h>
                #include <linux/filter.h>
                #include <linux/openat2.h>
                #include <linux/sockios.h>
                #include <netinet/in.h>
                #include <netinet/tcp.h>
                #include <netinet/udp.h>
                #include <poll.h>
                #include <signal.h>
                #include <spawn.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <sys/epoll.h>
                #include <sys/eventfd.h>
                #include <sys/mman.h>
                #include <sys/resource.h>
                #include <sys/select.h>
                #include <sys/sendfile.h>
                #include <sys/socket.h>
                #include <sys/stat.h>
                #include <sys/syscall.h>
                #include <sys/uio.h>
                #include <sys/un.h>
                #include <sys/wait.h>
                #include <sys/time.h>
                #include <unistd.h>
                """);
        c.append(ASSERTIONS).append("int main(void) {\n");
        for (String name : names) {
            String expression = EXPRESSIONS.getOrDefault(name, name.substring(name.indexOf('.') + 1));
            c.append("    printf(\"")
                    .append(name)
                    .append(" %ld\\n\", (long) (int) (")
                    .append(expression)
                    .append("));\n");
        }
        c.append("}\n");
        Path source = Files.writeString(folder.resolve("numbers.c"), c);
        Path program = folder.resolve("numbers");
        run(with(compiler, "-o", program.toString(), source.toString()));
        return parse(run(with(emulator, program.toString())));
    }

    private static String[] with(List<String> command, String... arguments) {
        return Stream.concat(command.stream(), Stream.of(arguments)).toArray(String[]::new);
    }

    private static Map<String, Long> parse(String output) {
        Map<String, Long> numbers = new TreeMap<>();
        for (String line : output.lines().toList()) {
            String[] parts = line.split(" ");
            numbers.put(parts[0], Long.parseLong(parts[1]));
        }
        return numbers;
    }

    private static boolean runs(String program) {
        try {
            run(program, "--version");
            return true;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running: " + String.join(" ", command));
        assertEquals(0, process.exitValue(), output);
        return output;
    }
}
