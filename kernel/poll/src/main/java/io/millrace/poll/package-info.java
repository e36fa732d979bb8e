// SPDX-License-Identifier: Apache-2.0

/**
 * Which descriptors are ready, and the one door through which the loop reaches the kernel.
 *
 * <p>Knows: descriptors, {@link io.millrace.poll.Interest interests} and tokens. Does not know: connections, buffers,
 * callbacks, threads.
 *
 * <p>Read in this order: {@code Interest}, {@code Ready}, {@code Poller}; the back ends side by side,
 * {@code SelectPoller}, {@code PollPoller}, {@code EpollPoller}, {@code KqueuePoller}, {@code SigioPoller}, and
 * {@code Pollers}, their catalogue; then {@code Kernel}, the door that a simulated kernel can stand in for, and
 * {@code LinuxKernel}, the real one, which {@code TracedKernel} lets be watched.
 */
package io.millrace.poll;
