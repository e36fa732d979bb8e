// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Protocol;
import io.millrace.http.Headers;

/**
 * Is told of an answer as it comes. Every method is called on the call's loop and must not block; no method is called
 * from within {@link ClientRequest#send}. What a method throws is logged and cancels the call.
 *
 * <pre>
 *   informational* ─► head ─► data* ─► complete
 *                       └───► upgraded                     failed, at any time, in place of all that follows
 * </pre>
 */
public interface ResponseListener {

    /** An informational answer has come, 103 (Early Hints) for instance. The final one follows. */
    default void informational(ResponseHead head) {}

    /**
     * The head of the final answer has come.
     *
     * @param call to ask for the body by {@link Call#request}: not a byte of it comes unasked
     */
    void head(ResponseHead head, Call call);

    /**
     * A piece of the body has come, at most as many bytes as were asked for. The array is lent for the length of this
     * call.
     */
    void data(byte[] bytes, int offset, int length);

    /**
     * The answer is complete.
     *
     * @param trailers the trailer fields, usually none
     */
    void complete(Headers trailers);

    /** There is no answer, or no more of it. */
    void failed(HttpFailure why);

    /**
     * The server has switched to another protocol, or opened a tunnel for CONNECT: the connection is the caller's from
     * now on. Called in place of {@link #head}, and nothing is called afterwards.
     *
     * @return what is to have the connection, its {@link Protocol#opened} is called first; {@code null} closes it
     */
    default Protocol upgraded(ResponseHead head) {
        return null;
    }
}
