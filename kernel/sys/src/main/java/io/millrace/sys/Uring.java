// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * io_uring_setup(2), io_uring_enter(2), io_uring_register(2), the mmap(2) that goes with them, and the structures of
 * linux/io_uring.h. The C library has no names for these calls: they go through syscall(2). Numbers and layouts are
 * equal on x86-64 and AArch64 but for those of mmap.
 *
 * <pre>
 *   io_uring_sqe    opcode u8 | flags u8 | ioprio u16 | fd s32                     8
 *                   off u64                                                        16
 *                   addr u64                                                       24
 *                   len u32 | flags of the operation u32                           32
 *                   user_data u64                                                  40
 *                   buf_group u16 | personality u16 | file_index u32               48
 *                   addr3 u64 | nothing u64                                        64
 *   io_uring_cqe    user_data u64 | res s32 | flags u32                            16
 *   io_uring_buf    addr u64 | len u32 | bid u16 | resv u16, the first one's the tail of the ring   16
 * </pre>
 */
public final class Uring {
    private Uring() {}

    public static final int IORING_SETUP_CQSIZE = 1 << 3;
    public static final int IORING_SETUP_CLAMP = 1 << 4;
    public static final int IORING_SETUP_R_DISABLED = 1 << 6;
    public static final int IORING_SETUP_SUBMIT_ALL = 1 << 7;
    public static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;
    public static final int IORING_SETUP_SINGLE_ISSUER = 1 << 12;
    public static final int IORING_SETUP_DEFER_TASKRUN = 1 << 13;

    /** Linux 6.6: the kernel takes the entries in order, without an array of indices. */
    public static final int IORING_SETUP_NO_SQARRAY = 1 << 16;

    public static final int IORING_FEAT_SINGLE_MMAP = 1;
    public static final int IORING_FEAT_NODROP = 1 << 1;
    public static final int IORING_FEAT_SUBMIT_STABLE = 1 << 2;
    public static final int IORING_FEAT_EXT_ARG = 1 << 8;

    public static final int IORING_OP_NOP = 0;
    public static final int IORING_OP_POLL_ADD = 6;
    public static final int IORING_OP_ACCEPT = 13;
    public static final int IORING_OP_ASYNC_CANCEL = 14;
    public static final int IORING_OP_READ = 22;
    public static final int IORING_OP_SEND = 26;
    public static final int IORING_OP_RECV = 27;
    public static final int IORING_OP_SPLICE = 30;
    public static final int IORING_OP_SEND_ZC = 47;

    public static final int IOSQE_FIXED_FILE = 1;
    public static final int IOSQE_IO_LINK = 1 << 2;
    public static final int IOSQE_BUFFER_SELECT = 1 << 5;
    public static final int IOSQE_CQE_SKIP_SUCCESS = 1 << 6;

    public static final int IORING_POLL_ADD_MULTI = 1;
    public static final int IORING_ACCEPT_MULTISHOT = 1;
    public static final int IORING_RECVSEND_POLL_FIRST = 1;
    public static final int IORING_RECV_MULTISHOT = 1 << 1;

    public static final int IORING_CQE_F_BUFFER = 1;
    public static final int IORING_CQE_F_MORE = 1 << 1;
    public static final int IORING_CQE_F_SOCK_NONEMPTY = 1 << 2;
    public static final int IORING_CQE_F_NOTIF = 1 << 3;

    /** Linux 6.12: the buffer that was filled goes on being filled behind these bytes. */
    public static final int IORING_CQE_F_BUF_MORE = 1 << 4;

    public static final int IORING_CQE_BUFFER_SHIFT = 16;

    public static final int IORING_SQ_CQ_OVERFLOW = 1 << 1;

    public static final int IORING_ENTER_GETEVENTS = 1;
    public static final int IORING_ENTER_EXT_ARG = 1 << 3;

    public static final int IORING_REGISTER_FILES_UPDATE = 6;
    public static final int IORING_REGISTER_PROBE = 8;
    public static final int IORING_REGISTER_ENABLE_RINGS = 12;
    public static final int IORING_REGISTER_PBUF_RING = 22;
    public static final int IORING_UNREGISTER_PBUF_RING = 23;

    /** Linux 6.12: a buffer is filled by several completions, one behind the other. */
    public static final int IOU_PBUF_RING_INC = 2;

    public static final int IORING_OFF_SQ_RING = 0;
    public static final int IORING_OFF_SQES = 0x10000000;

    /** struct io_uring_params, and in it what this room's users read and write. */
    public static final int PARAMS_SIZE = 120;

    public static final int PARAMS_SQ_ENTRIES = 0;
    public static final int PARAMS_CQ_ENTRIES = 4;
    public static final int PARAMS_FLAGS = 8;
    public static final int PARAMS_FEATURES = 20;
    public static final int SQ_OFF_HEAD = 40;
    public static final int SQ_OFF_TAIL = 44;
    public static final int SQ_OFF_FLAGS = 56;
    public static final int SQ_OFF_DROPPED = 60;
    public static final int SQ_OFF_ARRAY = 64;
    public static final int CQ_OFF_HEAD = 80;
    public static final int CQ_OFF_TAIL = 84;
    public static final int CQ_OFF_OVERFLOW = 96;
    public static final int CQ_OFF_CQES = 100;

