// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

/**
 * What has become of the worker processes of a {@code process} or {@code prefork} server.
 *
 * @param spawned how many have been started
 * @param alive how many there are
 * @param ended how many have ended as they should, or because they were told to
 * @param died how many have ended otherwise: by a signal that was not ours, with an exit code, or unasked where they
 *     were to stay
 * @param restarted how many of those started took the place of one that had died
 * @param failed how often a worker could not be started at all
 * @param pauseNanos how long the supervisor waits at present before it starts another, since the last ones died young;
 *     0 for not at all
 */
public record WorkerCounters(
        long spawned, long alive, long ended, long died, long restarted, long failed, long pauseNanos) {}
