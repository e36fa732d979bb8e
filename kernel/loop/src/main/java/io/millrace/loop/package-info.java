// SPDX-License-Identifier: Apache-2.0

/**
 * The event loop: waits for descriptors, timers and tasks on one thread, and calls back. It knows no connection.
 *
 * <pre>
 *            ┌────────────────────────────────────────────────────────────┐
 *            ▼                                                            │
 *   await      sleep in the poller until something is ready, a timer is due or another thread executes a task
 *   dispatch   tell each source what was found on its descriptor; then those that asked for another turn
 *   tasks      what execute() brought from other threads
 *   timers     time limits and timers that are due
 *   callbacks  events that have happened: the most urgent queue of them
 *   finish     what the mechanism has left for the end of the turn: connections send, deliver, close
 *            │                                                            ▲
 *            └────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>Read in this order: {@code EventLoop} (the turn) upon {@code LoopRunner} (what ends a run) and
 * {@code LoopExecutor} (tasks and the owner); {@code Mechanism} and {@code Source}; for events of users {@code Event},
 * {@code Watch} and {@code FdTable}, {@code Timer}, {@code ActiveQueue}; beside them {@code TimerHeap}, {@code Slab}.
 */
@NullMarked
package io.millrace.loop;

import org.jspecify.annotations.NullMarked;
