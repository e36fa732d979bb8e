// SPDX-License-Identifier: Apache-2.0

/**
 * System calls, one class for each family of man pages. Ints in, ints out, no policy.
 *
 * <p>Knows: the names, numbers and layouts of Linux on x86-64 and AArch64. Does not know: what anything is called for.
 * Every call returns what the kernel returned, or {@code -errno}; nothing here throws but for a bug. This is the only
 * room that needs native access ({@code --enable-native-access=io.millrace.sys}).
 *
 * <p>Calls marked <em>critical</em> work straight on heap arrays and run without a change of the thread's state. They
 * cost the least, but no garbage collection can begin until they return. Only calls that never block and whose work is
 * bounded are made that way ({@link java.lang.foreign.Linker.Option#critical}).
 *
 * <p>Read in this order: {@code Platform}, {@code Native}, {@code Errno}, {@code Sockets}, {@code Select},
 * {@code Poll}, {@code Epoll}; then {@code ThreadSignals} and {@code Kqueue}. The others are alike. docs/lessons.md
 * shows them in use, beside the C.
 */
@NullMarked
package io.millrace.sys;

import org.jspecify.annotations.NullMarked;
