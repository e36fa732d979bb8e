// SPDX-License-Identifier: Apache-2.0

/**
 * The foundation, on which both wings stand: bytes, protocols and what carries them.
 *
 * <p>Knows: {@link io.millrace.core.Buffer bytes}, what a {@link io.millrace.core.Protocol protocol} is told and what
 * it may ask of its {@link io.millrace.core.Link link}, {@link io.millrace.core.OpenFile files} as something a link can
 * send. Does not know: descriptors, system calls, threads, any RFC.
 *
 * <p>Read in this order: {@code Buffer}, {@code Protocol}, {@code Link}, {@code CloseMode}, {@code CloseCause},
 * {@code OpenFile}, {@code SharedBytes}, {@code DirectoryRoot}; {@code LineEnd}, {@code RateLimit}, {@code TimeLimit}
 * and {@code LinkStats} where they come up.
 */
@NullMarked
package io.millrace.core;

import org.jspecify.annotations.NullMarked;
