// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * What has passed over a link so far.
 *
 * @param bytesIn bytes that have come in, those not yet looked at included
 * @param bytesOut bytes that have left
 * @param opened when the connection was opened, in nanoseconds of {@link Link#now}
 * @param lastIn when bytes last came in; {@code opened} if none have
 * @param lastOut when bytes last left; {@code opened} if none have
 */
public record LinkStats(long bytesIn, long bytesOut, long opened, long lastIn, long lastOut) {}