    public static final int SQE_SIZE = 64;
    public static final int CQE_SIZE = 16;
    public static final int CQE_RES = 8;
    public static final int CQE_FLAGS = 12;

    /** struct io_uring_buf in a ring of buffers, and where that ring's tail is. */
    public static final int BUF_SIZE = 16;

    public static final int BUF_LEN = 8;
    public static final int BUF_BID = 12;
    public static final int BUF_RING_TAIL = 14;

    /** struct io_uring_buf_reg. */
    public static final int BUF_REG_SIZE = 40;

    public static final int BUF_REG_ENTRIES = 8;
    public static final int BUF_REG_BGID = 12;
    public static final int BUF_REG_FLAGS = 14;

    /** struct io_uring_getevents_arg. */
    public static final int GETEVENTS_ARG_SIZE = 24;

    public static final int GETEVENTS_ARG_TS = 16;

    /** struct __kernel_timespec: seconds s64, nanoseconds s64. */
    public static final int TIMESPEC_SIZE = 16;

    /** struct io_uring_probe and the array behind it. */
    public static final int PROBE_SIZE = 16;

    public static final int PROBE_OPS_LEN = 1;
    public static final int PROBE_OP_SIZE = 8;
    public static final int PROBE_OP_FLAGS = 2;
    public static final int IO_URING_OP_SUPPORTED = 1;

    static final int SYS_IO_URING_SETUP = 425;
    static final int SYS_IO_URING_ENTER = 426;
    static final int SYS_IO_URING_REGISTER = 427;
    static final int SYS_MMAP = Platform.either(9, 222);
    static final int SYS_MUNMAP = Platform.either(11, 215);
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_POPULATE = 0x8000;

    private static final MethodHandle SYSCALL = Native.syscall();

    /** Not final: see {@link Native#outOfLine}. */
    private static MethodHandle enterRing = Native.outOfLine(MethodHandles.lookup(), "enterRing", Native.FOUR_LONGS);

    /**
     * Opens a ring. The kernel completes {@code params}, a struct io_uring_params. Returns the descriptor or -errno.
     */
    public static int setup(int entries, MemorySegment params) {
        return (int) Native.callSyscall(SYSCALL, SYS_IO_URING_SETUP, entries, params.address(), 0, 0, 0, 0);
    }

    /**
     * Submits entries and waits until there are {@code least} completions. Blocks. {@code argument} is a struct
     * io_uring_getevents_arg for IORING_ENTER_EXT_ARG. Returns the number of entries taken, or -errno.
     */
    public static int enter(int ring, int submit, int least, int flags, MemorySegment argument) {
        long counts = (long) submit << Integer.SIZE | least;
        try {
            return (int) (long) enterRing.invokeExact((long) ring, counts, (long) flags, argument.address());
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static long enterRing(long ring, long counts, long flags, long argument) {
        MemorySegment errno = Scratch.mine().errno;
        long submit = counts >>> Integer.SIZE;
        long least = (int) counts;
        long size = argument == 0 ? 0 : GETEVENTS_ARG_SIZE;
        try {
            long result = (long)
                    SYSCALL.invokeExact(errno, (long) SYS_IO_URING_ENTER, ring, submit, least, flags, argument, size);
            return result != -1 ? result : -errno.get(ValueLayout.JAVA_INT, 0);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Registers something with a ring or asks about it. Returns what the operation gives, or -errno. */
    public static int register(int ring, int operation, MemorySegment argument, int count) {
        return (int)
                Native.callSyscall(SYSCALL, SYS_IO_URING_REGISTER, ring, operation, argument.address(), count, 0, 0);
    }

    /** Maps the part of a ring that begins at {@code offset}. Returns its address or -errno. */
    public static long map(int ring, long size, long offset) {
        int flags = MAP_SHARED | MAP_POPULATE;
        return Native.callSyscall(SYSCALL, SYS_MMAP, 0, size, PROT_READ | PROT_WRITE, flags, ring, offset);
    }

    /**
     * Allocates whole pages outside the heap, filled with 0, which the kernel may read and write at any time. Returns
     * their address or -errno.
     */
    public static long allocate(long size) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS;
        return Native.callSyscall(SYSCALL, SYS_MMAP, 0, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    }

    /**
     * Frees what {@link #map} or {@link #allocate} gave; the kernel must not use it any more either. Returns 0 or
     * -errno.
     */
    public static int unmap(long address, long size) {
        return (int) Native.callSyscall(SYSCALL, SYS_MUNMAP, address, size, 0, 0, 0, 0);
    }

    /**
     * Returns mapped memory as a segment for any thread. It is not to be used after it is unmapped; nothing checks
     * that.
     */
    public static MemorySegment memory(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }
}
