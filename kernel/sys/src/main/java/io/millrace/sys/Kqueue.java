// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * kqueue(2), kevent(2) and struct kevent. BSD and macOS have them in the C library; on Linux a library that emulates
 * them can be named by the system property {@value #LIBRARY}, else libkqueue is used where it is installed.
 *
 * <pre>
 *   ident u64 | filter s16 | flags u16 | fflags u32 | data s64 | udata u64      32 bytes
 * </pre>
 *
 * FreeBSD has four words more behind.
 */
public final class Kqueue {
    private Kqueue() {}

    /** The system property that names the library: a path, or a name that the dynamic linker finds. */
    public static final String LIBRARY = "millrace.kqueue.library";

    public static final int EVFILT_READ = -1;
    public static final int EVFILT_WRITE = -2;
    public static final int EVFILT_USER = Platform.MACOS ? -10 : -11;
    public static final int EV_ADD = 0x1;
    public static final int EV_DELETE = 0x2;
    public static final int EV_ENABLE = 0x4;
    public static final int EV_DISABLE = 0x8;
    public static final int EV_ONESHOT = 0x10;
    public static final int EV_CLEAR = 0x20;
    public static final int EV_DISPATCH = 0x80;
    public static final int EV_ERROR = 0x4000;
    public static final int EV_EOF = 0x8000;
    public static final int NOTE_TRIGGER = 0x01000000;

    /** Bytes of a struct kevent. */
    public static final @Nullable int KEVENT_SIZE = Platform.FREEBSD ? 64 : 32;

    private static final int FILTER = 8;
    private static final int FLAGS = 10;
    private static final int FFLAGS = 12;
    private static final int DATA = 16;
    private static final int UDATA = 24;
    private static final String EMULATION = "libkqueue.so.0";

    private static final @Nullable SymbolLookup SYMBOLS = symbols();
    private static final @Nullable MethodHandle KQUEUE =
            SYMBOLS == null ? null : Native.functionIfAny(SYMBOLS, "kqueue");
    private static final @Nullable MethodHandle KEVENT =
            SYMBOLS == null ? null : Native.functionIfAny(SYMBOLS, "kevent");

    private static @Nullable SymbolLookup symbols() {
        String library = System.getProperty(LIBRARY, Platform.LINUX ? EMULATION : null);
        if (library == null) {
            return Native.symbols();
        }
        try {
            return SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Explains why there is no kqueue here, or returns {@code null} if there is one. */
    public static @Nullable String whyNot() {
        String library = System.getProperty(LIBRARY);
        if (KQUEUE != null && KEVENT != null) {
            return null;
        }
        if (library != null) {
            return SYMBOLS == null
                    ? "cannot load " + library + ", which " + LIBRARY + " names"
                    : library + " has no kqueue and kevent";
        }
        return System.getProperty("os.name") + " has none; -D" + LIBRARY
                + "=PATH names a library that emulates it, such as " + EMULATION;
    }

    /** Opens a queue. Returns its descriptor or -errno. */
    public static int kqueue() {
        return Native.call(Objects.requireNonNull(KQUEUE), 0, 0, 0, 0, 0);
    }

    /**
     * Submits changes, then waits for events, for up to {@code nanos} nanoseconds, negative for no limit. Blocks unless
     * {@code capacity} is 0. Returns the number of events, 0 when the time is up or {@code capacity} is 0, or -errno,
     * which with a capacity of 0 is that of the first change that failed.
     */
    public static int kevent(
            int queue, MemorySegment changes, int changeCount, MemorySegment events, int capacity, long nanos) {
        long timeout = Timespec.fill(Native.Scratch.mine(), nanos);
        return Native.call(
                Objects.requireNonNull(KEVENT),
                queue,
                changes.address(),
                changeCount,
                events.address(),
                capacity,
                timeout);
    }

    /** Fills entry {@code index}. {@code userData} comes back with each event. */
    public static void fill(MemorySegment array, int index, long ident, int filter, int flags, long userData) {
        long at = (long) index * KEVENT_SIZE;
        array.asSlice(at, KEVENT_SIZE).fill((byte) 0);
        array.set(ValueLayout.JAVA_LONG, at, ident);
        array.set(ValueLayout.JAVA_SHORT, at + FILTER, (short) filter);
        array.set(ValueLayout.JAVA_SHORT, at + FLAGS, (short) flags);
        array.set(ValueLayout.JAVA_LONG, at + UDATA, userData);
    }

    /** Sets the field {@code fflags} of entry {@code index}. */
    public static void filterFlags(MemorySegment array, int index, int value) {
        array.set(ValueLayout.JAVA_INT, (long) index * KEVENT_SIZE + FFLAGS, value);
    }

    /** Returns what event number {@code index} is about: the descriptor. */
    public static int ident(MemorySegment array, int index) {
        return (int) array.get(ValueLayout.JAVA_LONG, (long) index * KEVENT_SIZE);
    }

    /** Returns the filter that reports event number {@code index}. */
    public static int filter(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * KEVENT_SIZE + FILTER);
    }

    /** Returns the flags of event number {@code index}: EV_EOF, EV_ERROR. */
    public static int flags(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * KEVENT_SIZE + FLAGS) & 0xffff;
    }

    /** Returns the field {@code fflags} of event number {@code index}: with EV_EOF the socket's error, if any. */
    public static int filterFlags(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_INT, (long) index * KEVENT_SIZE + FFLAGS);
    }

    /** Returns how many bytes can be read or written, or with EV_ERROR the error number. */
    public static long data(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_LONG, (long) index * KEVENT_SIZE + DATA);
    }

    /** Returns the user data that the entry was filled with. */
    public static long userData(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_LONG, (long) index * KEVENT_SIZE + UDATA);
    }
}
