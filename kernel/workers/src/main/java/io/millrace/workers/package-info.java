// SPDX-License-Identifier: Apache-2.0

/**
 * Second floor, kernel wing: worker processes, which are this program once more.
 *
 * <p>Knows: how such a process is started and what it inherits, how it learns what it is, how its supervisor replaces
 * it, and what is counted. Does not know: how a worker serves the connections that it has ({@code models}).
 *
 * <p>Read {@code WorkerProcess} and {@code WorkerCommand} first, what a worker is and what it is started with; then
 * {@code ChildProcess}; then {@code Supervisor} with {@code WorkerPool}, and the worker's end of their talk,
 * {@code WorkerTie}.
 */
@NullMarked
package io.millrace.workers;

import org.jspecify.annotations.NullMarked;
