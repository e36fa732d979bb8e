// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Child processes that inherit descriptors: posix_spawn(3), waitpid(2), kill(2). A JVM must not fork(2): only the
 * calling thread would exist in the child. And {@link ProcessBuilder} closes every descriptor but the first three.
 */
public final class Spawn {
    private Spawn() {}

    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;
    public static final int WNOHANG = 1;
    public static final int POSIX_SPAWN_SETPGROUP = 0x02;
    public static final int POSIX_SPAWN_SETSIGMASK = 0x08;

    /** Sizes of glibc's posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t; those of musl are no larger. */
    static final int FILE_ACTIONS_SIZE = 80;

    static final int ATTRIBUTES_SIZE = 336;
    static final int SIGSET_SIZE = 128;

    private static final MethodHandle SPAWN = Native.function("posix_spawn");
    private static final MethodHandle ACTIONS_INIT = Native.function("posix_spawn_file_actions_init");
    private static final MethodHandle ACTIONS_DESTROY = Native.function("posix_spawn_file_actions_destroy");
    private static final MethodHandle ADD_DUP2 = Native.function("posix_spawn_file_actions_adddup2");
    private static final @Nullable MethodHandle ADD_CLOSE_FROM =
            Native.optional("posix_spawn_file_actions_addclosefrom_np");
    private static final MethodHandle ATTRIBUTES_INIT = Native.function("posix_spawnattr_init");
    private static final MethodHandle ATTRIBUTES_DESTROY = Native.function("posix_spawnattr_destroy");
    private static final MethodHandle SET_FLAGS = Native.function("posix_spawnattr_setflags");
    private static final MethodHandle SET_SIGMASK = Native.function("posix_spawnattr_setsigmask");
    private static final MethodHandle WAITPID = Native.function("waitpid");
    private static final MethodHandle KILL = Native.function("kill");

    /**
     * Starts a program. Its descriptors 0, 1 and 2 are the parent's unless they are among {@code places}. All
     * descriptors above the highest place are closed in it, whatever their flags (with a glibc older than 2.34, those
     * that are marked to be closed on exec). It is in a process group of its own, so Ctrl-C in the parent's terminal
     * does not reach it, and has no signal blocked.
     *
     * @param program the path of the program
     * @param arguments its arguments, beginning with its name
     * @param environment {@code NAME=value}
     * @param descriptors descriptors of the parent that it inherits
     * @param places the numbers that they have in it, in this order (dup2(2))
     * @return the process id, or -errno
     */
    public static int spawn(
            String program, List<String> arguments, List<String> environment, int[] descriptors, int[] places) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment actions = arena.allocate(FILE_ACTIONS_SIZE, 8);
            MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, 8);
            Native.call(ACTIONS_INIT, actions.address(), 0, 0, 0, 0);
            Native.call(ATTRIBUTES_INIT, attributes.address(), 0, 0, 0, 0);
            try {
                int refused = describe(actions, attributes, arena.allocate(SIGSET_SIZE, 8), descriptors, places);
                // These functions return the error number itself (posix_spawn(3)).
                int error = refused != 0
                        ? refused
                        : Native.call(
                                SPAWN,
                                pid.address(),
                                arena.allocateFrom(program).address(),
                                actions.address(),
                                attributes.address(),
                                strings(arena, arguments),
                                strings(arena, environment));
                return error == 0 ? pid.get(ValueLayout.JAVA_INT, 0) : -Math.abs(error);
            } finally {
                Native.call(ACTIONS_DESTROY, actions.address(), 0, 0, 0, 0);
                Native.call(ATTRIBUTES_DESTROY, attributes.address(), 0, 0, 0, 0);
            }
        }
    }

    private static int describe(
            MemorySegment actions, MemorySegment attributes, MemorySegment noSignals, int[] descriptors, int[] places) {
        int highest = 2;
        int error = 0;
        for (int i = 0; i < descriptors.length && error == 0; i++) {
            error = Native.call(ADD_DUP2, actions.address(), descriptors[i], places[i], 0, 0);
            highest = Math.max(highest, places[i]);
        }
        if (error == 0 && ADD_CLOSE_FROM != null) {
            error = Native.call(ADD_CLOSE_FROM, actions.address(), highest + 1, 0, 0, 0);
        }
        if (error == 0) {
            error = Native.call(SET_SIGMASK, attributes.address(), noSignals.address(), 0, 0, 0);
        }
        int flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK;
        return error != 0 ? error : Native.call(SET_FLAGS, attributes.address(), flags, 0, 0, 0);
    }

    /** Returns the address of a null-terminated array of C strings. */
    private static long strings(Arena arena, List<String> texts) {
        MemorySegment array = arena.allocate(ValueLayout.JAVA_LONG, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(
                    ValueLayout.JAVA_LONG, i, arena.allocateFrom(texts.get(i)).address());
        }
        return array.address();
    }

    /**
     * Waits for the end of one child and takes its status. Never for any child (-1): others in this JVM have children
     * as well.
     *
     * @param status {@code status[0]} gets the wait status; see {@link #exitCode}
     * @param flags 0 to block, or WNOHANG
     * @return the process id, 0 with WNOHANG if it has not ended, or -errno
     */
    public static int waitpid(int pid, int[] status, int flags) {
        assert pid > 0 : pid;
        MemorySegment struct = Native.Scratch.mine().struct;
        int result = Native.call(WAITPID, pid, struct.address(), flags, 0, 0);
        status[0] = struct.get(ValueLayout.JAVA_INT, 0);
        return result;
    }

    /** Returns the exit code in a wait status, or 128 plus the signal that ended the process, as shells do. */
    public static int exitCode(int status) {
        int signal = status & 0x7f;
        return signal == 0 ? status >> 8 & 0xff : 128 + signal;
    }

    /**
     * Sends a signal to a process. Only the number of a child that has not been waited for is sure not to be another
     * process's by now. Returns 0 or -errno.
     */
    public static int kill(int pid, int signal) {
        assert pid > 0 : pid;
        return Native.call(KILL, pid, signal, 0, 0, 0);
    }
}
