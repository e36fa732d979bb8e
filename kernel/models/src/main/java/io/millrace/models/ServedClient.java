// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

/** One client of a server, as far as the server's end and its memory are concerned. Any thread may call. */
interface ServedClient {

    /** Asks the connection to finish what it has begun, and then to end. */
    void stop();

    /** Ends the connection now. */
    void cut();

    /** Returns how many bytes of this JVM's heap wait for the client. */
    default long held() {
        return 0;
    }

    /** Ends the connection now, for the sake of memory. */
    default void evict() {}

    /** Returns whether {@link #evict} has been called. */
    default boolean evicted() {
        return false;
    }
}
