// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

/**
 * Makes the body of a request, piece by piece, on the call's loop.
 *
 * <p>{@link #produce} writes until {@link BodyWriter#writable} says no, and is called again when there is room. A
 * producer that has nothing to write yet returns and writes later, in a task on the same loop.
 */
@FunctionalInterface
public interface BodyProducer {

    /**
     * Writes some of the body, and ends it by {@link BodyWriter#end}. Called first when the body may be sent, then each
     * time that there is room again.
     *
     * @throws Exception ends the call with {@link HttpFailure.RequestBodyFailed}
     */
    void produce(BodyWriter out) throws Exception;

    /** The rest of the body is not wanted: the answer is complete, or the call has failed. Called at most once. */
    default void cancelled() {}
}
