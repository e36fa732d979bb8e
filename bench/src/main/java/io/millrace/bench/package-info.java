// SPDX-License-Identifier: Apache-2.0

/**
 * The side-by-side runs and the JMH benches. Nothing is published and nothing depends on it.
 *
 * <p>Knows: everything below, Netty and JMH. The scripts beside the sources ({@code compare}, {@code syscalls},
 * {@code idle}, {@code jmh}) start what is here and write what came of it to {@code docs/bench}.
 *
 * <p>Read in this order: {@link io.millrace.bench.MillraceServer}, {@link io.millrace.bench.NettyServer},
 * {@link io.millrace.bench.JvmProbe}, {@link io.millrace.bench.IdleClient}, then the benches.
 */
package io.millrace.bench;
