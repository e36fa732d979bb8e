// SPDX-License-Identifier: Apache-2.0

/**
 * Events of a loop that do not come from a descriptor: signals and the ends of child processes; and the window through
 * which JDK Flight Recorder looks at a loop. Everything here stands on what {@code EventLoop} offers to every program:
 * events that are activated, tasks, counters.
 *
 * <p>A room of its own since it needs modules of the JDK that a server does without.
 *
 * <p>Read in this order: {@code Signals} and {@code SignalWatch}, {@code Children}, {@code ChildWatch} and
 * {@code ExitStatus}, {@code LoopFlight}.
 */
@NullMarked
package io.millrace.signals;

import org.jspecify.annotations.NullMarked;
