// SPDX-License-Identifier: Apache-2.0

/**
 * The event loop: moves bytes between the kernel and connections; knows no protocol.
 *
 * <pre>
 *            ┌────────────────────────────────────────────────────────────┐
 *            ▼                                                            │
 *   await      sleep in the poller until something is ready, an alarm is due or another thread executes a task
 *   dispatch   for each event: receive ─► protocol ─► send; then those whose budget had ended last turn
 *   tasks      what execute() brought from other threads
 *   alarms     time limits and timers that are due
 *   callbacks  events that have happened: the most urgent queue of them
 *   finish     serve the connections that tasks and alarms have touched: send, deliver, close
 *            │                                                            ▲
 *            └────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>Read in this order: {@code EventLoop} (the turn), {@code Connection}, {@code Driver} and {@code ReadinessDriver},
 * {@code Acceptor} and {@code ListenGroup}, {@code LoopGroup}; for events of users {@code Event}, {@code Watch} and
 * {@code WatchTable}, {@code Timer}, {@code Callbacks}; beside them {@code Alarms}, {@code Slab}, {@code KernelFolder}.
 */
package io.millrace.loop;
