// SPDX-License-Identifier: Apache-2.0

/**
 * Tells which descriptors are ready, by every call that Unix has for it.
 *
 * <p>Knows: descriptors, {@link io.millrace.poll.Interest interests} and tokens. Does not know: connections, buffers,
 * callbacks, threads.
 *
 * <p>Read in this order: {@code Interest}, {@code Ready}, {@code Poller}. Then the back ends, which have the same
 * methods in the same order: {@code PollPoller}, the shortest; {@code SelectPoller} with {@code FdSets};
 * {@code EpollPoller} with {@code EpollWait} and {@code AlwaysReady}; {@code KqueuePoller} with {@code KqueueFilters}
 * and {@code KqueueWakeup}; {@code SigioPoller} with {@code SignalDriven}, {@code SignalReceiver} and
 * {@code CandidateQueue}; and {@code Pollers}, their catalogue. All but {@code EpollPoller} extend
 * {@code InterestListPoller}.
 */
@NullMarked
package io.millrace.poll;

import org.jspecify.annotations.NullMarked;
