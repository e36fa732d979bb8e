// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

/** A limit of rate that a connection shares with others: says how much may move now, and is told what has moved. */
interface Limiter {

    /** Returns how many bytes may come in now; at 0 the connection is held up until it is granted more. */
    double mayReceive();

    /** Returns how many bytes may go out now; at 0 the connection is held up until it is granted more. */
    double maySend();

    /** So many bytes have come in. */
    void received(long count);

    /** So many bytes have gone out. */
    void sent(long count);

    /** The connection is under this limit no more. */
    void leave();
}
