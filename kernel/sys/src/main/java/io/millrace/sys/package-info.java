// SPDX-License-Identifier: Apache-2.0

/**
 * The cellar: system calls, one class per family of man pages. Ints in, ints out, no policy.
 *
 * <p>Knows: the names, numbers and layouts of Linux on x86-64 and AArch64. Does not know: what anything is called for.
 * Every call returns what the kernel returned, or {@code -errno}; nothing here throws but for a bug. This is the only
 * room that needs native access ({@code --enable-native-access=io.millrace.sys}).
 *
 * <p>Calls marked <em>critical</em> run without leaving Java's thread state, straight on heap arrays: they cost the
 * least, and no garbage collection can begin until they return. Only calls that never block and whose work is bounded
 * are made that way (java.lang.foreign.Linker.Option.critical).
 *
 * <p>Read in this order: {@code Platform}, {@code Native}, {@code Errno}, {@code Sockets}, {@code Epoll}; then its
 * elders {@code Poll}, {@code Select} and {@code Signals}, and its cousin {@code Kqueue}; the others are alike.
 */
package io.millrace.sys;
