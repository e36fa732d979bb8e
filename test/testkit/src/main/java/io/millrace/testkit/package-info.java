// SPDX-License-Identifier: Apache-2.0

/**
 * What tests share; never part of a running server.
 *
 * <p>Knows: how to play the world around the code under test. {@link io.millrace.testkit.MemoryLink} plays a connection
 * for a protocol, {@link io.millrace.testkit.Trickle} plays a network that cuts a stream anywhere,
 * {@link io.millrace.testkit.FakeClock} plays the time. Does not know: what is being tested.
 *
 * <p>Read in this order: {@code FakeClock}, {@code MemoryLink}, {@code Trickle}.
 */
package io.millrace.testkit;
